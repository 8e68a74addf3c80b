//! Rows of a schema that is known only at run time, with the same engine and without generated types.
//!
//! ```
//! use wallow::dynamic::{Fields, Store};
//! use wallow::OnDuplicate;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let schema = wallow::schema::parse(
//!     r#"
//!     [project]
//!     name = "demo"
//!     [identifying.seed]
//!     type = "int"
//!     [annotating.loss]
//!     type = "float"
//!     "#,
//!     "wallow.toml",
//! )?;
//! let store = Store::open(&schema, ":memory:")?;
//! let key = Fields::new().with("seed", 7);
//! let outcome = store.register(&key, &Fields::new().with("loss", 0.5), OnDuplicate::Error)?;
//! assert!(outcome.was_inserted());
//! let row = store.find(&key)?.ok_or("not found")?;
//! assert_eq!(row.get("loss"), Some(&0.5.into()));
//! # Ok(())
//! # }
//! ```

mod attempts;
mod change;
mod claim;
mod columns;
#[doc(hidden)]
pub mod copy;
mod fields;
mod groups;
#[doc(hidden)]
pub mod import;
mod queue;
mod serial;

use chrono::{DateTime, Utc};
use wallow_schema::{Diagnostics, FieldType, Schema, canonical_float};

use crate::backend::{IntoDatabaseUrl, StoreSettings};
use crate::codegen_support::EmbeddedScripts;
use crate::engine::{self, Engine, OnDuplicate, RegisterOutcome};
use crate::error::{Error, RegisterError};
use crate::expr::{Expr, parse_node};
use crate::lifecycle::LocalClaims;
use crate::query::Query;
use crate::value::Value as Borrowed;
use crate::value::{RunState, RunStatus, result_fields};

pub use crate::engine::Row;
pub use crate::value::Column;
pub use crate::value::owned::Value;
// For the `wallow` command.
#[doc(hidden)]
pub use crate::engine::Applied;
#[doc(hidden)]
pub use attempts::attempt_columns;

pub use crate::expr::Function;
#[doc(hidden)]
pub use crate::expr::{path_key, unquoted_key};
#[doc(hidden)]
pub use crate::lifecycle::{Turn, Waits};
pub use change::Change;
pub use claim::Claim;
#[doc(hidden)]
pub use claim::{RunEnd, Waiting, Written};
pub use columns::order;
pub use fields::Fields;
pub use groups::{Groups, Measure};

/// Reads an expression, such as `status == "completed" and val_loss < 0.3`, against a schema.
///
/// # Filter by a condition that a person typed
///
/// ```
/// # let schema = wallow::schema::parse(
/// #     "[project]\nname = 'a'\n[identifying.seed]\ntype = 'int'\n[annotating.loss]\ntype = 'float'\n",
/// #     "wallow.toml",
/// # )?;
/// use wallow::dynamic::{self, Store};
///
/// let store = Store::open(&schema, ":memory:")?;
/// let condition = dynamic::parse(&schema, "loss < 0.3 and seed in [1, 2]")?;
/// assert!(store.query().filter(condition).all()?.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If the text is not an expression, or does not fit the schema: with the position, and a suggestion.
pub fn parse(schema: &Schema, text: &str) -> Result<Expr<Row>, Diagnostics> {
    parse_node(schema, text).map(Expr::new)
}

/// The condition of the runs that are pending although they have no status: in a schema with the lifecycle, those
/// without a result. `None` for another schema, where a missing status means nothing.
#[doc(hidden)]
pub fn pending_without_status(schema: &Schema) -> Option<Expr<Row>> {
    let condition = || Expr::new(engine::pending_without_status(schema));
    schema.has_lifecycle().then(condition)
}

