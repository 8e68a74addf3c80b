//! The background thread of a store: it sends the heartbeats of the claims in this program, and watches runs that seem
//! silent.
//!
//! There is one thread, and only while there is something to do. It has a connection of its own, so that heartbeats go
//! on if a row is locked or all connections of the pool are in use. It sleeps until something is due, and is woken only
//! for something that is due earlier, because waking a thread for every claim would take longer than the claim. It does
//! not keep the store open.

mod schedule;
mod watch;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use wallow_schema::ddl::Dialect;

use super::recurring::Recurring;
use crate::backend::{Connection, Dedicated, Pool};
use crate::clock::{Environment, at_random};
use crate::engine::{
    FencingToken, HeartbeatOutcome, LiveClaims, Look, Suspect, TableStatements, look_for_silent,
    send_heartbeats,
};
use crate::error::{Error, ErrorKind};
use schedule::{Moment, Schedule, retry_after};
use watch::Watch;

/// The claims that live in a store and its clones, and the runs that it watches.
#[derive(Debug)]
pub(crate) struct Heartbeats {
    shared: Arc<Shared>,
    /// Locked while a run is claimed, until its claim is noted here. Otherwise another thread of the program could
    /// think that a crash left the run.
    claiming: Mutex<()>,
}

/// What the store and the thread share.
#[derive(Debug)]
struct Shared {
    table: Arc<TableStatements>,
    pool: Weak<Pool>,
    clock: Environment,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    schedule: Schedule,
    watch: Watch,
    /// Until when the thread sleeps; `None` if there is no thread.
    asleep_until: Option<Moment>,
    /// The store is gone.
    closed: bool,
}

/// How long the thread waits for something to do before it ends.
const LINGER: Duration = Duration::from_secs(1);

impl Heartbeats {
    pub(crate) fn new(table: &Arc<TableStatements>, pool: &Arc<Pool>, clock: &Environment) -> Self {
        Heartbeats {
            shared: Arc::new(Shared {
                table: Arc::clone(table),
                pool: Arc::downgrade(pool),
                clock: clock.clone(),
                state: Mutex::default(),
                changed: Condvar::new(),
            }),
            claiming: Mutex::default(),
        }
    }

    /// Begins to send heartbeats for a claim. `lost` is set if another worker takes the run over.
    pub(crate) fn add(&self, token: FencingToken, every: Duration, lost: Arc<AtomicBool>) {
        let now = self.shared.clock.elapsed();
        let mut state = self.shared.lock();
        let next = state.schedule.add(token, every, lost, now);
        self.shared.wake_at(&mut state, next);
    }

    /// Ends the heartbeats of a claim.
    pub(crate) fn remove(&self, token: &FencingToken) {
        self.shared.lock().schedule.remove(token);
    }

    /// Ends the heartbeats of a claim, and marks it as lost.
    pub(crate) fn lose(&self, token: &FencingToken) {
        self.shared.lock().schedule.lose(token);
    }

    /// Notes that the end of a run is being written.
    pub(crate) fn end(&self, token: &FencingToken) {
        self.shared.lock().schedule.end(token);
    }

    /// Notes that the end of a run could not be written, so that its claim goes on.
    pub(crate) fn go_on(&self, token: &FencingToken) {
        self.shared.lock().schedule.go_on(token);
    }

    /// The tokens of the claims in this program.
    pub(crate) fn tokens(&self) -> Vec<FencingToken> {
        self.shared.lock().schedule.tokens().cloned().collect()
    }

    /// The tokens of the claims that are held and whose end is not being written.
    pub(crate) fn open_tokens(&self) -> Vec<FencingToken> {
        self.shared.lock().schedule.open().cloned().collect()
    }

    /// Whether this program has no claim.
    pub(crate) fn is_idle(&self) -> bool {
        self.shared.lock().schedule.tokens().next().is_none()
    }

    /// Makes sure that one thread claims at a time.
    pub(crate) fn claiming(&self) -> MutexGuard<'_, ()> {
        self.claiming.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LiveClaims for Heartbeats {
    /// The ids of the runs that are claimed in this program.
    fn held(&self) -> Vec<i64> {
        let state = self.shared.lock();
        state.schedule.tokens().map(|token| token.id).collect()
    }

    /// Watches the runs that are silent for longer than `limit`, until nobody has asked for an hour.
    fn watch(&self, limit: Duration) {
        let now = self.shared.clock.elapsed();
        let mut state = self.shared.lock();
        let next = state.watch.ask(limit, now);
        self.shared.wake_at(&mut state, next);
    }

    /// The runs that were seen silent for long enough to be taken.
    fn matured(&self, limit: Duration) -> Vec<Suspect> {
        let now = self.shared.clock.elapsed();
        self.shared.lock().watch.matured(limit, now)
    }

    /// Ends the watch of a run that was taken.
    fn forget(&self, id: i64) {
        self.shared.lock().watch.forget(id);
    }
}

impl Drop for Heartbeats {
    /// Claims keep their store open, so when the store is dropped, there are none any more.
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes sure that the thread is awake at this moment.
    fn wake_at(self: &Arc<Self>, state: &mut State, moment: Moment) {
        match state.asleep_until {
            Some(asleep_until) if asleep_until <= moment => {}
            Some(_) => self.changed.notify_all(),
            None => {
                let shared = Arc::clone(self);
                let thread = std::thread::Builder::new().name("wallow-heart".into());
                match thread.spawn(move || Background::new(shared).run()) {
                    Ok(_) => state.asleep_until = Some(moment),
                    Err(error) => {
                        tracing::warn!(%error, "no thread for heartbeats: claims may look silent to other workers");
                    }
                }
            }
        }
    }
}

/// The thread.
struct Background {
    shared: Arc<Shared>,
    connection: Option<Dedicated>,
    /// The time within which the connection has to answer.
    answer_within: Duration,
    /// Nothing is sent before this moment, because the last attempt failed.
    not_before: Moment,
    /// Heartbeats fail.
    unsent: Recurring,
    /// Whether others held the rows of runs at the last heartbeats.
    was_held: bool,
    /// Silent runs cannot be looked at.
    unseen: Recurring,
}

impl Background {
    fn new(shared: Arc<Shared>) -> Self {
        Background {
            shared,
            connection: None,
            answer_within: Duration::MAX,
            not_before: Moment::ZERO,
            unsent: Recurring::default(),
            was_held: false,
            unseen: Recurring::default(),
        }
    }

