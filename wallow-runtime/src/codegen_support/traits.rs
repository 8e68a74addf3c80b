//! What generated code implements: how the rows of a schema are bound and read.
//!
//! `wallow_schema!` emits these implementations. They are thin; the engine does everything else.

use std::fmt::{Debug, Display};
use std::hash::Hash;

use serde::Serialize;
use serde::de::DeserializeOwned;
use wallow_schema::Field;

use super::{EmbeddedSchema, EmbeddedScripts};
use crate::value::{
    BUILT_INS, CellError, Cells, RowLayout, RunState, RunStatus, Value, result_fields,
};

/// A type that one row is read into.
pub trait Decode: Sized {
    /// Reads a row with the columns of the layout, in that order.
    ///
    /// # Errors
    /// If a cell cannot be read as the type of its column.
    fn decode(layout: &RowLayout, cells: &impl Cells) -> Result<Self, CellError>;
}

/// A row that a query returns: a typed run, or a row of a schema that is known at run time.
pub trait Queried: Decode + Send + 'static {
    /// The uuid of the run.
    fn uuid(&self) -> &str;
}

/// The `Run` of any schema: the bound of a function that works with every store.
///
/// `wallow_schema!` implements it, with [`Identifying`](Record::Identifying) and [`Annotating`](Record::Annotating) as
/// the key and the patch of the schema. It is not for implementing by hand: it may get more members at any time.
///
/// # A function for every schema
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// use wallow::{OnDuplicate, Record, Store};
///
/// fn ensure<R: Record>(store: &Store<R>, key: &R::Identifying) -> wallow::Result<bool> {
///     let outcome = store.register(key, &R::Annotating::default(), OnDuplicate::Skip)?;
///     Ok(outcome.was_inserted())
/// }
/// # let key = registry::Identifying::builder().model("mlp").learning_rate(0.1).build();
/// assert!(ensure(&registry::Store::open(":memory:")?, &key)?);
/// # Ok::<(), wallow::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the `Run` of a schema",
    label = "not made by `wallow_schema!`",
    note = "a store is for the `Run` that `wallow_schema!` emits; a function that works with every schema asks for \
            `R: wallow::Record`"
)]
pub trait Record:
    Queried + Clone + Debug + PartialEq + Serialize + DeserializeOwned + Sync
{
    /// Its key.
    type Identifying: Key;
    /// Its patch.
    type Annotating: Patch;

    /// The key of the run.
    fn identifying(&self) -> Self::Identifying;

    /// The schema, parsed once in each program.
    #[doc(hidden)]
    fn schema() -> &'static EmbeddedSchema;

    /// The migrations of the schema, compiled into the program.
    #[doc(hidden)]
    fn migrations() -> EmbeddedScripts {
        EmbeddedScripts::NONE
    }

    /// Every value, in the order of the columns.
    #[doc(hidden)]
    fn values(&self) -> Vec<Value<'_>>;
}

/// The `Identifying` of a schema.
///
/// # Keys as map keys, in order, and as JSON
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// use std::collections::BTreeMap;
/// use registry::Identifying;
///
/// let key = |rate| Identifying::builder().model("mlp").learning_rate(rate).build();
/// let mut losses = BTreeMap::from([(key(0.3), 0.5)]);
/// losses.insert(key(0.1 + 0.2), 0.4); // the same key: floats are canonical
/// assert_eq!(losses.len(), 1);
///
/// let json = wallow::serde_json::to_string(&key(0.3))?;
/// assert_eq!(json, r#"{"model":"mlp","learning_rate":0.3,"seed":0}"#);
/// # Ok::<(), wallow::serde_json::Error>(())
/// ```
pub trait Key:
    Clone + Debug + Display + Eq + Ord + Hash + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// Lends the values, in the order of the file. Floats are canonical.
    #[doc(hidden)]
    fn with_values<'a, T>(&'a self, work: impl FnOnce(&[Value<'a>]) -> T) -> T;

    /// The values in the order of the schema, as a vector.
    #[doc(hidden)]
    fn values(&self) -> Vec<Value<'_>> {
        self.with_values(<[_]>::to_vec)
    }
}

