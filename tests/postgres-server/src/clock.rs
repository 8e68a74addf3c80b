//! A server's clock that a test moves.

use super::Server;

/// Functions that stand, in one database, before those by which the server tells the time.
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

/// The clock of one database, for connections that are opened after it was made. It stands still
/// until it is set, or until it goes with the real one.
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

    /// Sets it; the time as SQL takes it, such as `2026-11-25 12:00:00.000001 UTC`.
    ///
    /// # Panics
    /// If that is no time.
    pub fn set(&self, now: &str) {
        self.run(&format!("UPDATE own.clock SET now = '{now}'"));
    }

    /// Lets it go, this many seconds before the real one; a negative number is behind it.
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
