//! The migrations of a schema as a source for diesel's harness, beside the program's own migrations.

use std::fmt;
use std::marker::PhantomData;

use diesel::backend::Backend;
use diesel::connection::BoxableConnection;
use diesel::migration::{
    Migration, MigrationMetadata, MigrationName, MigrationSource, MigrationVersion, Result,
};
use diesel::sqlite::Sqlite;

use crate::codegen_support::{EmbeddedScripts, Record, Script};

/// The migrations that `wallow_schema!` compiled in beside the schema of `R`, for diesel's [`MigrationHarness`].
///
/// A program that has diesel migrations of its own, for other tables of the same database, runs both the same way:
///
/// ```no_run
/// # use wallow_runtime as wallow;
/// use wallow::diesel::{Connection, SqliteConnection};
/// use wallow::diesel_migrations::{FileBasedMigrations, MigrationHarness};
///
/// # fn migrate<Run: wallow::Record>() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// let mut connection = SqliteConnection::establish("runs.db")?;
/// connection.run_pending_migrations(FileBasedMigrations::from_path("db/migrations")?)?;
/// connection.run_pending_migrations(wallow::migrations::<Run>())?;
/// # Ok(())
/// # }
/// ```
///
/// Both are recorded in diesel's `__diesel_schema_migrations`, so wallow.toml must say which ones belong to the
/// program, with `other_migrations = "db/migrations"` in `[database]`. Otherwise a store would take them for migrations
/// of a newer wallow.toml, and the command would refuse the database.
///
/// A script runs here as under diesel's own command: in the transaction of its note, with its guards. Opening a store
/// or calling [`Store::migrate`](crate::Store::migrate) does more: it decides under the write lock what is left to do,
/// so any number of processes may start at once, and it keeps triggers, indexes and foreign keys of other tables if
/// SQLite has to rebuild the table.
///
/// [`MigrationHarness`]: diesel_migrations::MigrationHarness
pub fn migrations<R: Record>() -> Migrations<R> {
    Migrations {
        scripts: R::migrations(),
        schema: PhantomData,
    }
}

/// What [`migrations`] returns: a [`MigrationSource`] for each kind of database.
pub struct Migrations<R> {
    scripts: EmbeddedScripts,
    schema: PhantomData<fn() -> R>,
}

impl<R> Clone for Migrations<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Migrations<R> {}

impl<R> fmt::Debug for Migrations<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.scripts.sqlite.iter().map(|script| &script.name);
        f.debug_list().entries(names).finish()
    }
}

impl<R> MigrationSource<Sqlite> for Migrations<R> {
    fn migrations(&self) -> Result<Vec<Box<dyn Migration<Sqlite>>>> {
        Ok(boxed(self.scripts.sqlite))
    }
}

#[cfg(feature = "postgres")]
impl<R> MigrationSource<diesel::pg::Pg> for Migrations<R> {
    fn migrations(&self) -> Result<Vec<Box<dyn Migration<diesel::pg::Pg>>>> {
        Ok(boxed(self.scripts.postgres))
    }
}

fn boxed<DB: Backend>(scripts: &'static [Script]) -> Vec<Box<dyn Migration<DB>>> {
    let scripts = scripts.iter();
    scripts
        .map(|script| Box::new(Embedded(script)) as Box<dyn Migration<DB>>)
        .collect()
}

struct Embedded(&'static Script);

impl<DB: Backend> Migration<DB> for Embedded {
    fn run(&self, connection: &mut dyn BoxableConnection<DB>) -> Result<()> {
        Ok(connection.batch_execute(&self.0.up)?)
    }

    fn revert(&self, connection: &mut dyn BoxableConnection<DB>) -> Result<()> {
        Ok(connection.batch_execute(&self.0.down)?)
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        &InOneTransaction
    }

    fn name(&self) -> &dyn MigrationName {
        self
    }
}

impl MigrationName for Embedded {
    fn version(&self) -> MigrationVersion<'_> {
        MigrationVersion::from(&*self.0.version)
    }
}

impl fmt::Display for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.name)
    }
}

/// As in the `metadata.toml` of every migration: the script and its note are one transaction.
struct InOneTransaction;

impl MigrationMetadata for InOneTransaction {
    fn run_in_transaction(&self) -> bool {
        true
    }
}
