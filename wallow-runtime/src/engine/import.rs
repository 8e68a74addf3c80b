//! Imports runs that were registered elsewhere, in one transaction.
//!
//! If the database itself refuses a value, that is an error of one run, and should be reported for that run. But after
//! an error, a database accepts nothing more in the transaction, or not for sure. So on SQLite the whole import starts
//! again at the first such refusal, now with a savepoint for each run: an import without refusals does not pay for
//! savepoints. On PostgreSQL, pages of runs are written at once, and each page has a savepoint (`page`).
//!
//! Constraints that are deferred to the end of the transaction are checked before that, so that they name a run, too: if
//! one is not met, the import starts again, and each run is checked by itself.
//!
//! Invariant: what was read within the transaction still holds when a write relies on it. On SQLite nobody else can
//! write in between; on PostgreSQL others can, so there the statement itself checks.

mod built_ins;
#[cfg(feature = "postgres")]
mod page;
mod run;
mod sql;

use std::cell::Cell;
use std::time::Instant;

use wallow_schema::ddl::Dialect;

use super::register::Request;
use super::{Attempt, Engine};
use crate::backend::{Connection, DeferredReferences, Session as _, is_deadlock};
use crate::engine::import::sql::ImportStatements;
use crate::error::Error;
use crate::value::Value;

pub(crate) use built_ins::BuiltIns;
pub(crate) use run::Imported;

/// What to do with a run that exists already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnConflict {
    /// The existing run is left unchanged.
    Leave,
    /// The annotating fields that have a value are overwritten. A NULL does not erase anything.
    Overwrite,
    /// The imported run is refused.
    Refuse,
}

/// The outcome for one run.
#[derive(Debug)]
pub enum ImportOutcome {
    /// It was inserted.
    Inserted,
    /// It existed, and was overwritten.
    Updated,
    /// It existed, and was left unchanged.
    Existing,
    /// It cannot be stored, for this reason.
    Refused(Error),
}

/// The number of the lock by which imports into one table wait for each other: the letters `wllw`.
const IMPORTS: i32 = 0x776c_6c77;

/// A transaction that imports runs.
pub(crate) struct ImportTransaction<'a> {
    engine: &'a Engine,
    connection: &'a mut Connection,
    statements: &'a ImportStatements,
    /// Whether each run has a savepoint of its own.
    apart: bool,
    ending: &'a Ending,
    #[cfg(feature = "postgres")]
    swallows: page::Swallows,
}

/// The error that ends an import, and the run at which it occurred.
#[derive(Debug)]
pub struct PageError {
    /// The position of the run in its page. If a statement writes many runs, this is the first of them.
    pub index: usize,
    /// The error.
    pub error: Error,
}

impl PageError {
    fn at(index: usize, error: Error) -> Self {
        PageError { index, error }
    }
}

impl From<PageError> for Error {
    fn from(stopped: PageError) -> Self {
        stopped.error
    }
}

/// Why a transaction cannot be kept, beside what its work says.
#[derive(Default)]
struct Ending {
    /// Set if the database refused a run that has no savepoint.
    spoiled: Cell<bool>,
    /// The error of a database that was busy.
    busy: Cell<Option<Error>>,
    /// Set as soon as the server ended an attempt because of a deadlock.
    deadlocked: Cell<bool>,
}