    /// Sleeps until something is due, and ends if nothing is due for a while.
    fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        let mut state = shared.lock();
        let mut idle_since = None;
        loop {
            let now = shared.clock.elapsed();
            let next = state.schedule.next().into_iter();
            let next = next.chain(state.watch.next()).min();
            let wake = match next {
                Some(next) => next.max(self.not_before),
                None => *idle_since.get_or_insert(now) + LINGER,
            };
            if state.closed || (next.is_none() && wake <= now) {
                state.asleep_until = None;
                return;
            }
            if wake > now {
                state.asleep_until = Some(wake);
                let sleep = wake.saturating_sub(now);
                self.rest(sleep);
                let sleep = shared.clock.sleep_for(sleep);
                let waited = shared.changed.wait_timeout(state, sleep);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            idle_since = None;
            let due = state.schedule.due(now);
            let limit = state.watch.due(now);
            self.tune(&state);
            drop(state);
            if !due.is_empty() {
                self.send(due);
            }
            if let Some(limit) = limit {
                self.look(limit);
            }
            state = shared.lock();
        }
    }

    /// Closes the connection before a long sleep: a server has a limited number of connections, and many workers would
    /// need twice as many all the time.
    fn rest(&mut self, sleep: Duration) {
        const LONG: Duration = Duration::from_secs(10);
        if sleep > LONG
            && self.shared.table.dialect() == Dialect::Postgres
            && let Some(connection) = &mut self.connection
        {
            connection.rest();
        }
    }

    /// Sets the time to answer, so that a connection is given up early enough for another heartbeat.
    fn tune(&mut self, state: &State) {
        const SHORTEST: Duration = Duration::from_secs(1);
        const LONGEST: Duration = Duration::from_secs(10);
        let shortest = state.schedule.shortest().unwrap_or(LONGEST);
        let answer_within = shortest.clamp(SHORTEST, LONGEST);
        if answer_within < self.answer_within {
            self.answer_within = answer_within;
            self.connection = None;
        }
    }

    /// Sends the heartbeats of these claims.
    fn send(&mut self, due: Vec<FencingToken>) {
        let sent = self.shared.clock.elapsed();
        let table = Arc::clone(&self.shared.table);
        let outcome = self.ask(move |connection| {
            let outcomes = send_heartbeats(&table, connection, &due)?;
            Ok(due.iter().cloned().zip(outcomes).collect::<Vec<_>>())
        });
        let answered = self.shared.clock.elapsed();
        let shared = Arc::clone(&self.shared);
        let mut state = shared.lock();
        match outcome {
            Ok(outcome) => {
                if self.unsent.works() {
                    tracing::warn!("heartbeats are sent again");
                }
                let held = outcome
                    .iter()
                    .filter(|(_, outcome)| *outcome == HeartbeatOutcome::Held);
                let held = held.count();
                // The first time it may be the end of the run itself, which is being written.
                let was_held = std::mem::replace(&mut self.was_held, held > 0);
                if held > 0 && was_held {
                    tracing::warn!(
                        held,
                        "others hold the rows of runs that are claimed here: they are asked for again"
                    );
                }
                state.schedule.settle(&outcome, sent, answered);
            }
            Err(error) => {
                if self.unsent.fails(answered) {
                    tracing::warn!(%error, "heartbeats failed; they are tried again");
                }
                state.watch.lose_contact();
                let every = state.schedule.shortest().unwrap_or(LINGER);
                self.not_before = answered + at_random(retry_after(every));
            }
        }
    }

    /// Looks at the runs that are silent for longer than `limit`.
    fn look(&mut self, limit: Duration) {
        let sent = self.shared.clock.elapsed();
        let table = Arc::clone(&self.shared.table);
        let mut connections = 0;
        let outcome = self.ask(move |connection| {
            connections += 1;
            let look: Look = look_for_silent(&table, connection, limit)?;
            Ok((look, connections))
        });
        let answered = self.shared.clock.elapsed();
        let shared = Arc::clone(&self.shared);
        let mut state = shared.lock();
        match outcome {
            Ok((look, connections)) => {
                self.unseen.works();
                if connections > 1 {
                    state.watch.lose_contact();
                }
                state.watch.saw(limit, look, sent, answered);
            }
            Err(error) => {
                if self.unseen.fails(answered) {
                    tracing::warn!(%error, "silent runs could not be looked at; it is tried again");
                }
                state.watch.lose_contact();
                state
                    .watch
                    .postpone(answered + at_random(retry_after(limit)));
            }
        }
    }

    /// Does work on the thread's own connection.
    fn ask<T: Send + 'static>(
        &mut self,
        work: impl FnMut(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        if let (None, Some(pool)) = (&self.connection, self.shared.pool.upgrade()) {
            let lock_timeout = self.answer_within / 2;
            self.connection = Some(pool.dedicated(lock_timeout, self.answer_within));
        }
        match &mut self.connection {
            Some(connection) => connection.run(work),
            None => Err(Error::new(ErrorKind::Database, "the store is closed")),
        }
    }
}