/// The status of a run; `None` if it is a word that wallow does not know.
///
/// # Where a run of any schema stands
///
/// ```
/// # let schema = wallow::schema::parse(
/// #     "[project]\nname = 'a'\n[identifying.seed]\ntype = 'int'\n[annotating.loss]\ntype = 'float'\n",
/// #     "wallow.toml",
/// # )?;
/// use wallow::RunStatus;
/// use wallow::dynamic::{self, Fields, Store};
///
/// let schema = wallow::schema::parse(
///     "[project]\nname = 'a'\n[identifying.seed]\ntype = 'int'\n[annotating.status]\ntype = 'string'\n",
///     "wallow.toml",
/// )?;
/// let store = Store::open(&schema, ":memory:")?;
/// let (key, done) = (Fields::new().with("seed", 7), Fields::new().with("status", "completed"));
/// store.register(&key, &done, wallow::OnDuplicate::Error)?;
/// let row = store.query().one()?;
/// assert_eq!(dynamic::run_status(&schema, &row), Some(RunStatus::Completed));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn run_status(schema: &Schema, row: &Row) -> Option<RunStatus> {
    let has_results = || {
        let mut fields = result_fields(schema);
        let is_set = |name: &str| row.get(name).is_some_and(|value| *value != Value::Null);
        !schema.has_lifecycle() || fields.any(|(_, field)| is_set(&field.name))
    };
    let word = match row.get("status") {
        Some(Value::Text(word)) => Some(word.as_str()),
        _ => None,
    };
    match RunState::of(word, has_results) {
        RunState::Known(status) => Some(status),
        RunState::New | RunState::Unknown => None,
    }
}

/// Options of a store; see [`Store::options`].
///
/// # Open a table that differs from the schema
///
/// ```
/// # let schema = wallow::schema::parse(
/// #     "[project]\nname = 'a'\n[identifying.seed]\ntype = 'int'\n[annotating.loss]\ntype = 'float'\n",
/// #     "wallow.toml",
/// # )?;
/// use wallow::dynamic::Store;
///
/// let store = Store::options().check_schema(false).open(&schema, ":memory:")?;
/// # drop(store);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "options do nothing until `open`"]
pub struct StoreOptions {
    settings: StoreSettings,
}

impl StoreOptions {
    /// Whether opening compares the table with the schema. Default: yes.
    pub fn check_schema(mut self, check: bool) -> Self {
        self.settings.check_schema = check;
        self
    }

    /// Whether the store only reads. Default: no.
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.settings.read_only = read_only;
        self
    }

    /// Whether a statement from which row-level security of a server would hide runs is an error. Default: no.
    #[doc(hidden)]
    pub fn every_row(mut self, every_row: bool) -> Self {
        self.settings.every_row = every_row;
        self
    }

    /// The largest number of connections, besides the one of the heartbeats. Default: 8.
    #[doc(hidden)]
    pub fn pool_size(mut self, connections: usize) -> Self {
        self.settings.pool_size = connections.max(1);
        self
    }

    /// Opens the database; see [`Store::open`].
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open(&self, schema: &Schema, url: impl IntoDatabaseUrl) -> Result<Store, Error> {
        let url = url.into_database_url()?;
        let engine = Engine::open(schema, EmbeddedScripts::NONE, &url, &self.settings)?;
        Ok(Store {
            claims: LocalClaims::new(&engine),
            engine,
        })
    }
}

/// A database of runs, opened for a schema that is known at run time.
///
/// # Register and find
///
/// ```
/// # let schema = wallow::schema::parse(
/// #     "[project]\nname = 'a'\n[identifying.seed]\ntype = 'int'\n[annotating.loss]\ntype = 'float'\n",
/// #     "wallow.toml",
/// # )?;
/// use wallow::OnDuplicate;
/// use wallow::dynamic::{Fields, Store};
///
/// let store = Store::open(&schema, ":memory:")?;
/// let key = Fields::new().with("seed", 7);
/// store.register(&key, &Fields::new().with("loss", 0.5), OnDuplicate::Error)?;
/// let row = store.find(&key)?.ok_or("not found")?;
/// assert_eq!(row.get("loss"), Some(&0.5.into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Store {
    engine: Engine,
    claims: LocalClaims,
}

impl Store {
    /// Opens a database, as [`Store::open`](crate::Store::open) does. The `float_precision` of the schema has to be the one
    /// with which the runs were registered: tables do not record it, and with another one a run is not found again.
    ///
    /// # Errors
    /// As [`Store::open`](crate::Store::open).
    pub fn open(schema: &Schema, url: impl IntoDatabaseUrl) -> Result<Self, Error> {
        Self::options().open(schema, url)
    }

    /// The options that [`open`](Store::open) leaves at their defaults.
    pub fn options() -> StoreOptions {
        StoreOptions::default()
    }

    /// The schema it was opened for.
    pub fn schema(&self) -> &Schema {
        self.engine.table().schema()
    }

