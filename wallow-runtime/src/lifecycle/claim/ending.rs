//! How a claim writes, and how its run ends.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Claim, Ending};
use crate::codegen_support::{Lifecycle, Patch};
use crate::engine::ClaimWrite;
use crate::error::{Error, ErrorKind};
use crate::lifecycle::persist::Patience;
use crate::value::Value;

impl<R: Lifecycle> Claim<R> {
    /// Gives the run back; retried for as long as `patience` says.
    pub(in crate::lifecycle) fn end_released(
        &mut self,
        patience: Patience<'_>,
    ) -> Result<R, Error> {
        self.claims.heartbeats().end(&self.fence);
        let released = self.persist(patience, || {
            self.claims
                .engine()
                .finish::<R>(&self.fence, &ClaimWrite::Release, &[])
        });
        self.end = after(&released);
        released
    }

    /// Ends the run with its result; retried for as long as `patience` says. If the result cannot be stored, the run is
    /// `failed`.
    pub(in crate::lifecycle) fn end_completed(
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

    pub(super) fn write_completed(
        &mut self,
        patience: Patience<'_>,
        annotating: &R::Annotating,
    ) -> Result<R, Error> {
        self.claims.heartbeats().end(&self.fence);
        let seconds = self.seconds();
        let completed = self.write(patience, ClaimWrite::Complete { seconds }, annotating);
        self.end = after(&completed);
        completed
    }

    /// Ends the run as `failed`; retried for as long as `patience` says.
    pub(in crate::lifecycle) fn end_failed(
        &mut self,
        patience: Patience<'_>,
        reason: &str,
    ) -> Result<R, Error> {
        self.claims.heartbeats().end(&self.fence);
        let excerpt = excerpt(reason);
        let finish = ClaimWrite::Fail {
            seconds: self.seconds(),
            excerpt: &excerpt,
        };
        let failed = self.persist(patience, || {
            self.claims.engine().finish::<R>(&self.fence, &finish, &[])
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
    pub(super) fn refuse(
        &mut self,
        patience: Patience<'_>,
        error: &str,
        annotating: &R::Annotating,
    ) {
        let values = annotating.values();
        let (storable, reasons) = self.claims.engine().storable(&values);
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

    /// Notes whether the run was marked as failed. If it was not, dropping the claim tries once more.
    pub(super) fn close(&mut self, marked: &Result<(), Error>) {
        match marked {
            Ok(()) => self.end = Ending::Written,
            Err(error) => {
                self.end = after(marked);
                tracing::warn!(%error, uuid = self.run.uuid(), "a run could not be marked as failed");
            }
        }
    }

    /// Whether the end of the run is written.
    pub(in crate::lifecycle) fn has_ended(&self) -> bool {
        self.end == Ending::Written
    }

    /// A result that could not be written, as text for the log.
    pub(in crate::lifecycle) fn describe(&self, annotating: &R::Annotating) -> String {
        const KEPT: usize = 1000;
        let values = annotating.values();
        let columns = self.claims.engine().table().annotating().iter();
        let set = columns.zip(&values).filter_map(|(column, value)| {
            let value = format!("{:?}", (*value)?);
            Some(format!("{}: {:.KEPT$}", column.name, value))
        });
        set.collect::<Vec<_>>().join(", ")
    }

    /// How long a write is retried if the user holds the claim.
    pub(super) fn patience(&self) -> Patience<'static> {
        let then = self.claims.engine().busy_timeout();
        if then.is_zero() {
            Patience::None
        } else {
            Patience::UntilLost { stop: None, then }
        }
    }

    /// How long a write is retried if wallow ends the run; it ends sooner after the flag to stop is set.
    pub(in crate::lifecycle) fn patience_until<'s>(
        &self,
        stop: Option<&'s AtomicBool>,
    ) -> Patience<'s> {
        let then = self.claims.engine().busy_timeout();
        Patience::UntilLost { stop, then }
    }

    pub(super) fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    pub(super) fn write(
        &self,
        patience: Patience<'_>,
        finish: ClaimWrite<'_>,
        annotating: &R::Annotating,
    ) -> Result<R, Error> {
        annotating.with_values(|values| {
            self.persist(patience, || {
                self.claims
                    .engine()
                    .finish::<R>(&self.fence, &finish, values)
            })
        })
    }

    /// Marks the run as failed, without reading it back, so that a row that cannot be read is marked, too.
    pub(super) fn mark_failed(
        &self,
        patience: Patience<'_>,
        reason: &str,
        patch: &[Option<Value<'_>>],
    ) -> Result<(), Error> {
        let excerpt = excerpt(reason);
        let finish = ClaimWrite::Fail {
            seconds: self.seconds(),
            excerpt: &excerpt,
        };
        self.persist(patience, || {
            let written = self
                .claims
                .engine()
                .finish_unread(&self.fence, &finish, patch)?;
            Ok(written.then_some(()))
        })
    }

    /// Retries a write for as long as `patience` says. If it returns no row, the claim is lost.
    pub(super) fn persist<T>(
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

    pub(super) fn lost_error(&self) -> Error {
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
pub(super) fn is_refused(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Validation | ErrorKind::Database) && !error.may_pass()
}

/// The first 1,000 characters, in a form that every database can store.
fn excerpt(text: &str) -> Cow<'_, str> {
    const KEPT: usize = 1000;
    let end = text.char_indices().nth(KEPT);
    let kept = end.map_or(text, |(end, _)| &text[..end]);
    if kept.contains('\0') {
        // PostgreSQL cannot store this character.
        Cow::Owned(kept.replace('\0', "\u{FFFD}"))
    } else {
        Cow::Borrowed(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn an_excerpt_has_at_most_a_thousand_characters_that_can_be_stored() {
        assert_eq!(excerpt("a\0b"), "a\u{FFFD}b");
        assert_eq!(excerpt("no \u{1} memory\n"), "no \u{1} memory\n");
        let long = "é\0".repeat(2_000);
        assert_eq!(excerpt(&long), "é\u{FFFD}".repeat(500));
    }
}
