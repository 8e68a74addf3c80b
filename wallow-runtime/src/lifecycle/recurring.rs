//! Warnings of what fails again and again: a full disk, a server that is away. Each is given at once, then once in a
//! while, and when it is over; a line for each attempt would hide everything else.

use std::time::Duration;

/// The time between two warnings of one trouble.
const SELDOM: Duration = Duration::from_secs(60);

/// One trouble.
#[derive(Debug, Default)]
pub(super) struct Recurring {
    /// When it was last warned of, on the clock of the caller; `None` if there is nothing to warn of.
    warned: Option<Duration>,
}

impl Recurring {
    /// It fails at this moment. Returns whether to warn.
    pub(super) fn fails(&mut self, now: Duration) -> bool {
        let is_due = self
            .warned
            .is_none_or(|warned| now.saturating_sub(warned) >= SELDOM);
        if is_due {
            self.warned = Some(now);
        }
        is_due
    }

    /// It works. Returns whether a warning said that it did not.
    pub(super) fn works(&mut self) -> bool {
        self.warned.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trouble_is_warned_of_at_once_then_seldom_and_its_end_once() {
        let mut trouble = Recurring::default();
        assert!(!trouble.works());
        let warned = (0..180).filter(|second| trouble.fails(Duration::from_secs(*second)));
        assert_eq!(warned.collect::<Vec<_>>(), [0, 60, 120]);
        assert!(trouble.works() && !trouble.works());
        assert!(trouble.fails(Duration::from_secs(180)));
    }
}
