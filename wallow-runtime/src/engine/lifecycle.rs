//! Claims, as the database decides them: each step is one statement, fenced by the number of the
//! attempt.

mod at_once;
mod back;
mod beat;
mod next;
mod queue;
mod seen;
mod state;

pub(crate) use beat::{Beaten, Look, Suspect, beat_all, look_for_silent};
pub(crate) use next::NextClaim;

use std::sync::Arc;

use chrono::{DateTime, Utc};

use seen::{Looked, Seen};

use super::rows::{Instant, One};
use super::{Beat, Begin, Engine, LookBeforeClaim, Lookup, Release, TakeSeen, Write, binds};
use crate::backend::{Failure, Operation, Session};
use crate::codegen_support::Decode;
use crate::error::{Error, ErrorKind};
use crate::lifecycle::{Reclaim, RunState, RunStatus};
use crate::plan::{Patch, Plan};
use crate::sql::Bind;
use crate::sql::Sql;
use crate::sql::Statement;
use crate::value::Value;

/// What a claim writes under: the run, and the attempt that has to be the current one still. The
/// uuid stands there too: the id of a deleted run may be given to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FencingToken {
    pub(crate) id: i64,
    pub(crate) attempt: i64,
    pub(crate) uuid: Arc<str>,
}

impl FencingToken {
    /// As [`fenced`] writes it.
    pub(crate) fn binds(&self) -> [Bind<'_>; 3] {
        [
            Bind::Int(Some(self.id)),
            Bind::Int(Some(self.attempt)),
            Bind::Text(Some((&*self.uuid).into())),
        ]
    }
}

/// How a claim writes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Finish<'a> {
    /// The run goes on.
    Annotate,
    Complete {
        seconds: f64,
    },
    Fail {
        seconds: f64,
        excerpt: &'a str,
    },
    Release,
}

/// On which conditions a run is claimed, and what is written then.
#[derive(Debug)]
pub(crate) struct Start<'a> {
    pub(crate) reclaim: Reclaim,
    pub(crate) starting: Vec<Option<Value<'a>>>,
    pub(crate) force: bool,
    pub(crate) max_attempts: Option<u32>,
    /// Whether what an earlier attempt left is cleared.
    pub(crate) reset: bool,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Taken<T> {
    Claimed(T, FencingToken),
    Completed(T),
    Held(T),
    Exhausted(T),
}

/// As for registration: more rounds than two processes can make by crossing each other.
const ROUNDS: usize = 64;

