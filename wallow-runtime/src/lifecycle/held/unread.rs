//! Writes of a claim whose rows are not read back. The caller knows what it has written, and a run may have a curve of
//! many megabytes, which would be sent back and parsed each time.

use super::{HeldClaim, Patch, after, excerpt};
use crate::engine::ClaimWrite;
use crate::error::Error;
use crate::lifecycle::persist::Patience;

/// How a claim ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum UnreadEnd<'a> {
    Complete,
    Fail(&'a str),
    Release,
}

impl HeldClaim {
    /// Writes intermediate results; the run goes on.
    pub(crate) fn annotate_unread(
        &self,
        patience: Patience<'_>,
        values: &Patch<'_>,
    ) -> Result<(), Error> {
        self.write_unread(patience, &ClaimWrite::Annotate, values)
    }

    /// Ends the run with values; retried for as long as `patience` says.
    pub(crate) fn end_unread(
        &mut self,
        patience: Patience<'_>,
        end: UnreadEnd<'_>,
        values: &Patch<'_>,
    ) -> Result<(), Error> {
        self.claims.heartbeats().end(&self.token);
        let seconds = self.seconds();
        let ended = match end {
            UnreadEnd::Complete => {
                self.write_unread(patience, &ClaimWrite::Complete { seconds }, values)
            }
            UnreadEnd::Fail(reason) => {
                let excerpt = excerpt(reason);
                let excerpt = &*excerpt;
                self.write_unread(patience, &ClaimWrite::Fail { seconds, excerpt }, values)
            }
            UnreadEnd::Release => self.write_unread(patience, &ClaimWrite::Release, values),
        };
        self.end = after(&ended);
        ended
    }

    fn write_unread(
        &self,
        patience: Patience<'_>,
        finish: &ClaimWrite<'_>,
        values: &Patch<'_>,
    ) -> Result<(), Error> {
        self.persist(patience, || {
            let engine = self.claims.engine();
            let written = engine.finish_unread(&self.token, finish, values, self.known())?;
            Ok(written.then_some(()))
        })
    }
}