    /// Registers a run, as [`Store::register`](crate::Store::register) does. Identifying fields
    /// with a default may be left out.
    ///
    /// # Errors
    /// As [`Store::register`](crate::Store::register), and
    /// [`Validation`](crate::ErrorKind::Validation) for unknown or missing names and for values of
    /// another type.
    pub fn register(
        &self,
        identifying: &Fields,
        annotating: &Fields,
        policy: OnDuplicate,
    ) -> Result<RegisterOutcome<Row>, RegisterError<Row>> {
        let key = self.key(identifying)?;
        let patch = self.patch(annotating)?;
        let key = key.iter().map(Value::borrow).collect::<Vec<_>>();
        self.engine.register(&key, &patch, policy, Row::uuid)
    }

    /// Writes the fields to the run with this key, as [`Store::update`](crate::Store::update) does.
    ///
    /// # Errors
    /// As [`register`](Store::register).
    pub fn update(&self, identifying: &Fields, annotating: &Fields) -> Result<Option<Row>, Error> {
        let patch = self.patch(annotating)?;
        self.with_key(identifying, |key| self.engine.update(key, &patch))
    }

    /// The run with this key.
    ///
    /// # Errors
    /// As [`register`](Store::register).
    pub fn find(&self, identifying: &Fields) -> Result<Option<Row>, Error> {
        self.with_key(identifying, |key| self.engine.find(key))
    }

    /// The run with this uuid.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if a value of the row cannot be read.
    pub fn find_by_uuid(&self, uuid: &str) -> Result<Option<Row>, Error> {
        self.engine.find_by_uuid(uuid)
    }

    /// The run with this id.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if a value of the row cannot be read.
    pub fn get(&self, id: i64) -> Result<Option<Row>, Error> {
        self.engine.get(id)
    }

    /// Moves the `updated_at` of a run, and returns the new one.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such run.
    pub fn heartbeat(&self, identifying: &Fields) -> Result<DateTime<Utc>, Error> {
        self.with_key(identifying, |key| self.engine.heartbeat(key))
    }

    /// Deletes a run, and returns it as it was.
    ///
    /// # Errors
    /// As [`find`](Store::find).
    pub fn delete(&self, identifying: &Fields) -> Result<Option<Row>, Error> {
        self.with_key(identifying, |key| self.engine.delete(key))
    }

    /// Whether row-level security of a server is in force, so that it may hide runs.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if the server cannot be asked.
    #[doc(hidden)]
    pub fn hides_rows(&self) -> Result<bool, Error> {
        self.engine
            .pool()
            .read(crate::backend::Connection::hides_rows)
    }

    /// A query on every run.
    pub fn query(&self) -> Query<Row> {
        Query::new(self.engine.clone())
    }

    fn with_key<T>(
        &self,
        identifying: &Fields,
        work: impl FnOnce(&[Borrowed<'_>]) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let key = self.key(identifying)?;
        work(&key.iter().map(Value::borrow).collect::<Vec<_>>())
    }

    /// The values of a key in the order of the file: the given value, the default, or `Null` if an optional field is
    /// absent. Floats are canonical.
    fn key(&self, fields: &Fields) -> Result<Vec<Value>, Error> {
        let schema = self.schema();
        let names = schema.identifying.iter().map(|field| field.name.as_str());
        fields.refuse_unknown("identifying", &names.collect::<Vec<_>>())?;
        let precision = schema.project.float_precision;
        let value = |field: &wallow_schema::Field| {
            let given = fields.get(&field.name).cloned();
            match given.or_else(|| field.default.as_ref().map(Value::from)) {
                None if field.is_optional() => Ok(Value::Null),
                None => Err(Error::validation(
                    &field.name,
                    "missing, and it has no default",
                )),
                Some(value) => Ok(match (field.ty, value.widened(field.ty)) {
                    (FieldType::Float, Value::Float(value)) => {
                        Value::Float(canonical_float(value, precision))
                    }
                    (_, value) => value,
                }),
            }
        };
        schema.identifying.iter().map(value).collect()
    }

    /// The value for each annotating column, in the order of the file; `None` leaves the column alone.
    fn patch<'a>(&self, fields: &'a Fields) -> Result<Vec<Option<Borrowed<'a>>>, Error> {
        let annotating = &self.schema().annotating;
        let names = annotating.iter().map(|field| field.name.as_str());
        fields.refuse_unknown("annotating", &names.collect::<Vec<_>>())?;
        let value = |field: &wallow_schema::Field| {
            fields
                .get(&field.name)
                .map(|value| value.borrow().widened(field.ty))
        };
        Ok(annotating.iter().map(value).collect())
    }
}
