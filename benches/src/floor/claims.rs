//! Claims by hand: one statement that takes a run, one that puts it back, both fenced.

use chrono::Utc;
use rusqlite::{CachedStatement, ToSql, params};

use super::{Floor, run};
use crate::registry::Run;
use crate::run::Combination;
use crate::{Result, time};

/// The assignments for a run that begins.
macro_rules! begin {
    () => {
        "UPDATE runs SET updated_at = ?, _wallow_attempt = _wallow_attempt + 1, \
         status = 'running', started_at = ?, completed_at = NULL, wallclock_seconds = NULL, \
         error_excerpt = NULL WHERE "
    };
}

const TAKE: &str = concat!(
    begin!(),
    key!(),
    " AND status <> 'running' RETURNING ",
    columns!(),
    ", _wallow_attempt"
);

const TAKE_NEXT: &str = concat!(
    begin!(),
    "id = (SELECT id FROM runs WHERE status = 'pending' ORDER BY id LIMIT 1) RETURNING ",
    columns!(),
    ", _wallow_attempt"
);

const PUT_BACK: &str = concat!(
    "UPDATE runs SET updated_at = ?, status = 'pending', started_at = NULL \
     WHERE id = ? AND _wallow_attempt = ? AND uuid = ? RETURNING ",
    columns!()
);

impl Floor {
    /// Looks first, as wallow does, and then takes a run that nobody has.
    pub(crate) fn take(&self, key: &Combination) -> Result<(Run, i64)> {
        if self.select(key)?.is_none() {
            return Err("it is not there".into());
        }
        let now = time::format(&Utc::now());
        let mut statement = self.connection.prepare_cached(TAKE)?;
        one(
            &mut statement,
            params![
                now,
                now,
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

    pub(crate) fn take_next(&self) -> Result<(Run, i64)> {
        let now = time::format(&Utc::now());
        let mut statement = self.connection.prepare_cached(TAKE_NEXT)?;
        one(&mut statement, params![now, now])
    }

    pub(crate) fn put_back(&self, (taken, attempt): (Run, i64)) -> Result<Run> {
        let now = time::format(&Utc::now());
        let mut statement = self.connection.prepare_cached(PUT_BACK)?;
        super::one(&mut statement, params![now, taken.id, attempt, taken.uuid])?;
        Ok(taken)
    }
}

/// The one row of a statement, which is stepped to its end.
fn one(statement: &mut CachedStatement<'_>, binds: &[&dyn ToSql]) -> Result<(Run, i64)> {
    let mut rows = statement.query(binds)?;
    let mut found = None;
    while let Some(row) = rows.next()? {
        found = Some((run(row)?, row.get(23)?));
    }
    found.ok_or_else(|| "nobody has it to give".into())
}
