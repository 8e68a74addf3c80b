//! Claims that are given back by the store, not by their holders.
//!
//! Invariant: a run that goes back has another attempt afterwards, so that its former holder cannot write any more.

use super::{Engine, FencingToken, fenced};
use crate::backend::Session;
use crate::engine::Write;
use crate::engine::statements::TableStatements;
use crate::error::Error;
use crate::value::RunStatus;

impl Engine {
    /// Gives a claim back to the queue; returns how many runs it had: 1, or 0 if the claim was lost.
    pub(crate) fn give_back(&self, fence: &FencingToken) -> Result<u64, Error> {
        let mut statement = self.table.update();
        TableStatements::requeue(&mut statement);
        statement
            .sql
            .push(" WHERE ")
            .push(&RunStatus::Running.condition())
            .push(" AND ");
        fenced(&mut statement, fence);
        self.table.name_columns(&mut statement.sql);
        let changed = self.pool.write_again(|session| {
            Ok(session.execute::<Write>(&statement.sql, &statement.binds)?)
        })?;
        Ok(u64::try_from(changed).unwrap_or(u64::MAX))
    }
}
