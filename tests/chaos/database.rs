//! The databases that these tests run on. Nothing else here knows which one it is.

use std::path::Path;

use tempfile::TempDir;

/// Who says what time it is when a run may be stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeOf {
    /// The clock of the one machine that all processes run on.
    Machine,
    /// The server's.
    #[cfg(feature = "postgres")]
    Server,
}

/// A fresh database, gone when it is dropped, and a folder for the files of a test.
pub(crate) struct Database {
    pub(crate) url: String,
    pub(crate) time: TimeOf,
    folder: TempDir,
    #[cfg(feature = "postgres")]
    server: Option<postgres_server::Fresh>,
}

impl Database {
    /// A SQLite file that is not there yet.
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Database {
            url: crate::crew::database(folder.path()),
            time: TimeOf::Machine,
            folder,
            #[cfg(feature = "postgres")]
            server: None,
        }
    }

    /// A database of a PostgreSQL server, if there is one.
    #[cfg(feature = "postgres")]
    pub(crate) fn postgres() -> Option<Self> {
        let fresh = postgres_server::Server::shared()?.fresh();
        Some(Database {
            url: fresh.url(),
            time: TimeOf::Server,
            folder: tempfile::tempdir().unwrap(),
            server: Some(fresh),
        })
    }

    /// The server's clock, for connections that are opened from now on; it goes with the real one.
    #[cfg(feature = "postgres")]
    pub(crate) fn clock(&self) -> Option<postgres_server::Clock> {
        let clock = self.server.as_ref()?.clock();
        clock.go(0);
        Some(clock)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// Makes tests of functions that take a fresh database: one for each kind.
macro_rules! on_every_database {
    ($($test:ident),+ $(,)?) => {$(
        mod $test {
            #[test]
            fn on_sqlite() {
                super::$test(&crate::database::Database::sqlite());
            }

            #[cfg(feature = "postgres")]
            #[test]
            fn on_postgres() {
                if let Some(database) = crate::database::Database::postgres() {
                    super::$test(&database);
                }
            }
        }
    )+};
}
