//! How long a piece of work waits.

use std::time::{Duration, Instant};

use crate::clock::at_random;

/// The moment until which a piece of work may wait. It is one limit for everything that the work waits for: its turn to
/// write, a connection, locks, and repeated attempts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    started: Instant,
    timeout: Duration,
}

impl Deadline {
    pub(crate) fn after(timeout: Duration) -> Self {
        Deadline {
            started: Instant::now(),
            timeout,
        }
    }

    /// This deadline, or a later one that is at least `timeout` away.
    pub(super) fn at_least(self, timeout: Duration) -> Self {
        Deadline {
            timeout: self.timeout.max(timeout),
            ..self
        }
    }

    pub(crate) fn left(self) -> Duration {
        self.timeout.saturating_sub(self.started.elapsed())
    }

    pub(crate) fn is_over(self) -> bool {
        self.left().is_zero()
    }
}

/// Growing pauses between attempts. They are random, so that threads that were refused at the same moment do not try
/// again at the same moment.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    pub(super) fn new(first: Duration, longest: Duration) -> Self {
        Backoff {
            next: first,
            longest,
        }
    }

    /// Waits, but not beyond the deadline.
    pub(super) fn sleep(&mut self, deadline: Deadline) {
        std::thread::sleep(self.pause().min(deadline.left()));
    }

    /// Between half of the next pause and all of it.
    pub(super) fn pause(&mut self) -> Duration {
        let most = self.next;
        self.next = (most * 2).min(self.longest);
        at_random(most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest() {
        let mut backoff = Backoff::new(Duration::from_millis(10), Duration::from_millis(35));
        for most in [10, 20, 35, 35] {
            let pause = backoff.pause();
            assert!(pause >= Duration::from_millis(most) / 2, "{pause:?}");
            assert!(pause <= Duration::from_millis(most), "{pause:?}");
        }
    }
}
