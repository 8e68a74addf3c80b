//! Claims, as the database decides them: each step is one statement, fenced by the number of the
//! attempt.

mod at_once;
mod back;
mod heartbeats;
mod next;
mod queue;
mod reclaim;
mod seen;
pub(in crate::engine) mod sql;
mod state;
mod write;

pub(crate) use heartbeats::{HeartbeatOutcome, Look, Suspect, look_for_silent, send_heartbeats};
pub(crate) use next::{Idle, LiveClaims, NextRun, QueueRequest};
pub use reclaim::Reclaim;
pub(crate) use reclaim::watch_time;
pub(crate) use state::pending_without_status;
pub(crate) use write::ClaimWrite;

use write::fenced;

use std::sync::Arc;

use seen::{Looked, Seen};

use super::statements::TableStatements;
use super::{Begin, Engine, LookBeforeClaim, Lookup, TakeSeen, binds};
use crate::backend::{Connection, Failure, Operation, Session};
use crate::codegen_support::Decode;
use crate::engine::claim::sql::Patch;
use crate::error::{Error, ErrorKind};
use crate::sql::{Bind, Sql, Statement};
use crate::value::{RunState, RunStatus, Value};

/// Identifies a claim in the condition of each of its writes: the run, and the attempt, which still has to be the
/// current one. The uuid is part of it, too, because the id of a deleted run may be given to another run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FencingToken {
    pub(crate) id: i64,
    pub(crate) attempt: i64,
    pub(crate) uuid: Arc<str>,
}

impl FencingToken {
    /// In the order in which [`fenced`] writes them.
    pub(crate) fn binds(&self) -> [Bind<'_>; 3] {
        [
            Bind::Int(Some(self.id)),
            Bind::Int(Some(self.attempt)),
            Bind::Text(Some((&*self.uuid).into())),
        ]
    }
}

/// The conditions on which a run is claimed, and what is written if it is.
#[derive(Debug)]
pub(crate) struct ClaimRequest<'a> {
    pub(crate) reclaim: Reclaim,
    pub(crate) starting: Vec<Option<Value<'a>>>,
    pub(crate) force: bool,
    pub(crate) max_attempts: Option<u32>,
    /// Whether what an earlier attempt left is cleared.
    pub(crate) reset: bool,
}

/// The outcome of a [`ClaimRequest`].
#[derive(Debug)]
pub(crate) enum ClaimResult<T> {
    Claimed(T, FencingToken),
    Not(NotClaimed<T>),
}

/// Why a run is not claimed.
#[derive(Debug)]
pub(crate) enum NotClaimed<T> {
    Completed(T),
    Held(T),
    Exhausted(T),
}

/// As for registration: more rounds than two processes can need when they cross each other.
const ROUNDS: usize = 64;

/// Whether the claim of a run lives in this program, so that no crash left the run, although it could be taken at once.
fn is_held_here(live: &dyn LiveClaims, token: &FencingToken, reclaim: Reclaim) -> bool {
    reclaim == Reclaim::Immediately && live.held().contains(&token.id)
}

