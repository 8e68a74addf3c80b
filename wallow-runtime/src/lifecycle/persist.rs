//! Writes of a claim, retried until they succeed or never can.
//!
//! What enters: one attempt to write. What leaves: its outcome, once the database has answered. Invariant: a finished
//! result is not given up because the database is busy, full or unreachable, as long as the claim may be alive.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::recurring::Recurring;
use crate::error::Error;

/// The shortest pause between two attempts. Each attempt waits for the busy timeout by itself.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How soon a pause ends if the claim is lost or the flag to stop is set.
const LOOK: Duration = Duration::from_millis(50);

/// How long a write is retried.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Patience<'a> {
    /// Not at all: the attempt itself has waited for the busy timeout of the store.
    None,
    /// As long as the claim is not known to be lost; once the flag is set, only for this much longer.
    UntilLost {
        stop: Option<&'a AtomicBool>,
        then: Duration,
    },
}

impl Patience<'_> {
    /// Tries to write. After an error that may pass by itself, it waits and tries again; any other error, and the
    /// outcome, is returned.
    pub(super) fn persist<T>(
        self,
        uuid: &str,
        lost: &AtomicBool,
        mut write: impl FnMut() -> Result<T, Error>,
    ) -> Result<T, Error> {
        let started = Instant::now();
        let mut pause = SHORTEST_PAUSE;
        let mut stopped = None;
        let mut trouble = Recurring::default();
        loop {
            let error = match write() {
                Err(error) if error.may_pass() => error,
                outcome => {
                    if outcome.is_ok() && trouble.works() {
                        tracing::warn!(uuid, "what a claim had to write is written now");
                    }
                    return outcome;
                }
            };
            if lost.load(Ordering::Relaxed) || self.is_over(&mut stopped) {
                return Err(error);
            }
            if trouble.fails(started.elapsed()) {
                tracing::warn!(
                    %error,
                    uuid,
                    "what a claim has to write cannot be written yet; it is tried again until the claim is lost",
                );
            }
            let paused = Instant::now();
            while paused.elapsed() < pause
                && !lost.load(Ordering::Relaxed)
                && !self.is_over(&mut stopped)
            {
                std::thread::sleep(LOOK.min(pause));
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// `stopped` keeps when the flag was first seen.
    fn is_over(self, stopped: &mut Option<Instant>) -> bool {
        match self {
            Patience::None => true,
            Patience::UntilLost { stop, then } => {
                if stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
                    stopped.get_or_insert_with(Instant::now).elapsed() >= then
                } else {
                    false
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn busy() -> Error {
        Error::new(ErrorKind::Busy, "locked")
    }

    #[test]
    fn a_write_is_tried_until_it_is_done() {
        let lost = AtomicBool::new(false);
        let patience = Patience::UntilLost {
            stop: None,
            then: Duration::ZERO,
        };
        let mut left = 3;
        let written = patience.persist("uuid", &lost, || {
            left -= 1;
            if left > 0 { Err(busy()) } else { Ok(left) }
        });
        assert_eq!(written.unwrap(), 0);
    }

    #[test]
    fn a_write_ends_when_the_claim_is_lost() {
        let lost = AtomicBool::new(false);
        let patience = Patience::UntilLost {
            stop: None,
            then: Duration::from_secs(3600),
        };
        let mut tries = 0;
        let outcome = patience.persist("uuid", &lost, || -> Result<(), _> {
            tries += 1;
            lost.store(tries == 2, Ordering::Relaxed);
            Err(busy())
        });
        assert!(outcome.unwrap_err().is_busy());
        assert_eq!(tries, 2);
    }

    #[test]
    fn a_worker_that_has_to_stop_waits_no_longer_than_the_busy_timeout() {
        let (lost, stop) = (AtomicBool::new(false), AtomicBool::new(false));
        let patience = Patience::UntilLost {
            stop: Some(&stop),
            then: Duration::ZERO,
        };
        let mut tries = 0;
        let outcome = patience.persist("uuid", &lost, || -> Result<(), _> {
            tries += 1;
            stop.store(tries == 2, Ordering::Relaxed);
            Err(busy())
        });
        assert!(outcome.unwrap_err().is_busy());
        assert_eq!(tries, 2);
    }

    #[test]
    fn what_does_not_pass_is_not_waited_for() {
        let lost = AtomicBool::new(false);
        for patience in [
            Patience::None,
            Patience::UntilLost {
                stop: None,
                then: Duration::ZERO,
            },
        ] {
            let mut tries = 0;
            let outcome = patience.persist("uuid", &lost, || -> Result<(), _> {
                tries += 1;
                Err(Error::new(ErrorKind::Validation, "NaN"))
            });
            assert!(outcome.unwrap_err().is_validation());
            assert_eq!(tries, 1);
        }
    }
}
