//! Notifications of runs that were added to the queue, between programs that have sessions of their own. A pooler gives
//! each transaction another session, so through it a program neither listens nor notifies, and workers only poll.

use super::Connection;
use crate::error::Error;

/// The channel. Each database has its own.
const CHANNEL: &str = "wallow_queue";

/// What a connection hears of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hearing {
    /// It does not listen.
    Nothing,
    Silence,
    News,
}

impl Connection {
    /// Begins to listen; `false` if it does already, or cannot.
    pub(crate) fn listen(&mut self) -> Result<bool, Error> {
        if self.hearing != Hearing::Nothing || self.shared.is_some() {
            return Ok(false);
        }
        self.batch_alone(&format!("LISTEN {CHANNEL}"))?;
        self.hearing = Hearing::Silence;
        Ok(true)
    }

    /// Whether a notification came since the last call.
    pub(crate) fn has_news(&mut self) -> bool {
        // If the connection has ended, the next statement finds out.
        let _ = self.hear();
        let has_news = self.hearing == Hearing::News;
        if has_news {
            self.hearing = Hearing::Silence;
        }
        has_news
    }

    /// Reads the notifications that have arrived; `false` if the server has closed the connection.
    pub(super) fn hear(&mut self) -> bool {
        for found in self.raw.notifications_iter() {
            match found {
                Ok(found) if found.channel == CHANNEL => self.hearing = Hearing::News,
                Ok(_) => {}
                // Every further question would be answered with the same error.
                Err(_) => return false,
            }
        }
        true
    }

    /// Notifies all that listen.
    pub(crate) fn announce(&mut self) -> Result<(), Error> {
        if self.shared.is_some() {
            return Ok(());
        }
        self.batch_alone(&format!("NOTIFY {CHANNEL}"))
    }
}
