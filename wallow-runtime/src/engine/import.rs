//! Imports runs that were registered elsewhere, in one transaction.
//!
//! If the database itself refuses a value, that is an error of one run, and should be reported for that run. But after
//! an error, PostgreSQL accepts nothing more in the transaction. So at the first such refusal the whole import starts
//! again, now with a savepoint for each run. An import without refusals does not pay for savepoints.
//!
//! Constraints that are deferred to the end of the transaction are checked before that, so that they name a run, too.
//!
//! Invariant: what was read within the transaction still holds when a write relies on it. On SQLite nobody else can
//! write in between; on PostgreSQL others can, so there the statement itself checks.

mod built_ins;
mod sql;

use std::cell::Cell;
use std::iter;
use std::time::Instant;

use super::register::{ROUNDS, Request, swallowed};
use wallow_schema::ddl::Dialect;

use super::row_visitors::HasRow;
use super::{Attempt, Engine, Exists, InsertImported, UuidExists, Write, binds, index_rows};
use crate::backend::{Connection, DeferredReferences, Session as _, is_deadlock};
use crate::engine::import::sql::ImportStatements;
use crate::error::{Error, ErrorKind};
use crate::sql::Bind;
use crate::value::Value;

pub(crate) use built_ins::BuiltIns;

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

/// The values of an imported run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Imported<'a> {
    pub(crate) key: &'a [Value<'a>],
    pub(crate) patch: &'a [Option<Value<'a>>],
    /// Whether a field of the patch is only for a new run.
    pub(crate) only_new: &'a [bool],
}