impl Engine {
    /// Claims the run with this key; inserts it if it is new.
    pub(crate) fn claim<T: Decode>(
        &self,
        key: &[Value<'_>],
        request: &ClaimRequest<'_>,
        live: &dyn LiveClaims,
    ) -> Result<ClaimResult<T>, Error> {
        let key = binds::key(&self.table, key)?;
        let starting = binds::patch(&self.table, &request.starting)?;
        for _ in 0..ROUNDS {
            let seen = if self.pool.saves_round_trips() {
                self.take_or_look_up::<T>(&key, request, &starting)?
            } else {
                self.look_up::<T>(&key, request.reclaim)?
            };
            let Some(seen) = seen else {
                if let Some((run, token)) = self.insert_running(&key, &request.starting)? {
                    return Ok(ClaimResult::Claimed(run, token));
                }
                continue;
            };
            if seen.taken {
                return Ok(ClaimResult::Claimed(seen.run, seen.token));
            }
            if seen.state == RunState::Unknown && !request.force {
                return Err(state::unknown(&seen.token.uuid, seen.word.as_deref()));
            }
            if seen.is(RunStatus::Completed) && !request.force {
                return self.untaken(NotClaimed::Completed(seen.run));
            }
            if seen.is(RunStatus::Running)
                && (!seen.stale || is_held_here(live, &seen.token, request.reclaim))
            {
                return self.untaken(NotClaimed::Held(seen.run));
            }
            // `max_attempts` does not apply to a pending run, because it was put into the queue to be run.
            if let Some(most) = request.max_attempts.map(i64::from)
                && !seen.is(RunStatus::Pending)
                && !seen.never_began
                && seen.token.attempt >= most
                && self.counted(&seen.token)? >= most
            {
                return self.untaken(NotClaimed::Exhausted(seen.run));
            }
            if let Some((run, token)) = self.begin(&seen, request, &starting)?
                && (!seen.never_began || self.shows_life(&token))
            {
                return Ok(ClaimResult::Claimed(run, token));
            }
        }
        let message = "the run changes hands faster than it can be claimed; try again";
        Err(Error::new(ErrorKind::Busy, message))
    }

    /// Sends the first heartbeat of a claim at once, if the claim before it never sent one. Attempts count from their
    /// first heartbeat, so a run that kills its worker at once would otherwise be tried without end. `false` if the
    /// claim is lost already.
    fn shows_life(&self, token: &FencingToken) -> bool {
        match self.claim_heartbeat(token) {
            Ok(updated_at) => updated_at.is_some(),
            Err(error) => {
                tracing::warn!(%error, uuid = &*token.uuid, "the first heartbeat of a claim could not be written");
                true
            }
        }
    }

    /// The answer of a claim that only read. Writes check the file by themselves, so here it is checked.
    fn untaken<T>(&self, reason: NotClaimed<T>) -> Result<ClaimResult<T>, Error> {
        self.pool.look_at_file()?;
        Ok(ClaimResult::Not(reason))
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
            self.table.looking(&mut statement, reclaim);
            self.table.matching(&mut statement, key);
            statement
        };
        self.pool.read(|session| {
            let mut rows = Looked::new(&self.table);
            if let Reclaim::WhenStale(after) = reclaim {
                let sql = self
                    .table
                    .claim_statements()
                    .look
                    .get_or_init(|| statement().sql);
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

    /// Takes the run, if it is still as it was seen.
    fn begin<T: Decode>(
        &self,
        seen: &Seen<T>,
        request: &ClaimRequest<'_>,
        starting: &Patch<'_>,
    ) -> Result<Option<(T, FencingToken)>, Error> {
        let is_running = seen.is(RunStatus::Running);
        let statement = || {
            let mut statement = self.table.begin(starting, request.reset);
            statement.sql.push(" WHERE ");
            fenced(&mut statement, &seen.token);
            // A claim in between would have another attempt. A write of another program changes only the status, so
            // that is compared, too.
            statement.sql.push(" AND ");
            if is_running {
                statement
                    .sql
                    .push(&RunStatus::Running.condition())
                    .push(" AND ");
                self.table.silent(&mut statement, request.reclaim);
            } else {
                TableStatements::claimable(&mut statement.sql, request.force, true);
            }
            self.table.returning_attempt(&mut statement);
            self.recording_attempt(statement)
        };
        if is_running || request.force || request.reset || !starting.is_empty() {
            let Statement { sql, binds } = statement();
            return self.taken::<T, Begin>(&sql, &binds);
        }
        let sql = self
            .table
            .claim_statements()
            .take_seen
            .get_or_init(|| statement().sql);
        let binds = seen.token.binds();
        if self.table.records_in_statement() {
            return self.taken::<T, TakeSeen>(sql, &self.with_provenance(&binds));
        }
        self.taken::<T, TakeSeen>(sql, &binds)
    }

    /// Runs a statement that takes a run. If its answer is lost with the server, it is sent again and takes another
    /// run, or none. The run that the first statement may have taken becomes stale, and is claimed again then.
    fn taken<T: Decode, O: Operation>(
        &self,
        sql: &Sql,
        binds: &[Bind<'_>],
    ) -> Result<Option<(T, FencingToken)>, Error> {
        let seen = self.seen::<T, O>(sql, binds)?;
        Ok(seen.map(|seen| (seen.run, seen.token)))
    }

    fn seen<T: Decode, O: Operation>(
        &self,
        sql: &Sql,
        binds: &[Bind<'_>],
    ) -> Result<Option<Seen<T>>, Error> {
        self.pool.write_again(|connection| {
            let take = |session: &mut Connection| {
                let mut rows = Looked::new(&self.table);
                session.run::<O>(sql, binds, &mut rows)?;
                Ok(rows.seen)
            };
            self.claim_and_record(connection, take, |seen: &Seen<T>| &seen.token)
        })
    }

    /// Inserts a new run that runs at once; `None` if its key is taken.
    fn insert_running<T: Decode>(
        &self,
        key: &[Bind<'_>],
        starting: &[Option<Value<'_>>],
    ) -> Result<Option<(T, FencingToken)>, Error> {
        let mut binds = binds::insert(&self.table, key, starting)?;
        let sql = self.table.insert_running();
        // The values of the lifecycle's own columns are part of the text.
        self.table.without_owned(&mut binds, key.len());
        let Statement { sql, mut binds } = self.recording_attempt(Statement { sql, binds });
        self.pool.write_again(|connection| {
            let insert = |session: &mut Connection| {
                self.with_uuid(&mut binds, |binds| -> Result<_, Failure> {
                    let mut rows = Looked::new(&self.table);
                    session.run::<Begin>(&sql, binds, &mut rows)?;
                    Ok(rows.seen.map(|seen: Seen<T>| (seen.run, seen.token)))
                })
            };
            self.claim_and_record(connection, insert, |(_, token)| token)
        })
    }
}
