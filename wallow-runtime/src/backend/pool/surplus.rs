//! Closes the connections that a pool needs no more after a busy time, so that a process at rest keeps one.
//!
//! The thread for that lives only while there is more than one connection.

use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use super::shared::{Shared, State};

/// A connection that was not used for this long is closed, unless it is the only one.
const UNUSED: Duration = Duration::from_secs(10);

/// How often the thread looks.
const LOOK: Duration = Duration::from_secs(2);

/// Makes sure that surplus connections will be closed. If no thread can be started for that, they stay open.
pub(super) fn watch(shared: &Arc<Shared>, state: &mut State) {
    if state.is_watched || state.open < 2 {
        return;
    }
    let shared = Arc::downgrade(shared);
    let thread = thread::Builder::new().name("wallow-surplus".into());
    state.is_watched = thread.spawn(move || close_surplus(&shared)).is_ok();
}

/// Ends when one connection is left, or with the pool.
fn close_surplus(shared: &Weak<Shared>) {
    loop {
        thread::sleep(LOOK);
        let Some(shared) = shared.upgrade() else {
            return;
        };
        let mut state = shared.lock();
        // The last one that was returned is the next one that is taken, so those at the beginning rest the longest.
        let unused = state.idle.iter();
        let unused = unused.take_while(|connection| connection.unused_for() >= UNUSED);
        let surplus = unused.count().min(state.open.saturating_sub(1));
        let closed = state.idle.drain(..surplus).collect::<Vec<_>>();
        state.open -= closed.len();
        state.is_watched = state.open > 1;
        let goes_on = state.is_watched;
        shared.changed(state);
        drop(closed);
        if !goes_on {
            return;
        }
    }
}
