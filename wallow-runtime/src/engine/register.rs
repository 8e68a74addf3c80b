//! Registration. Each step is one statement, which the database decides alone. If two processes cross, a step finds
//! nothing to do, and the round begins again.

mod bulk;
#[cfg(feature = "postgres")]
mod columnar;
mod outcome;
#[cfg(feature = "postgres")]
pub(in crate::engine) mod sql;

pub(crate) use bulk::Refused;
pub use outcome::{OnDuplicate, RegisterCounts, RegisterOutcome};

use std::sync::Arc;
use std::time::Duration;

use super::row_visitors::{FirstRow, HasRow};
use super::statements::Update;
use super::{Engine, Exists, FindFresh, Insert, Write, WriteNth, binds};
use crate::backend::{Connection, Failure, Session};
use crate::codegen_support::Decode;
use crate::error::{Error, ErrorKind, RegisterError};
use crate::sql::Bind;
use crate::value::Value;

/// How a round ended. The run, if there is one, is in the caller's row.
enum Step {
    Inserted,
    Updated,
    Existing,
    Skipped,
    Duplicate,
}

/// Rounds until registration gives up. A row that others insert and delete more often than this between two statements
/// is not a normal case.
pub(in crate::engine) const ROUNDS: usize = 64;

/// Uuids that are tried. With 48 random bits a collision is rare, so many in a row mean that the source of uuids is
/// broken.
const UUIDS: usize = 16;

