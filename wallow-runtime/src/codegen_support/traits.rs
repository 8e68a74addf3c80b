//! What generated code implements: how the rows of a schema are bound and read.
//!
//! `wallow_schema!` writes these implementations; they are thin, and everything else is the
//! engine's.

use std::fmt::{Debug, Display};
use std::hash::Hash;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{EmbeddedSchema, EmbeddedScripts, End};
use crate::value::{CellError, Cells, RowLayout, Value};

/// A type that one row is read into.
pub trait Decode: Sized {
    /// Reads a row whose columns stand as in the layout.
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

/// The `Run` of any schema: what a function is generic over that works with every store.
///
/// `wallow_schema!` implements it, with [`Identifying`](Record::Identifying) and [`Annotating`](Record::Annotating) as
/// the key and the patch of the schema. It is not for implementing by hand: it may get more members at any time.
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

    /// The schema, parsed once a program.
    #[doc(hidden)]
    fn schema() -> &'static EmbeddedSchema;

    /// The migrations beside the schema, compiled into the program.
    #[doc(hidden)]
    fn migrations() -> EmbeddedScripts {
        EmbeddedScripts::NONE
    }

    /// Every value, in the order of the columns.
    #[doc(hidden)]
    fn values(&self) -> Vec<Value<'_>>;
}

/// The `Identifying` of a schema.
pub trait Key:
    Clone + Debug + Display + Eq + Ord + Hash + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// Lends the values, in the order of the file. Floats are canonical.
    #[doc(hidden)]
    fn with_values<'a, T>(&'a self, work: impl FnOnce(&[Value<'a>]) -> T) -> T;

    /// The same values.
    #[doc(hidden)]
    fn values(&self) -> Vec<Value<'_>> {
        self.with_values(<[_]>::to_vec)
    }
}

/// The `Annotating` of a schema. Its `default()` sets nothing.
pub trait Patch:
    End + Clone + Debug + Default + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// Whether it is [`End::Release`].
    #[doc(hidden)]
    fn is_release(&self) -> bool;

    /// Lends what is said of each field, in the order of the file.
    #[doc(hidden)]
    fn with_values<'a, T>(&'a self, work: impl FnOnce(&[Option<Value<'a>>]) -> T) -> T;

    /// The same values.
    #[doc(hidden)]
    fn values(&self) -> Vec<Option<Value<'_>>> {
        self.with_values(<[_]>::to_vec)
    }
}

/// A schema that declares the fields of the lifecycle.
#[diagnostic::on_unimplemented(
    message = "the schema of this store has no lifecycle",
    label = "needs the fields of the lifecycle",
    note = "declare them in wallow.toml, nullable: `[annotating.status]` type = \"string\", \
            `[annotating.started_at]` and `[annotating.completed_at]` type = \"datetime\", \
            `[annotating.wallclock_seconds]` type = \"float\", \
            `[annotating.error_excerpt]` type = \"string\""
)]
pub trait Lifecycle: Record {}
