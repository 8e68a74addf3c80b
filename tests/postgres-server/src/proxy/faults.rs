//! The current faults of the network, shared by all connections of a proxy.

use std::collections::BTreeMap;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Counts;
use super::connection::Direction;
use super::packets;

/// The state, and the threads that wait for its changes.
#[derive(Debug)]
pub(super) struct Faults {
    state: Mutex<State>,
    changed: Condvar,
    listener: TcpListener,
}

/// The current faults.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) delays: [Duration; 2],
    pub(super) lose_in: Option<u64>,
    pub(super) lose_text: Option<String>,
    pub(super) lose_one_in: u64,
    pub(super) random: fastrand::Rng,
    pub(super) limit: Option<usize>,
    pub(super) frozen: bool,
    cut: bool,
    closed: bool,
    counts: Counts,
    /// The client's ends of the open connections.
    clients: BTreeMap<u64, TcpStream>,
}

impl Faults {
    pub(super) fn new(listener: TcpListener) -> Self {
        Faults {
            state: Mutex::default(),
            changed: Condvar::new(),
            listener,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    pub(super) fn counts(&self) -> Counts {
        self.lock().counts
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Registers a new connection under a number; `None` if there are too many.
    pub(super) fn enter(&self, client: &TcpStream) -> io::Result<Option<u64>> {
        let mut state = self.lock();
        if state
            .limit
            .is_some_and(|limit| state.clients.len() >= limit)
        {
            return Ok(None);
        }
        // It was accepted just before the cut.
        if state.cut {
            packets::drop_all(client)?;
        }
        state.counts.connections += 1;
        let number = state.counts.connections;
        state.clients.insert(number, client.try_clone()?);
        Ok(Some(number))
    }

    pub(super) fn leave(&self, number: u64) {
        self.lock().clients.remove(&number);
    }

    /// Notes a request; returns whether its reply is to be lost.
    pub(super) fn request(&self, sql: &[String]) -> bool {
        let mut state = self.lock();
        state.counts.requests += 1;
        let by_number = match &mut state.lose_in {
            Some(left) => {
                *left = left.saturating_sub(1);
                *left == 0
            }
            None => false,
        };
        if by_number {
            state.lose_in = None;
        }
        let by_text = state
            .lose_text
            .as_ref()
            .is_some_and(|text| sql.iter().any(|sql| sql.contains(text.as_str())));
        if by_text {
            state.lose_text = None;
        }
        let one_in = state.lose_one_in;
        let by_chance = one_in > 0 && state.random.u64(..one_in) == 0;
        by_number || by_text || by_chance
    }

    /// Counts a reply that was lost.
    pub(super) fn lost(&self) {
        self.lock().counts.lost += 1;
    }

    pub(super) fn delay(&self, direction: Direction) -> Duration {
        self.lock().delays[direction as usize]
    }

    /// Waits while nothing passes.
    pub(super) fn wait_for_passage(&self) {
        let mut state = self.lock();
        while (state.frozen || state.cut) && !state.closed {
            let waited = self.changed.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn reset(&self) {
        for client in self.lock().clients.values() {
            super::connection::reset(client);
        }
    }

    pub(super) fn cut(&self) -> io::Result<()> {
        let mut state = self.lock();
        state.cut = true;
        packets::drop_all(&self.listener)?;
        state.clients.values().try_for_each(packets::drop_all)
    }

    pub(super) fn heal(&self) -> io::Result<()> {
        let mut state = self.lock();
        if state.cut {
            packets::let_in(&self.listener)?;
            for client in state.clients.values() {
                packets::let_in(client)?;
            }
        }
        state.cut = false;
        state.frozen = false;
        drop(state);
        self.changed.notify_all();
        Ok(())
    }

    pub(super) fn close(&self) {
        self.change(|state| state.closed = true);
        self.reset();
    }
}