impl Engine {
    /// Tries an insert with new uuids until one is free.
    pub(in crate::engine) fn with_uuid<'b, T>(
        &self,
        binds: &mut [Bind<'b>],
        mut insert: impl FnMut(&[Bind<'b>]) -> Result<T, Failure>,
    ) -> Result<T, Error> {
        for _ in 0..UUIDS {
            binds[0] = Bind::Text(Some(self.environment.uuid().into()));
            match insert(binds) {
                Err(Failure::UuidTaken) => {}
                outcome => return outcome.map_err(Error::from),
            }
        }
        Err(Failure::UuidTaken.into())
    }

    /// Registers a run; `uuid` returns the uuid of an existing run, for the error of a duplicate.
    pub(crate) fn register<T: Decode>(
        &self,
        key: &[Value<'_>],
        patch: &[Option<Value<'_>>],
        policy: OnDuplicate,
        uuid: impl Fn(&T) -> &str,
    ) -> Result<RegisterOutcome<T>, RegisterError<T>> {
        let request = Request::new(self, key, patch)?;
        let mut row = FirstRow::new(&self.table);
        // After how many rounds without a row the run was there all the same.
        let mut there = 0;
        for _ in 0..ROUNDS {
            let step = request.round(policy, &mut row)?;
            return match (step, row.found.take()) {
                (Step::Skipped, None) => Ok(RegisterOutcome::Skipped),
                (Step::Skipped, Some(run)) => Ok(RegisterOutcome::Fresh(run)),
                (Step::Inserted, Some(run)) => Ok(RegisterOutcome::Inserted(run)),
                (Step::Updated, Some(run)) => Ok(RegisterOutcome::Updated(run)),
                (Step::Existing, Some(run)) => Ok(RegisterOutcome::Existing(run)),
                (Step::Duplicate, Some(run)) => {
                    let uuid = uuid(&run).to_owned();
                    Err(RegisterError::duplicate(run, &uuid))
                }
                (_, None) => {
                    there += usize::from(request.exists()?);
                    continue;
                }
            };
        }
        // Others who insert and delete the run would have been met in between at least once.
        if there == 0 || there == ROUNDS {
            let error = self.pool.read(|connection| Ok(swallowed(connection)))?;
            return Err(error.into());
        }
        let message = "the run is inserted and deleted by others again and again; try later";
        Err(Error::new(ErrorKind::Busy, message).into())
    }
}

/// The error of a write that the database took without an error, and that has left no trace.
pub(in crate::engine) fn swallowed(connection: &mut Connection) -> Error {
    // If this cannot be found out, the other reason is named.
    let message = if connection.hides_rows().unwrap_or(false) {
        "the database stored nothing: a run with this key or this uuid is there, and row-level security hides it from \
         this role; connect as a role that the policies show it"
    } else {
        "the database took the run and stored nothing: a trigger or a rule on `runs` may have swallowed it; drop it, or \
         have it refuse the run with an error"
    };
    Error::new(ErrorKind::Database, message)
}

/// The error of a run that is there although it should not be.
pub(in crate::engine) fn duplicate() -> Error {
    Error::new(ErrorKind::Duplicate, "this run is registered already")
}

impl Engine {
    /// Writes a patch to the run with this key; `None` if there is none. It never inserts a run.
    pub(crate) fn update<T: Decode>(
        &self,
        key: &[Value<'_>],
        patch: &[Option<Value<'_>>],
    ) -> Result<Option<T>, Error> {
        let request = Request::new(self, key, patch)?;
        let mut row = FirstRow::new(&self.table);
        request.write(None, &mut row)?;
        Ok(row.found)
    }
}

/// One registration: its key as binds, and its patch as it was given, because a duplicate that is only returned does
/// not need it.
pub(in crate::engine) struct Request<'a> {
    pub(in crate::engine) engine: &'a Engine,
    pub(in crate::engine) key: Vec<Bind<'a>>,
    pub(in crate::engine) patch: &'a [Option<Value<'a>>],
}

impl<'a> Request<'a> {
    /// A registration whose values can be stored.
    pub(in crate::engine) fn new(
        engine: &'a Engine,
        key: &'a [Value<'a>],
        patch: &'a [Option<Value<'a>>],
    ) -> Result<Self, Error> {
        let key = binds::key(&engine.table, key)?;
        binds::check(&engine.table, patch)?;
        Ok(Request { engine, key, patch })
    }

    /// This key with another patch.
    pub(in crate::engine) fn with_patch<'b>(
        &'b self,
        patch: &'b [Option<Value<'b>>],
    ) -> Request<'b> {
        Request {
            engine: self.engine,
            key: self.key.iter().map(Bind::reborrow).collect(),
            patch,
        }
    }

    /// Looks first, so that a duplicate that is only returned takes no lock; then writes. If others insert the run
    /// between the two, the insert finds its key taken and returns no row.
    fn round<T: Decode>(
        &self,
        policy: OnDuplicate,
        row: &mut FirstRow<'_, T>,
    ) -> Result<Step, Error> {
        match policy {
            OnDuplicate::Error if self.find(row)? => return Ok(Step::Duplicate),
            OnDuplicate::ReturnExisting if self.find(row)? => return Ok(Step::Existing),
            OnDuplicate::Skip if self.exists()? => return Ok(Step::Skipped),
            OnDuplicate::Overwrite if self.write(None, row)? => return Ok(Step::Updated),
            OnDuplicate::ClaimIfStale(age) => {
                if self.find_fresh(age, row)? {
                    return Ok(Step::Skipped);
                }
                if self.write(Some(age), row)? {
                    return Ok(Step::Updated);
                }
            }
            _ => {}
        }
        self.insert(row)?;
        Ok(Step::Inserted)
    }

    pub(in crate::engine) fn find<T: Decode>(
        &self,
        row: &mut FirstRow<'_, T>,
    ) -> Result<bool, Error> {
        self.engine.find_one(&self.key, row)
    }

    fn exists(&self) -> Result<bool, Error> {
        self.engine.pool.read(|session| {
            let mut rows = HasRow(false);
            session.run::<Exists>(&self.engine.table.statements().exists, &self.key, &mut rows)?;
            Ok(rows.0)
        })
    }

    fn find_fresh<T: Decode>(
        &self,
        age: Duration,
        row: &mut FirstRow<'_, T>,
    ) -> Result<bool, Error> {
        let mut binds = self.key.iter().map(Bind::reborrow).collect::<Vec<_>>();
        binds.push(Bind::micros(age));
        let sql = &self.engine.table.statements().find_fresh;
        self.engine.read_one::<FindFresh, T>(sql, &binds, row)
    }

    /// The update that writes the patch; with `stale_after`, only to a stale run.
    pub(in crate::engine) fn update(
        &self,
        stale_after: Option<Duration>,
        returning: bool,
    ) -> Result<(Arc<Update>, Vec<Bind<'_>>), Error> {
        let table = &self.engine.table;
        let update = table.patch(binds::fields(self.patch), stale_after.is_some(), returning);
        let mut binds = binds::update(table, &self.key, self.patch)?;
        binds.extend(stale_after.map(Bind::micros));
        Ok((update, binds))
    }

    /// Writes the patch to the run; with `stale_after`, only if the run is stale. Returns whether it was written.
    fn write<T: Decode>(
        &self,
        stale_after: Option<Duration>,
        row: &mut FirstRow<'_, T>,
    ) -> Result<bool, Error> {
        let (update, binds) = self.update(stale_after, true)?;
        let (engine, sql) = (self.engine, &update.sql);
        if stale_after.is_some() && engine.table.has_attempts() {
            // Its former claim is lost, if it had one.
            return engine.pool.write(|connection| {
                connection.transaction(|session| {
                    let written = row.fill::<Write>(session, sql, &binds)?;
                    if written {
                        engine.settle(session, Some(&self.key))?;
                    }
                    Ok(written)
                })
            });
        }
        // The first few shapes have types of their own, so their statements are found without hashing their texts.
        match update.number {
            0 => engine.change_one::<WriteNth<0>, T>(sql, &binds, row),
            1 => engine.change_one::<WriteNth<1>, T>(sql, &binds, row),
            2 => engine.change_one::<WriteNth<2>, T>(sql, &binds, row),
            _ => engine.change_one::<Write, T>(sql, &binds, row),
        }
    }

    /// Inserts the run, and keeps the row if the key was free.
    fn insert<T: Decode>(&self, row: &mut FirstRow<'_, T>) -> Result<(), Error> {
        let engine = self.engine;
        let mut binds = binds::insert(&engine.table, &self.key, self.patch)?;
        let sql = &engine.table.statements().insert;
        engine.pool.write(|session| {
            engine.with_uuid(&mut binds, |binds| row.fill::<Insert>(session, sql, binds))?;
            Ok(())
        })
    }
}
