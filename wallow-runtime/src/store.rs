//! The typed face of the engine.

pub(crate) mod artefacts;
mod attempts;
mod bulk;
mod default_database;
mod lifecycle;
mod options;

use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::backend::{DatabaseUrl, IntoDatabaseUrl};
use crate::codegen_support::{Key, Patch, Record};
use crate::engine::{Engine, OnDuplicate, RegisterOutcome};
use crate::error::{Error, RegisterError};
use crate::expr::Expr;
use crate::lifecycle::LocalClaims;
use crate::query::Query;

pub(crate) use crate::backend::StoreSettings;
pub(crate) use bulk::by_chunks;
pub use options::StoreOptions;

/// A database of runs, opened for one schema.
///
/// `wallow_schema!` emits an alias `Store` for its schema. A store is `Send` and `Sync`, and cheap
/// to clone: clones share one pool of connections.
///
/// # Register a run once
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// use registry::{Annotating, Identifying, Store};
/// use wallow::OnDuplicate;
///
/// let store = Store::open(":memory:")?; // or "runs.db", or "postgres://db/sweeps"
/// let key = Identifying::builder().model("mlp").learning_rate(0.1).build();
///
/// let first = store.register(&key, &Annotating::new(), OnDuplicate::ReturnExisting)?;
/// let again = store.register(&key, &Annotating::new(), OnDuplicate::ReturnExisting)?;
/// assert!(first.was_inserted() && !again.was_inserted());
/// assert_eq!(store.count()?, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Store<R> {
    engine: Engine,
    claims: LocalClaims,
    artefacts_root: Arc<artefacts::Root>,
    record: PhantomData<fn() -> R>,
}

impl<R> Clone for Store<R> {
    fn clone(&self) -> Self {
        Store {
            engine: self.engine.clone(),
            claims: self.claims.clone(),
            artefacts_root: Arc::clone(&self.artefacts_root),
            record: PhantomData,
        }
    }
}

impl<R: Record> Store<R> {
    /// Opens a database: a path (`runs.db`), `:memory:`, `sqlite://PATH`, a `file:` URI, or with the feature
    /// `postgres` a server (`postgres://USER@HOST/DATABASE`). A file that is not there is created, with the table that
    /// the schema describes. A [`Path`](std::path::Path) and `./NAME` are always files; see [`DatabaseUrl`].
    ///
    /// # Open a file
    ///
    /// ```
    /// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
    /// # let folder = std::env::temp_dir().join(format!("wallow-open-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// let file = folder.join("runs.db"); // a text such as "runs.db" does as well
    /// let store = registry::Store::open(&file)?;
    /// assert!(file.exists());
    /// # drop(store);
    /// # std::fs::remove_dir_all(folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Io`](crate::ErrorKind::Io) if the file cannot be opened,
    /// [`SchemaMismatch`](crate::ErrorKind::SchemaMismatch) if its table does not fit the schema,
    /// [`Busy`](crate::ErrorKind::Busy) if others keep it locked for longer than the busy timeout.
    pub fn open(url: impl IntoDatabaseUrl) -> Result<Self, Error> {
        Self::options().open(url)
    }

    /// Opens the database that the `wallow` command would open: the one that the environment names in the variable
    /// `WALLOW_DATABASE_URL`, else `DATABASE_URL`, else `[database].url` of the schema, else `runs.db` beside it. A blank
    /// variable does not count, and a relative path is relative to the folder of wallow.toml.
    ///
    /// A password in `[database].url` is not compiled into programs: set the variable, or leave the password to libpq's
    /// password file.
    ///
    /// # Open the database of the `wallow` command
    ///
    /// ```no_run
    /// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
    /// let store = registry::Store::open_default()?;
    /// println!("{} runs", store.count()?);
    /// # Ok::<(), wallow::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`open`](Store::open). [`Io`](crate::ErrorKind::Io) also if a variable is not UTF-8, or if a path is relative and
    /// the folder of wallow.toml is not on this machine.
    pub fn open_default() -> Result<Self, Error> {
        Self::options().open_default()
    }

    /// The options that [`open`](Store::open) leaves at their defaults.
    pub fn options() -> StoreOptions<R> {
        StoreOptions::new()
    }

    fn with_settings(url: &DatabaseUrl, settings: &StoreSettings) -> Result<Self, Error> {
        let schema = R::schema().get()?;
        let engine = Engine::open(schema, R::migrations(), url, settings)?;
        let declared = schema.project.artefacts_root.as_deref();
        let given = settings.artefacts_root.as_ref();
        let root = artefacts::Root::of(given, declared, R::schema().folder());
        Ok(Store {
            claims: LocalClaims::new(&engine),
            engine,
            artefacts_root: Arc::new(root),
            record: PhantomData,
        })
    }

