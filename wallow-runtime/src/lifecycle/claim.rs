//! A claim: the right to write a run's result.

use std::fmt;

use chrono::{DateTime, Utc};

use super::ClaimError;
use super::held::{HeldClaim, is_refused};
use super::persist::Patience;
use crate::codegen_support::{Lifecycle, Patch};
use crate::error::{Error, ErrorKind};

/// The exclusive right to execute a run and to write its result. It sends heartbeats in the background. If it is dropped
/// without [`complete`](Claim::complete), [`fail`](Claim::fail) or
/// [`release`](Claim::release), the run is `failed`.
///
/// A write that the database cannot take now (it is locked, full or away, or all connections are in use) is retried until
/// it succeeds or the claim is lost, with warnings through `tracing`: at once, then once a minute, and when it succeeds.
/// A store with a busy timeout of zero does not wait: it returns the error at once, with the patch in
/// [`Error::unwritten`].
///
/// # Record progress while a run is at work
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// # let store = registry::Store::open(":memory:")?;
/// # let key = registry::Identifying::builder().model("mlp").learning_rate(0.1).build();
/// use registry::Annotating;
/// use wallow::{ClaimOutcome, Reclaim};
///
/// let ClaimOutcome::Claimed(claim) = store.claim(&key, Reclaim::Immediately)? else {
///     return Ok(());
/// };
/// for loss in [0.5, 0.4, 0.3] {
///     if claim.is_lost() {
///         return Ok(()); // another worker has the run: stop
///     }
///     claim.annotate(Annotating::new().val_loss(loss))?;
/// }
/// let run = claim.complete(Annotating::new().host("lab"))?;
/// assert_eq!((run.val_loss, run.status.as_deref()), (Some(0.3), Some("completed")));
/// # Ok::<(), wallow::Error>(())
/// ```
pub struct Claim<R: Lifecycle> {
    run: R,
    held: HeldClaim,
    /// A result that the database refused. If the claim is dropped without another result, its storable values are
    /// written.
    refused: Option<Box<Refused<R::Annotating>>>,
}

/// A result that cannot be stored, and why.
struct Refused<A> {
    error: String,
    annotating: A,
}

/// The result of [`Store::claim`](crate::Store::claim). There are only these three, so a `match` needs no `_` arm.
///
/// # Claim one run
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// # let store = registry::Store::open(":memory:")?;
/// # let key = registry::Identifying::builder().model("mlp").learning_rate(0.1).build();
/// use wallow::{ClaimOutcome, Reclaim};
///
/// match store.claim(&key, Reclaim::Immediately)? {
///     ClaimOutcome::Claimed(claim) => {
///         assert_eq!(claim.attempt(), 1);
///         claim.release()?; // or `complete`, or `fail`
///     }
///     ClaimOutcome::AlreadyCompleted(run) => println!("loss {:?}", run.val_loss),
///     ClaimOutcome::HeldByAnother(run) => println!("{} is at work elsewhere", run.uuid),
/// }
/// # Ok::<(), wallow::Error>(())
/// ```
#[derive(Debug)]
pub enum ClaimOutcome<R: Lifecycle> {
    /// The claim: the run is yours.
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
            .field("attempt", &self.held.attempt())
            .finish_non_exhaustive()
    }
}

impl<R: Lifecycle> Claim<R> {
    pub(crate) fn new(run: R, held: HeldClaim) -> Self {
        Claim {
            run,
            held,
            refused: None,
        }
    }

    /// The run as it was when it was claimed.
    pub fn run(&self) -> &R {
        &self.run
    }

    /// The id of the run.
    pub(super) fn id(&self) -> i64 {
        self.held.id()
    }

    /// How often the run was claimed, including this claim.
    pub fn attempt(&self) -> i64 {
        self.held.attempt()
    }

    /// Whether the run is known to have been given to another worker. Then this claim can write nothing any more, and the
    /// work can stop.
    pub fn is_lost(&self) -> bool {
        self.held.is_lost()
    }

