//! Sources of time and randomness, which tests replace.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

/// What a store takes from its environment: the time of day, the time that passes, and new uuids.
#[derive(Clone)]
pub struct Environment {
    now: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    /// `None` for the clock of the machine.
    elapsed: Option<Arc<dyn Fn() -> Duration + Send + Sync>>,
    uuid: Arc<dyn Fn() -> String + Send + Sync>,
}

impl Default for Environment {
    fn default() -> Self {
        Environment {
            now: Arc::new(Utc::now),
            elapsed: None,
            uuid: Arc::new(random_uuid),
        }
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment").finish_non_exhaustive()
    }
}

impl Environment {
    /// Uses another clock.
    #[must_use]
    pub fn with_clock(self, now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Environment {
            now: Arc::new(now),
            ..self
        }
    }

    /// Uses another clock for the time that passes: the time since some start, which never goes backwards,
    /// even if the time of day is set. Heartbeats and the watch for stale runs use it.
    #[must_use]
    pub fn with_elapsed(self, elapsed: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Environment {
            elapsed: Some(Arc::new(elapsed)),
            ..self
        }
    }

    /// Uses another source of uuids: 12 lower-case hexadecimal characters each.
    #[must_use]
    pub fn with_uuids(self, uuid: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Environment {
            uuid: Arc::new(uuid),
            ..self
        }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.now)()
    }

    /// The time that has passed since a moment of this program. The machine's clock for it stands still while the
    /// machine is suspended (on Linux and macOS).
    pub(crate) fn elapsed(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        match &self.elapsed {
            Some(elapsed) => elapsed(),
            None => START.get_or_init(Instant::now).elapsed(),
        }
    }

    /// How long a thread may sleep to wake up after `time`. With the clock of a test this is short, because that clock
    /// may jump.
    pub(crate) fn sleep_for(&self, time: Duration) -> Duration {
        const LOOK: Duration = Duration::from_millis(1);
        if self.elapsed.is_some() {
            time.min(LOOK)
        } else {
            time
        }
    }

    pub(crate) fn uuid(&self) -> String {
        (self.uuid)()
    }
}

/// Between half of a time and all of it, at random: programs that begin to wait at the same moment go on at different
/// ones.
pub(crate) fn at_random(most: Duration) -> Duration {
    most / 2 + most / 2 * random_share() / SHARES
}

/// Between seven eighths of a time and all of it, at random: what is done regularly does not stay in step with what
/// other programs do.
pub(crate) fn out_of_step(every: Duration) -> Duration {
    every.saturating_sub(every / 8 * random_share() / SHARES)
}

const SHARES: u32 = 1024;

/// Below [`SHARES`].
fn random_share() -> u32 {
    // The keys of a fresh hasher are random.
    let random = RandomState::new().hash_one(0) % u64::from(SHARES);
    u32::try_from(random).unwrap_or_default()
}

/// 48 random bits as 12 lower-case hexadecimal characters: the first 12 of a version 4 UUID, which
/// come before its version digit and so are all random.
fn random_uuid() -> String {
    let mut buffer = uuid::Uuid::encode_buffer();
    uuid::Uuid::new_v4().simple().encode_lower(&mut buffer)[..12].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_times_stay_within_their_bounds() {
        let second = Duration::from_secs(1);
        for _ in 0..1_000 {
            let some = at_random(second);
            assert!(some >= second / 2 && some <= second, "{some:?}");
            let most = out_of_step(second);
            assert!(most >= second / 8 * 7 && most <= second, "{most:?}");
        }
    }

    #[test]
    fn uuids_are_twelve_hexadecimal_characters() {
        let uuid = Environment::default().uuid();
        assert_eq!(uuid.len(), 12);
        assert!(
            uuid.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')),
            "{uuid}"
        );
    }
}
