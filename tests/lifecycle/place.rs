//! The databases on which the lifecycle is tested.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use wallow::Sources;
#[cfg(feature = "postgres")]
use wallow::diesel::PgConnection;
use wallow::diesel::SqliteConnection;
use wallow::diesel::connection::{Connection as _, SimpleConnection as _};

use super::registry::Store;

/// A database that any number of stores can open.
pub(crate) enum Place {
    Sqlite(tempfile::TempDir),
    #[cfg(feature = "postgres")]
    Postgres(postgres_server::Fresh),
    /// The same by way of a pooler.
    #[cfg(feature = "postgres")]
    Pooled(&'static postgres_server::PgBouncer, postgres_server::Fresh),
}

impl Place {
    pub(crate) fn url(&self) -> String {
        match self {
            Place::Sqlite(dir) => dir.path().join("runs.db").to_str().unwrap().to_owned(),
            #[cfg(feature = "postgres")]
            Place::Postgres(database) => database.url(),
            #[cfg(feature = "postgres")]
            Place::Pooled(pooler, database) => pooler.url(database.name()),
        }
    }

    pub(crate) fn open(&self) -> Store {
        Store::open(self.url()).unwrap()
    }

    /// Takes the lock that every write needs, for as long as the answer lives.
    pub(crate) fn lock_writers(&self) -> Lock {
        match self {
            Place::Sqlite(_) => {
                let mut other = SqliteConnection::establish(&self.url()).unwrap();
                other.batch_execute("BEGIN IMMEDIATE").unwrap();
                Lock::Sqlite(other)
            }
            #[cfg(feature = "postgres")]
            Place::Postgres(database) | Place::Pooled(_, database) => {
                let mut other = PgConnection::establish(&database.url()).unwrap();
                let lock = "BEGIN; LOCK TABLE runs IN EXCLUSIVE MODE";
                other.batch_execute(lock).unwrap();
                Lock::Postgres(other)
            }
        }
    }

    /// Uses one of the connections of a store for as long as `work` takes.
    pub(crate) fn lend(&self, store: &Store, work: impl FnOnce()) {
        match self {
            Place::Sqlite(_) => store
                .with_sqlite(|_| {
                    work();
                    Ok(())
                })
                .unwrap(),
            #[cfg(feature = "postgres")]
            Place::Postgres(_) | Place::Pooled(..) => {
                store
                    .with_postgres(|_| {
                        work();
                        Ok(())
                    })
                    .unwrap();
            }
        }
    }

    /// A store whose clocks only move when told to.
    pub(crate) fn open_at_a_time(&self) -> (Store, Clock) {
        let clock = self.clock();
        (self.open_by(&clock), clock)
    }

    /// A store that goes by these clocks.
    pub(crate) fn open_by(&self, clock: &Clock) -> Store {
        let (seconds, passed) = (Arc::clone(&clock.seconds), Arc::clone(&clock.passed));
        let now = move || start() + TimeDelta::seconds(seconds.load(Ordering::SeqCst));
        let elapsed = move || Duration::from_millis(passed.load(Ordering::SeqCst));
        let sources = Sources::default().with_clock(now).with_elapsed(elapsed);
        let store = Store::options().sources(sources).open(self.url());
        store.unwrap()
    }

    /// A store by the same time of day, for which no time passes: its claims never say that they are alive.
    pub(crate) fn open_frozen(&self, clock: &Clock) -> Store {
        let frozen = Clock {
            passed: Arc::default(),
            ..clock.clone()
        };
        self.open_by(&frozen)
    }

    #[cfg_attr(
        not(feature = "postgres"),
        expect(clippy::unused_self, reason = "only a server has a clock of its own")
    )]
    fn clock(&self) -> Clock {
        let clock = Clock {
            seconds: Arc::default(),
            passed: Arc::default(),
            #[cfg(feature = "postgres")]
            server: match self {
                Place::Sqlite(_) => None,
                Place::Postgres(database) | Place::Pooled(_, database) => Some(database.clock()),
            },
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

/// The clocks by which a place goes: the time of day, and the time that passes.
#[derive(Clone)]
pub(crate) struct Clock {
    seconds: Arc<AtomicI64>,
    passed: Arc<AtomicU64>,
    #[cfg(feature = "postgres")]
    server: Option<postgres_server::Clock>,
}

impl Clock {
    /// Lets time pass until `ask` has an answer, or so much of it has passed; the time of day stands still.
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
            // The background of a store looks each millisecond whether its time has come.
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

/// Makes tests of functions that take a place: one for each kind of database.
macro_rules! on_every_database {
    ($($test:ident),+ $(,)?) => {$(
        mod $test {
            use crate::place::Place;

            #[test]
            fn on_sqlite() {
                super::$test(&Place::Sqlite(tempfile::tempdir().unwrap()));
            }

            #[cfg(feature = "postgres")]
            #[test]
            fn on_postgres() {
                if let Some(server) = postgres_server::Server::shared() {
                    super::$test(&Place::Postgres(server.fresh()));
                }
            }

            #[cfg(feature = "postgres")]
            #[test]
            fn through_a_pooler() {
                if let Some((pooler, server)) = postgres_server::PgBouncer::shared() {
                    super::$test(&Place::Pooled(pooler, server.fresh()));
                }
            }
        }
    )+};
}
