//! The next run of the queue.

use std::time::Duration;

use wallow_schema::ddl::Dialect;

use super::queue::Queue;
use super::sql::heartbeats::NEVER_BEGAN;
use super::sql::heartbeats::unchanged;
use super::state::pending_without_status;
use super::{Engine, FencingToken, Suspect};
use crate::backend::{Connection, Session};
use crate::codegen_support::Decode;
use crate::engine::attempts::counted;
use crate::engine::{Begin, Reclaim, TakeNext, Write, watch_time};
use crate::error::Error;
use crate::expr::{Node, Term};
use crate::sql::{Bind, Statement};
use crate::value::RunStatus;

/// At most this many watched runs go into one statement.
const CHUNK: usize = 1000;

/// Which run of the queue is wanted.
#[derive(Debug, Clone)]
pub(crate) struct QueueRequest {
    pub(crate) reclaim: Reclaim,
    pub(crate) filter: Node,
    pub(crate) order: Vec<Term>,
    pub(crate) max_attempts: Option<u32>,
    /// Whether a claim clears what an earlier attempt left.
    pub(crate) reset: bool,
}

/// The claims that live in this program, and the silent runs that it watches.
pub(crate) trait LiveClaims {
    /// The ids of the runs that are claimed here.
    fn held(&self) -> Vec<i64>;
    /// Watches, from now on, the runs that have been silent for longer than this.
    fn watch(&self, stale: Duration);
    /// The runs that were seen silent for long enough to be taken.
    fn matured(&self, stale: Duration) -> Vec<Suspect>;
    /// Ends the watch of a run that has been taken.
    fn forget(&self, id: i64);
}

/// One search for the next run.
pub(super) struct Search<'a> {
    pub(super) engine: &'a Engine,
    pub(super) request: &'a QueueRequest,
    live: &'a dyn LiveClaims,
}

/// The outcome of a search for the next run.
pub(crate) enum NextRun<T> {
    Claimed(T, FencingToken),
    /// No run can be taken now.
    None(Idle),
}

/// The error of a run that failed because its workers went silent as often as `max_attempts` allows.
const GIVEN_UP: &str = "its worker went silent, and it was claimed as often as it may be";

/// Why there is no run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Idle {
    /// Some runs are `running`: other workers are at work, or crashed.
    pub(crate) others_at_work: bool,
    /// A run may be taken soon: one waits whose row others hold just now, or one seems silent and is watched.
    pub(crate) soon: bool,
    /// How many runs this search itself marked as failed, because their workers went silent as often as
    /// `max_attempts` allows.
    pub(crate) given_up: u64,
}

