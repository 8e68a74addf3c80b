//! The databases that the suites run on, and the macros that make a test for each of them.
//!
//! A suite names its tests in one of the macros; each is a function of a [`Place`], or of a [`Kind`] if it needs many
//! databases. What a suite does with a database is up to the suite: this crate does not depend on wallow. The tests on
//! PostgreSQL exist if the crate that calls the macro has its feature `postgres`, and do nothing on a machine without a
//! server.

#![expect(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking"
)]

mod kind;

pub use kind::Kind;

use postgres_server::{Fresh, PgBouncer, Server};
use tempfile::TempDir;

/// An empty database, gone when it is dropped.
#[derive(Debug)]
pub enum Place {
    /// In memory; every store has its own.
    SqliteMemory,
    /// A file that does not exist yet, in a folder of its own.
    SqliteFile(TempDir),
    /// On a PostgreSQL server.
    Postgres(Fresh),
    /// A PostgreSQL database that is reached through a pooler.
    Pooled(&'static PgBouncer, Fresh),
}

impl Place {
    /// A file of SQLite.
    pub fn sqlite_file() -> Self {
        Place::SqliteFile(tempfile::tempdir().unwrap())
    }

    /// A database of a server, if there is one.
    pub fn postgres() -> Option<Self> {
        Server::shared().map(|server| Place::Postgres(server.fresh()))
    }

    /// A fresh database that is reached through a pooler, if there is one.
    pub fn pooled() -> Option<Self> {
        PgBouncer::shared().map(|(pooler, server)| Place::Pooled(pooler, server.fresh()))
    }

    /// The URL for opening a store.
    pub fn url(&self) -> String {
        match self {
            Place::SqliteMemory => ":memory:".to_owned(),
            Place::SqliteFile(folder) => {
                let path = folder.path().join("runs.db");
                path.to_str().unwrap().to_owned()
            }
            Place::Postgres(database) => database.url(),
            Place::Pooled(pooler, database) => pooler.url(database.name()),
        }
    }

    /// The database of the server, without a pooler in front of it.
    pub fn on_server(&self) -> Option<&Fresh> {
        match self {
            Place::SqliteMemory | Place::SqliteFile(_) => None,
            Place::Postgres(database) | Place::Pooled(_, database) => Some(database),
        }
    }

    /// The name of its SQL dialect.
    pub fn dialect(&self) -> &'static str {
        self.on_server().map_or("sqlite", |_| "postgres")
    }

    /// Whether a text can contain the character U+0000.
    pub fn has_nul(&self) -> bool {
        self.on_server().is_none()
    }

    /// The maximum length of an identifying text, in bytes.
    pub fn longest_key(&self) -> usize {
        self.on_server().map_or(10_000_000, |_| 2_000)
    }
}

/// Makes tests of functions that take any database.
#[macro_export]
macro_rules! on_every_database {
    ($($test:ident),+ $(,)?) => {
        $crate::__each! { [sqlite_memory sqlite_file postgres pooled] $($test),+ }
    };
}

/// Makes tests of functions that take a database which several stores, and other programs, can share.
#[macro_export]
macro_rules! on_shared_databases {
    ($($test:ident),+ $(,)?) => {
        $crate::__each! { [sqlite_file postgres pooled] $($test),+ }
    };
}

/// Makes tests of functions that take a database which many processes share for a while.
#[macro_export]
macro_rules! on_file_and_server {
    ($($test:ident),+ $(,)?) => {
        $crate::__each! { [sqlite_file postgres] $($test),+ }
    };
}

/// Makes tests of functions about SQLite only: its raw connection, and times and JSON as text that any program can
/// damage.
#[macro_export]
macro_rules! on_sqlite {
    ($($test:ident),+ $(,)?) => {
        $crate::__each! { [sqlite_memory sqlite_file] $($test),+ }
    };
}

/// Makes tests of functions that make many databases of a kind.
#[macro_export]
macro_rules! on_every_kind {
    ($($test:ident),+ $(,)?) => {
        $crate::__each! { [kind_sqlite kind_postgres kind_pooled] $($test),+ }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __each {
    ($places:tt $($test:ident),+) => {$(
        mod $test {
            $crate::__on! { $test $places }
        }
    )+};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __on {
    ($test:ident []) => {};
    ($test:ident [sqlite_memory $($rest:ident)*]) => {
        #[test]
        fn in_sqlite_memory() {
            super::$test(&$crate::Place::SqliteMemory);
        }

        $crate::__on! { $test [$($rest)*] }
    };
    ($test:ident [sqlite_file $($rest:ident)*]) => {
        #[test]
        fn on_a_sqlite_file() {
            super::$test(&$crate::Place::sqlite_file());
        }

        $crate::__on! { $test [$($rest)*] }
    };
    ($test:ident [postgres $($rest:ident)*]) => {
        #[cfg(feature = "postgres")]
        #[test]
        fn on_postgres() {
            if let Some(place) = $crate::Place::postgres() {
                super::$test(&place);
            }
        }

        $crate::__on! { $test [$($rest)*] }
    };
    ($test:ident [pooled $($rest:ident)*]) => {
        #[cfg(feature = "postgres")]
        #[test]
        fn through_a_pooler() {
            if let Some(place) = $crate::Place::pooled() {
                super::$test(&place);
            }
        }

        $crate::__on! { $test [$($rest)*] }
    };
    ($test:ident [kind_sqlite $($rest:ident)*]) => {
        #[test]
        fn in_sqlite_memory() {
            super::$test($crate::Kind::SqliteMemory);
        }

        $crate::__on! { $test [$($rest)*] }
    };
    ($test:ident [kind_postgres $($rest:ident)*]) => {
        #[cfg(feature = "postgres")]
        #[test]
        fn on_postgres() {
            if $crate::Kind::Postgres.is_there() {
                super::$test($crate::Kind::Postgres);
            }
        }

        $crate::__on! { $test [$($rest)*] }
    };    ($test:ident [kind_pooled $($rest:ident)*]) => {
        #[cfg(feature = "postgres")]
        #[test]
        fn through_a_pooler() {
            if $crate::Kind::Pooled.is_there() {
                super::$test($crate::Kind::Pooled);
            }
        }

        $crate::__on! { $test [$($rest)*] }
    };
}
