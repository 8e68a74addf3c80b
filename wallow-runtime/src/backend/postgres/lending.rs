//! Lending a connection to the user's own code, and resetting it afterwards.

use diesel::connection::{AnsiTransactionManager, TransactionManager as _};
use diesel::pg::PgConnection;

use super::Connection;
use super::failure;
use super::session::Beginning;
use crate::error::Error;

/// Resets everything that was set for a session. Prepared statements stay: they are found by their text, and they give
/// a role no more rights than it has without them.
const RESET: &str = "RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL";

impl Connection {
    /// diesel's connection, for queries of the user's own.
    pub(crate) fn raw(&mut self) -> &mut PgConnection {
        &mut self.raw
    }

    /// Makes a shared session of a read-only store refuse writes of the user's own code, too.
    pub(crate) fn begin_lending(&mut self) -> Result<(), Error> {
        if !self.shared.as_ref().is_some_and(Beginning::is_read_only) {
            return Ok(());
        }
        let sql = "BEGIN READ ONLY";
        let begun = AnsiTransactionManager::begin_transaction_sql(&mut self.raw, sql);
        self.noted(begun.map_err(failure::of_query))
    }

    /// Rolls back what the user's code left open, and resets what it set for its session; `false` if the connection
    /// cannot be used any more.
    pub(crate) fn leave_clean(&mut self) -> bool {
        let lent = self.shared.as_ref().is_some_and(Beginning::is_read_only);
        let status = AnsiTransactionManager::transaction_manager_status_mut(&mut self.raw);
        let depth = status.transaction_depth();
        let is_left = match depth {
            Ok(None) => self.batch_alone("ROLLBACK").is_ok(),
            Ok(Some(depth)) if lent && depth.get() == 1 => {
                AnsiTransactionManager::rollback_transaction(&mut self.raw).is_ok()
            }
            _ => false,
        };
        self.in_transaction = false;
        is_left && self.reset().is_ok()
    }

    /// Restores the settings from before the connection was lent. A session that a pooler gave for one transaction is
    /// not reset: it belongs to others by now.
    fn reset(&mut self) -> Result<(), Error> {
        if self.shared.is_some() {
            return Ok(());
        }
        self.batch_alone(RESET)?;
        self.wait = self.lock_timeout;
        match self.settings.take() {
            Some(settings) => self.set_all(settings),
            None => Ok(()),
        }
    }

    /// Sets what a session needs that a pooler keeps for this connection.
    pub(super) fn set_all(&mut self, settings: String) -> Result<(), Error> {
        self.row_alone(&settings)?;
        self.settings = Some(settings);
        Ok(())
    }
}
