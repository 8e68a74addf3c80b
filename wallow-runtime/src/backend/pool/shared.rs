//! The connections of a pool, and the threads that wait for them.
//!
//! A thread takes whatever is free first: a connection that is returned, or a new one. A server may take long to accept
//! a connection, or refuse it because it has too many, so its connections are opened by threads of their own
//! ([`opener`](super::opener)), and the thread that wants a connection waits for either.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::PoolOptions;
use super::deadline::{Backoff, Deadline};
use super::opener;
use super::place::{Permit, Place};
use super::retrying;
use crate::backend::Connection;
use crate::backend::connection::Limits;
use crate::backend::watch::TableWatch;
use crate::error::advice::{BUSY_TIMEOUT, LARGER_POOL};
use crate::error::{Error, ErrorKind};

/// Opening a connection may take this long, even if the busy timeout is shorter.
const SHORTEST_OPENING: Duration = Duration::from_secs(3);

pub(super) struct Shared {
    pub(super) options: PoolOptions,
    pub(super) limits: Limits,
    /// Whether the table is still the one that the statements were made for.
    pub(super) watch: TableWatch,
    state: Mutex<State>,
    returned: Condvar,
}

pub(super) struct State {
    #[expect(
        clippy::vec_box,
        reason = "a connection is large, and goes in and out for every operation"
    )]
    pub(super) idle: Vec<Box<Connection>>,
    /// How many connections there are: idle, in use, or being opened.
    pub(super) open: usize,
    /// How many of them are being opened by threads of their own.
    pub(super) opening: usize,
    pub(super) writing: usize,
    /// How many threads wait for anything. It is counted because waking costs a system call even if no thread waits.
    pub(super) waiting: usize,
    /// How many of them wait for a connection.
    pub(super) taking: usize,
    /// Why connections could not be opened; each error is for one of the waiting threads.
    pub(super) failed: Vec<Error>,
    /// Why the server refused the last connection, for now.
    pub(super) refusal: Option<Error>,
    /// Whether a thread closes what is not needed any more.
    pub(super) is_watched: bool,
}

impl State {
    /// Whether fewer connections are being opened than threads wait for one, this thread included. If the server
    /// refuses connections, only one thread at a time asks it.
    fn wants_another(&self) -> bool {
        self.opening <= self.taking && (self.refusal.is_none() || self.opening == 0)
    }
}

/// What a connection is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Work that may be done again if the connection is lost.
    Again,
    /// Work that must not be done twice.
    Once,
}

/// A connection, and the place that it has in the pool.
pub(super) struct Checkout<'p> {
    pub(super) place: Place<'p>,
    pub(super) connection: Box<Connection>,
    /// Whether it had to be waited for.
    pub(super) waited: bool,
}

impl Shared {
    pub(super) fn new(options: PoolOptions) -> Self {
        let limits = Limits {
            lock_timeout: options.busy_timeout,
            network: options.busy_timeout.max(SHORTEST_OPENING),
        };
        Shared {
            watch: TableWatch::new(options.target.dialect()),
            options,
            limits,
            state: Mutex::new(State {
                idle: Vec::new(),
                open: 0,
                opening: 0,
                writing: 0,
                waiting: 0,
                taking: 0,
                failed: Vec::new(),
                refusal: None,
                is_watched: false,
            }),
            returned: Condvar::new(),
        }
    }

