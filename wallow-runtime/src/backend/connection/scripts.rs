//! What changes the table: scripts of migrations, and the adoption of a table that another program made.

use diesel_migrations::MigrationHarness;
use wallow_schema::Schema;
use wallow_schema::ddl;

use super::Connection;
#[cfg(feature = "postgres")]
use crate::backend::postgres;
use crate::backend::{LiveTable, Session as _, Step, sqlite};
use crate::error::Error;

impl Connection {
    /// Does `work`, which runs this script, in one transaction.
    pub(crate) fn for_script<T>(
        &mut self,
        script: &str,
        work: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.changing_table(ddl::rebuilds(script), work)
    }

    /// Does `work`, which changes the table, in one transaction. `rebuilds`: on SQLite it makes the table anew.
    pub(crate) fn changing_table<T>(
        &mut self,
        rebuilds: bool,
        work: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match self {
            Connection::Sqlite(_) if rebuilds => sqlite::rebuild::without_references(self, work),
            Connection::Sqlite(_) => self.exclusive(work),
            #[cfg(feature = "postgres")]
            Connection::Postgres(_) => self.exclusive(work),
        }
    }

    /// Runs a script without a note, in the transaction that is open.
    pub(crate) fn run_script(&mut self, script: &str) -> Result<(), Error> {
        // PostgreSQL takes a query without a statement for an error.
        if script.is_empty() {
            return Ok(());
        }
        match self {
            Connection::Sqlite(connection) => {
                sqlite::rebuild::keeping_extras(connection, script, |connection| {
                    connection.batch(script)
                })
            }
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => connection.batch(script),
        }
    }

    /// Runs a step of the migrations and notes it, in the transaction that is open.
    pub(crate) fn run_step(&mut self, step: &Step<'_>) -> Result<(), Error> {
        match self {
            Connection::Sqlite(connection) => {
                sqlite::rebuild::keeping_extras(connection, step.script(), |connection| {
                    connection.migrate(|raw| step.run_on(raw))
                })
            }
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => connection.migrate(|raw| step.run_on(raw)),
        }
    }

    /// The versions that were applied, in order. If the table of applied migrations does not exist, it is created.
    pub(crate) fn applied_migrations(&mut self) -> Result<Vec<String>, Error> {
        let versions = match self {
            Connection::Sqlite(connection) => {
                connection.migrate(MigrationHarness::applied_migrations)
            }
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => {
                connection.migrate(MigrationHarness::applied_migrations)
            }
        }?;
        let mut versions = versions.iter().map(ToString::to_string).collect::<Vec<_>>();
        versions.sort();
        Ok(versions)
    }

    /// In one transaction with `work`: adds what wallow needs for itself to a table that another program
    /// made, and puts an index in the place of a constraint that keeps the schema's key unique.
    pub(crate) fn adopting(
        &mut self,
        schema: &Schema,
        work: impl FnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.changing_table(true, |connection| {
            connection.adopt(schema)?;
            work(connection)
        })
    }

    /// Adopts the table within the transaction of the caller.
    pub(crate) fn adopt(&mut self, schema: &Schema) -> Result<(), Error> {
        let expected = &LiveTable::of(schema, self.dialect());
        match self {
            Connection::Sqlite(connection) => sqlite::tables::adopt(connection, schema, expected),
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => {
                postgres::tables::adopt(connection, schema, expected)
            }
        }
    }
}
