//! The databases that the suite runs on.

#[cfg(feature = "postgres")]
mod postgres;

use std::path::PathBuf;

use tempfile::TempDir;
use wallow::__private::Record;
use wallow::Store;
use wallow::diesel::connection::SimpleConnection;
use wallow::diesel::dsl::sql;
use wallow::diesel::sql_types::Text;
use wallow::diesel::{Connection, RunQueryDsl as _, SqliteConnection};

use crate::clock::Clock;

#[cfg(feature = "postgres")]
pub(crate) use postgres::Postgres;

/// A kind of database, of which each test gets a fresh one.
pub(crate) trait Database {
    /// An empty database, gone when it is dropped.
    fn fresh() -> Self;

    /// What [`Store::open`] is given.
    fn url(&self) -> String;

    /// A clock by which the database goes from now on.
    fn clock(&self) -> Clock {
        Clock::new(|_| {})
    }

    /// Whether the character U+0000 can stand in a text.
    const HAS_NUL: bool = true;

    /// The name of its SQL.
    const DIALECT: &str = "sqlite";

    /// This many bytes of text may identify a run.
    const LONGEST_KEY: usize = 10_000_000;

    /// Runs SQL on the database of a store, past the engine: what another program could do.
    fn execute<R: Record>(store: &Store<R>, sql: &str);

    /// The one text that a query gives.
    fn text<R: Record>(store: &Store<R>, query: &str) -> String;

    /// Opens it with all defaults.
    fn open<R: Record>(&self) -> Store<R> {
        Store::open(self.url()).unwrap()
    }
}

/// A database that several stores and other programs can open at the same time.
pub(crate) trait Shared: Database {
    /// Takes the lock that every write needs, for as long as the answer lives.
    fn lock_writers(&self) -> impl Sized;
}

/// A file on disk.
pub(crate) struct SqliteFile(TempDir);

impl SqliteFile {
    fn path(&self) -> PathBuf {
        self.0.path().join("runs.db")
    }
}

impl Database for SqliteFile {
    fn fresh() -> Self {
        SqliteFile(tempfile::tempdir().unwrap())
    }

    fn url(&self) -> String {
        self.path().to_str().unwrap().to_owned()
    }

    fn execute<R: Record>(store: &Store<R>, sql: &str) {
        store.with_sqlite(|conn| conn.batch_execute(sql)).unwrap();
    }

    fn text<R: Record>(store: &Store<R>, query: &str) -> String {
        let text = sql::<Text>(query);
        store.with_sqlite(|conn| text.get_result(conn)).unwrap()
    }
}

impl Shared for SqliteFile {
    fn lock_writers(&self) -> impl Sized {
        let mut other = SqliteConnection::establish(&self.url()).unwrap();
        other.batch_execute("BEGIN IMMEDIATE").unwrap();
        other
    }
}

/// A database in memory; every store has its own.
pub(crate) struct SqliteMemory;

impl Database for SqliteMemory {
    fn fresh() -> Self {
        SqliteMemory
    }

    fn url(&self) -> String {
        ":memory:".to_owned()
    }

    fn execute<R: Record>(store: &Store<R>, sql: &str) {
        SqliteFile::execute(store, sql);
    }

    fn text<R: Record>(store: &Store<R>, query: &str) -> String {
        SqliteFile::text(store, query)
    }
}

/// Makes tests of functions that take any database.
macro_rules! on_every_database {
    ($($test:ident),+ $(,)?) => {$(
        mod $test {
            #[cfg(feature = "postgres")]
            use crate::database::Postgres;
            use crate::database::{Database as _, SqliteFile, SqliteMemory};

            #[cfg(feature = "postgres")]
            #[test]
            fn on_postgres() {
                Postgres::test(super::$test);
            }

            #[cfg(feature = "postgres")]
            #[test]
            fn through_a_pooler() {
                Postgres::test_through_a_pooler(super::$test);
            }

            #[test]
            fn on_a_sqlite_file() {
                super::$test(&SqliteFile::fresh());
            }

            #[test]
            fn in_sqlite_memory() {
                super::$test(&SqliteMemory::fresh());
            }
        }
    )+};
}

/// Makes tests of functions that take a database which several stores can share.
macro_rules! on_shared_databases {
    ($($test:ident),+ $(,)?) => {$(
        mod $test {
            #[cfg(feature = "postgres")]
            use crate::database::Postgres;
            use crate::database::{Database as _, SqliteFile};

            #[cfg(feature = "postgres")]
            #[test]
            fn on_postgres() {
                Postgres::test(super::$test);
            }

            #[cfg(feature = "postgres")]
            #[test]
            fn through_a_pooler() {
                Postgres::test_through_a_pooler(super::$test);
            }

            #[test]
            fn on_a_sqlite_file() {
                super::$test(&SqliteFile::fresh());
            }
        }
    )+};
}

/// Makes tests of functions about what only SQLite has: its raw connection, and times and JSON as
/// text that any program can damage.
macro_rules! on_sqlite {
    ($($test:ident),+ $(,)?) => {$(
        mod $test {
            use crate::database::{Database as _, SqliteFile, SqliteMemory};

            #[test]
            fn on_a_sqlite_file() {
                super::$test(&SqliteFile::fresh());
            }

            #[test]
            fn in_sqlite_memory() {
                super::$test(&SqliteMemory::fresh());
            }
        }
    )+};
}
