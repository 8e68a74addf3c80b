//! The floor: the same statements by hand, as fast as rusqlite allows.
//!
//! It does less than wallow, as a program by hand would: one connection without a pool, the clock read before the lock
//! is taken and bound as a text, no canonical floats, and no check of values.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rusqlite::{CachedStatement, Connection, Row, ToSql, params};

use crate::Result;
use crate::registry::Run;
use crate::run::{Combination, Results};
use crate::side::Line;
use crate::time;

/// The columns of `Run`, in its order.
macro_rules! columns {
    () => {
        "id, uuid, created_at, updated_at, \
         architecture, optimiser, learning_rate, batch_size, weight_decay, num_epochs, seed, \
         status, best_checkpoint, val_loss, val_accuracy, train_loss, training_curve, host, \
         git_commit, started_at, completed_at, wallclock_seconds, error_excerpt"
    };
}

/// The condition on a key.
macro_rules! key {
    () => {
        "architecture = ? AND optimiser = ? AND learning_rate = ? AND batch_size = ? \
         AND weight_decay = ? AND num_epochs = ? AND seed = ?"
    };
}

pub(crate) use columns;

mod bulk;
mod claims;

const SELECT: &str = concat!("SELECT ", columns!(), " FROM runs WHERE ", key!());

const INSERT: &str = concat!(
    "INSERT INTO runs (uuid, created_at, updated_at, \
     architecture, optimiser, learning_rate, batch_size, weight_decay, num_epochs, seed, \
     status, best_checkpoint, val_loss, val_accuracy, train_loss, training_curve, host, \
     git_commit, started_at, completed_at, wallclock_seconds, error_excerpt) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
     ON CONFLICT (architecture, batch_size, learning_rate, num_epochs, optimiser, seed, \
     weight_decay) DO NOTHING RETURNING ",
    columns!()
);

const UPDATE: &str = concat!(
    "UPDATE runs SET updated_at = ?, status = ?, best_checkpoint = ?, val_loss = ?, \
     val_accuracy = ?, train_loss = ?, training_curve = ?, completed_at = ?, \
     wallclock_seconds = ? WHERE ",
    key!(),
    " RETURNING ",
    columns!()
);

const TOUCH: &str = concat!(
    "UPDATE runs SET updated_at = ? WHERE ",
    key!(),
    " RETURNING updated_at"
);

const BEST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM runs WHERE status = 'completed' AND val_loss < ? ORDER BY val_accuracy DESC LIMIT 10"
);

const GOOD: &str = "SELECT count(*) FROM runs WHERE status = 'completed' AND val_loss < ?";

const EVERY: &str = concat!("SELECT ", columns!(), " FROM runs ORDER BY id");

const EVERY_ORDERED: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM runs ORDER BY val_accuracy DESC, id DESC"
);

/// One connection, set up as wallow's are.
#[derive(Debug)]
pub struct Floor {
    connection: Connection,
}

impl Floor {
    /// Opens a database that has the table.
    ///
    /// # Errors
    /// The error of the database.
    pub fn open(path: &Path) -> Result<Self> {
        let connection = Connection::open(path)?;
        connection.execute_batch(
            "PRAGMA busy_timeout = 30000; \
             PRAGMA foreign_keys = ON; \
             PRAGMA synchronous = NORMAL; \
             PRAGMA wal_autocheckpoint = 4000; \
             PRAGMA journal_size_limit = 33554432;",
        )?;
        let mode: String =
            connection.query_row("PRAGMA journal_mode = WAL", (), |row| row.get(0))?;
        if mode != "wal" {
            return Err(format!("the journal mode is {mode}").into());
        }
        Ok(Floor { connection })
    }

