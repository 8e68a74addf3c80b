//! PostgreSQL, as the suite runs on it.

use postgres_server::{Fresh, PgBouncer, Server};
use wallow::__private::Record;
use wallow::Store;
use wallow::diesel::connection::SimpleConnection;
use wallow::diesel::dsl::sql;
use wallow::diesel::sql_types::Text;
use wallow::diesel::{Connection, PgConnection, RunQueryDsl as _};

use super::{Database, Shared};
use crate::clock::Clock;

/// A database of a PostgreSQL server.
pub(crate) struct Postgres {
    database: Fresh,
    pooler: Option<&'static PgBouncer>,
}

impl Postgres {
    /// Tests on a fresh one, if there is a server.
    pub(crate) fn test(test: impl FnOnce(&Self)) {
        if Server::shared().is_some() {
            test(&Postgres::fresh());
        }
    }

    /// Tests on a fresh one, by way of a pooler.
    pub(crate) fn test_through_a_pooler(test: impl FnOnce(&Self)) {
        if let Some((pooler, server)) = PgBouncer::shared() {
            test(&Postgres {
                database: server.fresh(),
                pooler: Some(pooler),
            });
        }
    }
}

impl Database for Postgres {
    fn fresh() -> Self {
        Postgres {
            database: Server::shared().unwrap().fresh(),
            pooler: None,
        }
    }

    fn url(&self) -> String {
        match self.pooler {
            Some(pooler) => pooler.url(self.database.name()),
            None => self.database.url(),
        }
    }

    fn clock(&self) -> Clock {
        let clock = self.database.clock();
        Clock::new(move |now| clock.set(&now.format("%F %T.%6f UTC").to_string()))
    }

    const HAS_NUL: bool = false;

    const DIALECT: &str = "postgres";

    const LONGEST_KEY: usize = 2_000;

    fn execute<R: Record>(store: &Store<R>, sql: &str) {
        store.with_postgres(|conn| conn.batch_execute(sql)).unwrap();
    }

    fn text<R: Record>(store: &Store<R>, query: &str) -> String {
        let text = sql::<Text>(query);
        store.with_postgres(|conn| text.get_result(conn)).unwrap()
    }
}

impl Shared for Postgres {
    fn lock_writers(&self) -> impl Sized {
        let mut other = PgConnection::establish(&self.database.url()).unwrap();
        other
            .batch_execute("BEGIN; LOCK TABLE runs IN EXCLUSIVE MODE")
            .unwrap();
        Lock(other)
    }
}

/// Gone when it is dropped: a server notices the end of a connection some time later.
struct Lock(PgConnection);

impl Drop for Lock {
    fn drop(&mut self) {
        self.0.batch_execute("ROLLBACK").unwrap();
    }
}
