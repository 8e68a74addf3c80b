//! Opening connections to a server, in threads of their own.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::deadline::{Backoff, Deadline};
use super::shared::{Shared, State};
use super::surplus;
use crate::backend::Connection;
use crate::error::Error;

/// The pause between attempts grows from this, if a server has too many connections or is just starting.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Starts to open a connection, for which a place is reserved. `false` if no thread could be started.
pub(super) fn start(shared: &Arc<Shared>, state: &mut State) -> bool {
    let watched = Arc::clone(shared);
    let shared = Arc::clone(shared);
    let thread = thread::Builder::new().name("wallow-connect".into());
    let started = thread.spawn(move || Opening::new(shared).run()).is_ok();
    if started {
        state.opening += 1;
        surplus::watch(&watched, state);
    }
    started
}

/// A connection that is being opened. If it is dropped without a connection, its place is free again.
struct Opening {
    shared: Arc<Shared>,
    connection: Option<Box<Connection>>,
}

impl Opening {
    fn new(shared: Arc<Shared>) -> Self {
        Opening {
            shared,
            connection: None,
        }
    }

    fn run(mut self) {
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        loop {
            let deadline = Deadline::after(self.shared.limits.network);
            let opened = self.shared.open(self.shared.limits, deadline);
            match opened {
                Ok(connection) => {
                    self.connection = Some(Box::new(connection));
                    return;
                }
                Err(error) => {
                    if !self.goes_on(error) {
                        return;
                    }
                }
            }
            thread::sleep(backoff.pause());
            if self.shared.lock().taking == 0 {
                return;
            }
        }
    }

    /// Whether another attempt makes sense: the server may accept a connection soon, or the waiting threads may get
    /// another connection meanwhile. If not, one of the waiting threads gets the error.
    fn goes_on(&self, error: Error) -> bool {
        let mut state = self.shared.lock();
        if state.taking == 0 {
            return false;
        }
        let others = state.open > state.opening;
        let goes_on = error.is_busy() || others;
        if goes_on {
            state.refusal = Some(error);
        } else {
            state.failed.push(error);
        }
        self.shared.changed(state);
        goes_on
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.opening -= 1;
        match self.connection.take() {
            Some(connection) => {
                state.refusal = None;
                state.idle.push(connection);
            }
            None => state.open -= 1,
        }
        self.shared.changed(state);
    }
}
