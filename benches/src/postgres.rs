//! The floor on PostgreSQL: the same statements by hand over libpq, prepared when the connection is opened, with values
//! and rows in their binary form.
//!
//! It does less than wallow, as a program by hand would: one connection without a pool, no look before a claim, no
//! canonical floats, no check of values, and it writes only the columns for which it has values.

mod bulk;
mod database;
pub(crate) mod libpq;
pub(crate) mod row;

use std::ffi::CStr;

use chrono::{DateTime, Utc};

use crate::Result;
use crate::floor::{columns, uuid};
use crate::registry::Run;
use crate::run::{Combination, Results};
use crate::side::{LOW_LOSS, Line, Side};
use libpq::{Bind, Connection};
use row::{float, int, json, key, time};

pub use database::PostgresDatabases;

/// The condition on a key.
macro_rules! key {
    () => {
        "architecture = $1 AND optimiser = $2 AND learning_rate = $3 AND batch_size = $4 \
         AND weight_decay = $5 AND num_epochs = $6 AND seed = $7"
    };
}

/// The time of a write.
macro_rules! now {
    () => {
        "clock_timestamp() AT TIME ZONE 'UTC'"
    };
}

/// The assignments for a run that begins.
macro_rules! begin {
    () => {
        concat!(
            "UPDATE runs SET updated_at = ",
            now!(),
            ", _wallow_attempt = _wallow_attempt + 1, status = 'running', started_at = ",
            now!(),
            ", completed_at = NULL, wallclock_seconds = NULL, error_excerpt = NULL WHERE "
        )
    };
}

/// The key, for `ON CONFLICT`.
macro_rules! conflict {
    () => {
        " ON CONFLICT (architecture, batch_size, learning_rate, num_epochs, optimiser, seed, \
         weight_decay) DO NOTHING"
    };
}

use conflict;

const SELECT: &CStr = c"select";
const INSERT: &CStr = c"insert";
const UPDATE: &CStr = c"update";
const TOUCH: &CStr = c"touch";
const TAKE: &CStr = c"take";
const TAKE_NEXT: &CStr = c"take_next";
const PUT_BACK: &CStr = c"put_back";
const BEST: &CStr = c"best";
const GOOD: &CStr = c"good";
const EVERY: &CStr = c"every";
const EVERY_ORDERED: &CStr = c"every_ordered";
const LINES: &CStr = c"lines";

const STATEMENTS: [(&CStr, &str); 12] = [
    (
        SELECT,
        concat!("SELECT ", columns!(), " FROM runs WHERE ", key!()),
    ),
    (
        INSERT,
        concat!(
            "INSERT INTO runs (architecture, optimiser, learning_rate, batch_size, weight_decay, \
             num_epochs, seed, uuid, created_at, updated_at, status, host, git_commit, started_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now() AT TIME ZONE 'UTC', \
             now() AT TIME ZONE 'UTC', 'running', $9, $10, $11)",
            conflict!(),
            " RETURNING ",
            columns!()
        ),
    ),
    (
        UPDATE,
        concat!(
            "UPDATE runs SET updated_at = ",
            now!(),
            ", status = $8, best_checkpoint = $9, val_loss = $10, val_accuracy = $11, \
             train_loss = $12, training_curve = $13, completed_at = $14, wallclock_seconds = $15 WHERE ",
            key!(),
            " RETURNING ",
            columns!()
        ),
    ),
    (
        TOUCH,
        concat!(
            "UPDATE runs SET updated_at = ",
            now!(),
            " WHERE ",
            key!(),
            " RETURNING updated_at"
        ),
    ),
    (
        TAKE,
        concat!(
            begin!(),
            key!(),
            " AND status NOT IN ('running', 'completed') RETURNING ",
            columns!(),
            ", _wallow_attempt"
        ),
    ),
    (
        TAKE_NEXT,
        concat!(
            begin!(),
            "id = (SELECT id FROM runs WHERE status = 'pending' ORDER BY id LIMIT 1 \
             FOR UPDATE SKIP LOCKED) RETURNING ",
            columns!(),
            ", _wallow_attempt"
        ),
    ),
    (
        PUT_BACK,
        concat!(
            "UPDATE runs SET updated_at = ",
            now!(),
            ", status = 'pending', started_at = NULL \
             WHERE id = $1 AND _wallow_attempt = $2 AND uuid = $3 RETURNING ",
            columns!()
        ),
    ),
    (
        BEST,
        concat!(
            "SELECT ",
            columns!(),
            " FROM runs WHERE status = 'completed' AND val_loss < $1 \
             ORDER BY val_accuracy DESC NULLS LAST, id DESC LIMIT 10"
        ),
    ),
    (
        GOOD,
        "SELECT count(*) FROM runs WHERE status = 'completed' AND val_loss < $1",
    ),
    (
        EVERY,
        concat!("SELECT ", columns!(), " FROM runs ORDER BY id"),
    ),
    (
        EVERY_ORDERED,
        concat!(
            "SELECT ",
            columns!(),
            " FROM runs ORDER BY val_accuracy DESC NULLS LAST, id DESC"
        ),
    ),
    (
        LINES,
        "SELECT uuid, val_loss, val_accuracy FROM runs ORDER BY id",
    ),
];