impl ImportTransaction<'_> {
    pub(crate) fn take(
        &mut self,
        run: Imported<'_>,
        built_ins: &BuiltIns,
        present: OnConflict,
    ) -> Result<ImportOutcome, Error> {
        if self.apart {
            self.connection.batch("SAVEPOINT wallow_run")?;
        }
        let Imported { key, patch, .. } = run;
        let taken = self.take_one(run, built_ins, present);
        let taken = taken.and_then(|outcome| {
            if self.apart {
                self.connection.check_constraints()?;
            }
            Ok(outcome)
        });
        let (end, outcome) = match taken {
            Err(error) if error.is_refused_write() => {
                let error = index_rows::named(&self.engine.table, error, key, patch);
                if !self.apart {
                    self.ending.spoiled.set(true);
                    return Err(error);
                }
                let back = "ROLLBACK TO SAVEPOINT wallow_run; RELEASE SAVEPOINT wallow_run";
                (back, ImportOutcome::Refused(error))
            }
            Err(error) => {
                if error.is_busy() {
                    self.ending.busy.set(Some(error.repeated()));
                }
                return Err(error);
            }
            Ok(outcome) => ("RELEASE SAVEPOINT wallow_run", outcome),
        };
        if self.apart {
            let ended = self.connection.batch(end);
            return match (ended, outcome) {
                (Ok(()), outcome) => Ok(outcome),
                (Err(ended), ImportOutcome::Refused(error)) if is_rolled_back(&ended) => {
                    Err(rolled_back(&error))
                }
                (Err(ended), _) => Err(ended),
            };
        }
        Ok(outcome)
    }

    /// Gives a run the attempts that it has in another database, in the order of their numbers, if it has the same uuid
    /// here and was never claimed here. Returns whether it did.
    pub(crate) fn take_attempts(&mut self, attempts: &mut [Attempt]) -> Result<bool, Error> {
        if !self.engine.table.has_attempts() {
            return Ok(false);
        }
        self.engine.adopt_attempts(self.connection, attempts)
    }

    fn take_one(
        &mut self,
        run: Imported<'_>,
        built_ins: &BuiltIns,
        present: OnConflict,
    ) -> Result<ImportOutcome, Error> {
        let refused = |error: Error| match error.kind() {
            _ if error.is_refused_write() => Err(error),
            ErrorKind::Validation | ErrorKind::Duplicate => Ok(ImportOutcome::Refused(error)),
            _ => Err(error),
        };
        let request = match Request::new(self.engine, run.key, run.patch) {
            Ok(request) => request,
            Err(error) => return refused(error),
        };
        // On PostgreSQL others can insert and delete the run between two statements.
        for _ in 0..ROUNDS {
            let outcome = if self.exists(&request)? {
                self.on_conflict(&request, run.only_new, present)
            } else {
                self.insert(&request, built_ins)
            };
            match outcome {
                Ok(None) => {}
                Ok(Some(outcome)) => return Ok(outcome),
                Err(error) => return refused(error),
            }
        }
        Ok(ImportOutcome::Refused(swallowed(
            self.connection,
            self.engine.table.schema(),
        )))
    }

    /// Whether a run with this key is there.
    fn exists(&mut self, request: &Request<'_>) -> Result<bool, Error> {
        let statements = self.engine.table.statements();
        let mut there = HasRow(false);
        self.connection
            .run::<Exists>(&statements.exists, &request.key, &mut there)?;
        Ok(there.0)
    }

    /// Handles a run that exists already; `None` if it does not any more, or the database left it as it was.
    fn on_conflict(
        &mut self,
        request: &Request<'_>,
        only_new: &[bool],
        present: OnConflict,
    ) -> Result<Option<ImportOutcome>, Error> {
        match present {
            OnConflict::Leave => Ok(Some(ImportOutcome::Existing)),
            OnConflict::Refuse => Err(Error::new(
                ErrorKind::Duplicate,
                "this run is registered already",
            )),
            OnConflict::Overwrite => {
                // A NULL has no information, so it does not replace a value that is known.
                let only_new = only_new.iter().chain(iter::repeat(&false));
                let known = request.patch.iter().zip(only_new);
                let known = known.map(|(value, only_new)| match value {
                    Some(Value::Null) => None,
                    _ if *only_new => None,
                    value => *value,
                });
                let known = known.collect::<Vec<_>>();
                let request = Request {
                    engine: request.engine,
                    key: request.key.iter().map(Bind::reborrow).collect(),
                    patch: &known,
                };
                let (update, binds) = request.update(None, false)?;
                let updated = self.connection.execute::<Write>(&update.sql, &binds)?;
                Ok((updated > 0).then_some(ImportOutcome::Updated))
            }
        }
    }

    /// Inserts the run; `None` if its key is taken, or the database stored nothing.
    fn insert(
        &mut self,
        request: &Request<'_>,
        built_ins: &BuiltIns,
    ) -> Result<Option<ImportOutcome>, Error> {
        let engine = self.engine;
        let built_ins = built_ins.checked()?;
        let mut binds = binds::insert(&engine.table, &request.key, request.patch)?;
        let times = [built_ins.created_at, built_ins.updated_at];
        binds.splice(1..1, times.map(Bind::Time));
        let sql = &self.statements.insert;
        let connection = &mut *self.connection;
        let inserted = match &built_ins.uuid {
            None => engine.with_uuid(&mut binds, |binds| {
                connection.execute::<InsertImported>(sql, binds)
            })?,
            Some(uuid) => {
                let taken = [Bind::Text(Some(uuid.into()))];
                let mut there = HasRow(false);
                connection.run::<UuidExists>(&self.statements.uuid_exists, &taken, &mut there)?;
                if there.0 {
                    return Err(Error::validation(
                        "uuid",
                        format_args!("another run has the uuid {uuid}"),
                    ));
                }
                binds[0] = Bind::Text(Some(uuid.into()));
                connection.execute::<InsertImported>(sql, &binds)?
            }
        };
        Ok((inserted > 0).then_some(ImportOutcome::Inserted))
    }
}

/// Whether a savepoint is gone, because a trigger rolled everything back.
fn is_rolled_back(error: &Error) -> bool {
    error.to_string().contains("no such savepoint")
}

/// The error of a run whose trigger ended the whole transaction.
fn rolled_back(error: &Error) -> Error {
    Error::new(
        ErrorKind::Database,
        format!(
            "{error}; a trigger ended the whole transaction with `RAISE(ROLLBACK, …)`, so nothing was changed: have it \
             refuse the run alone with `RAISE(ABORT, …)`, or leave the run out"
        ),
    )
}
