//! The connections of one store.
//!
//! This is not a library's pool, because here opening fails at once with the real reason instead of being retried in
//! the background, no background thread stays, the threads of one process queue for SQLite's single writer instead of
//! polling for it, and one deadline covers everything that an operation waits for.

mod deadline;
mod dedicated;
mod news;
mod opener;
mod place;
mod shared;
mod surplus;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use wallow_schema::ddl::Dialect;

use super::sqlite::WalKeeper;
use super::{Connection, LookAtTable, Noted, Target};
use crate::clock::{Environment, at_random};
use crate::error::Error;
use deadline::Backoff;
pub(crate) use deadline::Deadline;
pub(crate) use dedicated::Dedicated;
use shared::{Checkout, Purpose, Shared};

/// How a pool opens its connections.
#[derive(Debug, Clone)]
pub(crate) struct PoolOptions {
    pub(crate) target: Target,
    pub(crate) size: usize,
    pub(crate) busy_timeout: Duration,
    pub(crate) environment: Environment,
}

/// At most `size` connections, opened when needed and kept.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    /// The write-ahead log, which the writer keeps short. Only if the database has a single writer.
    wal: Option<Mutex<WalKeeper>>,
    /// Keeps a database in memory alive while no other connection is open.
    _anchor: Option<Mutex<Box<Connection>>>,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool")
            .field("options", &self.shared.options)
            .finish_non_exhaustive()
    }
}

impl Pool {
    /// A pool with its first connection open, so that a wrong path is an error here.
    pub(crate) fn open(options: PoolOptions) -> Result<Self, Error> {
        Pool::open_with(options, |_| Ok(()))
    }

    /// Opens a pool and does a first piece of work that writes. One busy timeout covers both.
    pub(crate) fn open_with(
        options: PoolOptions,
        first: impl FnMut(&mut Connection) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let target = options.target.clone();
        target.warn_of_network();
        let shared = Arc::new(Shared::new(options));
        let deadline = shared.deadline();
        let anchor = if target.is_memory() {
            Some(Mutex::new(shared.connect(deadline)?))
        } else {
            None
        };
        let pool = Pool {
            shared,
            wal: target.wal_keeper().map(Mutex::new),
            _anchor: anchor,
        };
        // The first connection is not retried: a server that does not answer now is an error. Only a server that was
        // reached before is waited for.
        let Checkout {
            mut place,
            connection,
            ..
        } = pool.shared.take(deadline, Purpose::Again)?;
        place.give_back(connection);
        drop(place);
        target.warn_of_server();
        pool.write_within(deadline, first)?;
        Ok(pool)
    }

    /// Begins to watch the table, starting from the state in which opening found it. Open connections have not run a
    /// statement on it yet.
    pub(crate) fn watch(&self, look: impl LookAtTable + 'static, noted: Option<Noted>) {
        self.shared.watch.begin(look, noted);
        for connection in &mut self.shared.lock().idle {
            connection.set_check(self.shared.watch.check());
        }
    }