    /// Sends a heartbeat now; returns the new `updated_at`. The background does this on its own.
    ///
    /// # Errors
    /// [`ClaimLost`](ErrorKind::ClaimLost) if the run was given to another worker.
    pub fn heartbeat(&self) -> Result<DateTime<Utc>, Error> {
        self.held.heartbeat()
    }

    /// Writes intermediate results; the run goes on.
    ///
    /// # Errors
    /// [`ClaimLost`](ErrorKind::ClaimLost) if the run was given to another worker;
    /// [`Validation`](ErrorKind::Validation) if a value cannot be stored; [`Database`](ErrorKind::Database) for an SQL
    /// error that does not pass by itself. The patch is in [`Error::unwritten`].
    pub fn annotate(&self, annotating: R::Annotating) -> Result<R, Error>
    where
        R::Annotating: 'static,
    {
        let written =
            annotating.with_values(|values| self.held.annotate(self.held.patience(), values));
        written.map_err(|error| error.with_unwritten(annotating))
    }

    /// Ends the run as `completed`, with its result. [`End::Release`](crate::codegen_support::End::Release) gives it back.
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
            let released = self.held.release(self.held.patience());
            return released.map_err(|error| self.give_back(error, annotating));
        }
        self.refused = None;
        let patience = self.held.patience();
        match annotating.with_values(|values| self.held.complete(patience, values)) {
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
            claim.held.go_on();
        }
        ClaimError::new(error, claim, annotating)
    }

    /// Ends the run as `failed`, with the first 1,000 characters of `reason`.
    ///
    /// # End a run as failed
    ///
    /// ```
    /// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
    /// # let store = registry::Store::open(":memory:")?;
    /// # let key = registry::Identifying::builder().model("mlp").learning_rate(0.1).build();
    /// use wallow::{ClaimOptions, Reclaim};
    ///
    /// store.enqueue([&key])?;
    /// let claim = store.claim_next(ClaimOptions::new(Reclaim::Immediately))?.ok_or("nothing waits")?;
    /// let run = claim.fail("the data set is damaged")?;
    /// assert_eq!(run.error_excerpt.as_deref(), Some("the data set is damaged"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ClaimLost`](ErrorKind::ClaimLost) if the run was given to another worker.
    pub fn fail(mut self, reason: &str) -> Result<R, Error> {
        self.held.fail(self.held.patience(), reason)
    }

    /// Gives the run back: it is `pending` again, as if it had not been started.
    ///
    /// # Errors
    /// [`ClaimLost`](ErrorKind::ClaimLost) if the run was given to another worker.
    pub fn release(mut self) -> Result<R, Error> {
        self.held.release(self.held.patience())
    }

    /// Ends the run with its result; retried for as long as `patience` says. If the result cannot be stored, the run is
    /// `failed`.
    pub(super) fn end_completed(
        &mut self,
        patience: Patience<'_>,
        annotating: &R::Annotating,
    ) -> Result<R, Error> {
        annotating.with_values(|values| {
            let completed = self.held.complete(patience, values);
            if let Err(error) = &completed
                && is_refused(error)
            {
                self.held.refuse(patience, &error.to_string(), values);
            }
            completed
        })
    }

    /// The claim without the type of its rows.
    pub(super) fn held(&mut self) -> &mut HeldClaim {
        &mut self.held
    }

    /// A result that could not be written, as text for the log.
    pub(super) fn describe(&self, annotating: &R::Annotating) -> String {
        annotating.with_values(|values| self.held.describe(values))
    }
}

impl<R: Lifecycle> Drop for Claim<R> {
    fn drop(&mut self) {
        if let Some(refused) = self.refused.take()
            && self.held.is_open()
        {
            self.held.fall_silent();
            refused
                .annotating
                .with_values(|values| self.held.refuse(Patience::None, &refused.error, values));
        }
    }
}
