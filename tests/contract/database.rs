//! What the suite does with the databases that it runs on.

use test_support::Place;
use wallow::__private::Record;
use wallow::Store;
#[cfg(feature = "postgres")]
use wallow::diesel::PgConnection;
use wallow::diesel::connection::SimpleConnection;
use wallow::diesel::dsl::sql;
use wallow::diesel::sql_types::Text;
use wallow::diesel::{Connection, RunQueryDsl as _, SqliteConnection};

use crate::clock::Clock;

/// What a test does with its database.
pub(crate) trait Database {
    /// A clock that the database uses from now on.
    fn clock(&self) -> Clock;

    /// Runs SQL on the database of a store, without the engine, as another program could.
    fn execute<R: Record>(&self, store: &Store<R>, sql: &str) {
        self.try_execute(store, sql).unwrap();
    }

    /// Runs SQL as [`execute`](Self::execute) does, and returns the database's refusal.
    fn try_execute<R: Record>(&self, store: &Store<R>, sql: &str) -> wallow::Result<()>;

    /// The single text that a query returns.
    fn text<R: Record>(&self, store: &Store<R>, query: &str) -> String;

    /// Opens it with all defaults.
    fn open<R: Record>(&self) -> Store<R>;

    /// Takes the lock that every write needs, for as long as the returned value lives.
    fn lock_writers(&self) -> Box<dyn Lock>;
}

impl Database for Place {
    fn clock(&self) -> Clock {
        let Some(database) = self.on_server() else {
            return Clock::new(|_| {});
        };
        let clock = database.clock();
        Clock::new(move |now| clock.set(&now.format("%F %T.%6f UTC").to_string()))
    }

    fn try_execute<R: Record>(&self, store: &Store<R>, sql: &str) -> wallow::Result<()> {
        #[cfg(feature = "postgres")]
        if self.on_server().is_some() {
            return store.with_postgres(|conn| conn.batch_execute(sql));
        }
        store.with_sqlite(|conn| conn.batch_execute(sql))
    }

    fn text<R: Record>(&self, store: &Store<R>, query: &str) -> String {
        let text = sql::<Text>(query);
        #[cfg(feature = "postgres")]
        if self.on_server().is_some() {
            return store.with_postgres(|conn| text.get_result(conn)).unwrap();
        }
        store.with_sqlite(|conn| text.get_result(conn)).unwrap()
    }

    fn open<R: Record>(&self) -> Store<R> {
        Store::open(self.url()).unwrap()
    }

    fn lock_writers(&self) -> Box<dyn Lock> {
        #[cfg(feature = "postgres")]
        if let Some(database) = self.on_server() {
            let mut other = PgConnection::establish(&database.url()).unwrap();
            other
                .batch_execute("BEGIN; LOCK TABLE runs IN EXCLUSIVE MODE")
                .unwrap();
            return Box::new(OnServer(other));
        }
        let mut other = SqliteConnection::establish(&self.url()).unwrap();
        other.batch_execute("BEGIN IMMEDIATE").unwrap();
        Box::new(other)
    }
}

/// The lock of all writers, until it is dropped.
pub(crate) trait Lock {}

impl Lock for SqliteConnection {}

/// The lock is released on drop, because a server notices the end of a connection only some time later.
#[cfg(feature = "postgres")]
struct OnServer(PgConnection);

#[cfg(feature = "postgres")]
impl Lock for OnServer {}

#[cfg(feature = "postgres")]
impl Drop for OnServer {
    fn drop(&mut self) {
        self.0.batch_execute("ROLLBACK").unwrap();
    }
}
