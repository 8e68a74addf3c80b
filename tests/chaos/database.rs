//! The databases that these tests run on. Nothing else here knows which one it is.

use std::path::Path;

use tempfile::TempDir;

/// Who says what time it is when a run may be stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeOf {
    /// The clock of the one machine that all processes run on.
    Machine,
    /// The server's.
    #[expect(dead_code, reason = "SQLite has no server")]
    Server,
}

/// A fresh database, gone when it is dropped, and a folder for the files of a test.
pub(crate) struct Database {
    pub(crate) url: String,
    pub(crate) time: TimeOf,
    folder: TempDir,
}

impl Database {
    /// A SQLite file that is not there yet.
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Database {
            url: crate::crew::database(folder.path()),
            time: TimeOf::Machine,
            folder,
        }
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
        }
    )+};
}
