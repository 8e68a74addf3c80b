//! A claim: the right to write a run's result.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use chrono::{DateTime, Utc};

use super::excerpt::excerpt;
use super::persist::Patience;
use super::{ClaimError, Reclaim};
use crate::codegen_support::Lifecycle;
use crate::codegen_support::Patch;
use crate::engine::{Engine, FencingToken, Finish};
use crate::error::{Error, ErrorKind};

/// The right to run a run and to write its result. It says by itself, in the background, that it
/// is alive. Dropped without [`complete`](Claim::complete), [`fail`](Claim::fail) or
/// [`release`](Claim::release), the run is `failed`.
///
/// A write that the database cannot take now (it is locked, full or away, or all connections are in use) is tried again
/// until it is done or the claim is lost, and a warning through `tracing` tells so each time. A store with a busy timeout
/// of zero waits for nothing: there the error comes back at once, with what was to be written in [`Error::unwritten`].
pub struct Claim<R: Lifecycle> {
    engine: Engine,
    run: R,
    fence: FencingToken,
    started: Instant,
    lost: Arc<AtomicBool>,
    end: Ending,
    /// What the database refused as a result: written if the claim is dropped without another one.
    refused: Option<Box<Refused<R::Annotating>>>,
}

/// A result that cannot be stored, and why.
struct Refused<A> {
    error: String,
    annotating: A,
}

/// How far the end of a claim is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// The run has no result yet: dropped now, it is `failed`.
    Open,
    /// The run has ended, and its row says so.
    Written,
    /// The run is another's, or its result could not be written: the row stays as it is, and looks silent soon.
    GivenUp,
}

