//! The statements by hand: the same condition on the same index, as fast as rusqlite and libpq allow.

use std::ffi::CStr;
use std::path::PathBuf;

use chrono::Utc;
use rusqlite::{Connection, Row, ToSql, params};

use super::registry::Run;
use super::{ARCHITECTURE, BATCH_SIZE, Key, NUM_EPOCHS, OPTIMISER, WEIGHT_DECAY};
use crate::floor::{Floor, nullable_time, required_time, text, uuid};
use crate::postgres::libpq;
use crate::postgres::row::{Cells, float, int, required};
use crate::{Result, time};

/// The columns of `Run`, in its order.
macro_rules! columns {
    () => {
        "id, uuid, created_at, updated_at, architecture, optimiser, learning_rate, batch_size, weight_decay, \
         num_epochs, seed, momentum, warmup_steps, status, best_checkpoint, val_loss, val_accuracy, train_loss, \
         training_curve, host, git_commit, started_at, completed_at, wallclock_seconds, error_excerpt"
    };
}

/// The terms of the index, for `ON CONFLICT`.
macro_rules! conflict {
    () => {
        "ON CONFLICT (architecture, batch_size, learning_rate, (momentum IS NULL), coalesce(momentum, 0.0), \
         num_epochs, optimiser, seed, (warmup_steps IS NULL), coalesce(warmup_steps, 0), weight_decay) \
         DO NOTHING RETURNING "
    };
}

const SELECT: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM runs WHERE architecture = ?1 AND optimiser = ?2 AND learning_rate = ?3 AND batch_size = ?4 \
     AND weight_decay = ?5 AND num_epochs = ?6 AND seed = ?7 \
     AND (momentum IS NULL) = (?8 IS NULL) AND coalesce(momentum, 0.0) = coalesce(?8, 0.0) \
     AND (warmup_steps IS NULL) = (?9 IS NULL) AND coalesce(warmup_steps, 0) = coalesce(?9, 0)"
);

const INSERT: &str = concat!(
    "INSERT INTO runs (architecture, optimiser, learning_rate, batch_size, weight_decay, num_epochs, seed, \
     momentum, warmup_steps, uuid, created_at, updated_at, status, host) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, 'running', 'node-01') ",
    conflict!(),
    columns!()
);

/// The subqueries keep the server from a plan that could not use the index.
const SELECT_ON_SERVER: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM runs WHERE architecture = $1 AND optimiser = $2 AND learning_rate = $3 AND batch_size = $4 \
     AND weight_decay = $5 AND num_epochs = $6 AND seed = $7 \
     AND (momentum IS NULL) = (SELECT $8::double precision IS NULL) \
     AND coalesce(momentum, 0.0) = coalesce($8::double precision, 0.0) \
     AND (warmup_steps IS NULL) = (SELECT $9::bigint IS NULL) \
     AND coalesce(warmup_steps, 0) = coalesce($9::bigint, 0)"
);

const INSERT_ON_SERVER: &str = concat!(
    "INSERT INTO runs (architecture, optimiser, learning_rate, batch_size, weight_decay, num_epochs, seed, \
     momentum, warmup_steps, uuid, created_at, updated_at, status, host) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', \
     'running', 'node-01') ",
    conflict!(),
    columns!()
);

const NAMES: [&CStr; 2] = [c"select", c"insert"];

/// A connection by hand.
#[derive(Debug)]
pub(super) enum Hand {
    Sqlite(Floor),
    Postgres(libpq::Connection),
}

impl Hand {
    pub(super) fn open(url: &str) -> Result<Self> {
        if !url.starts_with("postgres://") {
            return Ok(Hand::Sqlite(Floor::open(url.as_ref())?));
        }
        let connection = libpq::Connection::open(url)?;
        for (name, sql) in NAMES.into_iter().zip([SELECT_ON_SERVER, INSERT_ON_SERVER]) {
            connection.prepare(name, sql)?;
        }
        Ok(Hand::Postgres(connection))
    }

    pub(super) fn select(&self, key: &Key) -> Result<Option<Run>> {
        match self {
            Hand::Sqlite(floor) => one(
                floor.connection(),
                SELECT,
                params![
                    ARCHITECTURE,
                    OPTIMISER,
                    key.learning_rate,
                    BATCH_SIZE,
                    WEIGHT_DECAY,
                    NUM_EPOCHS,
                    key.seed,
                    key.momentum,
                    key.warmup_steps
                ],
            ),
            Hand::Postgres(connection) => first(&connection.run(NAMES[0], &binds(key))?),
        }
    }

