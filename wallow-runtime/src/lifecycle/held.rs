//! The right to write a run, whatever the type of its rows: heartbeats, fenced writes, and how a run ends.
//!
//! What enters: values for annotating columns, in their order. What leaves: the row as it was written. Both faces hold
//! one of these behind their claims.

mod unread;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

pub(crate) use unread::UnreadEnd;

use super::LocalClaims;
use super::excerpt::excerpt;
use super::persist::Patience;
use crate::codegen_support::Decode;
use crate::engine::{AttemptDetails, ClaimWrite, FencingToken, Reclaim};
use crate::error::{Error, ErrorKind};
use crate::value::Value;

/// A claim that lives in this program.
#[derive(Debug)]
pub(crate) struct HeldClaim {
    claims: LocalClaims,
    token: FencingToken,
    started: Instant,
    /// How long the run was at work before this program knew of the claim.
    before: Duration,
    /// Whether the claim is another process's, which sends its heartbeats and asks this one for single writes. Then
    /// nothing happens when this is dropped, and no write is retried.
    is_borrowed: bool,
    lost: Arc<AtomicBool>,
    end: Ending,
    /// What the attempt records at its end.
    details: Option<Box<AttemptDetails>>,
}

/// How far a claim has come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// The run has no result yet. If the claim is dropped now, the run is `failed`.
    Open,
    /// The run has ended, and its row says so.
    Written,
    /// The claim is lost, or the result could not be written: the row stays as it is, and becomes stale.
    GivenUp,
}

/// Values of annotating columns; `None` leaves a column alone.
type Patch<'a> = [Option<Value<'a>>];

impl HeldClaim {
    /// Begins to send heartbeats for a claim.
    pub(super) fn new(claims: &LocalClaims, token: FencingToken, reclaim: Reclaim) -> Self {
        let lost = Arc::new(AtomicBool::new(false));
        let every = reclaim.heartbeat();
        claims
            .heartbeats()
            .add(token.clone(), every, Arc::clone(&lost));
        HeldClaim {
            claims: claims.clone(),
            token,
            started: Instant::now(),
            before: Duration::ZERO,
            is_borrowed: false,
            lost,
            end: Ending::Open,
            details: None,
        }
    }

    /// A claim that another process holds, whose run has been at work for this long.
    pub(crate) fn borrowed(claims: &LocalClaims, token: FencingToken, before: Duration) -> Self {
        HeldClaim {
            claims: claims.clone(),
            token,
            started: Instant::now(),
            before,
            is_borrowed: true,
            lost: Arc::default(),
            end: Ending::Open,
            details: None,
        }
    }

    /// The id of the run.
    pub(super) fn id(&self) -> i64 {
        self.token.id
    }

    /// Whether another process holds the claim.
    pub(crate) fn is_borrowed(&self) -> bool {
        self.is_borrowed
    }

    /// Leaves the claim to another process.
    pub(crate) fn leave(&mut self) {
        self.is_borrowed = true;
    }

    /// What the attempt records at its end.
    pub(crate) fn details(&mut self) -> &mut AttemptDetails {
        self.details.get_or_insert_default()
    }

    fn known(&self) -> &AttemptDetails {
        self.details.as_deref().unwrap_or(&AttemptDetails::NONE)
    }

    /// Records the process of the command in the attempt, which goes on.
    pub(crate) fn note_process(&self) -> Result<(), Error> {
        self.claims.engine().note_process(&self.token, self.known())
    }

    pub(crate) fn uuid(&self) -> &str {
        &self.token.uuid
    }

    /// How often the run was claimed, including this claim.
    pub(crate) fn attempt(&self) -> i64 {
        self.token.attempt
    }

    /// Whether the run is known to have been given to another worker.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// Sends a heartbeat now; returns the new `updated_at`.
    pub(crate) fn heartbeat(&self) -> Result<DateTime<Utc>, Error> {
        self.claims
            .engine()
            .claim_heartbeat(&self.token)?
            .ok_or_else(|| self.lost_error())
    }

