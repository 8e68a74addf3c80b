//! The connections of one store.
//!
//! An own pool of a hundred lines rather than a library's: opening fails at once with the real
//! reason instead of being retried in the background, there are no helper threads, and the
//! threads of one process queue for SQLite's single writer instead of polling for it.

mod dedicated;
mod place;

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use wallow_schema::ddl::Dialect;

use super::sqlite::LogKeeper;
use super::{Connection, Target};
use crate::clock::Sources;
use crate::error::{Error, ErrorKind};
use dedicated::Dedicated;
use place::{Permit, Place};

/// How a pool opens its connections.
#[derive(Debug, Clone)]
pub(crate) struct PoolOptions {
    pub(crate) target: Target,
    pub(crate) size: usize,
    pub(crate) busy_timeout: Duration,
    pub(crate) sources: Sources,
}

impl PoolOptions {
    fn connect(&self) -> Result<Connection, Error> {
        retrying(self.busy_timeout, || Connection::open(self))
    }

    fn exhausted(&self) -> Error {
        Error::new(
            ErrorKind::Busy,
            format!(
                "all {} connections of the store stayed in use for longer than the busy timeout; \
                 raise `Store::options().pool_size(…)`, or hold them for less long",
                self.size,
            ),
        )
    }
}

/// Between two attempts to reach a server that went away.
const RECONNECT_PAUSE: Duration = Duration::from_millis(100);

/// At most `size` connections, opened when needed and kept.
pub(crate) struct Pool {
    options: PoolOptions,
    state: Mutex<State>,
    returned: Condvar,
    /// Held by the one thread of this process that writes, where the database has one writer.
    writer: Option<Mutex<LogKeeper>>,
    /// Keeps a database in memory alive while no other connection is open.
    _anchor: Option<Mutex<Connection>>,
}

