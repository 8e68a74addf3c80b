//! One imported run: looked up first, then inserted, overwritten or refused.

use std::iter;

use super::{BuiltIns, ImportOutcome, ImportTransaction, OnConflict};
use crate::backend::Session as _;
use crate::engine::register::{ROUNDS, Request, swallowed};
use crate::engine::row_visitors::HasRow;
use crate::engine::{Exists, InsertImported, UuidExists, Write, binds, index_rows};
use crate::error::{Error, ErrorKind};
use crate::sql::Bind;
use crate::value::Value;

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
        Ok(ImportOutcome::Refused(swallowed(self.connection)))
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