    /// Writes intermediate results; the run goes on.
    pub(crate) fn annotate<T: Decode>(
        &self,
        patience: Patience<'_>,
        values: &Patch<'_>,
    ) -> Result<T, Error> {
        self.write(patience, ClaimWrite::Annotate, values)
    }

    /// Gives the run back; retried for as long as `patience` says.
    pub(crate) fn release<T: Decode>(&mut self, patience: Patience<'_>) -> Result<T, Error> {
        self.claims.heartbeats().end(&self.token);
        let released = self.persist(patience, || {
            self.claims
                .engine()
                .finish::<T>(&self.token, &ClaimWrite::Release, &[], self.known())
        });
        self.end = after(&released);
        released
    }

    /// Ends the run with its result; retried for as long as `patience` says.
    pub(crate) fn complete<T: Decode>(
        &mut self,
        patience: Patience<'_>,
        values: &Patch<'_>,
    ) -> Result<T, Error> {
        self.claims.heartbeats().end(&self.token);
        let seconds = self.seconds();
        let completed = self.write(patience, ClaimWrite::Complete { seconds }, values);
        self.end = after(&completed);
        completed
    }

    /// Ends the run as `failed`; retried for as long as `patience` says.
    pub(crate) fn fail<T: Decode>(
        &mut self,
        patience: Patience<'_>,
        reason: &str,
    ) -> Result<T, Error> {
        self.claims.heartbeats().end(&self.token);
        let excerpt = excerpt(reason);
        let finish = ClaimWrite::Fail {
            seconds: self.seconds(),
            excerpt: &excerpt,
        };
        let failed = self.persist(patience, || {
            self.claims
                .engine()
                .finish::<T>(&self.token, &finish, &[], self.known())
        });
        self.end = after(&failed);
        if failed.as_ref().is_err_and(is_refused) {
            // The row cannot be read back, so the write was undone: mark the run without reading it.
            let marked = self.mark_failed(patience, reason, &[]);
            self.close(&marked);
        }
        failed
    }

    /// Ends a run whose result the database refuses: `failed`, with the reason and the values that can be stored.
    pub(crate) fn refuse(&mut self, patience: Patience<'_>, error: &str, values: &Patch<'_>) {
        let (storable, reasons) = self.claims.engine().storable(values);
        let reason = if reasons.is_empty() {
            error.to_owned()
        } else {
            reasons.join("; ")
        };
        let refused = self.mark_failed(patience, &reason, &storable);
        // The database may refuse one of these values, too, without saying which. Then none of them is written.
        let refused = match refused {
            Err(error) if is_refused(&error) => self.mark_failed(patience, &reason, &[]),
            outcome => outcome,
        };
        self.close(&refused);
    }