    fn attempt<T>(
        &self,
        connection: &mut Connection,
        deadline: Deadline,
        work: impl FnMut(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let shared = &self.shared;
        shared.attempt(connection, shared.limits, deadline, work)
    }

    /// Does `work` on a connection; waits for one if all are in use. If the server goes away, the work is done again
    /// when the server is back.
    pub(crate) fn read<T>(
        &self,
        mut work: impl FnMut(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let deadline = self.shared.deadline();
        let outcome = again(deadline, Error::is_lost_connection, || {
            self.with(deadline, Purpose::Again, false, |connection| {
                self.attempt(connection, deadline, &mut work)
            })
        });
        outcome.map_err(Error::of_nothing_changed)
    }

    /// Does `work` as [`write`](Self::write) does, and again if the server goes away: for writes that may be done
    /// twice.
    pub(crate) fn write_again<T>(
        &self,
        mut work: impl FnMut(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let deadline = self.shared.deadline();
        again(deadline, Error::is_lost_connection, || {
            self.write_once(deadline, Purpose::Again, &mut work)
        })
    }

    /// Does `work` on a connection, once: for work that cannot be repeated.
    pub(crate) fn read_once<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let outcome = self.with(
            self.shared.deadline(),
            Purpose::Again,
            false,
            |connection| {
                connection.wait_in_full();
                work(connection).map_err(|error| {
                    let explained = self.shared.watch.can_go_on(connection, error);
                    explained.err().unwrap_or_else(Error::of_changed_table)
                })
            },
        );
        outcome.map_err(Error::of_nothing_changed)
    }

    /// Does `work` as a writer. A database with a single writer has one per process; on others all connections but one
    /// may write. If the server goes away, the work is done again only if the first attempt is known to have changed
    /// nothing.
    pub(crate) fn write<T>(
        &self,
        work: impl FnMut(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.write_within(self.shared.deadline(), work)
    }

    fn write_within<T>(
        &self,
        deadline: Deadline,
        mut work: impl FnMut(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        again(deadline, Error::has_changed_nothing, || {
            self.write_once(deadline, Purpose::Once, &mut work)
        })
    }

    fn write_once<T>(
        &self,
        deadline: Deadline,
        purpose: Purpose,
        mut work: impl FnMut(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let permit = self.shared.permit(deadline)?;
        self.with(deadline, purpose, permit.waited, |connection| {
            let outcome = self.attempt(connection, deadline, &mut work);
            if let Some(wal) = &self.wal {
                let mut wal = wal.lock().unwrap_or_else(PoisonError::into_inner);
                connection.after_write(&mut wal);
            }
            connection.confirm(outcome)
        })
    }

    /// Lends a connection for one call of the user's own code, which is not repeated. A transaction that the call
    /// leaves open is rolled back.
    pub(crate) fn lend<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let Checkout {
            mut place,
            mut connection,
            ..
        } = self.shared.take(self.shared.deadline(), Purpose::Once)?;
        connection.begin_lending(self.shared.deadline())?;
        let outcome = work(&mut connection);
        let outcome = connection.confirm(outcome);
        if connection.leave_clean() {
            place.give_back(connection);
        }
        outcome
    }

    fn with<T>(
        &self,
        deadline: Deadline,
        purpose: Purpose,
        waited: bool,
        work: impl FnOnce(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let taken = self.shared.take(deadline, purpose)?;
        let waited = waited || taken.waited;
        let (mut place, mut connection) = (taken.place, taken.connection);
        connection.begin_work(deadline, waited);
        let outcome = work(&mut connection);
        let outcome = connection.confirm_read(outcome);
        if connection.is_lost() {
            self.shared.forget_idle();
        } else {
            place.give_back(connection);
        }
        outcome
    }

    /// A connection beside the pool. It waits at most `lock_timeout` for a lock, and each piece of work gets an answer
    /// within `answer_within`, even if the server is frozen or out of reach. Its first piece of work opens it.
    pub(crate) fn dedicated(&self, lock_timeout: Duration, answer_within: Duration) -> Dedicated {
        Dedicated::new(&self.shared, lock_timeout, answer_within)
    }

    /// How long a piece of work waits for locks and connections.
    pub(crate) fn busy_timeout(&self) -> Duration {
        self.shared.options.busy_timeout
    }

    /// The kind of database.
    pub(crate) fn dialect(&self) -> Dialect {
        self.shared.options.target.dialect()
    }

    /// Whether looking and writing should be one statement, to save a round trip.
    pub(crate) fn saves_round_trips(&self) -> bool {
        self.shared.options.target.saves_round_trips()
    }

    /// Checks that the file is still where it was when it was opened. Every write checks that by itself.
    pub(crate) fn look_at_file(&self) -> Result<(), Error> {
        self.shared.options.target.look_at_file()
    }

    /// The file on disk, if the database is one.
    pub(crate) fn file(&self) -> Option<&std::path::Path> {
        self.shared.options.target.file()
    }

    /// Whether the database is in memory.
    pub(crate) fn is_memory(&self) -> bool {
        self.shared.options.target.is_memory()
    }
}

/// The pause between attempts to reach a server that went away grows from this.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Repeats work that lost its connection, until the deadline.
fn again<T>(
    deadline: Deadline,
    is_harmless: impl Fn(&Error) -> bool,
    mut work: impl FnMut() -> Result<T, Error>,
) -> Result<T, Error> {
    let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
    loop {
        match work() {
            Err(error) if is_harmless(&error) && !deadline.is_over() => backoff.sleep(deadline),
            outcome => return outcome,
        }
    }
}

/// A pause between attempts to get a lock is this share of the time that has passed since the first one.
const SHARE: u32 = 8;
const SHORTEST_TURN: Duration = Duration::from_millis(1);
const LONGEST_TURN: Duration = Duration::from_millis(100);

/// Repeats `work` while the database is locked, until the deadline. SQLite waits by itself for a moment, unless waiting
/// could never end (two connections that both want to go from reading to writing, or a switch to WAL). The pauses grow with
/// the time that has passed: with few processes they stay short, so that each has its turn, and with hundreds, where
/// everybody waits long, the questions of all together do not take the processor from the one that writes.
fn retrying<T>(
    connection: &mut Connection,
    deadline: Deadline,
    mut work: impl FnMut(&mut Connection) -> Result<T, Error>,
) -> Result<T, Error> {
    let started = Instant::now();
    loop {
        match work(connection) {
            Err(error) if error.is_busy() && !deadline.is_over() => {
                let pause = started.elapsed() / SHARE;
                let pause = at_random(pause.clamp(SHORTEST_TURN, LONGEST_TURN));
                std::thread::sleep(pause.min(deadline.left()));
                connection.wait_at_most(deadline.left());
            }
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests;