    /// Registers a run: inserts it if it is new, and applies `policy` if it exists. If several processes register one
    /// key at the same time, exactly one inserts it.
    ///
    /// # Refuse a duplicate, or overwrite it
    ///
    /// ```
    /// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
    /// # let store = registry::Store::open(":memory:")?;
    /// # let key = registry::Identifying::builder().model("mlp").learning_rate(0.1).build();
    /// use registry::Annotating;
    /// use wallow::OnDuplicate;
    ///
    /// let first = Annotating::new().val_loss(0.4).host("lab");
    /// store.register(&key, &first, OnDuplicate::Error)?;
    ///
    /// let second = Annotating::new().val_loss(0.3);
    /// let refused = store.register(&key, &second, OnDuplicate::Error).unwrap_err();
    /// assert_eq!(refused.existing().and_then(|run| run.val_loss), Some(0.4));
    ///
    /// let updated = store.register(&key, &second, OnDuplicate::Overwrite)?;
    /// let run = updated.into_run().ok_or("skipped")?;
    /// assert_eq!((run.val_loss, run.host.as_deref()), (Some(0.3), Some("lab")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Duplicate`](crate::ErrorKind::Duplicate) under [`OnDuplicate::Error`], with the existing
    /// run; [`Validation`](crate::ErrorKind::Validation) if a value cannot be stored;
    /// [`Busy`](crate::ErrorKind::Busy) if the write lock is not free within the busy timeout;
    /// [`Database`](crate::ErrorKind::Database) for any other SQL error.
    pub fn register(
        &self,
        identifying: &R::Identifying,
        annotating: &R::Annotating,
        policy: OnDuplicate,
    ) -> Result<RegisterOutcome<R>, RegisterError<R>> {
        identifying.with_values(|key| {
            annotating.with_values(|patch| self.engine.register(key, patch, policy, R::uuid))
        })
    }

    /// Writes the fields that the patch sets to the run with this key, and returns the run as it is afterwards; `None` if
    /// there is no such run. It never inserts one.
    ///
    /// A claim on the run stays valid: its worker goes on, and what it writes later wins. The update counts as a heartbeat
    /// of the claim.
    ///
    /// # Record a value
    ///
    /// ```
    /// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
    /// # let store = registry::Store::open(":memory:")?;
    /// # let key = registry::Identifying::builder().model("mlp").learning_rate(0.1).build();
    /// use registry::Annotating;
    ///
    /// let note = Annotating::new().host("lab");
    /// assert_eq!(store.update(&key, &note)?, None); // there is no such run yet
    ///
    /// store.enqueue([&key])?;
    /// let run = store.update(&key, &note)?.ok_or("not registered")?;
    /// assert_eq!(run.host.as_deref(), Some("lab"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Validation`](crate::ErrorKind::Validation) if a value cannot be stored;
    /// [`DatabaseAhead`](crate::ErrorKind::DatabaseAhead) if the table has changed since the program was compiled, and
    /// nothing was written then; [`Busy`](crate::ErrorKind::Busy) if the database stays locked.
    pub fn update(
        &self,
        identifying: &R::Identifying,
        annotating: &R::Annotating,
    ) -> Result<Option<R>, Error> {
        identifying
            .with_values(|key| annotating.with_values(|patch| self.engine.update(key, patch)))
    }

    /// The run with this key.
    ///
    /// # Errors
    /// [`Validation`](crate::ErrorKind::Validation) if a float of the key is NaN;
    /// [`Database`](crate::ErrorKind::Database) if a value of the row cannot be read; the error names the row and the
    /// field.
    pub fn find(&self, identifying: &R::Identifying) -> Result<Option<R>, Error> {
        identifying.with_values(|key| self.engine.find(key))
    }

    /// The run with this uuid.
    ///
    /// # Errors
    /// As [`find`](Store::find).
    pub fn find_by_uuid(&self, uuid: &str) -> Result<Option<R>, Error> {
        self.engine.find_by_uuid(uuid)
    }

    /// The run with this id. Ids are short, but the id of a deleted run may be given to a new one; a uuid never is.
    ///
    /// # Errors
    /// As [`find`](Store::find).
    pub fn get(&self, id: i64) -> Result<Option<R>, Error> {
        self.engine.get(id)
    }

    /// Marks the run as alive: moves its `updated_at`, and returns the new time.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such run.
    pub fn heartbeat(&self, identifying: &R::Identifying) -> Result<DateTime<Utc>, Error> {
        identifying.with_values(|key| self.engine.heartbeat(key))
    }

    /// Deletes a run, and returns it as it was; `None` if there is no such run. Its artefacts
    /// stay.
    ///
    /// # Errors
    /// As [`find`](Store::find).
    pub fn delete(&self, identifying: &R::Identifying) -> Result<Option<R>, Error> {
        identifying.with_values(|key| self.engine.delete(key))
    }

    /// A query on every run.
    pub fn query(&self) -> Query<R> {
        Query::new(self.engine.clone())
    }

