//! Changes of many runs at once, which a person decides, not a worker.
//!
//! Invariants: the statement that changes the runs also decides which runs these are, so a run that is claimed
//! meanwhile keeps its worker; all of them are changed, or none; and if a person agreed to a number, either exactly
//! that many are changed, or none.

mod selection;

use std::time::Duration;

use super::Reclaim;
use super::row_visitors::ScalarInt;
use super::statements::TableStatements;
use super::{Engine, Lookup, Write};
use crate::backend::Session;
use crate::error::{Error, ErrorKind};
use crate::expr::Node;
use crate::sql::{Sql, Statement};

/// What is done to runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BulkAction {
    /// Delete the runs; those that are `running` only if `running` is set.
    Delete { running: bool },
    /// Put failed runs back into the queue, and with `stale` also those whose worker has been silent for longer than
    /// this.
    Retry { stale: Option<Duration> },
}

/// What came of a change of many runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// This many runs were changed: all that the filter matches.
    All(u64),
    /// Nothing was changed: the filter now matches this many runs, not the number that was agreed on.
    CountMismatch(u64),
}

/// A change of the runs that a condition selects.
enum Change<'b> {
    /// Deletes them; this is the condition.
    Delete(Statement<'b>),
    /// Updates them; this is the whole statement.
    Update(Statement<'b>),
}

/// A change that finds runs and changes none this many times in a row is swallowed by the database.
const IDLE: usize = 3;

impl Engine {
    /// How many runs the action would change now.
    pub(crate) fn concerned(&self, filter: &Node, action: BulkAction) -> Result<u64, Error> {
        let counting = self.counting(filter, action)?;
        self.pool.read(|session| left(session, &counting))
    }

    /// The statement that counts the runs that the action would change.
    fn counting<'b>(&self, filter: &'b Node, action: BulkAction) -> Result<Statement<'b>, Error> {
        let mut statement = Statement {
            sql: Sql::new(),
            binds: Vec::new(),
        };
        statement.sql.push("SELECT count(*) FROM \"runs\" WHERE ");
        self.push_condition(&mut statement, filter, action)?;
        Ok(statement)
    }

    /// Changes the runs. If a number was agreed on, exactly that many are changed, or none.
    pub(crate) fn bulk_change(
        &self,
        filter: &Node,
        action: BulkAction,
        agreed: Option<u64>,
    ) -> Result<Applied, Error> {
        let change = self.change_statement(filter, action)?;
        let as_agreed = |changed: &u64| agreed.is_none_or(|agreed| agreed == *changed);
        let counting = self.counting(filter, action)?;
        let changed = self.pool.write(|connection| {
            connection.transaction_if(
                |session| {
                    let (mut all, mut idle) = (0, 0);
                    loop {
                        let changed = self.change_once(session, &change)?;
                        all += changed;
                        // What is left came meanwhile, so it is changed too, or the database keeps it as it is.
                        let left = left(session, &counting)?;
                        if left == 0 {
                            return Ok(all);
                        }
                        idle = if changed == 0 { idle + 1 } else { 0 };
                        if idle == IDLE {
                            return Err(kept(left));
                        }
                    }
                },
                as_agreed,
            )
        })?;
        if matches!(action, BulkAction::Retry { .. }) && changed > 0 {
            self.announce();
        }
        Ok(if as_agreed(&changed) {
            Applied::All(changed)
        } else {
            Applied::CountMismatch(changed)
        })
    }

    /// The statement of the action.
    fn change_statement<'b>(
        &self,
        filter: &'b Node,
        action: BulkAction,
    ) -> Result<Change<'b>, Error> {
        let mut statement = match action {
            BulkAction::Delete { .. } => Statement {
                sql: Sql::new(),
                binds: Vec::new(),
            },
            BulkAction::Retry { .. } => {
                let mut statement = self.table.update();
                TableStatements::requeue(&mut statement);
                statement.sql.push(" WHERE ");
                statement
            }
        };
        self.push_condition(&mut statement, filter, action)?;
        Ok(match action {
            BulkAction::Delete { .. } => Change::Delete(statement),
            BulkAction::Retry { .. } => Change::Update(statement),
        })
    }

    /// Changes runs, and what their attempts say; returns how many runs there were.
    fn change_once(&self, session: &mut impl Session, change: &Change<'_>) -> Result<u64, Error> {
        match change {
            Change::Delete(condition) => self.delete_where(session, condition),
            Change::Update(statement) => {
                let changed = session.execute::<Write>(&statement.sql, &statement.binds)?;
                if changed > 0 {
                    self.settle(session, None)?;
                }
                Ok(u64::try_from(changed).unwrap_or(u64::MAX))
            }
        }
    }

    /// Adds the condition of the runs that the action changes.
    fn push_condition<'b>(
        &self,
        statement: &mut Statement<'b>,
        filter: &'b Node,
        action: BulkAction,
    ) -> Result<(), Error> {
        self.table.check_table(statement);
        statement.sql.push(" AND (");
        self.condition(statement, filter)?;
        statement.sql.push(")");
        match action {
            BulkAction::Delete { running } => {
                if !running && self.table.says_running() {
                    statement.sql.push(
                        " AND (\"runs\".\"status\" IS NULL OR \"runs\".\"status\" <> 'running')",
                    );
                }
            }
            BulkAction::Retry { stale } => {
                statement.sql.push(" AND (\"runs\".\"status\" = 'failed'");
                if let Some(stale) = stale {
                    statement
                        .sql
                        .push(" OR (\"runs\".\"status\" = 'running' AND ");
                    self.table.silent(statement, Reclaim::WhenStale(stale));
                    statement.sql.push(")");
                }
                statement.sql.push(")");
            }
        }
        Ok(())
    }
}

/// How many runs the action would change.
fn left(session: &mut impl Session, counting: &Statement<'_>) -> Result<u64, Error> {
    let mut rows = ScalarInt(0);
    session.run::<Lookup>(&counting.sql, &counting.binds, &mut rows)?;
    Ok(u64::try_from(rows.0).unwrap_or_default())
}

/// The error of a change that the database took without an error, and has not made.
fn kept(left: u64) -> Error {
    let runs = if left == 1 { "run" } else { "runs" };
    Error::new(
        ErrorKind::Database,
        format!(
            "the database took the change and left {left} {runs} as before: a trigger or a rule on `runs` may have \
             swallowed it; drop it first. Nothing was changed"
        ),
    )
}