    pub(super) fn deadline(&self) -> Deadline {
        Deadline::after(self.options.busy_timeout)
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends a change of the state, for which other threads may wait. All of them are woken: a single one might be a
    /// writer that has to go on waiting, while a reader could proceed.
    pub(super) fn changed(&self, state: MutexGuard<'_, State>) {
        let waited_for = state.waiting > 0;
        drop(state);
        if waited_for {
            self.returned.notify_all();
        }
    }

    fn wait<'s>(
        &'s self,
        mut state: MutexGuard<'s, State>,
        left: Duration,
    ) -> MutexGuard<'s, State> {
        state.waiting += 1;
        let waited = self.returned.wait_timeout(state, left);
        state = waited.unwrap_or_else(PoisonError::into_inner).0;
        state.waiting -= 1;
        state
    }

    /// Waits until one more thread may write. A database with a single writer has one at a time. On others all
    /// connections but one may write, so that readers find a connection even if all writers wait for a lock.
    pub(super) fn permit(&self, deadline: Deadline) -> Result<Permit<'_>, Error> {
        let most = if self.options.target.has_one_writer() {
            1
        } else {
            (self.options.size - 1).max(1)
        };
        let mut state = self.lock();
        let mut waited = false;
        while state.writing >= most {
            let left = deadline.left();
            if left.is_zero() {
                return Err(self.no_permit());
            }
            state = self.wait(state, left);
            waited = true;
        }
        state.writing += 1;
        drop(state);
        Ok(Permit::of(self, waited))
    }

    /// Takes a connection: one that is idle, or a new one, or one that is returned. If the work must not be done twice,
    /// an idle connection is first asked for a sign of life.
    pub(super) fn take(
        self: &Arc<Self>,
        deadline: Deadline,
        purpose: Purpose,
    ) -> Result<Checkout<'_>, Error> {
        let mut state = self.lock();
        let mut waited = false;
        if state.taking == 0 {
            // The threads that these errors were for got a connection after all.
            state.failed.clear();
        }
        loop {
            if let Some(mut connection) = state.idle.pop() {
                drop(state);
                let place = Place::of(self);
                if connection.is_alive(purpose == Purpose::Once) {
                    return Ok(Checkout {
                        place,
                        connection,
                        waited,
                    });
                }
                drop((connection, place));
                state = self.lock();
                continue;
            }
            if let Some(error) = state.failed.pop() {
                return Err(error);
            }
            if state.open < self.options.size && state.wants_another() {
                state.open += 1;
                if !self.options.target.is_remote() || !opener::start(self, &mut state) {
                    drop(state);
                    return self.open_here(deadline);
                }
            }
            let left = self.patience(&state, deadline).left();
            if left.is_zero() {
                return Err(self.no_connection(&state));
            }
            state.taking += 1;
            state = self.wait(state, left);
            state.taking -= 1;
            waited = true;
        }
    }

    /// Opens a connection on this thread. Its place is reserved already.
    fn open_here(&self, deadline: Deadline) -> Result<Checkout<'_>, Error> {
        let place = Place::of(self);
        let connection = self.connect(deadline)?;
        Ok(Checkout {
            place,
            connection,
            waited: true,
        })
    }

    /// A new connection. Its statements check for the table as it was last found.
    pub(super) fn open(&self, limits: Limits, deadline: Deadline) -> Result<Connection, Error> {
        let mut connection = Connection::open(&self.options, limits, deadline)?;
        connection.set_check(self.watch.check());
        Ok(connection)
    }

    /// Does `work` on a connection; again while the database is locked, and again if the table was changed and still
    /// fits. For the latter a new connection is opened, with statements for the table as it is now.
    pub(super) fn attempt<T>(
        &self,
        connection: &mut Connection,
        limits: Limits,
        deadline: Deadline,
        mut work: impl FnMut(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        loop {
            match retrying(connection, deadline, &mut work) {
                Ok(value) => return Ok(value),
                Err(error) => self.watch.can_go_on(connection, error)?,
            }
            *connection = self.open(limits, deadline)?;
            connection.begin_work(deadline, true);
        }
    }

    /// Opens a connection on this thread; tries again while the database is locked.
    pub(super) fn connect(&self, deadline: Deadline) -> Result<Box<Connection>, Error> {
        let mut backoff = Backoff::new(Duration::from_millis(1), Duration::from_millis(50));
        loop {
            match self.open(self.limits, deadline) {
                Err(error) if error.is_busy() && !deadline.is_over() => backoff.sleep(deadline),
                outcome => return outcome.map(Box::new),
            }
        }
    }

    fn patience(&self, state: &State, deadline: Deadline) -> Deadline {
        if state.opening > 0 && state.refusal.is_none() {
            deadline.at_least(self.limits.network)
        } else {
            deadline
        }
    }

    /// Closes the idle connections: if one connection has lost its server, they have, too.
    pub(super) fn forget_idle(&self) {
        let mut state = self.lock();
        let idle = std::mem::take(&mut state.idle);
        state.open -= idle.len();
        self.changed(state);
        drop(idle);
    }

    fn no_permit(&self) -> Error {
        if !self.options.target.has_one_writer() {
            return self.exhausted();
        }
        Error::new(
            ErrorKind::Busy,
            format!(
                "the other threads of this program wrote, or waited to write, for longer than the busy timeout; try \
                 again, or {}",
                BUSY_TIMEOUT.program
            ),
        )
    }

    fn no_connection(&self, state: &State) -> Error {
        match &state.refusal {
            Some(refusal) => refusal.repeated(),
            None if state.opening > 0 && state.opening == state.open => {
                self.options.target.unanswered(self.limits.network)
            }
            None => self.exhausted(),
        }
    }

    fn exhausted(&self) -> Error {
        Error::new(
            ErrorKind::Busy,
            format!(
                "all {} connections of the store stayed in use for longer than the busy timeout; {}",
                self.options.size, LARGER_POOL.program,
            ),
        )
    }
}