    /// A query on the runs for which `expression` is true.
    pub fn filter(&self, expression: Expr<R>) -> Query<R> {
        self.query().filter(expression)
    }

    /// Every run, in the order of registration.
    ///
    /// # Errors
    /// As [`Query::all`].
    pub fn all(&self) -> Result<Vec<R>, Error> {
        self.query().all()
    }

    /// How many runs there are.
    ///
    /// # Errors
    /// As [`Query::count`].
    pub fn count(&self) -> Result<u64, Error> {
        self.query().count()
    }

    /// Compares the table with the schema, as opening the store does.
    ///
    /// # Errors
    /// [`SchemaMismatch`](crate::ErrorKind::SchemaMismatch), with every difference.
    pub fn check_schema(&self) -> Result<(), Error> {
        self.engine.check_schema()
    }

    /// Applies the migrations that the program has and the database has not; returns their names. A table that no
    /// migration made, but that is exactly what the first one makes, counts as made by it, as with `wallow migrate apply`.
    /// To open a database that is behind, use [`check_schema(false)`](StoreOptions::check_schema). If two processes
    /// migrate at the same time, one does it, and the other waits.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if a migration fails: it has changed nothing
    /// then, and those before it stay applied.
    pub fn migrate(&self) -> Result<Vec<String>, Error> {
        self.engine.migrate()
    }

    /// The folder for the artefacts of a run: the artefacts root, then the schema's
    /// `artefacts_layout` with the values of the run, each made safe as one path component. It is
    /// not created.
    ///
    /// # Put a file into the folder of a run
    ///
    /// ```
    /// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
    /// # let folder = std::env::temp_dir().join(format!("wallow-artefacts-{}", std::process::id()));
    /// # let key = registry::Identifying::builder().model("mlp").learning_rate(0.1).build();
    /// # use registry::Store;
    /// let store = Store::options().artefacts_root(&folder).open(":memory:")?;
    /// store.enqueue([&key])?;
    /// let run = store.find(&key)?.ok_or("not registered")?;
    ///
    /// let dir = store.create_artefacts_dir(&run)?; // `{model}/{uuid}` below the root
    /// assert_eq!(dir, folder.join("mlp").join(&run.uuid));
    /// std::fs::write(dir.join("notes.txt"), "converged")?;
    /// # std::fs::remove_dir_all(folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Validation`](crate::ErrorKind::Validation) if there is no artefacts root, or if no character of a value can be
    /// part of a path.
    pub fn artefacts_dir(&self, run: &R) -> Result<PathBuf, Error> {
        let root = self.artefacts_root.folder()?;
        artefacts::dir(root, self.engine.table(), &run.values())
    }

    /// The folder of [`artefacts_dir`](Store::artefacts_dir); creates it if it does not exist.
    ///
    /// # Errors
    /// As [`artefacts_dir`](Store::artefacts_dir), and [`Io`](crate::ErrorKind::Io) if it cannot
    /// be created.
    pub fn create_artefacts_dir(&self, run: &R) -> Result<PathBuf, Error> {
        artefacts::create(self.artefacts_dir(run)?)
    }

    /// Lends the raw diesel connection, for your own queries. A transaction that the closure leaves open is
    /// rolled back.
    ///
    /// # Ask with diesel
    ///
    /// ```
    /// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
    /// # let store = registry::Store::open(":memory:")?;
    /// # let key = |seed| registry::Identifying::builder().model("mlp").learning_rate(0.1).seed(seed).build();
    /// use registry::{fields, runs};
    /// use wallow::diesel::prelude::*;
    ///
    /// store.enqueue((0..3).map(key))?;
    /// let seeds: Vec<i64> = store.with_sqlite(|conn| {
    ///     runs::table
    ///         .filter(fields::seed.ge(1))
    ///         .select(runs::seed)
    ///         .order(runs::seed.desc())
    ///         .load(conn)
    /// })?;
    /// assert_eq!(seeds, [2, 1]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) or [`Busy`](crate::ErrorKind::Busy), with diesel's error as
    /// [`Error::underlying`].
    pub fn with_sqlite<T>(
        &self,
        work: impl FnOnce(&mut diesel::SqliteConnection) -> diesel::QueryResult<T>,
    ) -> Result<T, Error> {
        self.engine.lend(work)
    }

    /// Lends a connection of PostgreSQL to a closure, as [`with_sqlite`](Store::with_sqlite) does one of SQLite.
    ///
    /// # Errors
    /// As [`with_sqlite`](Store::with_sqlite).
    #[cfg(feature = "postgres")]
    pub fn with_postgres<T>(
        &self,
        work: impl FnOnce(&mut diesel::PgConnection) -> diesel::QueryResult<T>,
    ) -> Result<T, Error> {
        self.engine.lend_postgres(work)
    }
}