    pub(super) fn insert(&self, key: &Key) -> Result<Option<Run>> {
        match self {
            Hand::Sqlite(floor) => one(
                floor.connection(),
                INSERT,
                params![
                    ARCHITECTURE,
                    OPTIMISER,
                    key.learning_rate,
                    BATCH_SIZE,
                    WEIGHT_DECAY,
                    NUM_EPOCHS,
                    key.seed,
                    key.momentum,
                    key.warmup_steps,
                    uuid(),
                    time::format(&Utc::now())
                ],
            ),
            Hand::Postgres(connection) => {
                let uuid = uuid();
                let mut of_key = binds(key).into_iter();
                let binds: [libpq::Bind<'_>; 10] =
                    std::array::from_fn(|_| of_key.next().unwrap_or(libpq::Bind::Text(&uuid)));
                first(&connection.run(NAMES[1], &binds)?)
            }
        }
    }
}

fn binds(key: &Key) -> [libpq::Bind<'static>; 9] {
    [
        libpq::Bind::Text(ARCHITECTURE),
        libpq::Bind::Text(OPTIMISER),
        float(key.learning_rate),
        int(BATCH_SIZE),
        float(WEIGHT_DECAY),
        int(NUM_EPOCHS),
        int(key.seed),
        key.momentum.map_or(libpq::Bind::Null, float),
        key.warmup_steps.map_or(libpq::Bind::Null, int),
    ]
}

/// The run of a statement, which is stepped to its end.
fn one(connection: &Connection, sql: &str, binds: &[&dyn ToSql]) -> Result<Option<Run>> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(binds)?;
    let mut found = None;
    while let Some(row) = rows.next()? {
        found = Some(run(row)?);
    }
    Ok(found)
}

fn run(row: &Row<'_>) -> Result<Run> {
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
        momentum: row.get(11)?,
        warmup_steps: row.get(12)?,
        status: row.get(13)?,
        best_checkpoint: text(row, 14)?.map(PathBuf::from),
        val_loss: row.get(15)?,
        val_accuracy: row.get(16)?,
        train_loss: row.get(17)?,
        training_curve: text(row, 18)?.map(serde_json::from_str).transpose()?,
        host: row.get(19)?,
        git_commit: row.get(20)?,
        started_at: nullable_time(row, 21)?,
        completed_at: nullable_time(row, 22)?,
        wallclock_seconds: row.get(23)?,
        error_excerpt: row.get(24)?,
    })
}

fn first(answer: &libpq::Answer) -> Result<Option<Run>> {
    if answer.rows() == 0 {
        return Ok(None);
    }
    let cells = Cells { answer, row: 0 };
    // The first byte is the version of the format.
    let curve = answer.cell(0, 18).and_then(|cell| cell.get(1..));
    Ok(Some(Run {
        id: required(cells.int(0)?)?,
        uuid: cells.text(1)?,
        created_at: required(cells.time(2)?)?,
        updated_at: required(cells.time(3)?)?,
        architecture: cells.text(4)?,
        optimiser: cells.text(5)?,
        learning_rate: required(cells.float(6)?)?,
        batch_size: required(cells.int(7)?)?,
        weight_decay: required(cells.float(8)?)?,
        num_epochs: required(cells.int(9)?)?,
        seed: required(cells.int(10)?)?,
        momentum: cells.float(11)?,
        warmup_steps: cells.int(12)?,
        status: cells.nullable_text(13)?,
        best_checkpoint: cells.nullable_text(14)?.map(PathBuf::from),
        val_loss: cells.float(15)?,
        val_accuracy: cells.float(16)?,
        train_loss: cells.float(17)?,
        training_curve: curve.map(serde_json::from_slice).transpose()?,
        host: cells.nullable_text(19)?,
        git_commit: cells.nullable_text(20)?,
        started_at: cells.time(21)?,
        completed_at: cells.time(22)?,
        wallclock_seconds: cells.float(23)?,
        error_excerpt: cells.nullable_text(24)?,
    }))
}
