//! Claims that are given back without their holders.
//!
//! Invariant: a run that goes back has another attempt afterwards, so that whoever held it cannot
//! write any more.

use super::{Engine, Fence, fenced};
use crate::backend::Session;
use crate::engine::Write;
use crate::error::Error;
use crate::plan::Plan;

impl Engine {
    /// Gives every claim that lives here back to the queue; how many there were.
    pub(crate) fn release_claims(&self) -> Result<u64, Error> {
        let mut released = 0;
        for fence in self.heart.fences() {
            self.heart.lose(&fence);
            released += self.give_back(&fence)?;
        }
        Ok(released)
    }

    fn give_back(&self, fence: &Fence) -> Result<u64, Error> {
        let mut statement = self.plan.update();
        Plan::requeue(&mut statement);
        statement
            .sql
            .push(" WHERE \"runs\".\"status\" = 'running' AND ");
        fenced(&mut statement, fence);
        let changed = self.pool.write_again(|session| {
            Ok(session.execute::<Write>(&statement.sql, &statement.binds)?)
        })?;
        Ok(u64::try_from(changed).unwrap_or(u64::MAX))
    }
}