    /// The values that can be stored.
    pub(crate) fn storable<'v>(&self, values: &Patch<'v>) -> Vec<Option<Value<'v>>> {
        self.claims.engine().storable(values).0
    }

    /// Goes on after an end that could not be written.
    pub(super) fn go_on(&self) {
        self.claims.heartbeats().go_on(&self.token);
    }

    /// Ends the heartbeats.
    pub(super) fn fall_silent(&self) {
        self.claims.heartbeats().remove(&self.token);
    }

    /// Whether the run has no result yet.
    pub(super) fn is_open(&self) -> bool {
        self.end == Ending::Open
    }

    /// Whether the end of the run is written.
    pub(super) fn has_ended(&self) -> bool {
        self.end == Ending::Written
    }

    /// A result that could not be written, as text for the log.
    pub(super) fn describe(&self, values: &Patch<'_>) -> String {
        const KEPT: usize = 1000;
        let columns = self.claims.engine().table().annotating().iter();
        let set = columns.zip(values).filter_map(|(column, value)| {
            let value = format!("{:?}", (*value)?);
            Some(format!("{}: {:.KEPT$}", column.name, value))
        });
        set.collect::<Vec<_>>().join(", ")
    }

    /// How long a write is retried if the user holds the claim.
    pub(crate) fn patience(&self) -> Patience<'static> {
        self.patience_with(None)
    }

    /// How long an end is tried; it ends sooner after the flag to stop is set.
    pub(crate) fn patience_with<'s>(&self, stop: Option<&'s AtomicBool>) -> Patience<'s> {
        let then = self.claims.engine().busy_timeout();
        if then.is_zero() || self.is_borrowed {
            Patience::None
        } else {
            Patience::UntilLost { stop, then }
        }
    }

    /// How long a write is retried if wallow ends the run; it ends sooner after the flag to stop is set.
    pub(crate) fn patience_until<'s>(&self, stop: Option<&'s AtomicBool>) -> Patience<'s> {
        let then = self.claims.engine().busy_timeout();
        Patience::UntilLost { stop, then }
    }

    fn seconds(&self) -> f64 {
        (self.before + self.started.elapsed()).as_secs_f64()
    }

    fn write<T: Decode>(
        &self,
        patience: Patience<'_>,
        finish: ClaimWrite<'_>,
        values: &Patch<'_>,
    ) -> Result<T, Error> {
        self.persist(patience, || {
            self.claims
                .engine()
                .finish::<T>(&self.token, &finish, values, self.known())
        })
    }

    /// Notes whether the run was marked as failed. If it was not, dropping the claim tries once more.
    fn close(&mut self, marked: &Result<(), Error>) {
        match marked {
            Ok(()) => self.end = Ending::Written,
            Err(error) => {
                self.end = after(marked);
                tracing::warn!(%error, uuid = self.uuid(), "a run could not be marked as failed");
            }
        }
    }

    /// Marks the run as failed, without reading it back, so that a row that cannot be read is marked, too.
    fn mark_failed(
        &self,
        patience: Patience<'_>,
        reason: &str,
        values: &Patch<'_>,
    ) -> Result<(), Error> {
        let excerpt = excerpt(reason);
        let finish = ClaimWrite::Fail {
            seconds: self.seconds(),
            excerpt: &excerpt,
        };
        self.persist(patience, || {
            let written =
                self.claims
                    .engine()
                    .finish_unread(&self.token, &finish, values, self.known())?;
            Ok(written.then_some(()))
        })
    }

    /// Retries a write for as long as `patience` says. If it returns no row, the claim is lost.
    fn persist<T>(
        &self,
        patience: Patience<'_>,
        mut write: impl FnMut() -> Result<Option<T>, Error>,
    ) -> Result<T, Error> {
        let written = patience.persist(self.uuid(), &self.lost, || {
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
            "run {} was given to another worker, or deleted (this was attempt {}); nothing was written, and \
             nothing can be: save the result elsewhere (`Error::unwritten`), and raise the stale time",
            self.uuid(),
            self.token.attempt,
        );
        Error::new(ErrorKind::ClaimLost, message).with_uuid(self.uuid())
    }
}

impl Drop for HeldClaim {
    fn drop(&mut self) {
        self.fall_silent();
        // A lost claim has nothing to write.
        if self.is_borrowed || !self.is_open() || self.is_lost() {
            return;
        }
        let reason = if std::thread::panicking() {
            "the worker panicked"
        } else {
            "the claim was dropped without a result"
        };
        // There is no result that could be lost, so this is tried only once. A run that cannot be marked now becomes
        // stale.
        if let Err(error) = self.mark_failed(Patience::None, reason, &[])
            && error.kind() != ErrorKind::ClaimLost
        {
            tracing::warn!(%error, uuid = self.uuid(), "a run could not be marked as failed");
        }
    }
}

/// How far a claim has come after an attempt to write its end. If a result could not be written, the run is not marked
/// as failed: its work succeeded.
fn after<T>(ended: &Result<T, Error>) -> Ending {
    match ended {
        Ok(_) => Ending::Written,
        Err(error) if is_refused(error) => Ending::Open,
        Err(_) => Ending::GivenUp,
    }
}

/// Whether the database answered and will never accept this write, because a value cannot be stored.
pub(crate) fn is_refused(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Validation | ErrorKind::Database) && !error.may_pass()
}
