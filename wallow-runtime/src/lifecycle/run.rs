//! One run from claim to result.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::AtomicBool;

use super::{Claim, LifecycleError};
use crate::codegen_support::Lifecycle;
use crate::codegen_support::Patch as _;
use crate::error::{Error, ErrorKind};

/// The result of [`Store::run_lifecycle`](crate::Store::run_lifecycle).
///
/// # Count what was run now
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// # let store = registry::Store::open(":memory:")?;
/// # let key = registry::Identifying::builder().model("mlp").learning_rate(0.1).build();
/// use registry::Annotating;
/// use wallow::{LifecycleOptions, LifecycleOutcome, Reclaim};
///
/// let options = LifecycleOptions::new(Reclaim::Immediately);
/// let outcome = store.run_lifecycle(&key, options, |_| {
///     Ok::<_, std::io::Error>(Annotating::new().val_loss(0.3))
/// })?;
/// match outcome {
///     LifecycleOutcome::Completed(run) => assert_eq!(run.val_loss, Some(0.3)),
///     LifecycleOutcome::AlreadyCompleted(run) => println!("{} was run before", run.uuid),
///     other => println!("not now: {other:?}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum LifecycleOutcome<R> {
    /// The run was executed, and is completed.
    Completed(R),
    /// The run was completed before, and was not executed again.
    AlreadyCompleted(R),
    /// The run is at work elsewhere.
    HeldByAnother(R),
    /// The run was claimed as often as `max_attempts` allows.
    AttemptsExhausted(R),
    /// The run was started, and given back with [`End::Release`](crate::codegen_support::End::Release): it is `pending`.
    Released(R),
}

impl<R> LifecycleOutcome<R> {
    /// The run, in every case.
    pub fn run(&self) -> &R {
        match self {
            LifecycleOutcome::Completed(run)
            | LifecycleOutcome::AlreadyCompleted(run)
            | LifecycleOutcome::HeldByAnother(run)
            | LifecycleOutcome::AttemptsExhausted(run)
            | LifecycleOutcome::Released(run) => run,
        }
    }

    /// The run by value, in every case.
    pub fn into_run(self) -> R {
        match self {
            LifecycleOutcome::Completed(run)
            | LifecycleOutcome::AlreadyCompleted(run)
            | LifecycleOutcome::HeldByAnother(run)
            | LifecycleOutcome::AttemptsExhausted(run)
            | LifecycleOutcome::Released(run) => run,
        }
    }

    /// Whether the run was executed now, and is completed.
    pub fn was_run(&self) -> bool {
        matches!(self, LifecycleOutcome::Completed(_))
    }
}

/// How a run ended that wallow executed.
pub(crate) enum RunEnd<R, E> {
    /// `completed`, with its result.
    Completed(R),
    /// Given back: `pending`.
    Released(R),
    /// The work failed with this error; the run is `failed`.
    Failed(E),
    /// The work panicked with this payload; the run is `failed`.
    Panicked(Box<dyn Any + Send>),
    /// A value of the result cannot be stored; the run is `failed`, and says which.
    Refused(Error),
    /// The run was given to another worker before it ended. If the work failed, its failure is here, too.
    Lost(Error, Option<Failed<E>>),
    /// The database failed; the unwritten patch is in the error.
    Unwritten(Error, Option<Failed<E>>),
}

impl<R, E> RunEnd<R, E> {
    /// The outcome for a caller of `run_lifecycle`. An error or panic of the work takes precedence over an error of the
    /// store.
    pub(crate) fn into_outcome(self) -> Result<LifecycleOutcome<R>, LifecycleError<E>> {
        match self {
            RunEnd::Completed(run) => Ok(LifecycleOutcome::Completed(run)),
            RunEnd::Released(run) => Ok(LifecycleOutcome::Released(run)),
            RunEnd::Failed(error) => Err(LifecycleError::Run(error)),
            RunEnd::Panicked(panic) => resume_unwind(panic),
            RunEnd::Refused(error) | RunEnd::Lost(error, None) | RunEnd::Unwritten(error, None) => {
                Err(LifecycleError::Store(error))
            }
            RunEnd::Lost(error, Some(failed)) | RunEnd::Unwritten(error, Some(failed)) => {
                tracing::warn!(%error, "a run that failed could not be marked");
                match failed {
                    Failed::Error(error) => Err(LifecycleError::Run(error)),
                    Failed::Panic(panic) => resume_unwind(panic),
                }
            }
        }
    }
}

/// Work that ended without a result.
pub(crate) enum Failed<E> {
    Error(E),
    Panic(Box<dyn Any + Send>),
}

/// Does the work of a claim, and writes its end. If the database cannot take it now, the write is retried until the
/// claim is lost, or for one more busy timeout after `stop` is set.
pub(crate) fn run_claim<R: Lifecycle, E: fmt::Display>(
    mut claim: Claim<R>,
    work: impl FnOnce(&Claim<R>) -> Result<R::Annotating, E>,
    stop: Option<&AtomicBool>,
) -> RunEnd<R, E>
where
    R::Annotating: 'static,
{
    let patience = claim.held().patience_until(stop);
    let failed = match catch_unwind(AssertUnwindSafe(|| work(&claim))) {
        Ok(Ok(annotating)) if annotating.is_release() => {
            return match claim.held().release(patience) {
                Ok(run) => RunEnd::Released(run),
                Err(error) if error.kind() == ErrorKind::ClaimLost => RunEnd::Lost(error, None),
                Err(error) => RunEnd::Unwritten(error, None),
            };
        }
        Ok(Ok(annotating)) => {
            return match claim.end_completed(patience, &annotating) {
                Ok(run) => RunEnd::Completed(run),
                Err(error) if error.kind() == ErrorKind::ClaimLost => {
                    RunEnd::Lost(error.with_unwritten(annotating), None)
                }
                Err(error) if claim.held().has_ended() => {
                    RunEnd::Refused(error.with_unwritten(annotating))
                }
                Err(error) => {
                    let (uuid, result) = (claim.run().uuid(), claim.describe(&annotating));
                    tracing::error!(%error, uuid, result, "a result is written nowhere");
                    RunEnd::Unwritten(error.with_unwritten(annotating), None)
                }
            };
        }
        Ok(Err(error)) => Failed::Error(error),
        Err(panic) => Failed::Panic(panic),
    };
    let reason = match &failed {
        Failed::Error(error) => text(error),
        Failed::Panic(panic) => format!("panicked: {}", message(&**panic)),
    };
    match (claim.held().fail::<R>(patience, &reason), failed) {
        (Err(error), failed) if error.kind() == ErrorKind::ClaimLost => {
            RunEnd::Lost(error, Some(failed))
        }
        (Err(error), failed) if !claim.held().has_ended() => RunEnd::Unwritten(error, Some(failed)),
        (_, Failed::Error(error)) => RunEnd::Failed(error),
        (_, Failed::Panic(panic)) => RunEnd::Panicked(panic),
    }
}

/// The text of an error. Formatting it runs the user's own code, which may panic.
fn text(error: &impl fmt::Display) -> String {
    let text = catch_unwind(AssertUnwindSafe(|| format!("{error:#}")));
    text.unwrap_or_else(|panic| {
        let message = message(&*panic);
        format!("failed with an error whose text cannot be had: its Display panicked: {message}")
    })
}

fn message(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (None, Some(text)) => text,
        (None, None) => "no message",
    }
}