impl Engine {
    /// Runs `work` in one transaction, and commits if `keep` returns true for its result. `work` is called again if the
    /// database was busy, or if the database refused a run.
    pub(crate) fn import_transaction<T, E: From<Error>>(
        &self,
        mut work: impl FnMut(&mut ImportTransaction<'_>) -> Result<T, E>,
        keep: impl Fn(&T) -> bool,
    ) -> Result<T, E> {
        let ending = Ending::default();
        let outcome = self.import_until(&mut work, &keep, false, &ending);
        if ending.spoiled.get() {
            return self.import_until(&mut work, &keep, true, &ending);
        }
        outcome
    }

    /// Does it again if the server ends it in favour of others, for as long as a wait for a lock would take.
    fn import_until<T, E: From<Error>>(
        &self,
        work: &mut impl FnMut(&mut ImportTransaction<'_>) -> Result<T, E>,
        keep: &impl Fn(&T) -> bool,
        apart: bool,
        ending: &Ending,
    ) -> Result<T, E> {
        let mut first = None;
        loop {
            let outcome = self.import_once(work, keep, apart, ending);
            let busy = ending.busy.take();
            let first = *first.get_or_insert_with(Instant::now);
            if outcome.is_ok()
                || !busy.is_some_and(|error| is_deadlock(&error))
                || first.elapsed() >= self.pool.busy_timeout()
            {
                return outcome;
            }
        }
    }

    /// Imports on a server go on at once; one that met a deadlock waits for the others to end, since it would meet them again.
    fn queue_for_import(&self, connection: &mut Connection, alone: bool) -> Result<(), Error> {
        if self.table.dialect() != Dialect::Postgres {
            return Ok(());
        }
        let how = if alone { "" } else { "_shared" };
        let lock =
            format!("SELECT pg_advisory_xact_lock{how}({IMPORTS}, '\"runs\"'::regclass::oid::int)");
        connection.batch(&lock)
    }

    fn import_once<T, E: From<Error>>(
        &self,
        work: &mut impl FnMut(&mut ImportTransaction<'_>) -> Result<T, E>,
        keep: &impl Fn(&T) -> bool,
        apart: bool,
        ending: &Ending,
    ) -> Result<T, E> {
        let statements = self.table.import_transaction();
        let done = self.pool.write(|connection| {
            connection.transaction_if(
                |connection| {
                    // An error of `work` is returned as it is. An error of this call goes to the pool, which checks
                    // whether the table has changed.
                    self.hold_table(connection)?;
                    ending.spoiled.set(false);
                    ending.busy.set(None);
                    self.queue_for_import(connection, ending.deadlocked.get())?;
                    let references = DeferredReferences::before(connection)?;
                    let outcome = work(&mut ImportTransaction {
                        engine: self,
                        connection,
                        statements: &statements,
                        apart,
                        ending,
                        #[cfg(feature = "postgres")]
                        swallows: page::Swallows::default(),
                    });
                    if let Some(error) = ending.busy.take() {
                        ending.deadlocked.set(is_deadlock(&error));
                        ending.busy.set(Some(error.repeated()));
                        return Err(error);
                    }
                    let Ok(value) = outcome else {
                        return Ok(outcome);
                    };
                    let checked = connection.check_constraints();
                    Ok(match checked.and_then(|()| references.check(connection)) {
                        Ok(()) => Ok(value),
                        Err(error) => {
                            // Each run tells whether it is the one.
                            ending.spoiled.set(!apart && error.is_refused_write());
                            Err(error.into())
                        }
                    })
                },
                |outcome| !ending.spoiled.get() && outcome.as_ref().is_ok_and(keep),
            )
        });
        done?
    }
}

impl Engine {
    /// Checks that a key and the other fields can be stored.
    pub(crate) fn check(
        &self,
        key: &[Value<'_>],
        patch: &[Option<Value<'_>>],
    ) -> Result<(), Error> {
        Request::new(self, key, patch).map(drop)
    }
}

impl ImportTransaction<'_> {
    /// Imports runs; their outcomes are in the same order.
    pub(crate) fn take_page(
        &mut self,
        runs: &[Imported<'_>],
        on_conflict: OnConflict,
    ) -> Result<Vec<ImportOutcome>, PageError> {
        #[cfg(feature = "postgres")]
        if !self.apart && self.engine.table.dialect() == Dialect::Postgres {
            return self.take_in_groups(runs, on_conflict);
        }
        let runs = runs.iter().enumerate();
        let taken = runs.map(|(index, run)| {
            let taken = self.take(*run, on_conflict);
            taken.map_err(|error| PageError::at(index, error))
        });
        taken.collect()
    }

    /// Remembers that the transaction can be tried again, if it can, and returns the error.
    fn remember_busy(&self, error: Error) -> Error {
        if error.is_busy() {
            self.ending.busy.set(Some(error.repeated()));
        }
        error
    }

    /// Gives runs the attempts that they have in another database, if they have the same uuids here and were never
    /// claimed here. The attempts are those of whole histories. Returns how many came along.
    pub(crate) fn take_attempts(&mut self, attempts: Vec<Attempt>) -> Result<usize, Error> {
        if !self.engine.table.has_attempts() {
            return Ok(0);
        }
        let adopted = self.engine.adopt_attempts(self.connection, attempts);
        adopted.map_err(|error| self.remember_busy(error))
    }
}
