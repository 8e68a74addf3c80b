//! PostgreSQL, as the suite runs on it.

use chrono::{DateTime, Utc};
use wallow::__private::Record;
use wallow::Store;
use wallow::diesel::connection::SimpleConnection;
use wallow::diesel::{Connection, PgConnection};

use super::{Database, Shared};
use crate::clock::Clock;

/// A database of a PostgreSQL server.
pub(crate) struct Postgres {
    database: postgres_server::Fresh<'static>,
    /// Sets the clock of its server, as the database sees it.
    set_clock: Box<dyn Fn(DateTime<Utc>)>,
}

/// Functions that stand before those of the server.
const CLOCK: &str = "
    CREATE SCHEMA own;
    CREATE TABLE own.clock (now timestamptz);
    INSERT INTO own.clock VALUES (now());
    CREATE FUNCTION own.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT now FROM own.clock';
    CREATE FUNCTION own.statement_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT now FROM own.clock';
    DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = own, pg_catalog, public', current_database()); END $$;";

impl Postgres {
    /// Tests on a fresh one, where there is a server.
    pub(crate) fn test(test: impl FnOnce(&Self)) {
        if let Some(server) = postgres_server::Server::shared() {
            test(&Postgres::on(server));
        }
    }

    fn on(server: &'static postgres_server::Server) -> Self {
        let database = server.fresh();
        let name = database.name().to_owned();
        let set_clock = Box::new(move |now: DateTime<Utc>| {
            let now = now.format("%F %T.%6f");
            let sql = format!("UPDATE own.clock SET now = '{now} UTC'");
            server.psql(&name, &sql).unwrap();
        });
        Postgres {
            database,
            set_clock,
        }
    }
}

impl Database for Postgres {
    fn fresh() -> Self {
        Postgres::on(postgres_server::Server::shared().unwrap())
    }

    fn url(&self) -> String {
        self.database.url()
    }

    fn clock(&self) -> Clock<'_> {
        let server = self.database.server();
        server.psql(self.database.name(), CLOCK).unwrap();
        Clock::new(Some(self.set_clock.as_ref()))
    }

    const HAS_NUL: bool = false;

    const LONGEST_KEY: usize = 2_000;

    fn execute<R: Record>(store: &Store<R>, sql: &str) {
        store.postgres(|conn| conn.batch_execute(sql)).unwrap();
    }
}

impl Shared for Postgres {
    fn lock_writers(&self) -> impl Sized {
        let mut other = PgConnection::establish(&self.url()).unwrap();
        other
            .batch_execute("BEGIN; LOCK TABLE runs IN EXCLUSIVE MODE")
            .unwrap();
        other
    }
}