/// Which runs are looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Waiting<'a> {
    /// Those that are pending.
    Pending,
    /// Those without a status and without a result, which are pending, too.
    WithoutStatus(&'a Node),
    /// Those that their workers have left, as far as the database knows.
    Silent,
    /// Of these, the ones that this program has watched.
    Watched(&'a [Suspect]),
    /// Failed ones that may be tried again.
    Failed,
}

impl Engine {
    /// Claims the next run: first a pending one, then one whose worker is silent, then one without a status, then, with
    /// `max_attempts`, a failed one. `seen` is what [`look`](Self::look) found, if the queue was looked at before.
    pub(crate) fn claim_next<T: Decode>(
        &self,
        request: &QueueRequest,
        live: &dyn LiveClaims,
        seen: Option<Queue>,
    ) -> Result<NextRun<T>, Error> {
        let search = Search {
            engine: self,
            request,
            live,
        };
        search.claim(seen)
    }

    /// Looks at the queue with one statement, for a worker that found nothing the last time and will most likely find
    /// nothing again.
    pub(crate) fn look(
        &self,
        request: &QueueRequest,
        live: &dyn LiveClaims,
    ) -> Result<Queue, Error> {
        let search = Search {
            engine: self,
            request,
            live,
        };
        search.queue(&pending_without_status(self.table.schema()), true)
    }
}

impl Search<'_> {
    fn claim<T: Decode>(&self, seen: Option<Queue>) -> Result<NextRun<T>, Error> {
        let claimed = |taken: (T, FencingToken)| NextRun::Claimed(taken.0, taken.1);
        let may_be_pending = seen.is_none_or(|seen| seen.pending);
        if may_be_pending && let Some(taken) = self.take_pending()? {
            return Ok(claimed(taken));
        }
        let without_status = pending_without_status(self.engine.table.schema());
        let state = match seen {
            Some(seen) => seen,
            None => self.queue(&without_status, false)?,
        };
        let watched = self.watched(self.request.reclaim);
        if state.silent
            && let Some(taken) = self.take_silent(watched.as_deref())?
        {
            return Ok(claimed(taken));
        }
        if state.without_status {
            let waiting = Waiting::WithoutStatus(&without_status);
            if let Some(taken) = self.take(waiting)? {
                return Ok(claimed(taken));
            }
        }
        if state.failed
            && let Some(taken) = self.take(Waiting::Failed)?
        {
            return Ok(claimed(taken));
        }
        let mut given_up = 0;
        if state.silent {
            given_up = self.give_up(watched.as_deref())?;
        }
        let is_watched = state.silent && watched.is_some();
        if let (true, Reclaim::WhenStale(stale)) = (is_watched, self.request.reclaim) {
            self.live.watch(stale);
        }
        Ok(NextRun::None(Idle {
            others_at_work: state.running,
            soon: state.pending || state.without_status || is_watched,
            given_up,
        }))
    }

    /// The silent runs that this program has watched for long enough; `None` if it need not watch.
    fn watched(&self, reclaim: Reclaim) -> Option<Vec<Suspect>> {
        match reclaim {
            Reclaim::WhenStale(stale) if !watch_time(stale).is_zero() => {
                Some(self.live.matured(stale))
            }
            _ => None,
        }
    }

    fn take_pending<T: Decode>(&self) -> Result<Option<(T, FencingToken)>, Error> {
        if self.request.reset
            || !self.request.order.is_empty()
            || self.request.filter != Node::Constant(true)
        {
            return self.take(Waiting::Pending);
        }
        let cached = &self.engine.table.claim_statements().take_next;
        let sql = match cached.get() {
            Some(sql) => sql,
            None => {
                let built = self.next(Waiting::Pending)?.sql;
                cached.get_or_init(|| built)
            }
        };
        if self.engine.table.records_in_statement() {
            return self
                .engine
                .taken::<T, TakeNext>(sql, &self.engine.with_provenance(&[]));
        }
        self.engine.taken::<T, TakeNext>(sql, &[])
    }

    /// Takes a run whose worker is silent. If runs have to be watched first, only one of `watched`.
    fn take_silent<T: Decode>(
        &self,
        watched: Option<&[Suspect]>,
    ) -> Result<Option<(T, FencingToken)>, Error> {
        let Some(watched) = watched else {
            return self.take(Waiting::Silent);
        };
        for watched in watched.chunks(CHUNK) {
            let Some((run, token)) = self.take(Waiting::Watched(watched))? else {
                continue;
            };
            self.live.forget(token.id);
            let mut never_began = watched.iter().filter(|suspect| suspect.never_began);
            if never_began.all(|suspect| suspect.id != token.id) || self.engine.shows_life(&token) {
                return Ok(Some((run, token)));
            }
        }
        Ok(None)
    }

    fn take<T: Decode>(&self, waiting: Waiting<'_>) -> Result<Option<(T, FencingToken)>, Error> {
        let Statement { sql, binds } = self.next(waiting)?;
        self.engine.taken::<T, Begin>(&sql, &binds)
    }

    fn next<'b>(&'b self, waiting: Waiting<'b>) -> Result<Statement<'b>, Error> {
        let mut statement = self.engine.table.begin(&[], self.request.reset);
        statement.sql.push(" WHERE \"runs\".\"id\" = ");
        let sql = statement.sql.begin_check();
        sql.push("(SELECT \"runs\".\"id\" FROM \"runs\" WHERE ");
        self.waiting(&mut statement, waiting)?;
        self.and_attempts_left(&mut statement, waiting);
        statement.sql.push(" ORDER BY ");
        for term in &self.request.order {
            let term = term.sql(self.engine.table.dialect());
            statement.sql.push(self.unindexed()).push(&term).push(", ");
        }
        statement.sql.push("\"runs\".\"id\" LIMIT 1");
        if self.engine.table.dialect() == Dialect::Postgres {
            // Skips a run that another worker takes at this moment. A transaction that inserts a row with a foreign key
            // to the run holds a weaker lock (`FOR KEY SHARE`), which does not conflict.
            statement.sql.push(" FOR NO KEY UPDATE SKIP LOCKED");
        }
        statement.sql.push(")").end_check();
        self.engine.table.returning_attempt(&mut statement);
        Ok(self.engine.recording_attempt(statement))
    }

    /// The condition that `max_attempts` allows another attempt. It does not apply to a pending run, because that was put
    /// into the queue to be run. And an attempt counts only from its first heartbeat.
    pub(super) fn and_attempts_left(&self, statement: &mut Statement<'_>, waiting: Waiting<'_>) {
        let or_never_began = match waiting {
            Waiting::Pending | Waiting::WithoutStatus(_) => return,
            Waiting::Failed => "",
            Waiting::Silent | Waiting::Watched(_) => " OR ",
        };
        let Some(most) = self.request.max_attempts else {
            return;
        };
        let counted = counted(&self.engine.table);
        statement.sql.push(&format!(" AND ({counted} < ")).bind();
        if !or_never_began.is_empty() {
            statement.sql.push(or_never_began).push(NEVER_BEGAN);
        }
        statement.sql.push(")");
        statement.binds.push(Bind::Int(Some(i64::from(most))));
    }

    pub(super) fn waiting<'b>(
        &'b self,
        statement: &mut Statement<'b>,
        waiting: Waiting<'b>,
    ) -> Result<(), Error> {
        match waiting {
            Waiting::Pending => drop(statement.sql.push(&RunStatus::Pending.condition())),
            Waiting::WithoutStatus(condition) => {
                condition.render(self.engine.table.dialect(), statement);
            }
            Waiting::Failed => drop(statement.sql.push(&RunStatus::Failed.condition())),
            Waiting::Silent => self.silent(statement, self.request.reclaim),
            Waiting::Watched(suspects) => {
                self.silent(statement, self.request.reclaim);
                statement.sql.push(" AND ");
                unchanged(statement, suspects);
                statement.sql.forget_after_use();
            }
        }
        self.and_filter(statement)
    }

    /// The condition that a run has been left by its worker, as far as the database knows.
    fn silent(&self, statement: &mut Statement<'_>, reclaim: Reclaim) {
        statement
            .sql
            .push(&RunStatus::Running.condition())
            .push(" AND ");
        self.engine.table.silent(statement, reclaim);
        if reclaim == Reclaim::Immediately {
            self.not_held_here(statement);
        }
    }

    pub(super) fn and_filter<'b>(&'b self, statement: &mut Statement<'b>) -> Result<(), Error> {
        statement.sql.push(" AND ").push(self.unindexed()).push("(");
        self.engine.condition(statement, &self.request.filter)?;
        statement.sql.push(")");
        Ok(())
    }

    /// A unary `+` keeps SQLite from using the index of a filter or an order. Few runs wait and many are finished, so
    /// the index on the status is the best one, whatever the statistics say.
    fn unindexed(&self) -> &'static str {
        match self.engine.table.dialect() {
            Dialect::Sqlite => "+",
            Dialect::Postgres => "",
        }
    }

    /// Excludes the runs whose claims live in this program: they are alive, however old their last heartbeat is.
    fn not_held_here(&self, statement: &mut Statement<'_>) {
        let held = self.live.held();
        if held.is_empty() {
            return;
        }
        statement.sql.forget_after_use();
        statement.sql.push(" AND \"runs\".\"id\" NOT IN (");
        statement.sql.list(&held, ", ", |sql, _| {
            sql.bind();
        });
        statement.sql.push(")");
        statement
            .binds
            .extend(held.into_iter().map(|id| Bind::Int(Some(id))));
    }

    /// Marks runs as failed that were claimed as often as `max_attempts` allows and whose last worker is silent, too:
    /// otherwise they would stay `running` for ever. A claim that never sent a heartbeat does not count. Returns how
    /// many the statements marked, so that of several workers only the one that marked a run counts it.
    fn give_up(&self, watched: Option<&[Suspect]>) -> Result<u64, Error> {
        let Some(most) = self.request.max_attempts else {
            return Ok(0);
        };
        let mut marked = 0;
        let waiting = match watched {
            None => vec![Waiting::Silent],
            Some(watched) => watched.chunks(CHUNK).map(Waiting::Watched).collect(),
        };
        for waiting in waiting {
            let mut statement = self.engine.table.update();
            statement.sql.push(&format!(
                ", \"_wallow_attempt\" = \"runs\".\"_wallow_attempt\" + 1, \"status\" = '{}', \
                 \"error_excerpt\" = '{GIVEN_UP}' WHERE ",
                RunStatus::Failed
            ));
            self.engine.table.check_table(&mut statement);
            statement.sql.push(" AND ");
            self.waiting(&mut statement, waiting)?;
            statement
                .sql
                .push(&format!(" AND {} >= ", counted(&self.engine.table)))
                .bind()
                .push(&format!(
                    " AND (\"runs\".\"started_at\" IS NULL OR NOT {NEVER_BEGAN})"
                ));
            statement.binds.push(Bind::Int(Some(i64::from(most))));
            marked += self.engine.pool.write_again(|connection| {
                let give_up = |session: &mut Connection| {
                    Ok(session.execute::<Write>(&statement.sql, &statement.binds)?)
                };
                self.engine.settling(connection, give_up)
            })?;
        }
        Ok(u64::try_from(marked).unwrap_or(u64::MAX))
    }
}