/// What came of asking for a claim. There is no fourth answer, so a `match` needs no arm for others.
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
    pub(crate) fn new(engine: &Engine, run: R, fence: FencingToken, reclaim: Reclaim) -> Self {
        let lost = Arc::new(AtomicBool::new(false));
        let every = reclaim.heartbeat();
        engine.heart().add(fence.clone(), every, Arc::clone(&lost));
        Claim {
            engine: engine.clone(),
            run,
            fence,
            started: Instant::now(),
            lost,
            end: Ending::Open,
            refused: None,
        }
    }

    /// The run as it was when it was claimed.
    pub fn run(&self) -> &R {
        &self.run
    }

    /// The id of the run.
    pub(super) fn id(&self) -> i64 {
        self.fence.id
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
    /// [`ClaimLost`](ErrorKind::ClaimLost) if the run was given to another worker.
    pub fn heartbeat(&self) -> Result<DateTime<Utc>, Error> {
        self.engine
            .beat(&self.fence)?
            .ok_or_else(|| self.lost_error())
    }

    /// Writes what is known so far; the run goes on.
    ///
    /// # Errors
    /// [`ClaimLost`](ErrorKind::ClaimLost) if the run was given to another worker;
    /// [`Validation`](ErrorKind::Validation) if a value cannot be stored; [`Database`](ErrorKind::Database) for an SQL
    /// error that does not pass by itself. What was to be written is in [`Error::unwritten`].
    pub fn annotate(&self, annotating: R::Annotating) -> Result<R, Error>
    where
        R::Annotating: 'static,
    {
        let written = self.write(self.patience(), Finish::Annotate, &annotating);
        written.map_err(|error| error.with_unwritten(annotating))
    }

    /// Ends the run: `completed`, with its result. [`End::Release`](super::End::Release) gives it back.
    ///
    /// If that is not possible, the [`ClaimError`] has the claim, if it is still held, and the result. So a value that
    /// cannot be stored can be mended, and the claim be completed again. Dropped instead, or turned into an [`Error`] with
    /// `?`, such a run ends as `failed`, with the error in `error_excerpt` and with the values that can be stored.
    ///
    /// # Errors
    /// [`ClaimLost`](ErrorKind::ClaimLost) if the run was given to another worker;
    /// [`Validation`](ErrorKind::Validation) if a value cannot be stored; [`Database`](ErrorKind::Database) for an SQL
    /// error that does not pass by itself.
    pub fn complete(mut self, annotating: R::Annotating) -> Result<R, ClaimError<R>> {
        if annotating.is_release() {
            let released = self.end_released(self.patience());
            return released.map_err(|error| self.give_back(error, annotating));
        }
        self.refused = None;
        match self.write_completed(self.patience(), &annotating) {
            Ok(run) => Ok(run),
            Err(error) => {
                if is_refused(&error) {
                    self.refused = Some(Box::new(Refused {
                        error: error.to_string(),
                        annotating: annotating.clone(),
                    }));
                }
                Err(self.give_back(error, annotating))
            }
        }
    }

    /// The error of an end that was not written, with this claim if it is still held.
    fn give_back(self, error: Error, annotating: R::Annotating) -> ClaimError<R> {
        let is_held = !self.is_lost() && error.kind() != ErrorKind::ClaimLost;
        let claim = is_held.then_some(self);
        if let Some(claim) = &claim {
            claim.engine.heart().go_on(&claim.fence);
        }
        ClaimError::new(error, claim, annotating)
    }

    /// Ends the run: `failed`, with the first 1,000 characters of `reason`.
    ///
    /// # Errors
    /// [`ClaimLost`](ErrorKind::ClaimLost) if the run was given to another worker.
    pub fn fail(mut self, reason: &str) -> Result<R, Error> {
        self.end_failed(self.patience(), reason)
    }

    /// Gives the run back: `pending`, as if it had not been begun.
    ///
    /// # Errors
    /// [`ClaimLost`](ErrorKind::ClaimLost) if the run was given to another worker.
    pub fn release(mut self) -> Result<R, Error> {
        self.end_released(self.patience())
    }

    /// Gives the run back, tried for as long as `patience` says.
    pub(super) fn end_released(&mut self, patience: Patience<'_>) -> Result<R, Error> {
        self.engine.heart().end(&self.fence);
        let released = self.persist(patience, || {
            self.engine.finish::<R>(&self.fence, &Finish::Release, &[])
        });
        self.end = after(&released);
        released
    }

    /// Ends the run with its result, tried for as long as `patience` says. A result that cannot be stored ends it as
    /// `failed`.
    pub(super) fn end_completed(
        &mut self,
        patience: Patience<'_>,
        annotating: &R::Annotating,
    ) -> Result<R, Error> {
        let completed = self.write_completed(patience, annotating);
        if let Err(error) = &completed
            && is_refused(error)
        {
            self.refuse(patience, &error.to_string(), annotating);
        }
        completed
    }

    fn write_completed(
        &mut self,
        patience: Patience<'_>,
        annotating: &R::Annotating,
    ) -> Result<R, Error> {
        self.engine.heart().end(&self.fence);
        let seconds = self.seconds();
        let completed = self.write(patience, Finish::Complete { seconds }, annotating);
        self.end = after(&completed);
        completed
    }

    /// Ends the run as `failed`, tried for as long as `patience` says.
    pub(super) fn end_failed(&mut self, patience: Patience<'_>, reason: &str) -> Result<R, Error> {
        self.engine.heart().end(&self.fence);
        let excerpt = excerpt(reason);
        let finish = Finish::Fail {
            seconds: self.seconds(),
            excerpt: &excerpt,
        };
        let failed = self.persist(patience, || {
            self.engine.finish::<R>(&self.fence, &finish, &[])
        });
        self.end = after(&failed);
        if failed.as_ref().is_err_and(is_refused) {
            // The row cannot be read back.
            let marked = self.mark_failed(patience, reason, &[]);
            self.close(&marked);
        }
        failed
    }

    /// Ends a run whose result the database does not take: `failed`, with the reason and with those values that can be
    /// stored.
    fn refuse(&mut self, patience: Patience<'_>, error: &str, annotating: &R::Annotating) {
        let values = annotating.values();
        let (storable, reasons) = self.engine.storable(&values);
        let reason = if reasons.is_empty() {
            error.to_owned()
        } else {
            reasons.join("; ")
        };
        let refused = self.mark_failed(patience, &reason, &storable);
        // It may be one of the values that the database refuses: which one, it does not say.
        let refused = match refused {
            Err(error) if is_refused(&error) => self.mark_failed(patience, &reason, &[]),
            outcome => outcome,
        };
        self.close(&refused);
    }

    /// Notes that the run has been marked as failed; if it was not, the drop tries once more.
    fn close(&mut self, marked: &Result<(), Error>) {
        match marked {
            Ok(()) => self.end = Ending::Written,
            Err(error) => {
                self.end = after(marked);
                tracing::warn!(%error, uuid = self.run.uuid(), "a run could not be marked as failed");
            }
        }
    }

    /// Whether the end of the run is written.
    pub(super) fn has_ended(&self) -> bool {
        self.end == Ending::Written
    }

    /// A result that is written nowhere, for the log.
    pub(super) fn describe(&self, annotating: &R::Annotating) -> String {
        const KEPT: usize = 1000;
        let values = annotating.values();
        let columns = self.engine.plan().annotating().iter();
        let set = columns.zip(&values).filter_map(|(column, value)| {
            let value = format!("{:?}", (*value)?);
            Some(format!("{}: {:.KEPT$}", column.name, value))
        });
        set.collect::<Vec<_>>().join(", ")
    }

    /// How long the writes of a claim by hand are tried.
    fn patience(&self) -> Patience<'static> {
        let then = self.engine.busy_timeout();
        if then.is_zero() {
            Patience::None
        } else {
            Patience::UntilLost { stop: None, then }
        }
    }

    /// How long the writes of a claim are tried whose run is wallow's to end: a flag to stop is heard.
    pub(super) fn patience_until<'s>(&self, stop: Option<&'s AtomicBool>) -> Patience<'s> {
        let then = self.engine.busy_timeout();
        Patience::UntilLost { stop, then }
    }

    fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    fn write(
        &self,
        patience: Patience<'_>,
        finish: Finish<'_>,
        annotating: &R::Annotating,
    ) -> Result<R, Error> {
        annotating.with_values(|values| {
            self.persist(patience, || {
                self.engine.finish::<R>(&self.fence, &finish, values)
            })
        })
    }

    /// Writes without reading the run back: a row that cannot be read is marked, too.
    fn mark_failed(
        &self,
        patience: Patience<'_>,
        reason: &str,
        patch: &[Option<crate::value::Value<'_>>],
    ) -> Result<(), Error> {
        let excerpt = excerpt(reason);
        let finish = Finish::Fail {
            seconds: self.seconds(),
            excerpt: &excerpt,
        };
        self.persist(patience, || {
            let written = self.engine.finish_unread(&self.fence, &finish, patch)?;
            Ok(written.then_some(()))
        })
    }

    /// Tries a write for as long as `patience` says; no row means that the claim is lost.
    fn persist<T>(
        &self,
        patience: Patience<'_>,
        mut write: impl FnMut() -> Result<Option<T>, Error>,
    ) -> Result<T, Error> {
        let written = patience.persist(self.run.uuid(), &self.lost, || {
            write()?.ok_or_else(|| self.lost_error())
        });
        written.map_err(|error| {
            if error.may_pass() && self.is_lost() {
                self.lost_error()
            } else {
                error
            }
        })
    }

    fn lost_error(&self) -> Error {
        self.lost.store(true, Ordering::Relaxed);
        let message = format!(
            "run {} was given to another worker (this was attempt {}); nothing was written, and \
             nothing can be: save the result elsewhere (`Error::unwritten`), and raise the stale time",
            self.run.uuid(),
            self.fence.attempt,
        );
        Error::new(ErrorKind::ClaimLost, message).with_uuid(self.run.uuid())
    }
}

impl<R: Lifecycle> Drop for Claim<R> {
    fn drop(&mut self) {
        self.engine.heart().remove(&self.fence);
        if self.end != Ending::Open {
            return;
        }
        if let Some(refused) = self.refused.take() {
            self.refuse(Patience::None, &refused.error, &refused.annotating);
            return;
        }
        let reason = if std::thread::panicking() {
            "the worker panicked"
        } else {
            "the claim was dropped without a result"
        };
        // There is no result that could be lost: a run that cannot be marked now looks silent soon.
        if let Err(error) = self.mark_failed(Patience::None, reason, &[]) {
            tracing::warn!(%error, uuid = self.run.uuid(), "a run could not be marked as failed");
        }
    }
}

/// How far the end of a claim is after an attempt to write it. A result that could not be written is none that failed.
fn after<T>(ended: &Result<T, Error>) -> Ending {
    match ended {
        Ok(_) => Ending::Written,
        Err(error) if is_refused(error) => Ending::Open,
        Err(_) => Ending::GivenUp,
    }
}

/// Whether the database answered, and will never take this write: a value that cannot be stored.
fn is_refused(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Validation | ErrorKind::Database) && !error.may_pass()
}
