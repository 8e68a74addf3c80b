//! Claims that are given back by the store, not by their holders.
//!
//! Invariant: a run that goes back has another attempt afterwards, so that its former holder cannot write any more.

use super::{ClaimWrite, Engine, FencingToken, fenced};
use crate::engine::statements::TableStatements;
use crate::engine::{AttemptDetails, Write};
use crate::error::Error;
use crate::value::RunStatus;

impl Engine {
    /// Gives a claim back to the queue; returns how many runs it had: 1, or 0 if the claim was lost.
    pub(crate) fn give_back(&self, token: &FencingToken) -> Result<u64, Error> {
        let mut statement = self.table.update();
        TableStatements::requeue(&mut statement);
        statement
            .sql
            .push(" WHERE ")
            .push(&RunStatus::Running.condition())
            .push(" AND ");
        fenced(&mut statement, token);
        self.table.name_columns(&mut statement.sql);
        self.table.returning_fence(&mut statement);
        let (release, details) = (ClaimWrite::Release, AttemptDetails::default());
        // The run has the next number then.
        let statement = self.ending(statement, token, &release, &details, 1);
        let changed = self.pool.write_again(|connection| {
            self.ended_unread::<Write>(connection, &statement, token, &release, &details)
        })?;
        if changed > 0 {
            self.announce();
        }
        Ok(u64::try_from(changed).unwrap_or(u64::MAX))
    }
}