/// The `Annotating` of a schema. Its `default()` sets nothing.
///
/// # A patch sets, clears, or leaves alone
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
/// let run = store.update(&key, &Annotating::new().clear_host())?.ok_or("gone")?;
/// assert_eq!((run.val_loss, run.host), (Some(0.4), None));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Patch:
    End + Clone + Debug + Default + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// Whether it is [`End::Release`].
    #[doc(hidden)]
    fn is_release(&self) -> bool;

    /// Lends the value for each field, in the order of the file; `None` leaves the field alone.
    #[doc(hidden)]
    fn with_values<'a, T>(&'a self, work: impl FnOnce(&[Option<Value<'a>>]) -> T) -> T;

    /// The values in the order of the schema, as a vector.
    #[doc(hidden)]
    fn values(&self) -> Vec<Option<Value<'_>>> {
        self.with_values(<[_]>::to_vec)
    }
}

/// What the closure of [`run_lifecycle`](crate::Store::run_lifecycle) or [`work`](crate::Store::work) returns in the place
/// of a result: `Ok(End::Release)` gives the run back, `pending`, for the next worker. It is for work that was preempted
/// or interrupted, and is neither completed nor failed.
///
/// `End::Release` is a value of the schema's own `Annotating`, so that `Ok(End::Release)` and `Ok(annotating)` can stand in
/// one closure, and a closure that only fails needs no type annotation. As a patch it sets nothing.
///
/// # Give a run back when the time is over
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// # let store = registry::Store::open(":memory:")?;
/// # let key = registry::Identifying::builder().model("mlp").learning_rate(0.1).build();
/// use registry::Annotating;
/// use wallow::{End, LifecycleOptions, LifecycleOutcome, Reclaim};
///
/// let time_is_over = true;
/// let options = LifecycleOptions::new(Reclaim::Immediately);
/// let outcome = store.run_lifecycle(&key, options, |_| {
///     if time_is_over {
///         return Ok(End::Release);
///     }
///     Ok::<_, std::io::Error>(Annotating::new().val_loss(0.3))
/// })?;
/// assert!(matches!(outcome, LifecycleOutcome::Released(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait End: Sized {
    /// The run goes back to the queue: it is `pending`, as if it had not been started.
    #[expect(
        non_upper_case_globals,
        reason = "it stands beside `Ok` and `Err`, as a variant would"
    )]
    const Release: Self;
}

/// A schema that declares the fields of the lifecycle.
///
/// # A function for every schema with the lifecycle
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// use wallow::{Lifecycle, RunStatus};
///
/// fn is_done<R: Lifecycle>(run: &R) -> bool {
///     run.run_status() == Some(RunStatus::Completed)
/// }
/// # let store = registry::Store::open(":memory:")?;
/// # let key = registry::Identifying::builder().model("mlp").learning_rate(0.1).build();
/// # store.enqueue([&key])?;
/// assert!(!store.all()?.iter().any(is_done));
/// # Ok::<(), wallow::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "the schema of this store has no lifecycle",
    label = "needs the fields of the lifecycle",
    note = "declare them in wallow.toml, nullable: `[annotating.status]` type = \"string\", \
            `[annotating.started_at]` and `[annotating.completed_at]` type = \"datetime\", \
            `[annotating.wallclock_seconds]` type = \"float\", \
            `[annotating.error_excerpt]` type = \"string\""
)]
pub trait Lifecycle: Record {
    /// The status of the run, as the lifecycle reads its field `status`. A run without a status is pending as long as it
    /// has no result. `None` if the status is a word that wallow does not know, or if there are results and no status.
    fn run_status(&self) -> Option<RunStatus> {
        status(self)
    }
}

/// The status of a run; `None` if it is a word that wallow does not know, or if the run has results and no status.
fn status<R: Record>(run: &R) -> Option<RunStatus> {
    let schema = R::schema().get().ok()?;
    let values = run.values();
    let annotating = values.get(BUILT_INS + schema.identifying.len()..)?;
    let is_status = |field: &Field| field.name == "status";
    let status = schema.annotating.iter().position(is_status)?;
    let word = match annotating.get(status)? {
        Value::Text(word) => Some(*word),
        _ => None,
    };
    let has_results = || {
        let is_set = |index| {
            annotating
                .get(index)
                .is_some_and(|value| *value != Value::Null)
        };
        result_fields(schema).any(|(index, _)| is_set(index))
    };
    match RunState::of(word, has_results) {
        RunState::Known(status) => Some(status),
        RunState::New | RunState::Unknown => None,
    }
}
