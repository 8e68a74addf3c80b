//! Whether another connection has changed the file.

use super::Connection;
use crate::backend::Session as _;
use crate::error::Error;

/// What a connection knows of the changes of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Changes {
    /// The database is in memory, so nobody else can change it.
    Impossible,
    /// It does not look.
    Unseen,
    /// The number of the data at the last look. Only the commits of other connections change it.
    Seen(u32),
}

impl Connection {
    /// Begins to notice changes; `false` if it does already, or if nobody else can change the database.
    pub(crate) fn listen(&mut self) -> Result<bool, Error> {
        if self.changes != Changes::Unseen {
            return Ok(false);
        }
        self.changes = self.look_for_changes()?;
        Ok(true)
    }

    /// Whether the file was changed since the last call.
    pub(crate) fn has_news(&mut self) -> bool {
        if !matches!(self.changes, Changes::Seen(_)) {
            return false;
        }
        // If it cannot be read, the next statement reports why.
        let Ok(now) = self.look_for_changes() else {
            return false;
        };
        let former = std::mem::replace(&mut self.changes, now);
        former != self.changes
    }

    /// Reads the number, which needs no lock.
    fn look_for_changes(&mut self) -> Result<Changes, Error> {
        let number = self.text("PRAGMA data_version")?;
        let number = number.and_then(|number| number.parse().ok());
        Ok(Changes::Seen(number.unwrap_or_default()))
    }
}
