//! What a thread holds of a pool while it uses a connection. It is given back even if the thread panics.

use super::shared::Shared;
use crate::backend::Connection;

/// The place of a connection that is in use. If it is dropped without the connection (which broke, or whose user
/// panicked), the place is free for a new one.
pub(super) struct Place<'p> {
    shared: &'p Shared,
    connection: Option<Box<Connection>>,
}

impl<'p> Place<'p> {
    pub(super) fn of(shared: &'p Shared) -> Self {
        Place {
            shared,
            connection: None,
        }
    }

    pub(super) fn give_back(&mut self, mut connection: Box<Connection>) {
        connection.rest();
        self.connection = Some(connection);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        match self.connection.take() {
            Some(connection) => state.idle.push(connection),
            None => state.open -= 1,
        }
        self.shared.changed(state);
    }
}

/// The right to write.
pub(super) struct Permit<'p> {
    shared: &'p Shared,
    /// Whether it had to be waited for.
    pub(super) waited: bool,
}

impl<'p> Permit<'p> {
    pub(super) fn of(shared: &'p Shared, waited: bool) -> Self {
        Permit { shared, waited }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.writing -= 1;
        self.shared.changed(state);
    }
}