struct State {
    #[expect(
        clippy::vec_box,
        reason = "a connection is large, and goes in and out for every operation"
    )]
    idle: Vec<Box<Connection>>,
    open: usize,
    /// How many of the open ones write, where writers are not one at a time anyway.
    writing: usize,
    /// Threads that wait for a connection. To wake a thread is a call of the system, also where
    /// there is none to wake.
    waiting: usize,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl Pool {
    /// A pool with its first connection open, so that a wrong path is an error here.
    pub(crate) fn open(options: PoolOptions) -> Result<Self, Error> {
        options.target.warn_of_network();
        let anchor = if options.target.is_memory() {
            Some(Mutex::new(options.connect()?))
        } else {
            None
        };
        let state = State {
            idle: vec![Box::new(options.connect()?)],
            open: 1,
            writing: 0,
            waiting: 0,
        };
        let writer = options.target.log_keeper().map(Mutex::new);
        Ok(Pool {
            options,
            state: Mutex::new(state),
            returned: Condvar::new(),
            writer,
            _anchor: anchor,
        })
    }

    /// Does `work` on a connection; waits for one where all are in use. Where the server goes away
    /// the work is done again, once it is back.
    pub(crate) fn read<T>(
        &self,
        mut work: impl FnMut(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let timeout = self.options.busy_timeout;
        self.again(|| self.with(|connection| retrying(timeout, || work(connection))))
    }

    /// Does `work` as [`write`](Self::write) does, and again where the server goes away: for writes
    /// that do no harm the second time.
    pub(crate) fn write_again<T>(
        &self,
        mut work: impl FnMut(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.again(|| self.write(&mut work))
    }

    /// Repeats work that lost its connection, until the busy timeout is over.
    fn again<T>(&self, mut work: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
        let started = Instant::now();
        loop {
            match work() {
                Err(error)
                    if error.is_lost_connection()
                        && started.elapsed() < self.options.busy_timeout =>
                {
                    std::thread::sleep(RECONNECT_PAUSE);
                }
                outcome => return outcome,
            }
        }
    }

    /// Does `work` on a connection, once: for work that cannot begin anew.
    pub(crate) fn read_once<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.with(work)
    }

    /// A connection beside the pool: it waits for a lock for `lock_timeout` at most, and a piece of work is answered
    /// within `answer_within`, also if the server is frozen or out of reach. It is opened by its first work.
    #[cfg_attr(not(test), expect(dead_code, reason = "heartbeats are to use it"))]
    pub(crate) fn dedicated(&self, lock_timeout: Duration, answer_within: Duration) -> Dedicated {
        let mut options = self.options.clone();
        options.busy_timeout = lock_timeout;
        Dedicated::new(options, answer_within)
    }

    /// The kind of database.
    pub(crate) fn dialect(&self) -> Dialect {
        self.options.target.dialect()
    }

    /// Whether looking and writing had better be one statement.
    pub(crate) fn saves_round_trips(&self) -> bool {
        self.options.target.saves_round_trips()
    }

    /// The file on disk, where the database is one.
    pub(crate) fn file(&self) -> Option<&std::path::Path> {
        self.options.target.file()
    }

    /// Whether the database is in memory.
    pub(crate) fn is_memory(&self) -> bool {
        self.options.target.is_memory()
    }

    /// Does `work` as the only writer of this process, or where the database has several, as one of
    /// all but one of the connections: readers find one though all writers wait for a lock.
    pub(crate) fn write<T>(
        &self,
        mut work: impl FnMut(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let writer = self.writer.as_ref();
        let mut log = writer.map(|log| log.lock().unwrap_or_else(PoisonError::into_inner));
        let permit = match writer {
            Some(_) => None,
            None => Some(self.permit()?),
        };
        let outcome = self.with(|connection| {
            let outcome = retrying(self.options.busy_timeout, || work(connection));
            if let Some(log) = &mut log {
                connection.after_write(log);
            }
            outcome
        });
        drop(permit);
        outcome
    }

    /// Waits until one more connection may write.
    fn permit(&self) -> Result<Permit<'_>, Error> {
        let most = (self.options.size - 1).max(1);
        let mut state = self.wait(|state| state.writing < most)?;
        state.writing += 1;
        Ok(Permit(self))
    }

    /// Lends a connection for one call of the user's own code, which is not repeated. What the
    /// call leaves open is rolled back.
    pub(crate) fn lend<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (mut place, mut connection) = self.take()?;
        let outcome = work(&mut connection);
        if connection.leave_clean() {
            place.give_back(connection);
        }
        outcome
    }

    fn with<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T, Error>) -> Result<T, Error> {
        let (mut place, mut connection) = self.take()?;
        let outcome = work(&mut connection);
        if connection.is_lost() {
            self.forget_idle();
        } else {
            place.give_back(connection);
        }
        outcome
    }

    /// Closes the connections that nobody uses: where one has lost its server, they have too.
    fn forget_idle(&self) {
        let mut state = self.lock();
        let idle = std::mem::take(&mut state.idle);
        state.open -= idle.len();
        drop(state);
    }

    fn take(&self) -> Result<(Place<'_>, Box<Connection>), Error> {
        let free = |state: &State| !state.idle.is_empty() || state.open < self.options.size;
        let mut state = self.wait(free)?;
        if let Some(connection) = state.idle.pop() {
            return Ok((Place::of(self), connection));
        }
        state.open += 1;
        drop(state);
        let place = Place::of(self);
        Ok((place, Box::new(self.options.connect()?)))
    }

    /// Waits until the state is as wanted, but not longer than the busy timeout.
    fn wait(&self, wanted: impl Fn(&State) -> bool) -> Result<MutexGuard<'_, State>, Error> {
        let mut state = self.lock();
        let mut started = None;
        loop {
            if wanted(&state) {
                return Ok(state);
            }
            let started = *started.get_or_insert_with(Instant::now);
            let left = self.options.busy_timeout.saturating_sub(started.elapsed());
            if left.is_zero() {
                return Err(self.options.exhausted());
            }
            state.waiting += 1;
            state = self
                .returned
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            state.waiting -= 1;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Repeats `work` while the database is locked, until `timeout` is over. SQLite waits by itself in
/// most cases; where waiting could never end (two connections that both want to go from reading
/// to writing, a switch to WAL) it fails at once, and asking again is the cure.
fn retrying<T>(timeout: Duration, mut work: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    let started = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        match work() {
            Err(error) if error.is_busy() && started.elapsed() < timeout => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(50));
            }
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{Session as _, sqlite};

    fn pool(folder: &tempfile::TempDir, size: usize) -> Result<Pool, Error> {
        let file = folder.path().join("runs.db");
        Pool::open(PoolOptions {
            target: Target::Sqlite(sqlite::Target {
                name: file.to_string_lossy().into_owned(),
                file: Some(file),
                read_only: false,
            }),
            size,
            busy_timeout: Duration::from_secs(3_600),
            sources: Sources::default(),
        })
    }

    fn one(connection: &mut Connection) -> Result<(), Error> {
        assert_eq!(connection.text("SELECT 1")?.as_deref(), Some("1"));
        Ok(())
    }

    #[test]
    fn a_thread_that_waits_gets_the_connection_that_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let pool = pool(&folder, 1).unwrap();
        std::thread::scope(|scope| {
            let waiting = pool.lend(|_| {
                let waiting = scope.spawn(|| pool.read(one));
                while pool.lock().waiting == 0 {
                    std::thread::yield_now();
                }
                Ok(waiting)
            });
            waiting.unwrap().join().unwrap().unwrap();
        });
        assert_eq!(pool.lock().waiting, 0);
        assert_eq!(pool.lock().open, 1);
    }

    #[test]
    fn many_threads_share_few_connections() {
        let folder = tempfile::tempdir().unwrap();
        let pool = pool(&folder, 2).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        pool.read(one).unwrap();
                        pool.write(one).unwrap();
                    }
                });
            }
        });
        let state = pool.lock();
        assert!(state.open <= 2, "{}", state.open);
        assert_eq!(state.idle.len(), state.open);
        assert_eq!(state.waiting, 0);
    }

    #[test]
    fn a_dedicated_connection_works_while_all_others_are_lent() {
        let folder = tempfile::tempdir().unwrap();
        let pool = pool(&folder, 1).unwrap();
        let mut dedicated = pool.dedicated(Duration::from_secs(1), Duration::from_hours(1));
        pool.lend(|_| {
            for _ in 0..3 {
                dedicated.run(one).unwrap();
            }
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn a_dedicated_connection_that_does_not_answer_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let pool = pool(&folder, 1).unwrap();
        let mut dedicated = pool.dedicated(Duration::ZERO, Duration::from_millis(1));
        let (resume, resumed) = std::sync::mpsc::channel::<()>();
        let frozen = dedicated.run(move |_| Ok(resumed.recv().is_ok()));
        assert_eq!(frozen.unwrap_err().kind(), ErrorKind::Busy);
        drop(resume);
        let mut dedicated = pool.dedicated(Duration::ZERO, Duration::from_hours(1));
        dedicated.run(one).unwrap();
    }

    #[test]
    fn a_panic_gives_the_place_of_the_connection_free() {
        let folder = tempfile::tempdir().unwrap();
        let pool = pool(&folder, 1).unwrap();
        std::thread::scope(|scope| {
            let panicking =
                scope.spawn(|| pool.read(|_| -> Result<(), Error> { panic!("on purpose") }));
            assert!(panicking.join().is_err());
        });
        pool.read(one).unwrap();
        assert_eq!(pool.lock().open, 1);
    }
}
