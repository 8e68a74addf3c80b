//! The next run of the queue.

use wallow_schema::ddl::Dialect;

use super::{Engine, FencingToken, Suspect, queue};
use crate::backend::Session;
use crate::codegen_support::Lifecycle;
use crate::engine::{Begin, TakeNext, Write};
use crate::error::Error;
use crate::expr::Node;
use crate::lifecycle::{
    Claim, ClaimOptions, Reclaim, RunStatus, pending_without_status, watch_time,
};
use crate::plan::{NEVER_BEGAN, Plan, unchanged};
use crate::sql::Bind;
use crate::sql::Statement;

/// So many runs that were watched stand in one statement.
const CHUNK: usize = 1000;

/// What came of asking for the next run.
pub(crate) enum NextClaim<R: Lifecycle> {
    Claimed(Claim<R>),
    /// There is none that can be taken now.
    None(Idle),
}

/// Why there is no run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Idle {
    /// Others are at work, or have left what they were at.
    pub(crate) others_at_work: bool,
    /// A run waits that others hold just now, or one seems silent and is watched: it can be taken soon.
    pub(crate) soon: bool,
}

/// Which runs are looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Waiting<'a> {
    /// Waiting for a worker.
    Pending,
    /// Without a status and without a result: waiting, too.
    WithoutStatus(&'a Node),
    /// Left by its worker, as far as the database knows.
    Silent,
    /// The same, of those that this program has watched.
    Watched(&'a [Suspect]),
    /// Failed, and may be tried again.
    Failed,
}

impl Engine {
    /// Claims the next run: pending ones first, then those whose workers are silent, then those without a status, then
    /// failed ones if they are tried again.
    pub(crate) fn claim_next<R: Lifecycle>(
        &self,
        options: &ClaimOptions<R>,
    ) -> Result<NextClaim<R>, Error> {
        let _one_at_a_time = self.heart.claiming();
        let claimed = |taken: (R, FencingToken)| {
            NextClaim::Claimed(Claim::new(self, taken.0, taken.1, options.reclaim))
        };
        if let Some(taken) = self.take_pending(options)? {
            return Ok(claimed(taken));
        }
        let watched = self.watched(options.reclaim);
        if let Some(taken) = self.take_silent(options, watched.as_deref())? {
            return Ok(claimed(taken));
        }
        let without_status = pending_without_status(self.plan.schema());
        let state = self.queue(options, &without_status, watched.is_some())?;
        if state.without_status {
            let waiting = Waiting::WithoutStatus(&without_status);
            if let Some(taken) = self.take(options, waiting)? {
                return Ok(claimed(taken));
            }
        }
        if options.max_attempts.is_some() {
            if let Some(taken) = self.take(options, Waiting::Failed)? {
                return Ok(claimed(taken));
            }
            self.give_up(options, watched.as_deref())?;
        }
        if let (true, Reclaim::WhenStale(stale)) = (state.silent, options.reclaim) {
            self.heart.watch(stale);
        }
        Ok(NextClaim::None(Idle {
            others_at_work: state.running,
            soon: state.pending || state.without_status || state.silent,
        }))
    }

    /// The silent runs that this program has watched for long enough; `None` if it need not watch.
    fn watched(&self, reclaim: Reclaim) -> Option<Vec<Suspect>> {
        match reclaim {
            Reclaim::WhenStale(stale) if !watch_time(stale).is_zero() => {
                Some(self.heart.matured(stale))
            }
            _ => None,
        }
    }

    fn take_pending<R: Lifecycle>(
        &self,
        options: &ClaimOptions<R>,
    ) -> Result<Option<(R, FencingToken)>, Error> {
        if options.reset || !options.order.is_empty() || options.filter != Node::Constant(true) {
            return self.take(options, Waiting::Pending);
        }
        let kept = &self.plan.kept().take_next;
        let sql = match kept.get() {
            Some(sql) => sql,
            None => {
                let built = self.next(options, Waiting::Pending)?.sql;
                kept.get_or_init(|| built)
            }
        };
        self.taken::<R, TakeNext>(sql, &[])
    }

    /// Takes a run whose worker is silent: of those that were watched, if they have to be.
    fn take_silent<R: Lifecycle>(
        &self,
        options: &ClaimOptions<R>,
        watched: Option<&[Suspect]>,
    ) -> Result<Option<(R, FencingToken)>, Error> {
        let Some(watched) = watched else {
            return self.take(options, Waiting::Silent);
        };
        for watched in watched.chunks(CHUNK) {
            let Some((run, fence)) = self.take(options, Waiting::Watched(watched))? else {
                continue;
            };
            self.heart.forget(fence.id);
            let mut never_began = watched.iter().filter(|suspect| suspect.never_began);
            if never_began.all(|suspect| suspect.id != fence.id) || self.shows_life(&fence) {
                return Ok(Some((run, fence)));
            }
        }
        Ok(None)
    }

    fn take<R: Lifecycle>(
        &self,
        options: &ClaimOptions<R>,
        waiting: Waiting<'_>,
    ) -> Result<Option<(R, FencingToken)>, Error> {
        let Statement { sql, binds } = self.next(options, waiting)?;
        self.taken::<R, Begin>(&sql, &binds)
    }

    fn next<'b, R>(
        &self,
        options: &'b ClaimOptions<R>,
        waiting: Waiting<'b>,
    ) -> Result<Statement<'b>, Error> {
        let mut statement = self.plan.begin(&[], options.reset);
        statement.sql.push(" WHERE \"runs\".\"id\" = ");
        let sql = statement.sql.begin_check();
        sql.push("(SELECT \"runs\".\"id\" FROM \"runs\" WHERE ");
        self.waiting(&mut statement, options, waiting)?;
        // One that somebody has put back into the queue is to be run, whatever came before; an attempt counts from its
        // first sign of life.
        let counts = match waiting {
            Waiting::Pending | Waiting::WithoutStatus(_) => None,
            Waiting::Failed => options.max_attempts.map(|most| (most, "")),
            Waiting::Silent | Waiting::Watched(_) => {
                options.max_attempts.map(|most| (most, " OR "))
            }
        };
        if let Some((most, or_never_began)) = counts {
            statement
                .sql
                .push(" AND (\"runs\".\"_wallow_attempt\" < ")
                .bind();
            if !or_never_began.is_empty() {
                statement.sql.push(or_never_began).push(NEVER_BEGAN);
            }
            statement.sql.push(")");
            statement.binds.push(Bind::Int(Some(i64::from(most))));
        }
        statement.sql.push(" ORDER BY ");
        for term in &options.order {
            let term = term.sql(self.plan.dialect());
            statement.sql.push(self.unindexed()).push(&term).push(", ");
        }
        statement.sql.push("\"runs\".\"id\" LIMIT 1");
        if self.plan.dialect() == Dialect::Postgres {
            // What another worker takes in this moment is passed over; a row that refers to the run holds it less.
            statement.sql.push(" FOR NO KEY UPDATE SKIP LOCKED");
        }
        statement.sql.push(")").end_check();
        self.plan.returning_attempt(&mut statement);
        Ok(statement)
    }

    fn waiting<'b, R>(
        &self,
        statement: &mut Statement<'b>,
        options: &'b ClaimOptions<R>,
        waiting: Waiting<'b>,
    ) -> Result<(), Error> {
        match waiting {
            Waiting::Pending => drop(statement.sql.push(&RunStatus::Pending.condition())),
            Waiting::WithoutStatus(condition) => condition.render(self.plan.dialect(), statement),
            Waiting::Failed => drop(statement.sql.push(&RunStatus::Failed.condition())),
            Waiting::Silent => self.silent(statement, options.reclaim),
            Waiting::Watched(suspects) => {
                self.silent(statement, options.reclaim);
                statement.sql.push(" AND ");
                unchanged(statement, suspects);
                statement.sql.forget_after_use();
            }
        }
        self.and_filter(statement, options)
    }

    /// The condition that a run has been left by its worker, as far as the database knows.
    fn silent(&self, statement: &mut Statement<'_>, reclaim: Reclaim) {
        statement
            .sql
            .push(&RunStatus::Running.condition())
            .push(" AND ");
        self.plan.silent(statement, reclaim);
        if reclaim == Reclaim::Immediately {
            self.not_held_here(statement);
        }
    }

    fn and_filter<'b, R>(
        &self,
        statement: &mut Statement<'b>,
        options: &'b ClaimOptions<R>,
    ) -> Result<(), Error> {
        statement.sql.push(" AND ").push(self.unindexed()).push("(");
        self.condition(statement, &options.filter)?;
        statement.sql.push(")");
        Ok(())
    }

    /// What keeps SQLite from the index of a filter or an order: few runs wait and many are finished,
    /// so the index on the status is the one to take, whatever statistics say.
    fn unindexed(&self) -> &'static str {
        match self.plan.dialect() {
            Dialect::Sqlite => "+",
            Dialect::Postgres => "",
        }
    }

    /// Claims that live in this program are alive, whatever they say.
    fn not_held_here(&self, statement: &mut Statement<'_>) {
        let held = self.heart.held();
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

    /// A run that was claimed as often as it may be, and whose last worker is silent too, would say
    /// `running` for ever: it has failed. A claim that never began is none of those that it was allowed.
    fn give_up<R>(
        &self,
        options: &ClaimOptions<R>,
        watched: Option<&[Suspect]>,
    ) -> Result<(), Error> {
        let Some(most) = options.max_attempts else {
            return Ok(());
        };
        let waiting = match watched {
            None => vec![Waiting::Silent],
            Some(watched) => watched.chunks(CHUNK).map(Waiting::Watched).collect(),
        };
        for waiting in waiting {
            let mut statement = self.plan.update();
            statement.sql.push(&format!(
                ", \"_wallow_attempt\" = \"runs\".\"_wallow_attempt\" + 1, \"status\" = '{}', \
                 \"error_excerpt\" = 'its worker went silent, and it was claimed as often as it may be' WHERE ",
                RunStatus::Failed
            ));
            Plan::check_table(&mut statement);
            statement.sql.push(" AND ");
            self.waiting(&mut statement, options, waiting)?;
            statement
                .sql
                .push(" AND \"runs\".\"_wallow_attempt\" >= ")
                .bind()
                .push(&format!(
                    " AND (\"runs\".\"started_at\" IS NULL OR NOT {NEVER_BEGAN})"
                ));
            statement.binds.push(Bind::Int(Some(i64::from(most))));
            self.pool.write_again(|session| {
                session.execute::<Write>(&statement.sql, &statement.binds)?;
                Ok(())
            })?;
        }
        Ok(())
    }

    /// What there is in the queue, after nothing could be taken.
    fn queue<R>(
        &self,
        options: &ClaimOptions<R>,
        without_status: &Node,
        watches: bool,
    ) -> Result<queue::Queue, Error> {
        let mut statement = queue::statement();
        let pending = Waiting::Pending;
        queue::exists(&mut statement, |statement| {
            self.waiting(statement, options, pending)
        })?;
        statement.sql.push(", ");
        let waiting = Waiting::WithoutStatus(without_status);
        queue::exists(&mut statement, |statement| {
            self.waiting(statement, options, waiting)
        })?;
        statement.sql.push(", ");
        if watches {
            let silent = Waiting::Silent;
            queue::exists(&mut statement, |statement| {
                self.waiting(statement, options, silent)
            })?;
        } else {
            statement.sql.push("(1 = 0)");
        }
        statement.sql.push(", ");
        queue::exists(&mut statement, |statement| {
            statement.sql.push(&RunStatus::Running.condition());
            self.and_filter(statement, options)
        })?;
        self.look_at_queue(&statement)
    }
}
