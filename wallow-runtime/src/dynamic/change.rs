//! Changes of many runs at once.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Fields, Store};
use crate::engine::{Applied, BulkAction, Engine, Row};
use crate::error::Error;
use crate::expr::{Expr, Node};
use crate::store::artefacts;
use crate::value::owned::Value;

/// A change of all runs for which an expression is true, made by [`Store::delete_where`] and [`Store::retry_where`].
/// Nothing is changed before [`apply`](Change::apply).
#[derive(Debug, Clone)]
#[must_use = "nothing is changed until `apply`"]
pub struct Change {
    engine: Engine,
    filter: Node,
    action: BulkAction,
}

impl Change {
    /// How many runs it would change now.
    ///
    /// # Errors
    /// As [`Query::count`](crate::Query::count).
    pub fn count(&self) -> Result<u64, Error> {
        self.engine.concerned(&self.filter, self.action)
    }

    /// Changes all of them, or none; returns how many.
    ///
    /// # Errors
    /// [`Busy`](crate::ErrorKind::Busy) if the write lock is not free within the busy timeout; [`Database`](crate::ErrorKind::Database) for
    /// any other SQL error. Nothing is changed then.
    pub fn apply(&self) -> Result<u64, Error> {
        let done = self.engine.bulk_change(&self.filter, self.action, None)?;
        let (Applied::All(count) | Applied::CountMismatch(count)) = done;
        Ok(count)
    }

    /// Applies the change if the filter matches exactly `agreed` runs; if not, nothing is changed.
    ///
    /// # Errors
    /// As [`apply`](Change::apply).
    pub fn apply_to(&self, agreed: u64) -> Result<Applied, Error> {
        self.engine
            .bulk_change(&self.filter, self.action, Some(agreed))
    }
}

impl Store {
    /// Deletes the runs for which `expression` is true, in one statement. Without `running`, runs with the status
    /// `running` stay, even if they were claimed only just now. Artefacts stay.
    #[doc(hidden)]
    pub fn delete_where(&self, expression: Expr<Row>, running: bool) -> Change {
        self.change(expression, BulkAction::Delete { running })
    }

    /// Puts runs for which `expression` is true back into the queue, in one statement: those that failed, and with
    /// `stale` those that are `running` and were not written to for longer than that. Their former holders cannot write
    /// any more. Such runs can be claimed again even by a worker with `max_attempts`.
    ///
    /// # Errors
    /// [`Schema`](crate::ErrorKind::Schema) if the schema has no lifecycle.
    #[doc(hidden)]
    pub fn retry_where(
        &self,
        expression: Expr<Row>,
        stale: Option<Duration>,
    ) -> Result<Change, Error> {
        self.require_lifecycle()?;
        Ok(self.change(expression, BulkAction::Retry { stale }))
    }

    /// Writes the fields to every run for which `expression` is true, in one statement; returns the number of runs.
    ///
    /// # Errors
    /// As [`update`](Store::update).
    #[doc(hidden)]
    pub fn update_where(&self, expression: Expr<Row>, annotating: &Fields) -> Result<u64, Error> {
        let patch = self.patch(annotating)?;
        self.query().filter(expression).update_values(&patch)
    }

    /// The folder for the artefacts of a run below `root`, as
    /// [`Store::artefacts_dir`](crate::Store::artefacts_dir) names it.
    ///
    /// # Errors
    /// [`Validation`](crate::ErrorKind::Validation) if no character of a value can be part of a path.
    pub fn artefacts_dir(&self, root: &Path, row: &Row) -> Result<PathBuf, Error> {
        let values = row.iter().map(|(_, value)| Value::borrow(value));
        let values = values.collect::<Vec<_>>();
        artefacts::dir(root, self.engine.table(), &values)
    }

    fn change(&self, expression: Expr<Row>, action: BulkAction) -> Change {
        Change {
            engine: self.engine.clone(),
            filter: expression.into_node(),
            action,
        }
    }
}