/// How many rows of a stream come at a time.
const CHUNK: i32 = 256;

/// One connection, with every statement prepared.
#[derive(Debug)]
pub struct PostgresFloor {
    connection: Connection,
}

impl PostgresFloor {
    /// Opens a database that has the table.
    ///
    /// # Errors
    /// The error of the server.
    pub fn open(url: &str) -> Result<Self> {
        let connection = Connection::open(url)?;
        for (name, sql) in STATEMENTS.into_iter().chain(bulk::STATEMENTS) {
            connection.prepare(name, sql)?;
        }
        Ok(PostgresFloor { connection })
    }

    fn run<const N: usize>(&self, name: &CStr, binds: &[Bind<'_>; N]) -> Result<Option<Run>> {
        row::one(&self.connection.run(name, binds)?)
    }

    /// Puts a run back that was just taken.
    fn put_back(&self, taken: &libpq::Answer) -> Result<Run> {
        let run = row::one(taken)?.ok_or("nobody has it to give")?;
        // The attempt, in the form in which it was received.
        let attempt = taken.cell(0, 23).unwrap_or_default().to_vec();
        let claim = [int(run.id), Bind::Bytes(attempt), Bind::Text(&run.uuid)];
        self.run(PUT_BACK, &claim)?.ok_or("it was lost")?;
        Ok(run)
    }

    fn sum(&self, name: &CStr) -> Result<i64> {
        let mut sum = 0;
        self.connection.stream(name, CHUNK, |answer| {
            for run in row::each(answer) {
                sum += run?.id;
            }
            Ok(())
        })?;
        Ok(sum)
    }
}

/// A key, and what follows it.
fn after_key<'b, const M: usize, const N: usize>(
    combination: &Combination,
    rest: [Bind<'b>; M],
) -> [Bind<'b>; N] {
    let mut binds = key(combination).into_iter().chain(rest);
    std::array::from_fn(|_| binds.next().unwrap_or(Bind::Null))
}

impl Side for PostgresFloor {
    type Key = Combination;
    type Patch = Results;

    fn key(combination: &Combination) -> Combination {
        *combination
    }

    fn start(results: &Results) -> Results {
        results.clone()
    }

    fn finish(results: &Results) -> Results {
        results.clone()
    }

    fn register_new(&self, combination: &Combination, start: &Results) -> Result<Run> {
        if self.run(SELECT, &key(combination))?.is_some() {
            return Err("it is not new".into());
        }
        let rest = [
            Bind::Bytes(uuid().into_bytes()),
            Bind::Text(start.host),
            Bind::Text(start.git_commit),
            time(&start.started_at),
        ];
        let inserted = self.run::<11>(INSERT, &after_key(combination, rest))?;
        inserted.ok_or_else(|| "no run".into())
    }

    fn register_duplicate(&self, key: &Combination, _: &Results) -> Result<Run> {
        self.find(key)
    }

    fn register_many(&self, range: std::ops::Range<usize>) -> Result<u64> {
        self.insert_grid(range)
    }

    fn enqueue(&self, range: std::ops::Range<usize>) -> Result<u64> {
        self.insert_waiting(range)
    }

    fn find(&self, combination: &Combination) -> Result<Run> {
        self.run(SELECT, &key(combination))?
            .ok_or_else(|| "no run".into())
    }

    fn overwrite(&self, combination: &Combination, results: &Results) -> Result<Run> {
        let path = results.best_checkpoint.to_str().unwrap_or_default();
        let rest = [
            Bind::Text(results.status),
            Bind::Text(path),
            float(results.val_loss),
            float(results.val_accuracy),
            float(results.train_loss),
            json(&results.training_curve),
            time(&results.completed_at),
            float(results.wallclock_seconds),
        ];
        self.run::<15>(UPDATE, &after_key(combination, rest))?
            .ok_or_else(|| "it was not there".into())
    }

    fn heartbeat(&self, combination: &Combination) -> Result<DateTime<Utc>> {
        let answer = self.connection.run(TOUCH, &key(combination))?;
        row::instant(&answer)?.ok_or_else(|| "no run".into())
    }

    fn claim(&self, combination: &Combination) -> Result<Run> {
        self.put_back(&self.connection.run(TAKE, &key(combination))?)
    }

    fn claim_next(&self) -> Result<Run> {
        self.put_back(&self.connection.run(TAKE_NEXT, &[])?)
    }

    fn top_ten(&self) -> Result<Vec<Run>> {
        row::each(&self.connection.run(BEST, &[float(LOW_LOSS)])?).collect()
    }

    fn count(&self) -> Result<u64> {
        let answer = self.connection.run(GOOD, &[float(LOW_LOSS)])?;
        Ok(row::number(&answer)?.try_into()?)
    }

    fn stream(&self) -> Result<i64> {
        self.sum(EVERY)
    }

    fn stream_ordered(&self) -> Result<i64> {
        self.sum(EVERY_ORDERED)
    }

    fn listing(&self) -> Result<Vec<Line>> {
        row::lines(&self.connection.run(LINES, &[])?).collect()
    }
}
