//! Where time and randomness come from, so that tests can give their own.

use std::sync::Arc;

use chrono::{DateTime, Utc};

/// The sources a store draws from: the time of day, and uuids.
#[derive(Clone)]
pub struct Sources {
    now: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    uuid: Arc<dyn Fn() -> String + Send + Sync>,
}

impl Default for Sources {
    fn default() -> Self {
        Sources {
            now: Arc::new(Utc::now),
            uuid: Arc::new(random_uuid),
        }
    }
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sources").finish_non_exhaustive()
    }
}

impl Sources {
    /// The same with another clock.
    #[must_use]
    pub fn with_clock(self, now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Sources {
            now: Arc::new(now),
            ..self
        }
    }

    /// The same with another maker of uuids: 12 lower-case hexadecimal characters each.
    #[must_use]
    pub fn with_uuids(self, uuid: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Sources {
            uuid: Arc::new(uuid),
            ..self
        }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.now)()
    }

    pub(crate) fn uuid(&self) -> String {
        (self.uuid)()
    }
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
    fn uuids_are_twelve_hexadecimal_characters() {
        let uuid = Sources::default().uuid();
        assert_eq!(uuid.len(), 12);
        assert!(
            uuid.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')),
            "{uuid}"
        );
    }
}