    /// The connection.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(crate) fn select(&self, key: &Combination) -> Result<Option<Run>> {
        let mut statement = self.connection.prepare_cached(SELECT)?;
        one(
            &mut statement,
            params![
                key.architecture,
                key.optimiser,
                key.learning_rate,
                key.batch_size,
                key.weight_decay,
                key.num_epochs,
                key.seed,
            ],
        )
    }

    /// Inserts a run that has started.
    pub(crate) fn insert(&self, key: &Combination, start: &Results) -> Result<Option<Run>> {
        let mut statement = self.connection.prepare_cached(INSERT)?;
        let now = time::format(&Utc::now());
        let null = None::<&str>;
        one(
            &mut statement,
            params![
                uuid(),
                now,
                now,
                key.architecture,
                key.optimiser,
                key.learning_rate,
                key.batch_size,
                key.weight_decay,
                key.num_epochs,
                key.seed,
                "running",
                null,
                null,
                null,
                null,
                null,
                start.host,
                start.git_commit,
                time::format(&start.started_at),
                null,
                null,
                null,
            ],
        )
    }

    pub(crate) fn update(&self, key: &Combination, results: &Results) -> Result<Option<Run>> {
        let mut statement = self.connection.prepare_cached(UPDATE)?;
        one(
            &mut statement,
            params![
                time::format(&Utc::now()),
                results.status,
                results.best_checkpoint.to_str(),
                results.val_loss,
                results.val_accuracy,
                results.train_loss,
                results.training_curve.to_string(),
                time::format(&results.completed_at),
                results.wallclock_seconds,
                key.architecture,
                key.optimiser,
                key.learning_rate,
                key.batch_size,
                key.weight_decay,
                key.num_epochs,
                key.seed,
            ],
        )
    }

    pub(crate) fn top_ten_below(&self, loss: f64) -> Result<Vec<Run>> {
        let mut statement = self.connection.prepare_cached(BEST)?;
        let mut rows = statement.query([loss])?;
        let mut runs = Vec::new();
        while let Some(row) = rows.next()? {
            runs.push(run(row)?);
        }
        Ok(runs)
    }

    pub(crate) fn good(&self, loss: f64) -> Result<u64> {
        let mut statement = self.connection.prepare_cached(GOOD)?;
        let count: i64 = statement.query_row([loss], |row| row.get(0))?;
        Ok(count.try_into()?)
    }

    pub(crate) fn every(&self, number: impl Fn(&Run) -> i64) -> Result<i64> {
        self.sum(EVERY, number)
    }

    pub(crate) fn every_ordered(&self, number: impl Fn(&Run) -> i64) -> Result<i64> {
        self.sum(EVERY_ORDERED, number)
    }

    pub(crate) fn lines(&self) -> Result<Vec<Line>> {
        let sql = "SELECT uuid, val_loss, val_accuracy FROM runs ORDER BY id";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn sum(&self, sql: &str, number: impl Fn(&Run) -> i64) -> Result<i64> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([])?;
        let mut sum = 0;
        while let Some(row) = rows.next()? {
            sum += number(&run(row)?);
        }
        Ok(sum)
    }

    pub(crate) fn touch(&self, key: &Combination) -> Result<Option<DateTime<Utc>>> {
        let mut statement = self.connection.prepare_cached(TOUCH)?;
        let mut rows = statement.query(params![
            time::format(&Utc::now()),
            key.architecture,
            key.optimiser,
            key.learning_rate,
            key.batch_size,
            key.weight_decay,
            key.num_epochs,
            key.seed,
        ])?;
        let mut found = None;
        while let Some(row) = rows.next()? {
            found = Some(required_time(row, 0)?);
        }
        Ok(found)
    }
}

/// The row of a statement by key. It is stepped to its end, as wallow's are, because otherwise SQLite would never write
/// the WAL back, and the floor would be fast until the disk is full.
fn one(statement: &mut CachedStatement<'_>, binds: &[&dyn ToSql]) -> Result<Option<Run>> {
    let mut rows = statement.query(binds)?;
    let mut found = None;
    while let Some(row) = rows.next()? {
        found = Some(run(row)?);
    }
    Ok(found)
}

fn run(row: &Row<'_>) -> Result<Run> {
    let curve = match row.get_ref(16)?.as_str_or_null()? {
        Some(text) => Some(serde_json::from_str(text)?),
        None => None,
    };
    Ok(Run {
        id: row.get(0)?,
        uuid: row.get(1)?,
        created_at: required_time(row, 2)?,
        updated_at: required_time(row, 3)?,
        architecture: row.get(4)?,
        optimiser: row.get(5)?,
        learning_rate: row.get(6)?,
        batch_size: row.get(7)?,
        weight_decay: row.get(8)?,
        num_epochs: row.get(9)?,
        seed: row.get(10)?,
        status: row.get(11)?,
        best_checkpoint: row.get_ref(12)?.as_str_or_null()?.map(PathBuf::from),
        val_loss: row.get(13)?,
        val_accuracy: row.get(14)?,
        train_loss: row.get(15)?,
        training_curve: curve,
        host: row.get(17)?,
        git_commit: row.get(18)?,
        started_at: nullable_time(row, 19)?,
        completed_at: nullable_time(row, 20)?,
        wallclock_seconds: row.get(21)?,
        error_excerpt: row.get(22)?,
    })
}

pub(crate) fn required_time(row: &Row<'_>, index: usize) -> Result<DateTime<Utc>> {
    nullable_time(row, index)?.ok_or_else(|| "no time".into())
}

pub(crate) fn nullable_time(row: &Row<'_>, index: usize) -> Result<Option<DateTime<Utc>>> {
    match row.get_ref(index)?.as_str_or_null()? {
        None => Ok(None),
        Some(text) => match time::parse(text) {
            Some(time) => Ok(Some(time)),
            None => Err(format!("`{text}` is no time").into()),
        },
    }
}

/// A text, borrowed from the row.
pub(crate) fn text<'r>(row: &'r Row<'_>, index: usize) -> Result<Option<&'r str>> {
    Ok(row.get_ref(index)?.as_str_or_null()?)
}

pub(crate) fn uuid() -> String {
    let mut buffer = uuid::Uuid::encode_buffer();
    uuid::Uuid::new_v4().simple().encode_lower(&mut buffer)[..12].to_owned()
}
