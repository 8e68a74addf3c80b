//! Claims that are given back without their holders.
//!
//! Invariant: a run that goes back has another attempt afterwards, so that whoever held it cannot
//! write any more.

use std::time::{Duration, Instant};

use super::{Engine, FencingToken, fenced};
use crate::backend::Session;
use crate::engine::Write;
use crate::error::Error;
use crate::lifecycle::RunStatus;
use crate::plan::Plan;

impl Engine {
    /// Gives every claim that lives here back to the queue; how many there were. What has come to its end and is only to
    /// be written is waited for, as long as for a lock.
    pub(crate) fn release_claims(&self) -> Result<u64, Error> {
        const LOOK: Duration = Duration::from_millis(10);
        let mut released = 0;
        for fence in self.heart.open_tokens() {
            self.heart.lose(&fence);
            released += self.give_back(&fence)?;
        }
        let started = Instant::now();
        while !self.heart.held().is_empty() && started.elapsed() < self.busy_timeout() {
            std::thread::sleep(LOOK);
        }
        for fence in self.heart.tokens() {
            self.heart.lose(&fence);
            released += self.give_back(&fence)?;
        }
        Ok(released)
    }

    fn give_back(&self, fence: &FencingToken) -> Result<u64, Error> {
        let mut statement = self.plan.update();
        Plan::requeue(&mut statement);
        statement
            .sql
            .push(" WHERE ")
            .push(&RunStatus::Running.condition())
            .push(" AND ");
        fenced(&mut statement, fence);
        let changed = self.pool.write_again(|session| {
            Ok(session.execute::<Write>(&statement.sql, &statement.binds)?)
        })?;
        Ok(u64::try_from(changed).unwrap_or(u64::MAX))
    }
}
