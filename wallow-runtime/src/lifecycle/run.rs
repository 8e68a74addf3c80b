//! One run from claim to result.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::{Claim, Lifecycle, LifecycleError};

/// What came of running a run.
#[derive(Debug, Clone, PartialEq)]
pub enum LifecycleOutcome<R> {
    /// It was run, and is completed.
    Completed(R),
    /// It was completed before, and was not run again.
    AlreadyCompleted(R),
    /// It is at work elsewhere.
    HeldByAnother(R),
    /// It has been claimed as often as it may be.
    AttemptsExhausted(R),
}

impl<R> LifecycleOutcome<R> {
    /// The run, whatever came of it.
    pub fn run(&self) -> &R {
        match self {
            LifecycleOutcome::Completed(run)
            | LifecycleOutcome::AlreadyCompleted(run)
            | LifecycleOutcome::HeldByAnother(run)
            | LifecycleOutcome::AttemptsExhausted(run) => run,
        }
    }

    /// Whether it was run now.
    pub fn was_run(&self) -> bool {
        matches!(self, LifecycleOutcome::Completed(_))
    }
}

/// Does the work of a claim, and writes what came of it. A panic goes on after it is written.
pub(crate) fn run_claim<R: Lifecycle, E: fmt::Display>(
    claim: Claim<R>,
    work: impl FnOnce(&Claim<R>) -> Result<R::Annotating, E>,
) -> Result<R, LifecycleError<E>>
where
    R::Annotating: 'static,
{
    match catch_unwind(AssertUnwindSafe(|| work(&claim))) {
        Ok(Ok(annotating)) => Ok(claim.complete(annotating)?),
        Ok(Err(error)) => {
            // The run's own error is the one to tell; that the row says so is tried.
            if let Err(unwritten) = claim.fail(&format!("{error:#}")) {
                tracing::warn!(error = %unwritten, "a failed run could not be marked");
            }
            Err(LifecycleError::Run(error))
        }
        Err(panic) => {
            if let Err(unwritten) = claim.fail(&format!("panicked: {}", message(&*panic))) {
                tracing::warn!(error = %unwritten, "a run that panicked could not be marked");
            }
            resume_unwind(panic)
        }
    }
}

fn message(panic: &(dyn std::any::Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (None, Some(text)) => text,
        (None, None) => "no message",
    }
}
