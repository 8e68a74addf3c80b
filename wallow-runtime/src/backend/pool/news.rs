//! What a database says to programs that wait: a server sends a notification when runs are added to the queue, and a
//! file shows that another connection has changed it.

use super::Pool;
use crate::backend::Connection;
use crate::error::Error;

impl Pool {
    /// Begins to notice news; `false` if a connection did before, or if the database says nothing. After `true`, the
    /// caller has to look once more: what came before is no news.
    pub(crate) fn listen(&self) -> Result<bool, Error> {
        self.read(Connection::listen)
    }

    /// Whether there was news since the last call. It sends nothing to a server, and does not wait.
    pub(crate) fn has_news(&self) -> bool {
        let mut state = self.shared.lock();
        let mut has_news = false;
        // Each is asked, so that none keeps old news.
        for connection in &mut state.idle {
            has_news |= connection.has_news();
        }
        has_news
    }

    /// Notifies the programs that listen. A file needs no notification.
    pub(crate) fn announce(&self) -> Result<(), Error> {
        if self.shared.options.target.is_remote() {
            self.read(Connection::announce)
        } else {
            Ok(())
        }
    }
}
