//! A database without a schema: for the command, and for the steps of opening a store.

use std::borrow::Cow;

use wallow_schema::ddl::Dialect;
use wallow_schema::{ATTEMPTS, Schema};

use super::drift::differences;
use super::inferred::inferred;
use super::{Inferred, Known, Owner, TableState};
use super::{adoption, apply, key, recognise, stuck};
use crate::backend::{
    Connection, DatabaseUrl, Dependent, IntoDatabaseUrl, LiveTable, Pool, RoleWithoutNotes,
    Securables, StoreSettings,
};
use crate::codegen_support::Script;
use crate::error::Error;

/// An open database, whatever it contains.
#[derive(Debug)]
pub struct Database {
    pool: Pool,
    /// The versions of the program's own migrations.
    others: Vec<Cow<'static, str>>,
}

/// What wallow has in a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nothing.
    Empty,
    /// The table `runs`, but no notes on migrations; `alembic` is true if the Python package keeps notes of its own.
    Unmanaged {
        /// Whether the Python package's `alembic_version` is there.
        alembic: bool,
    },
    /// Notes on migrations: the versions that were applied, in order.
    Managed {
        /// Only digits, as diesel records them.
        applied: Vec<String>,
    },
}

impl Database {
    /// Opens a database like a store, but does not check its tables. A missing file is created.
    ///
    /// # Errors
    /// As [`Store::open`](crate::Store::open).
    pub fn open(url: impl IntoDatabaseUrl) -> Result<Self, Error> {
        Self::with(&url.into_database_url()?, &StoreSettings::default())
    }

    /// Opens a database for reading only: nothing is created or written.
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

    /// For a program that records migrations of its own beside those of wallow: these versions are ignored
    /// when migrations are applied, reverted or stamped, and their notes stay.
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

    pub(super) fn others(&self) -> &[Cow<'static, str>] {
        &self.others
    }

    /// The state of the database.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be read.
    pub fn state(&self) -> Result<State, Error> {
        self.pool
            .read(|connection| apply::state(connection, &self.others))
    }

    /// Applies a script that was written for the table as `after` leaves it; `false` if it was applied already, perhaps
    /// by another process a moment ago.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if the script fails, or if `after` is not the newest that was applied;
    /// nothing has changed then.
    pub fn apply(&self, script: &Script, after: Option<&Script>) -> Result<bool, Error> {
        self.pool
            .write(|connection| apply::apply(connection, script, after, &self.others))
    }

    /// Notes the first migration as applied, without running it, if no migration of wallow is noted and the table
    /// `runs` is exactly what the migration makes: a table of wallow, with every column, default and index of `schema`,
    /// and no others. Returns whether it did.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be written.
    pub fn recognise(&self, first: &Script, schema: &Schema) -> Result<bool, Error> {
        self.pool
            .write(|connection| recognise::first(connection, first, schema, &self.others))
    }

    /// Whether [`recognise`](Self::recognise) would note the first migration, which leaves a table of this schema.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be read.
    pub fn is_first(&self, schema: &Schema) -> Result<bool, Error> {
        self.pool
            .read(|connection| recognise::is_first(connection, schema, &self.others))
    }

    /// Whether there are no runs, or no table of runs.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be read.
    pub fn has_no_runs(&self) -> Result<bool, Error> {
        self.pool.read(apply::has_no_runs)
    }

    /// The number of runs; zero without a table of runs.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be read.
    pub fn count_runs(&self) -> Result<u64, Error> {
        self.pool.read(apply::count_runs)
    }

    /// Reverts a script; `false` if it is not applied.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if the script fails, or is not the newest that was applied; nothing has
    /// changed then.
    pub fn revert(&self, script: &Script) -> Result<bool, Error> {
        self.pool
            .write(|connection| apply::revert(connection, script, &self.others))
    }

    /// Records exactly these versions as applied, without running a script.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be written.
    pub fn stamp(&self, versions: &[String]) -> Result<(), Error> {
        self.pool
            .write(|connection| apply::stamp(connection, versions, &self.others))
    }

    /// The same, for a database that another program made. What wallow needs for itself is added if it is missing: the
    /// column of the attempt, and uuids in tables of the Python package before 0.2. If a constraint of the table keeps
    /// the schema's key unique, an index replaces it, because no migration could change a constraint. SQLite rebuilds
    /// the table for that, and then columns without a default also get that of the schema, because the package does not
    /// write defaults of annotating fields into the table.
    ///
    /// `known` are the versions of all migrations here. Notes of others are another program's and stay.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be written,
    /// [`SchemaMismatch`](crate::ErrorKind::SchemaMismatch) if the table has parts that wallow cannot keep. Nothing was
    /// changed then.
    pub fn adopt(
        &self,
        versions: &[String],
        known: &[String],
        schema: &Schema,
    ) -> Result<(), Error> {
        self.pool
            .write(|connection| apply::adopt(connection, versions, known, schema, &self.others))
    }

    /// [`adopt`](Self::adopt), if no migration manages the database yet.
    ///
    /// # Errors
    /// As [`adopt`](Self::adopt), and [`Database`](crate::ErrorKind::Database) if another process has adopted it
    /// meanwhile. Nothing was changed then.
    pub fn adopt_first(&self, versions: &[String], schema: &Schema) -> Result<(), Error> {
        self.pool
            .write(|connection| apply::adopt_first(connection, versions, schema, &self.others))
    }

    /// The current table `runs`, or `None` if there is none.
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

