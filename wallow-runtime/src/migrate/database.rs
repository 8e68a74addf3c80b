//! A database without a schema: for the command, and for what opening a store does.

use std::borrow::Cow;

use wallow_schema::Schema;
use wallow_schema::ddl::Dialect;

use super::Owner;
use super::apply;
use super::drift::differences;
use crate::backend::{
    Connection, DatabaseUrl, Dependent, IntoDatabaseUrl, LiveTable, Pool, StoreSettings,
};
use crate::codegen_support::Script;
use crate::error::Error;

/// A database, opened as it is.
#[derive(Debug)]
pub struct Database {
    pool: Pool,
    /// The versions of migrations that are the program's own.
    others: Vec<Cow<'static, str>>,
}

/// What a database has of wallow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nothing.
    Empty,
    /// The table `runs`, but no notes on migrations; `alembic` if the Python package keeps its
    /// own.
    Unmanaged {
        /// Whether the Python package's `alembic_version` is there.
        alembic: bool,
    },
    /// Notes on migrations: the versions that were applied, in order.
    Managed {
        /// Digits only, as diesel notes them.
        applied: Vec<String>,
    },
}

impl Database {
    /// Opens a database as a store does, without looking at its tables. A file that is not there
    /// is created.
    ///
    /// # Errors
    /// As [`Store::open`](crate::Store::open).
    pub fn open(url: impl IntoDatabaseUrl) -> Result<Self, Error> {
        Self::with(&url.into_database_url()?, &StoreSettings::default())
    }

    /// Opens a database to look at it: nothing is created or written.
    ///
    /// # Errors
    /// As [`Store::open`](crate::Store::open).
    pub fn open_read_only(url: impl IntoDatabaseUrl) -> Result<Self, Error> {
        Self::with(
            &url.into_database_url()?,
            &StoreSettings {
                read_only: true,
                ..StoreSettings::default()
            },
        )
    }

    fn with(url: &DatabaseUrl, settings: &StoreSettings) -> Result<Self, Error> {
        let options = settings.pool(url)?;
        let target = options.target.clone();
        let pool = Pool::open(options);
        Ok(Database {
            pool: pool.map_err(|error| target.opening(error))?,
            others: Vec::new(),
        })
    }

    /// The same, where a program notes migrations of its own beside those of wallow: these versions are no part of what
    /// is applied, reverted or stamped, and stay as they are.
    #[must_use]
    pub fn with_other_migrations(mut self, versions: Vec<String>) -> Self {
        self.others = versions.into_iter().map(Cow::Owned).collect();
        self
    }

    /// The kind of database.
    pub fn dialect(&self) -> Dialect {
        self.pool.dialect()
    }

    pub(super) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// What is there.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be read.
    pub fn state(&self) -> Result<State, Error> {
        self.pool
            .read(|connection| apply::state(connection, &self.others))
    }

    /// Applies a script that was written for the table as `after` leaves it; `false` if it was applied before,
    /// perhaps by another process just now.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if the script stops, or `after` is not the newest that was applied;
    /// nothing has changed then.
    pub fn apply(&self, script: &Script, after: Option<&Script>) -> Result<bool, Error> {
        self.pool
            .write(|connection| apply::apply(connection, script, after, &self.others))
    }

    /// Whether there is no run, or no table of runs.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be read.
    pub fn has_no_runs(&self) -> Result<bool, Error> {
        self.pool.read(apply::has_no_runs)
    }

    /// How many runs there are; none without a table of runs.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be read.
    pub fn count_runs(&self) -> Result<u64, Error> {
        self.pool.read(apply::count_runs)
    }

    /// Reverts a script; `false` if it is not applied.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if the script stops, or is not the newest that was applied; nothing
    /// has changed then.
    pub fn revert(&self, script: &Script) -> Result<bool, Error> {
        self.pool
            .write(|connection| apply::revert(connection, script, &self.others))
    }

    /// Notes exactly these versions as applied, without running anything.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be written.
    pub fn stamp(&self, versions: &[String]) -> Result<(), Error> {
        self.pool
            .write(|connection| apply::stamp(connection, versions, &self.others))
    }

    /// The same, for a database that another program made: what wallow needs for itself and does
    /// not find there (the fence, in tables of the Python package before 0.2 also uuids) is added,
    /// and where a constraint of the table keeps the schema's key unique, an index takes its place: no
    /// migration could change a constraint. SQLite makes the table anew for that, so columns without a
    /// default get that of the schema, too: the package keeps those of annotating fields to itself.
    ///
    /// `known` are the versions of all migrations here. Notes of others are another program's and stay.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be written,
    /// [`SchemaMismatch`](crate::ErrorKind::SchemaMismatch) if the table has more to it than
    /// wallow can keep. Nothing was changed then.
    pub fn adopt(
        &self,
        versions: &[String],
        known: &[String],
        schema: &Schema,
    ) -> Result<(), Error> {
        self.pool
            .write(|connection| apply::adopt(connection, versions, known, schema, &self.others))
    }

    /// The table `runs` as it is, or `None` if there is none.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be read.
    pub fn table(&self) -> Result<Option<LiveTable>, Error> {
        self.pool.read(apply::table)
    }

    /// Whether a table that is made now has a place: on PostgreSQL, whether the search path names a schema that is there.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be read.
    pub fn has_place_for_tables(&self) -> Result<bool, Error> {
        self.pool.read(Connection::has_place_for_tables)
    }

    /// What stops working, or loses rows, if the table `runs` is dropped. A PostgreSQL server refuses that itself, so
    /// there are none there.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be read.
    pub fn dependents(&self) -> Result<Vec<Dependent>, Error> {
        self.pool.read(Connection::dependents)
    }

    /// Whose the table `runs` is, or `None` if there is none. `schema` is what it is expected to fit.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be read.
    pub fn owner(&self, schema: &Schema) -> Result<Option<Owner>, Error> {
        self.pool
            .read(|connection| apply::owner(connection, Some(schema)))
    }

    /// Whether the table `runs`, if there is one, can be noted as what `schema` describes: it is no other program's, it has
    /// the key, and it keeps it unique.
    ///
    /// # Errors
    /// [`SchemaMismatch`](crate::ErrorKind::SchemaMismatch) with the reason,
    /// [`Database`](crate::ErrorKind::Database) if it cannot be read.
    pub fn check_adoptable(&self, schema: &Schema) -> Result<(), Error> {
        self.pool
            .read(|connection| apply::check_adoptable(connection, schema))
    }

    /// Every difference between the table `runs` as it is and as the schema says, a line each.
    /// Types are compared by what they hold, so that a table of the Python package (`VARCHAR`,
    /// `FLOAT`) has none. The database is not asked.
    pub fn differences(&self, live: &LiveTable, schema: &Schema) -> Vec<String> {
        differences(live, &LiveTable::of(schema, self.dialect()), schema)
    }

    /// The groups of runs that agree in all of `columns`, as the texts of these columns, how many
    /// they are, and their uuids.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be read.
    pub fn collisions(&self, columns: &[String]) -> Result<Vec<Collision>, Error> {
        self.pool
            .read(|connection| apply::collisions(connection, columns))
    }
}

/// Runs that would be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collision {
    /// The values in which they agree, in the order of the columns.
    pub values: Vec<String>,
    /// Their uuids.
    pub uuids: Vec<String>,
}
