//! The next run of the queue.

use wallow_schema::ddl::Dialect;

use super::Engine;
use crate::backend::{Bind, Session};
use crate::engine::rows::Any;
use crate::engine::{Begin, Lookup, TakeNext, Write};
use crate::error::Error;
use crate::lifecycle::{Claim, ClaimOptions, Lifecycle, Reclaim};
use crate::plan::{Plan, Sql};
use crate::query::{Node, Statement};

/// Which runs are looked at, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waiting {
    /// Waiting for its first worker.
    Pending,
    /// Its worker has been silent for too long.
    Silent,
    /// Failed, and may be tried again.
    Failed,
}

impl Engine {
    /// Claims the next run: pending ones first, then those whose workers are silent, then failed
    /// ones where they are tried again.
    pub(crate) fn claim_next<R: Lifecycle>(
        &self,
        options: &ClaimOptions<R>,
    ) -> Result<Option<Claim<R>>, Error> {
        let _one_at_a_time = self.heart.claiming();
        for waiting in [Waiting::Pending, Waiting::Silent, Waiting::Failed] {
            if waiting == Waiting::Failed && options.max_attempts.is_none() {
                continue;
            }
            let is_plain = waiting == Waiting::Pending
                && options.order.is_empty()
                && options.filter == Node::Constant(true);
            let taken = if is_plain {
                let kept = &self.plan.kept().take_next;
                let sql = match kept.get() {
                    Some(sql) => sql,
                    None => {
                        let built = self.next(options, waiting)?.sql;
                        kept.get_or_init(|| built)
                    }
                };
                self.taken::<R, TakeNext>(sql, &[])?
            } else {
                let Statement { sql, binds } = self.next(options, waiting)?;
                self.taken::<R, Begin>(&sql, &binds)?
            };
            if let Some((run, fence)) = taken {
                return Ok(Some(Claim::new(self, run, fence, options.reclaim)));
            }
        }
        self.give_up(options)?;
        Ok(None)
    }

    /// Whether any run of the queue is at work.
    pub(crate) fn is_at_work<R>(&self, options: &ClaimOptions<R>) -> Result<bool, Error> {
        let mut statement = Statement {
            sql: Sql::new(),
            binds: Vec::new(),
        };
        statement
            .sql
            .push("SELECT 1 FROM \"runs\" WHERE \"runs\".\"status\" = 'running' AND ");
        self.condition(&mut statement, &options.filter)?;
        statement.sql.push(" LIMIT 1");
        self.pool.read(|session| {
            let mut rows = Any(false);
            session.run::<Lookup>(&statement.sql, &statement.binds, &mut rows)?;
            Ok(rows.0)
        })
    }

    fn next<'b, R>(
        &self,
        options: &'b ClaimOptions<R>,
        waiting: Waiting,
    ) -> Result<Statement<'b>, Error> {
        let mut statement = self.plan.update();
        self.plan.begin(&mut statement, &[]);
        statement.sql.push(" WHERE \"runs\".\"id\" = ");
        let sql = statement.sql.begin_check();
        sql.push("(SELECT \"runs\".\"id\" FROM \"runs\" WHERE ");
        self.waiting(&mut statement, options, waiting)?;
        // One that somebody has put back into the queue is to be run, whatever came before.
        if let Some(most) = options.max_attempts
            && waiting != Waiting::Pending
        {
            statement
                .sql
                .push(" AND \"runs\".\"_wallow_attempt\" < ")
                .bind();
            statement.binds.push(Bind::Int(Some(i64::from(most))));
        }
        statement.sql.push(" ORDER BY ");
        for term in &options.order {
            let term = term.sql(self.plan.dialect());
            statement.sql.push(self.unindexed()).push(&term).push(", ");
        }
        statement.sql.push("\"runs\".\"id\" LIMIT 1");
        if self.plan.dialect() == Dialect::Postgres {
            // What another worker takes in this moment is passed over.
            statement.sql.push(" FOR UPDATE SKIP LOCKED");
        }
        statement.sql.push(")").end_check();
        self.plan.returning_attempt(&mut statement);
        Ok(statement)
    }

    fn waiting<'b, R>(
        &self,
        statement: &mut Statement<'b>,
        options: &'b ClaimOptions<R>,
        waiting: Waiting,
    ) -> Result<(), Error> {
        let status = match waiting {
            Waiting::Pending => "pending",
            Waiting::Silent => "running",
            Waiting::Failed => "failed",
        };
        statement
            .sql
            .push(&format!("\"runs\".\"status\" = '{status}'"));
        if waiting == Waiting::Silent {
            statement.sql.push(" AND ");
            self.plan.silent(statement, options.reclaim);
            if options.reclaim == Reclaim::Immediately {
                self.not_held_here(statement);
            }
        }
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
    /// `running` for ever: it has failed.
    fn give_up<R>(&self, options: &ClaimOptions<R>) -> Result<(), Error> {
        let Some(most) = options.max_attempts else {
            return Ok(());
        };
        let mut statement = self.plan.update();
        statement.sql.push(
            ", \"_wallow_attempt\" = \"runs\".\"_wallow_attempt\" + 1, \"status\" = 'failed', \
             \"error_excerpt\" = 'its worker went silent, and it was claimed as often as it may be' \
             WHERE ",
        );
        Plan::check_table(&mut statement);
        statement.sql.push(" AND ");
        self.waiting(&mut statement, options, Waiting::Silent)?;
        statement
            .sql
            .push(" AND \"runs\".\"_wallow_attempt\" >= ")
            .bind();
        statement.binds.push(Bind::Int(Some(i64::from(most))));
        self.pool.write_again(|session| {
            session.execute::<Write>(&statement.sql, &statement.binds)?;
            Ok(())
        })
    }
}