    /// The objects on which a role needs rights, to read or write runs; `None` if the database has no roles, as SQLite
    /// has none, or no table of runs.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be read.
    pub fn securables(&self) -> Result<Option<Securables>, Error> {
        self.pool.read(|connection| {
            let found = connection.securables()?;
            let has_notes = connection.has_table(apply::NOTES)?;
            let has_attempts = connection.has_table(ATTEMPTS)?;
            Ok(found.map(|found| Securables {
                notes: has_notes.then(|| format!("{}.{}", found.schema, apply::NOTES)),
                attempts: has_attempts.then(|| format!("{}.{ATTEMPTS}", found.schema)),
                ..found
            }))
        })
    }

    /// The roles of a server that have rights on runs, but not on a table of notes that was made since: without them they
    /// cannot open a store. None on SQLite.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be read.
    pub fn roles_without_notes(&self) -> Result<Vec<RoleWithoutNotes>, Error> {
        self.pool.read(Connection::roles_without_notes)
    }

    /// What stops working, or loses rows, if the table `runs` is dropped. A PostgreSQL server does not drop the table as
    /// long as there is any of it.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be read.
    pub fn dependents(&self) -> Result<Vec<Dependent>, Error> {
        self.pool.read(Connection::dependents)
    }

    /// The owner of the table `runs`, or `None` if there is none. `schema` is the schema that it is expected to fit.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be read.
    pub fn owner(&self, schema: &Schema) -> Result<Option<Owner>, Error> {
        self.pool
            .read(|connection| apply::owner(connection, Some(schema)))
    }

    /// Whether the table `runs`, if there is one, can be recorded as the one that `schema` describes: it does not
    /// belong to another program, it has the columns of the key, and it keeps the key unique.
    ///
    /// # Errors
    /// [`SchemaMismatch`](crate::ErrorKind::SchemaMismatch) with the reason,
    /// [`Database`](crate::ErrorKind::Database) if it cannot be read.
    pub fn check_adoptable(&self, schema: &Schema) -> Result<(), Error> {
        self.pool
            .read(|connection| apply::check_adoptable(connection, schema))
    }

    /// Every difference between the current table `runs` and the schema, one line each. Types are compared by the
    /// values that they hold, so a table of the Python package (`VARCHAR`, `FLOAT`) has no differences. This does not
    /// access the database.
    pub fn differences(&self, live: &LiveTable, schema: &Schema) -> Vec<String> {
        differences(live, &LiveTable::of(schema, self.dialect()), schema)
    }

    /// The same, and each difference that [`adopt`](Self::adopt) removes says so.
    pub fn marked_differences(&self, live: &LiveTable, schema: &Schema) -> Vec<String> {
        adoption::differences(live, schema, self.dialect())
    }

    /// The differences that [`adopt`](Self::adopt) leaves.
    pub fn differences_left(&self, live: &LiveTable, schema: &Schema) -> Vec<String> {
        adoption::left(live, schema, self.dialect())
    }

    /// What leads out if the table differs from the schema in what neither `push` nor [`adopt`](Self::adopt) changes;
    /// `None` if there is no such difference.
    pub fn way_out(&self, live: &LiveTable, schema: &Schema) -> Option<String> {
        stuck::way_out(live, schema, self.dialect())
    }

    /// The statements that make the index over the key of the schema; `None` if the table lacks a column of it.
    pub fn missing_index(&self, live: &LiveTable, schema: &Schema) -> Option<String> {
        key::missing_index(live, schema, self.dialect())
    }

    /// Whether [`adopt`](Self::adopt) gives columns that have no default the one of the schema.
    pub fn adopts_defaults(&self, live: &LiveTable, schema: &Schema) -> bool {
        adoption::adds_defaults(live, schema, self.dialect())
    }

    /// The state of a table that no migration manages; `has_migrations` says whether there are migrations that may. This
    /// does not access the database.
    pub fn unmanaged_state(
        &self,
        live: &LiveTable,
        schema: &Schema,
        has_migrations: bool,
    ) -> TableState {
        adoption::state(live, schema, self.dialect(), has_migrations)
    }

    /// The schema that the table `runs` implies; `None` if there is no such table.
    ///
    /// # Errors
    /// [`SchemaMismatch`](crate::ErrorKind::SchemaMismatch) if the table is another program's, or if nothing tells which
    /// columns make its key, [`Database`](crate::ErrorKind::Database) if it cannot be read.
    pub fn inferred(&self, known: Option<Known<'_>>) -> Result<Option<Inferred>, Error> {
        self.pool.read(|connection| {
            let table = apply::table(connection)?;
            let read = table.map(|table| inferred(&table, connection.dialect(), known));
            apply::refuse_other(connection, known.map(|known| known.schema))?;
            read.transpose()
        })
    }

    /// The groups of runs that agree in all of `columns`: the texts of these columns, and the number and the uuids of
    /// the runs.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be read.
    pub fn collisions(&self, columns: &[String]) -> Result<Vec<Collision>, Error> {
        self.pool
            .read(|connection| apply::collisions(connection, columns))
    }

    /// How many runs have no value in this column.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be read.
    pub fn count_without(&self, column: &str) -> Result<u64, Error> {
        self.pool
            .read(|connection| apply::count_without(connection, column))
    }
}

/// Runs that would have the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collision {
    /// The values in which they agree, in the order of the columns; `None` if they all lack it.
    pub values: Vec<Option<String>>,
    /// Their uuids.
    pub uuids: Vec<String>,
}
