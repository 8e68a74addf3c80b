//! Registration. Each step is one statement that the database decides alone; where two processes
//! cross, a step finds nothing to do and the round begins again.

use std::time::Duration;

use super::rows::{Any, One};
use super::{Engine, Exists, Find, FindFresh, Insert, Write, binds};
use crate::backend::{Bind, Failure, Session};
use crate::error::{Error, ErrorKind};
use crate::record::Decode;
use crate::register::{OnDuplicate, Outcome};
use crate::value::Value;

/// What came of it: an outcome, or the run that the policy refuses to touch.
pub(crate) enum Registration<T> {
    Done(Outcome<T>),
    Duplicate(T),
}

/// A key whose row comes and goes more often than this between two statements is not our fault.
const ROUNDS: usize = 64;

/// With 48 random bits, one collision is rare and two in a row are a broken source.
const UUIDS: usize = 16;

impl Engine {
    /// Tries an insert with one uuid after the other, until one is free.
    pub(super) fn with_uuid<'b, T>(
        &self,
        binds: &mut [Bind<'b>],
        mut insert: impl FnMut(&[Bind<'b>]) -> Result<T, Failure>,
    ) -> Result<T, Error> {
        for _ in 0..UUIDS {
            binds[0] = Bind::Text(Some(self.sources.uuid().into()));
            match insert(binds) {
                Err(Failure::UuidTaken) => {}
                outcome => return outcome.map_err(Error::from),
            }
        }
        Err(Failure::UuidTaken.into())
    }

    pub(crate) fn register<T: Decode>(
        &self,
        key: &[Value<'_>],
        patch: &[Option<Value<'_>>],
        policy: OnDuplicate,
    ) -> Result<Registration<T>, Error> {
        let request = Request::new(self, key, patch)?;
        for _ in 0..ROUNDS {
            if let Some(registration) = request.round(policy)? {
                return Ok(registration);
            }
        }
        let message = "the run is inserted and deleted by others again and again; try later";
        Err(Error::new(ErrorKind::Busy, message))
    }
}

/// One registration: its values, checked and ready to bind.
pub(super) struct Request<'a> {
    pub(super) engine: &'a Engine,
    pub(super) key: Vec<Bind<'a>>,
    pub(super) patch: Vec<(usize, Bind<'a>)>,
}

impl<'a> Request<'a> {
    pub(super) fn new(
        engine: &'a Engine,
        key: &[Value<'a>],
        patch: &[Option<Value<'a>>],
    ) -> Result<Self, Error> {
        Ok(Request {
            engine,
            key: binds::key(&engine.plan, key)?,
            patch: binds::patch(&engine.plan, patch)?,
        })
    }

    /// Looks first, so that a duplicate that is only returned takes no lock; then writes.
    fn round<T: Decode>(&self, policy: OnDuplicate) -> Result<Option<Registration<T>>, Error> {
        use Registration::{Done, Duplicate};
        match policy {
            OnDuplicate::Raise => {
                if let Some(run) = self.find()? {
                    return Ok(Some(Duplicate(run)));
                }
            }
            OnDuplicate::ReturnExisting => {
                if let Some(run) = self.find()? {
                    return Ok(Some(Done(Outcome::Existing(run))));
                }
            }
            OnDuplicate::Skip => {
                if self.exists()? {
                    return Ok(Some(Done(Outcome::Skipped(None))));
                }
            }
            OnDuplicate::Overwrite => {
                if let Some(run) = self.write(None)? {
                    return Ok(Some(Done(Outcome::Updated(run))));
                }
            }
            OnDuplicate::ClaimIfStale(age) => {
                if let Some(run) = self.find_fresh(age)? {
                    return Ok(Some(Done(Outcome::Skipped(Some(run)))));
                }
                if let Some(run) = self.write(Some(age))? {
                    return Ok(Some(Done(Outcome::Updated(run))));
                }
            }
        }
        Ok(self.insert()?.map(|run| Done(Outcome::Inserted(run))))
    }

    pub(super) fn find<T: Decode>(&self) -> Result<Option<T>, Error> {
        let engine = self.engine;
        let sql = &engine.plan.statements().find;
        engine
            .pool
            .read(|session| engine.one::<Find, T>(session, sql, &self.key))
    }

    fn exists(&self) -> Result<bool, Error> {
        self.engine.pool.read(|session| {
            let mut rows = Any(false);
            session.run::<Exists>(&self.engine.plan.statements().exists, &self.key, &mut rows)?;
            Ok(rows.0)
        })
    }

    fn find_fresh<T: Decode>(&self, age: Duration) -> Result<Option<T>, Error> {
        let engine = self.engine;
        let mut binds = self.key.iter().map(Bind::reborrow).collect::<Vec<_>>();
        binds.push(micros(age));
        let sql = &engine.plan.statements().find_fresh;
        engine
            .pool
            .read(|session| engine.one::<FindFresh, T>(session, sql, &binds))
    }

    /// The binds of an update: the patch, the key, and the staleness where only stale runs are meant.
    pub(super) fn update_binds(&self, stale_after: Option<Duration>) -> Vec<Bind<'_>> {
        let values = self.patch.iter().map(|(_, bind)| bind);
        let binds = values.chain(&self.key).map(Bind::reborrow);
        binds.chain(stale_after.map(micros)).collect()
    }

    /// The positions of the fields that the patch sets.
    pub(super) fn fields(&self) -> Vec<usize> {
        self.patch.iter().map(|(index, _)| *index).collect()
    }

    /// Writes the patch to the run, or only to a run that is stale; `None` where there is none.
    fn write<T: Decode>(&self, stale_after: Option<Duration>) -> Result<Option<T>, Error> {
        let engine = self.engine;
        let sql = engine
            .plan
            .patch(self.fields(), stale_after.is_some(), true);
        let binds = self.update_binds(stale_after);
        engine.change::<Write, T>(&sql, &binds)
    }

    /// Inserts the run; `None` where its key is taken.
    fn insert<T: Decode>(&self) -> Result<Option<T>, Error> {
        let engine = self.engine;
        let mut binds = binds::insert(&engine.plan, &self.key, &self.patch)?;
        engine.pool.write(|session| {
            engine.with_uuid(&mut binds, |binds| {
                let mut rows = One::new(&engine.plan);
                session.run::<Insert>(&engine.plan.statements().insert, binds, &mut rows)?;
                Ok(rows.found)
            })
        })
    }
}

/// A time span as the statements take it, in microseconds.
pub(super) fn micros<'a>(span: Duration) -> Bind<'a> {
    Bind::Int(Some(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
}
