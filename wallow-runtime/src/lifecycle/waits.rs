//! How the workers of a program wait for a run of the queue.
//!
//! One thread looks for all of them, after pauses that grow, so that a program with many threads asks no more often than
//! one with a single thread. A pause ends early if the database says that something came. When the one that looks has a
//! run, or ends, another one looks at once.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::LocalClaims;
use crate::clock::at_random;

const SHORTEST: Duration = Duration::from_millis(20);

/// The longest pause while a run may become free without notice: others hold its row, or it is watched.
const SOON: Duration = Duration::from_secs(2);

/// The longest pause if nothing is there to do.
const LONGEST: Duration = Duration::from_secs(15);

/// News ends no pause before this, or every worker would look after every single one.
const EARLIEST: Duration = Duration::from_secs(1);

/// How often the flag to stop is checked, and whether there is news.
const LOOK: Duration = Duration::from_millis(50);
const NEWS: Duration = Duration::from_millis(250);

/// What the workers of one call share.
#[derive(Debug, Default)]
pub struct Waits {
    /// Whether a thread looks for all.
    is_looking: Mutex<bool>,
    changed: Condvar,
}

impl Waits {
    /// One search for a run, with its pauses.
    pub fn turn(&self) -> Turn<'_> {
        Turn {
            waits: self,
            looks: false,
            next: SHORTEST,
        }
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.is_looking
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// One search for a run. If it is dropped, another thread looks.
#[derive(Debug)]
pub struct Turn<'w> {
    waits: &'w Waits,
    /// Whether it looks for the others, too.
    looks: bool,
    /// The next pause.
    next: Duration,
}

impl Turn<'_> {
    /// Waits until the queue should be looked at again, or `is_stopped`. `soon`: a run may become free without notice.
    /// The pause is not longer than `longest`.
    pub(crate) fn pause(
        &mut self,
        claims: &LocalClaims,
        soon: bool,
        longest: Duration,
        is_stopped: impl Fn() -> bool,
    ) {
        if !self.looks && self.follow(&is_stopped) {
            return;
        }
        let most = longest.min(if soon { SOON } else { LONGEST });
        let length = at_random(self.next.min(most));
        self.next = (self.next * 2).min(LONGEST);
        let pool = claims.engine().pool();
        let earliest = at_random(EARLIEST);
        // If it cannot be asked for, the next search reports why.
        if length > earliest && pool.listen().unwrap_or(false) {
            return;
        }
        let (started, mut looked) = (Instant::now(), Duration::ZERO);
        while started.elapsed() < length && !is_stopped() {
            thread::sleep(LOOK.min(length));
            let elapsed = started.elapsed();
            if elapsed >= earliest && elapsed >= looked + NEWS {
                looked = elapsed;
                if pool.has_news() {
                    return;
                }
            }
        }
    }

    /// Waits while another thread looks, then looks in its place; whether it waited.
    fn follow(&mut self, is_stopped: impl Fn() -> bool) -> bool {
        let mut is_looking = self.waits.lock();
        let mut waited = false;
        while *is_looking && !is_stopped() {
            let outcome = self.waits.changed.wait_timeout(is_looking, LOOK);
            is_looking = outcome.unwrap_or_else(PoisonError::into_inner).0;
            waited = true;
        }
        if !*is_looking {
            *is_looking = true;
            self.looks = true;
        }
        waited
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.looks {
            *self.waits.lock() = false;
            self.waits.changed.notify_one();
        }
    }
}
