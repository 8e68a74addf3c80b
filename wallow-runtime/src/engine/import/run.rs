//! One imported run: looked up first, then inserted, overwritten or refused.

use std::iter;

use super::{BuiltIns, ImportOutcome, ImportTransaction, OnConflict};
use crate::backend::Session as _;
use crate::engine::register::{ROUNDS, Request, duplicate, swallowed};
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
    pub(crate) built_ins: &'a BuiltIns,
}

impl ImportTransaction<'_> {
    pub(super) fn take(
        &mut self,
        run: Imported<'_>,
        on_conflict: OnConflict,
    ) -> Result<ImportOutcome, Error> {
        if self.apart {
            return self.take_in_savepoint(run, on_conflict);
        }
        let taken = self.take_one(run, on_conflict);
        taken.map_err(|error| {
            // The transaction cannot go on, and begins again with savepoints.
            self.ending.spoiled.set(error.is_refused_write());
            self.remember_busy(error)
        })
    }

    /// Imports a run so that the transaction goes on if the database refuses it.
    pub(super) fn take_in_savepoint(
        &mut self,
        run: Imported<'_>,
        on_conflict: OnConflict,
    ) -> Result<ImportOutcome, Error> {
        self.connection.batch("SAVEPOINT wallow_run")?;
        let taken = self.take_one(run, on_conflict).and_then(|outcome| {
            if self.apart {
                self.connection.check_constraints()?;
            }
            Ok(outcome)
        });
        let (end, outcome) = match taken {
            Ok(outcome) => ("RELEASE SAVEPOINT wallow_run", outcome),
            Err(error) if error.is_refused_write() => {
                let error = index_rows::named(&self.engine.table, error, run.key, run.patch);
                let back = "ROLLBACK TO SAVEPOINT wallow_run; RELEASE SAVEPOINT wallow_run";
                (back, ImportOutcome::Refused(error))
            }
            Err(error) => return Err(self.remember_busy(error)),
        };
        match (self.connection.batch(end), outcome) {
            (Ok(()), outcome) => Ok(outcome),
            (Err(ended), ImportOutcome::Refused(error)) if is_rolled_back(&ended) => {
                Err(rolled_back(&error))
            }
            (Err(ended), _) => Err(ended),
        }
    }

    fn take_one(
        &mut self,
        run: Imported<'_>,
        on_conflict: OnConflict,
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
                self.on_conflict(&request, run.only_new, on_conflict)
            } else {
                self.insert(&request, run.built_ins)
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
        on_conflict: OnConflict,
    ) -> Result<Option<ImportOutcome>, Error> {
        match on_conflict {
            OnConflict::Leave => Ok(Some(ImportOutcome::Existing)),
            OnConflict::Refuse => Err(duplicate()),
            OnConflict::Overwrite => {
                let known = known(request.patch, only_new);
                let request = request.with_patch(&known);
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
        let mut binds = insert_binds(request, built_ins)?;
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
                connection.execute::<InsertImported>(sql, &binds)?
            }
        };
        Ok((inserted > 0).then_some(ImportOutcome::Inserted))
    }
}

/// What the insert of a run binds: its uuid, if it brings one, its times, key, annotating.
pub(super) fn insert_binds<'r>(
    request: &'r Request<'_>,
    built_ins: &'r BuiltIns,
) -> Result<Vec<Bind<'r>>, Error> {
    let built_ins = built_ins.checked()?;
    let mut binds = binds::insert(&request.engine.table, &request.key, request.patch)?;
    let times = [built_ins.created_at, built_ins.updated_at];
    binds.splice(1..1, times.map(Bind::Time));
    binds[0] = Bind::Text(built_ins.uuid.as_deref().map(Into::into));
    Ok(binds)
}

/// What overwrites a run that is there. A NULL has no information, so it does not replace a value that is known.
pub(super) fn known<'v>(patch: &[Option<Value<'v>>], only_new: &[bool]) -> Vec<Option<Value<'v>>> {
    let only_new = only_new.iter().chain(iter::repeat(&false));
    let known = patch.iter().zip(only_new);
    let known = known.map(|(value, only_new)| match value {
        Some(Value::Null) => None,
        _ if *only_new => None,
        value => *value,
    });
    known.collect()
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
