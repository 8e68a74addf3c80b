//! A server's clock that a test moves.

use super::Server;

/// Functions that hide, in one database, the server's own functions for the time.
const FUNCTIONS: &str = "
    CREATE SCHEMA own;
    CREATE TABLE own.clock (now timestamptz, ahead interval);
    INSERT INTO own.clock VALUES (now(), '0');
    CREATE FUNCTION own.clock_timestamp() RETURNS timestamptz LANGUAGE sql
        AS 'SELECT coalesce(now, pg_catalog.clock_timestamp() + ahead) FROM own.clock';
    CREATE FUNCTION own.pg_postmaster_start_time() RETURNS timestamptz LANGUAGE sql
        AS $$SELECT timestamptz '-infinity'$$;
    CREATE FUNCTION own.statement_timestamp() RETURNS timestamptz LANGUAGE sql
        AS 'SELECT own.clock_timestamp()';
    DO $$ BEGIN
        EXECUTE format('ALTER DATABASE %I SET search_path = own, pg_catalog, public', current_database());
    END $$;";

/// The clock of one database, for connections that are opened after it was made. It stands still until it is set, or
/// until it is made to run.
#[derive(Debug, Clone)]
pub struct Clock {
    server: &'static Server,
    database: String,
}

impl Clock {
    pub(crate) fn new(server: &'static Server, database: &str) -> Self {
        let clock = Clock {
            server,
            database: database.to_owned(),
        };
        clock.run(FUNCTIONS);
        clock
    }

    /// Sets it to a time in SQL's form, such as `2026-11-25 12:00:00.000001 UTC`.
    ///
    /// # Panics
    /// If that is not a time.
    pub fn set(&self, now: &str) {
        self.run(&format!("UPDATE own.clock SET now = '{now}'"));
    }

    /// Lets it run, this many seconds ahead of the real one; a negative number means behind.
    ///
    /// # Panics
    /// If the server is away.
    pub fn go(&self, seconds_ahead: i64) {
        self.run(&format!(
            "UPDATE own.clock SET now = NULL, ahead = make_interval(secs => {seconds_ahead})"
        ));
    }

    fn run(&self, sql: &str) {
        let done = self.server.psql(&self.database, sql);
        assert!(done.is_ok(), "{done:?}");
    }
}
