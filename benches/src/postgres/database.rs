//! Two databases on a throw-away server, with the same rows, one for each side.

use std::fmt::Write as _;

use postgres_server::Server;

use crate::database::{WAITING, scattered};
use crate::registry::Store;
use crate::run::{Combination, Results};
use crate::{Result, SideName, time};

/// Two databases, which are dropped with this value. The server ends with the program.
#[derive(Debug)]
pub struct PostgresDatabases {
    server: &'static Server,
}

/// How many rows one `COPY` writes.
const AT_ONCE: usize = 10_000;

impl PostgresDatabases {
    /// With the first `rows` combinations, all of them finished, and a hundred that wait. wallow creates the table;
    /// the rows are written once, and both sides get a copy.
    ///
    /// # Errors
    /// The error of the server, or that there is none.
    pub fn with_rows(rows: usize) -> Result<Self> {
        Self::with(rows, "")
    }

    /// A database of runs with curves of a thousand epochs.
    ///
    /// # Errors
    /// The error of the server, or that there is none.
    pub fn with_long_curves(rows: usize) -> Result<Self> {
        Self::with(
            rows,
            "UPDATE runs SET training_curve = (SELECT jsonb_agg(jsonb_build_object( \
             'epoch', epoch, 'train_loss', 0.97, 'val_loss', 0.99, 'val_accuracy', 0.58)) \
             FROM generate_series(0, 999) AS epoch)",
        )
    }

    fn with(rows: usize, change: &str) -> Result<Self> {
        let server = Server::shared().ok_or("PostgreSQL is not installed")?;
        let databases = PostgresDatabases { server };
        let seed = name("seed");
        let create = format!("CREATE DATABASE {seed} TEMPLATE template0");
        databases.psql("postgres", &create)?;
        drop(Store::open(server.url(&seed))?);
        databases.fill(rows)?;
        databases.psql(&seed, change)?;
        databases.psql(&seed, "VACUUM (FREEZE, ANALYZE) runs")?;
        for side in [SideName::Wallow, SideName::Floor] {
            let copy = name(side.name());
            let create = format!("CREATE DATABASE {copy} TEMPLATE {seed} STRATEGY FILE_COPY");
            databases.psql("postgres", &create)?;
        }
        let drop = format!("DROP DATABASE {seed} WITH (FORCE)");
        databases.psql("postgres", &drop)?;
        databases.psql("postgres", "CHECKPOINT")?;
        Ok(databases)
    }

    /// The database of a side.
    pub fn url(&self, side: SideName) -> String {
        self.server.url(&name(side.name()))
    }

    /// Vacuums both, so that each operation begins with two equally clean tables.
    ///
    /// # Errors
    /// The error of the server.
    pub fn settle(&self) -> Result<()> {
        for side in [SideName::Wallow, SideName::Floor] {
            self.psql(&name(side.name()), "VACUUM runs")?;
        }
        Ok(())
    }

    fn psql(&self, database: &str, sql: &str) -> Result<String> {
        Ok(self.server.psql(database, sql)?)
    }

    /// Writes the rows, and then creates the indexes.
    fn fill(&self, rows: usize) -> Result<()> {
        let indexes = "SELECT {} FROM pg_indexes WHERE tablename = 'runs' AND indexname <> 'runs_pkey' \
                       ORDER BY indexname";
        let names = indexes.replace("{}", "'DROP INDEX ' || quote_ident(indexname) || ';'");
        let seed = name("seed");
        let unmake = self.psql(&seed, &names)?;
        let make = self.psql(&seed, &indexes.replace("{}", "indexdef || ';'"))?;
        self.psql(&seed, &unmake)?;
        for start in (0..rows).step_by(AT_ONCE) {
            let chunk = start..rows.min(start + AT_ONCE);
            self.copy(FINISHED, chunk.map(|n| finished(n, &Combination::nth(n))))?;
        }
        self.copy(PENDING, (0..WAITING).map(|n| pending(rows + n, n)))?;
        let make = format!("SET maintenance_work_mem = '512MB'; {make}");
        self.psql(&seed, &make).map(drop)
    }

    fn copy(&self, columns: &str, lines: impl Iterator<Item = String>) -> Result<()> {
        let mut script = format!("COPY runs ({columns}) FROM STDIN;\n");
        script.extend(lines);
        script.push_str("\\.\n");
        self.psql(&name("seed"), &script).map(drop)
    }
}

impl Drop for PostgresDatabases {
    fn drop(&mut self) {
        for database in ["seed", "wallow", "floor"].map(name) {
            let drop = format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)");
            let _ = self.psql("postgres", &drop);
        }
    }
}

/// The name of a database, which differs from those of other programs on the same server.
fn name(database: &str) -> String {
    format!("{database}_{}", std::process::id())
}

const PENDING: &str = "uuid, created_at, updated_at, architecture, optimiser, learning_rate, \
    batch_size, weight_decay, num_epochs, seed, status";

const FINISHED: &str = "uuid, created_at, updated_at, architecture, optimiser, learning_rate, \
    batch_size, weight_decay, num_epochs, seed, status, best_checkpoint, val_loss, val_accuracy, \
    train_loss, training_curve, host, git_commit, started_at, completed_at, wallclock_seconds";

/// A line of a `COPY`: no value has a tab or a backslash.
fn pending(number: usize, n: usize) -> String {
    let created_at = Results::nth(n).started_at;
    let mut line = String::new();
    begin(
        &mut line,
        number,
        &time::format(&created_at),
        &Combination::waiting(n),
    );
    line.push_str("\tpending\n");
    line
}

fn finished(n: usize, key: &Combination) -> String {
    let results = Results::nth(n);
    let started_at = time::format(&results.started_at);
    let mut line = String::new();
    begin(&mut line, n, &started_at, key);
    // Writing to a text does not fail.
    let _ = writeln!(
        line,
        "\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{started_at}\t{}\t{}",
        results.status,
        results.best_checkpoint.display(),
        results.val_loss,
        results.val_accuracy,
        results.train_loss,
        results.training_curve,
        results.host,
        results.git_commit,
        time::format(&results.completed_at),
        results.wallclock_seconds,
    );
    line
}

fn begin(line: &mut String, number: usize, at: &str, key: &Combination) {
    let _ = write!(
        line,
        "{}\t{at}\t{at}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
        scattered(number),
        key.architecture,
        key.optimiser,
        key.learning_rate,
        key.batch_size,
        key.weight_decay,
        key.num_epochs,
        key.seed,
    );
}
