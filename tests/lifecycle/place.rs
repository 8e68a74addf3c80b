//! The databases on which the lifecycle is tested.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use wallow::Sources;

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
        Store::open(&self.url()).unwrap()
    }

    /// A store whose clock only moves when told to.
    pub(crate) fn open_at_a_time(&self) -> (Store, Clock) {
        let seconds = Arc::new(AtomicI64::new(0));
        let clock = Clock {
            seconds: Arc::clone(&seconds),
            #[cfg(feature = "postgres")]
            server: match self {
                Place::Sqlite(_) => None,
                Place::Postgres(database) | Place::Pooled(_, database) => Some(database.clock()),
            },
        };
        clock.set(0);
        let now = move || start() + TimeDelta::seconds(seconds.load(Ordering::SeqCst));
        let sources = Sources::default().with_clock(now);
        let store = Store::options().sources(sources).open(&self.url());
        (store.unwrap(), clock)
    }
}

fn start() -> DateTime<Utc> {
    "2026-11-25T00:00:00Z".parse().unwrap()
}

/// The clock by which a place goes.
pub(crate) struct Clock {
    seconds: Arc<AtomicI64>,
    #[cfg(feature = "postgres")]
    server: Option<postgres_server::Clock>,
}

impl Clock {
    /// So many seconds after the start.
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
