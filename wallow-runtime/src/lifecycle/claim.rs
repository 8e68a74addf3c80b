//! A claim: the right to write a run's result.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use chrono::{DateTime, Utc};

use super::{Lifecycle, Reclaim};
use crate::engine::{Engine, Fence, Finish};
use crate::error::{Error, ErrorKind};
use crate::record::Patch;

/// The right to run a run and to write its result. It says by itself, in the background, that it
/// is alive. Dropped without [`complete`](Claim::complete), [`fail`](Claim::fail) or
/// [`release`](Claim::release), the run is `failed`.
pub struct Claim<R: Lifecycle> {
    engine: Engine,
    run: R,
    fence: Fence,
    started: Instant,
    lost: Arc<AtomicBool>,
    ended: bool,
}

/// What came of asking for a claim.
#[derive(Debug)]
pub enum ClaimOutcome<R: Lifecycle> {
    /// The run is yours.
    Claimed(Claim<R>),
    /// The run is completed.
    AlreadyCompleted(R),
    /// The run is at work elsewhere.
    HeldByAnother(R),
}

impl<R: Lifecycle> fmt::Debug for Claim<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("uuid", &self.run.uuid())
            .field("attempt", &self.fence.attempt)
            .finish_non_exhaustive()
    }
}

impl<R: Lifecycle> Claim<R> {
    pub(crate) fn new(engine: &Engine, run: R, fence: Fence, reclaim: Reclaim) -> Self {
        let lost = Arc::new(AtomicBool::new(false));
        engine.heart().add(
            engine,
            fence.clone(),
            reclaim.heartbeat(),
            Arc::clone(&lost),
        );
        Claim {
            engine: engine.clone(),
            run,
            fence,
            started: Instant::now(),
            lost,
            ended: false,
        }
    }

    /// The run as it was when it was claimed.
    pub fn run(&self) -> &R {
        &self.run
    }

    /// How often the run has been claimed, this claim included.
    pub fn attempt(&self) -> i64 {
        self.fence.attempt
    }

    /// Whether the run is known to have been given to another worker. Then nothing of this claim
    /// can be written any more, and work can stop.
    pub fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// Says now that the claim is alive; returns the new `updated_at`.
    ///
    /// # Errors
    /// [`ClaimLost`](ErrorKind::ClaimLost) where the run was given to another worker.
    pub fn heartbeat(&self) -> Result<DateTime<Utc>, Error> {
        self.engine
            .beat(&self.fence)?
            .ok_or_else(|| self.lost_error())
    }

    /// Writes what is known so far; the run goes on.
    ///
    /// # Errors
    /// [`ClaimLost`](ErrorKind::ClaimLost) where the run was given to another worker;
    /// [`Busy`](ErrorKind::Busy) and [`Database`](ErrorKind::Database) as anywhere. What was to be
    /// written is in [`Error::unwritten`].
    pub fn annotate(&self, annotating: R::Annotating) -> Result<R, Error>
    where
        R::Annotating: 'static,
    {
        self.write(Finish::Annotate, annotating)
    }

    /// Ends the run: `completed`, with its result.
    ///
    /// # Errors
    /// [`ClaimLost`](ErrorKind::ClaimLost) where the run was given to another worker;
    /// [`Busy`](ErrorKind::Busy) and [`Database`](ErrorKind::Database) as anywhere. What was to be
    /// written is in [`Error::unwritten`].
    pub fn complete(mut self, annotating: R::Annotating) -> Result<R, Error>
    where
        R::Annotating: 'static,
    {
        let finish = Finish::Complete {
            seconds: self.seconds(),
        };
        let outcome = self.write(finish, annotating);
        self.close(&outcome);
        outcome
    }

    /// Ends the run: `failed`, with the first 1,000 characters of `reason`.
    ///
    /// # Errors
    /// [`ClaimLost`](ErrorKind::ClaimLost) where the run was given to another worker.
    pub fn fail(mut self, reason: &str) -> Result<R, Error> {
        let outcome = self.mark_failed(reason);
        self.close(&outcome);
        outcome
    }

    /// Gives the run back: `pending`, as if it had not been begun.
    ///
    /// # Errors
    /// [`ClaimLost`](ErrorKind::ClaimLost) where the run was given to another worker.
    pub fn release(mut self) -> Result<R, Error> {
        let released = self.engine.finish::<R>(&self.fence, &Finish::Release, &[]);
        let outcome = released.and_then(|run| run.ok_or_else(|| self.lost_error()));
        self.close(&outcome);
        outcome
    }

    fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    fn write(&self, finish: Finish<'_>, annotating: R::Annotating) -> Result<R, Error>
    where
        R::Annotating: 'static,
    {
        let written = self
            .engine
            .finish::<R>(&self.fence, &finish, &annotating.values());
        written
            .and_then(|run| run.ok_or_else(|| self.lost_error()))
            .map_err(|error| error.with_unwritten(annotating))
    }

    fn mark_failed(&self, reason: &str) -> Result<R, Error> {
        let finish = Finish::Fail {
            seconds: self.seconds(),
            excerpt: excerpt(reason),
        };
        let failed = self.engine.finish::<R>(&self.fence, &finish, &[])?;
        failed.ok_or_else(|| self.lost_error())
    }

    /// The claim is over where something was written, or never can be. Anything else (a database
    /// that is busy, a value that cannot be stored) leaves it to the drop to mark the run.
    fn close(&mut self, outcome: &Result<R, Error>) {
        self.ended = match outcome {
            Ok(_) => true,
            Err(error) => error.kind() == ErrorKind::ClaimLost,
        };
    }

    fn lost_error(&self) -> Error {
        self.lost.store(true, Ordering::Relaxed);
        let message = format!(
            "run {} was given to another worker (this was attempt {}); nothing was written, and \
             nothing can be: keep what you have elsewhere, and beat more often or reclaim later",
            self.run.uuid(),
            self.fence.attempt,
        );
        Error::new(ErrorKind::ClaimLost, message).with_uuid(self.run.uuid())
    }
}

impl<R: Lifecycle> Drop for Claim<R> {
    fn drop(&mut self) {
        self.engine.heart().remove(&self.fence);
        if self.ended {
            return;
        }
        let reason = if std::thread::panicking() {
            "the worker panicked"
        } else {
            "the claim was dropped without a result"
        };
        if let Err(error) = self.mark_failed(reason) {
            tracing::warn!(%error, uuid = self.run.uuid(), "a run could not be marked as failed");
        }
    }
}

/// The first 1,000 characters.
fn excerpt(text: &str) -> &str {
    const KEPT: usize = 1000;
    text.char_indices()
        .nth(KEPT)
        .map_or(text, |(end, _)| &text[..end])
}
