//! How long a piece of work waits.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

/// Until when a piece of work may wait, for everything that it waits for together: its turn to write, a connection,
/// locks, and attempts that are repeated.
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

    /// The same wait, if it is to be at least this long.
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

/// Growing pauses between attempts. They are random, so that those who were turned away together do not come back
/// together.
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
        // The keys of a fresh hasher are random.
        let share = RandomState::new().hash_one(0) % 1024;
        most / 2 + most / 2 * u32::try_from(share).unwrap_or_default() / 1024
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