impl Engine {
    /// Claims the run with this key, inserting it where it is new.
    pub(crate) fn claim<T: Decode>(
        &self,
        key: &[Value<'_>],
        start: &Start<'_>,
    ) -> Result<Taken<T>, Error> {
        let key = binds::key(&self.plan, key)?;
        let starting = binds::patch(&self.plan, &start.starting)?;
        for _ in 0..ROUNDS {
            let seen = if self.pool.saves_round_trips() {
                self.take_or_look_up::<T>(&key, start, &starting)?
            } else {
                self.look_up::<T>(&key, start.reclaim)?
            };
            let Some(seen) = seen else {
                if let Some((run, fence)) = self.insert_running(&key, &start.starting)? {
                    return Ok(Taken::Claimed(run, fence));
                }
                continue;
            };
            if seen.taken {
                return Ok(Taken::Claimed(seen.run, seen.fence));
            }
            if seen.state == RunState::Unknown && !start.force {
                return Err(state::unknown(&seen.fence.uuid, seen.word.as_deref()));
            }
            if seen.is(RunStatus::Completed) && !start.force {
                return self.untaken(Taken::Completed(seen.run));
            }
            if seen.is(RunStatus::Running)
                && (!seen.stale || self.is_held_here(&seen.fence, start.reclaim))
            {
                return self.untaken(Taken::Held(seen.run));
            }
            // One that somebody has put back into the queue is to be run, whatever came before.
            if !seen.is(RunStatus::Pending)
                && !seen.never_began
                && start
                    .max_attempts
                    .is_some_and(|most| seen.fence.attempt >= i64::from(most))
            {
                return self.untaken(Taken::Exhausted(seen.run));
            }
            if let Some((run, fence)) = self.begin(&seen, start, &starting)?
                && (!seen.never_began || self.shows_life(&fence))
            {
                return Ok(Taken::Claimed(run, fence));
            }
        }
        let message = "the run changes hands faster than it can be claimed; try again";
        Err(Error::new(ErrorKind::Busy, message))
    }

    /// The first sign of life of a claim over one that never gave any: its worker may have died at once each time, and
    /// the attempt has to count before this one begins. `false` if the claim is lost already.
    fn shows_life(&self, fence: &FencingToken) -> bool {
        match self.beat(fence) {
            Ok(updated_at) => updated_at.is_some(),
            Err(error) => {
                tracing::warn!(%error, uuid = &*fence.uuid, "the first sign of life of a claim could not be written");
                true
            }
        }
    }

    /// The answer of a claim that has only read.
    fn untaken<T>(&self, taken: Taken<T>) -> Result<Taken<T>, Error> {
        self.pool.look_at_file()?;
        Ok(taken)
    }

    /// Whether a run that may be taken at once has not been left by a crash: its claim lives here.
    fn is_held_here(&self, fence: &FencingToken, reclaim: Reclaim) -> bool {
        reclaim == Reclaim::Immediately && self.heart.held().contains(&fence.id)
    }

    /// The run, its status and attempt, and whether it has been silent for too long.
    fn look_up<T: Decode>(
        &self,
        key: &[Bind<'_>],
        reclaim: Reclaim,
    ) -> Result<Option<Seen<T>>, Error> {
        let statement = || {
            let mut statement = Statement {
                sql: Sql::new(),
                binds: Vec::new(),
            };
            self.plan.looking(&mut statement, reclaim);
            self.plan.matching(&mut statement, key);
            statement
        };
        self.pool.read(|session| {
            let mut rows = Looked::new(&self.plan);
            if let Reclaim::WhenStale(after) = reclaim {
                let sql = self.plan.kept().look.get_or_init(|| statement().sql);
                let silent = std::iter::once(Bind::micros(after));
                let binds = silent.chain(key.iter().map(Bind::reborrow));
                session.run::<LookBeforeClaim>(sql, &binds.collect::<Vec<_>>(), &mut rows)?;
            } else {
                let Statement { sql, binds } = statement();
                session.run::<Lookup>(&sql, &binds, &mut rows)?;
            }
            Ok(rows.seen)
        })
    }

    /// Takes the run that was seen, if it is still as it was seen.
    fn begin<T: Decode>(
        &self,
        seen: &Seen<T>,
        start: &Start<'_>,
        starting: &Patch<'_>,
    ) -> Result<Option<(T, FencingToken)>, Error> {
        let is_running = seen.is(RunStatus::Running);
        let statement = || {
            let mut statement = self.plan.begin(starting, start.reset);
            statement.sql.push(" WHERE ");
            fenced(&mut statement, &seen.fence);
            // A claim in between would have another number; what another program writes has not.
            statement.sql.push(" AND ");
            if is_running {
                statement
                    .sql
                    .push(&RunStatus::Running.condition())
                    .push(" AND ");
                self.plan.silent(&mut statement, start.reclaim);
            } else {
                Plan::claimable(&mut statement.sql, start.force, true);
            }
            self.plan.returning_attempt(&mut statement);
            statement
        };
        if is_running || start.force || start.reset || !starting.is_empty() {
            let Statement { sql, binds } = statement();
            return self.taken::<T, Begin>(&sql, &binds);
        }
        let sql = self.plan.kept().take_seen.get_or_init(|| statement().sql);
        self.taken::<T, TakeSeen>(sql, &seen.fence.binds())
    }

    /// Where the answer is lost with the server, asking again takes another run, or none: what may have
    /// been taken looks silent soon, and is taken by whoever comes next.
    fn taken<T: Decode, O: Operation>(
        &self,
        sql: &Sql,
        binds: &[Bind<'_>],
    ) -> Result<Option<(T, FencingToken)>, Error> {
        let seen = self.seen::<T, O>(sql, binds)?;
        Ok(seen.map(|seen| (seen.run, seen.fence)))
    }

    fn seen<T: Decode, O: Operation>(
        &self,
        sql: &Sql,
        binds: &[Bind<'_>],
    ) -> Result<Option<Seen<T>>, Error> {
        self.pool.write_again(|session| {
            let mut rows = Looked::new(&self.plan);
            session.run::<O>(sql, binds, &mut rows)?;
            Ok(rows.seen)
        })
    }

    /// Inserts a new run that runs at once; `None` where its key is taken.
    fn insert_running<T: Decode>(
        &self,
        key: &[Bind<'_>],
        starting: &[Option<Value<'_>>],
    ) -> Result<Option<(T, FencingToken)>, Error> {
        let mut binds = binds::insert(&self.plan, key, starting)?;
        let sql = self.plan.insert_running();
        // The lifecycle's own columns stand in the text.
        self.plan.without_owned(&mut binds, key.len());
        self.pool.write_again(|session| {
            self.with_uuid(&mut binds, |binds| -> Result<_, Failure> {
                let mut rows = Looked::new(&self.plan);
                session.run::<Begin>(&sql, binds, &mut rows)?;
                Ok(rows.seen.map(|seen: Seen<T>| (seen.run, seen.fence)))
            })
        })
    }

    /// Says that a claim is alive; the new `updated_at`, or `None` where the run is another's.
    pub(crate) fn beat(&self, fence: &FencingToken) -> Result<Option<DateTime<Utc>>, Error> {
        let mut statement = self.plan.update();
        statement.sql.push(" WHERE ");
        fenced(&mut statement, fence);
        statement.sql.push(" RETURNING \"updated_at\"");
        self.pool.write_again(|session| {
            let mut rows = Instant(None);
            session.run::<Beat>(&statement.sql, &statement.binds, &mut rows)?;
            Ok(rows.0)
        })
    }

    /// Writes for a claim; `None` where the run is another's.
    pub(crate) fn finish<T: Decode>(
        &self,
        fence: &FencingToken,
        finish: &Finish<'_>,
        patch: &[Option<Value<'_>>],
    ) -> Result<Option<T>, Error> {
        let patch = binds::patch(&self.plan, patch)?;
        if matches!(finish, Finish::Release) && patch.is_empty() {
            let build = || self.finishing(fence, finish, &patch, true).sql;
            let sql = self.plan.kept().release.get_or_init(build);
            return self.finished::<T, Release>(sql, &fence.binds());
        }
        let Statement { sql, binds } = self.finishing(fence, finish, &patch, true);
        self.finished::<T, Write>(&sql, &binds)
    }

    /// Writes for a claim without reading the run back; whether the run is the claim's.
    pub(crate) fn finish_unread(
        &self,
        fence: &FencingToken,
        finish: &Finish<'_>,
        patch: &[Option<Value<'_>>],
    ) -> Result<bool, Error> {
        let patch = binds::patch(&self.plan, patch)?;
        let Statement { sql, binds } = self.finishing(fence, finish, &patch, false);
        let changed = self
            .pool
            .write_again(|session| Ok(session.execute::<Write>(&sql, &binds)?))?;
        Ok(changed > 0)
    }

    /// What can be stored of a patch, and why the rest cannot.
    pub(crate) fn storable<'a>(
        &self,
        patch: &[Option<Value<'a>>],
    ) -> (Vec<Option<Value<'a>>>, Vec<String>) {
        binds::storable(&self.plan, patch)
    }

    fn finishing<'b>(
        &self,
        fence: &'b FencingToken,
        finish: &Finish<'b>,
        patch: &'b Patch<'_>,
        returning: bool,
    ) -> Statement<'b> {
        let mut statement = self.plan.update();
        let now = self.plan.now();
        match *finish {
            Finish::Annotate => {}
            Finish::Complete { seconds } => {
                statement.sql.push(&format!(
                    ", \"status\" = '{}', \"completed_at\" = {now}, \"error_excerpt\" = NULL, \
                     \"wallclock_seconds\" = ",
                    RunStatus::Completed
                ));
                statement.sql.bind();
                statement.binds.push(Bind::Float(Some(seconds)));
            }
            Finish::Fail { seconds, excerpt } => {
                statement.sql.push(&format!(
                    ", \"status\" = '{}', \"completed_at\" = NULL, \"wallclock_seconds\" = ",
                    RunStatus::Failed
                ));
                statement.sql.bind().push(", \"error_excerpt\" = ").bind();
                statement.binds.push(Bind::Float(Some(seconds)));
                statement.binds.push(Bind::Text(Some(excerpt.into())));
            }
            Finish::Release => {
                statement.sql.push(&format!(
                    ", \"status\" = '{}', \"started_at\" = NULL",
                    RunStatus::Pending
                ));
            }
        }
        self.plan.assign(&mut statement, patch);
        statement.sql.push(" WHERE ");
        fenced(&mut statement, fence);
        if returning {
            self.plan.returning_attempt(&mut statement);
        }
        statement
    }

    fn finished<T: Decode, O: Operation>(
        &self,
        sql: &Sql,
        binds: &[Bind<'_>],
    ) -> Result<Option<T>, Error> {
        let mut row = One::new(&self.plan);
        self.pool.write_again(|connection| {
            connection.change(|session| Ok(row.fill::<O>(session, sql, binds)?))
        })?;
        Ok(row.found)
    }
}

fn fenced<'b>(statement: &mut Statement<'b>, fence: &'b FencingToken) {
    statement.sql.push("\"runs\".\"id\" = ");
    statement.sql.begin_check().bind().end_check();
    statement
        .sql
        .push(" AND \"runs\".\"_wallow_attempt\" = ")
        .bind();
    statement.sql.push(" AND \"runs\".\"uuid\" = ").bind();
    statement.binds.extend(fence.binds());
}
