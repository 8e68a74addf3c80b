//! What a thread holds of a pool while it uses a connection; given back however the use ends.

use super::Pool;
use crate::backend::Connection;

/// The place of a connection that is in use. Dropped without the connection (it was broken, or
/// its user panicked), the place is free for a new one.
pub(super) struct Place<'p> {
    pool: &'p Pool,
    connection: Option<Box<Connection>>,
}

impl<'p> Place<'p> {
    pub(super) fn of(pool: &'p Pool) -> Self {
        Place {
            pool,
            connection: None,
        }
    }

    pub(super) fn give_back(&mut self, connection: Box<Connection>) {
        self.connection = Some(connection);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.pool.lock();
        match self.connection.take() {
            Some(connection) => state.idle.push(connection),
            None => state.open -= 1,
        }
        let waited_for = state.waiting > 0;
        drop(state);
        if waited_for {
            // Not one: it might be a writer that has to wait on, while a reader could go.
            self.pool.returned.notify_all();
        }
    }
}

/// The right to write.
pub(super) struct Permit<'p>(pub(super) &'p Pool);

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.writing -= 1;
        let waited_for = state.waiting > 0;
        drop(state);
        if waited_for {
            self.0.returned.notify_all();
        }
    }
}
