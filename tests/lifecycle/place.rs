//! The databases on which the lifecycle is tested.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use test_support::Place;
use wallow::Environment;
#[cfg(feature = "postgres")]
use wallow::diesel::PgConnection;
use wallow::diesel::SqliteConnection;
use wallow::diesel::connection::{Connection as _, SimpleConnection as _};

use super::registry::Store;

/// What these tests do with a database that any number of stores can open.
pub(crate) trait Stores {
    /// A store with all defaults.
    fn open(&self) -> Store;

    /// Takes the lock that every write needs, for as long as the returned value lives.
    fn lock_writers(&self) -> Lock;

    /// Uses one of the connections of a store for as long as `work` takes.
    fn lend(&self, store: &Store, work: impl FnOnce());

    /// A store with clocks that only the test moves.
    fn open_at_a_time(&self) -> (Store, Clock);

    /// A store that uses these clocks.
    fn open_by(&self, clock: &Clock) -> Store;

    /// A store with the same time of day, for which no time passes, so its claims never send heartbeats.
    fn open_frozen(&self, clock: &Clock) -> Store;

    /// The clocks that the database uses from now on.
    fn clock(&self) -> Clock;
}

impl Stores for Place {
    fn open(&self) -> Store {
        Store::open(self.url()).unwrap()
    }

    fn lock_writers(&self) -> Lock {
        #[cfg(feature = "postgres")]
        if let Some(database) = self.on_server() {
            let mut other = PgConnection::establish(&database.url()).unwrap();
            let lock = "BEGIN; LOCK TABLE runs IN EXCLUSIVE MODE";
            other.batch_execute(lock).unwrap();
            return Lock::Postgres(other);
        }
        let mut other = SqliteConnection::establish(&self.url()).unwrap();
        other.batch_execute("BEGIN IMMEDIATE").unwrap();
        Lock::Sqlite(other)
    }

    fn lend(&self, store: &Store, work: impl FnOnce()) {
        #[cfg(feature = "postgres")]
        if self.on_server().is_some() {
            let lent = store.with_postgres(|_| {
                work();
                Ok(())
            });
            return lent.unwrap();
        }
        let lent = store.with_sqlite(|_| {
            work();
            Ok(())
        });
        lent.unwrap();
    }

    fn open_at_a_time(&self) -> (Store, Clock) {
        let clock = self.clock();
        (self.open_by(&clock), clock)
    }

    fn open_by(&self, clock: &Clock) -> Store {
        let (seconds, passed) = (Arc::clone(&clock.seconds), Arc::clone(&clock.passed));
        let now = move || start() + TimeDelta::seconds(seconds.load(Ordering::SeqCst));
        let elapsed = move || Duration::from_millis(passed.load(Ordering::SeqCst));
        let environment = Environment::default().with_clock(now).with_elapsed(elapsed);
        let store = Store::options().environment(environment).open(self.url());
        store.unwrap()
    }

    fn open_frozen(&self, clock: &Clock) -> Store {
        let frozen = Clock {
            passed: Arc::default(),
            ..clock.clone()
        };
        self.open_by(&frozen)
    }

    fn clock(&self) -> Clock {
        let clock = Clock {
            seconds: Arc::default(),
            passed: Arc::default(),
            #[cfg(feature = "postgres")]
            server: self.on_server().map(postgres_server::Fresh::clock),
        };
        clock.set(0);
        clock
    }
}

/// The lock of all writers.
pub(crate) enum Lock {
    Sqlite(SqliteConnection),
    #[cfg(feature = "postgres")]
    Postgres(PgConnection),
}

impl Drop for Lock {
    /// A server notices the end of a connection some time later.
    fn drop(&mut self) {
        let rolled_back = match self {
            Lock::Sqlite(other) => other.batch_execute("ROLLBACK"),
            #[cfg(feature = "postgres")]
            Lock::Postgres(other) => other.batch_execute("ROLLBACK"),
        };
        rolled_back.unwrap();
    }
}

fn start() -> DateTime<Utc> {
    "2026-11-25T00:00:00Z".parse().unwrap()
}

/// The clocks of a place: the time of day, and the time that passes.
#[derive(Clone)]
pub(crate) struct Clock {
    seconds: Arc<AtomicI64>,
    passed: Arc<AtomicU64>,
    #[cfg(feature = "postgres")]
    server: Option<postgres_server::Clock>,
}

impl Clock {
    /// Lets time pass until `ask` has an answer, or until this much has passed. The time of day stands still.
    pub(crate) fn wait_for<T>(
        &self,
        longest: Duration,
        mut ask: impl FnMut() -> Option<T>,
    ) -> Option<T> {
        let end = self.passed.load(Ordering::SeqCst) + u64::try_from(longest.as_millis()).unwrap();
        while self.passed.load(Ordering::SeqCst) < end {
            if let Some(answer) = ask() {
                return Some(answer);
            }
            // The background thread of a store checks the clock each millisecond.
            std::thread::sleep(Duration::from_millis(5));
            self.pass(Duration::from_millis(500));
        }
        None
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap();
        self.passed.fetch_add(millis, Ordering::SeqCst);
    }

    /// This many seconds after the start.
    pub(crate) fn set(&self, seconds: i64) {
        self.seconds.store(seconds, Ordering::SeqCst);
        #[cfg(feature = "postgres")]
        if let Some(server) = &self.server {
            server.set(&(start() + TimeDelta::seconds(seconds)).to_rfc3339());
        }
    }
}
