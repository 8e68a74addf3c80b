//! The registry without today's program: migrations one by one, and the rows that the first program wrote.

use std::path::Path;

use wallow::diesel::connection::SimpleConnection;
use wallow::diesel::dsl::sql;
use wallow::diesel::prelude::*;
use wallow::diesel::sql_types::Text;
use wallow_runtime::migrate::{Database, Script};
use wallow_schema::migration::{self, History, Migration};

use crate::laboratory::Laboratory;

/// Every column of the first schema.
pub(crate) const OLD_COLUMNS: &str = "id, uuid, created_at, updated_at, _wallow_attempt, cell_k, cell_sigma, \
    generation, candidate_id, seed, git_commit, host, status, started_at, train_seconds, val_loss, val_accuracy, \
    artefacts_dir, structural_traj";

/// The key of the first schema.
pub(crate) const OLD_KEY: &str = "cell_k, cell_sigma, generation, candidate_id, seed";

/// The runs of the first program, one row for each key of the grid. A `LIMIT` can be appended.
const OLD_ROWS: &str = r#"
WITH k(k) AS (VALUES (2), (4), (8)), s(s) AS (VALUES (0.05), (0.1), (0.2)), g(g) AS (VALUES (0), (1)),
    c(c) AS (VALUES (0), (1), (2), (3)), seed(seed) AS (VALUES (0), (1)),
    keys AS (SELECT row_number() OVER (ORDER BY k, s, g, c, seed) AS n, * FROM k, s, g, c, seed)
INSERT INTO runs (uuid, created_at, updated_at, cell_k, cell_sigma, generation, candidate_id, seed, git_commit, host,
    status, started_at, train_seconds, val_loss, val_accuracy, artefacts_dir, structural_traj)
SELECT printf('%012x', n), '2025-03-01 09:00:00.000000', '2025-03-01 09:00:07.250000', k, s, g, c, seed, 'c0ffee',
    'lab', 'completed', '2025-03-01 09:00:00.500000', n / 7.0, n / 300.0, 1 - n / 200.0, '/data/rules/' || n,
    '{"curve": [{"proposal": 0, "loss": ' || n || '}]}'
FROM keys ORDER BY n"#;

/// The example's own migrations, from their files.
pub(crate) fn history() -> History {
    migration::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations")).unwrap()
}

/// The three migrations, the first one first.
pub(crate) fn scripts() -> [Script; 3] {
    let script = |entry: &Migration| Script {
        version: entry.name().version().diesel().into(),
        name: entry.name().to_string().into(),
        up: entry.sqlite.up.clone().into(),
        down: entry.sqlite.down.clone().into(),
    };
    let scripts: Vec<Script> = history().migrations().iter().map(script).collect();
    scripts.try_into().unwrap()
}

impl Laboratory {
    /// The registry as it is, without a schema.
    pub(crate) fn database(&self) -> Database {
        Database::open(self.url()).unwrap()
    }

    /// Fills a table of the first schema, with the first `runs` of the grid.
    pub(crate) fn old_program(&self, runs: usize) {
        self.execute(&format!("{OLD_ROWS} LIMIT {runs}")).unwrap();
    }

    pub(crate) fn execute(&self, statements: &str) -> QueryResult<()> {
        self.connection().batch_execute(statements)
    }

    /// Every row as SQL literals, so that no bit and no NULL is missed.
    pub(crate) fn dump(&self, columns: &str) -> Vec<String> {
        let quoted: Vec<String> = columns
            .split(',')
            .map(|column| format!("quote({})", column.trim()))
            .collect();
        let line = format!("{} FROM runs ORDER BY id", quoted.join(" || ', ' || "));
        let lines = wallow::diesel::select(sql::<Text>(&line));
        lines.load(&mut self.connection()).unwrap()
    }

    /// Every column that the table has now, of every row.
    pub(crate) fn dump_all(&self) -> Vec<String> {
        let table = self.database().table().unwrap().unwrap();
        let columns: Vec<String> = table
            .columns
            .iter()
            .map(|column| format!("\"{}\"", column.name))
            .collect();
        self.dump(&columns.join(", "))
    }

    fn connection(&self) -> SqliteConnection {
        SqliteConnection::establish(&self.url()).unwrap()
    }
}
