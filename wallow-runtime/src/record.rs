//! What generated code implements: how the rows of a schema are bound and read.
//!
//! `wallow_schema!` writes these implementations; they are thin, and everything else is the
//! engine's.

use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::path::Path;
use std::sync::OnceLock;

use serde::Serialize;
use serde::de::DeserializeOwned;
use wallow_schema::Schema;

use crate::error::{Error, ErrorKind};
use crate::lifecycle::End;
use crate::migrate::EmbeddedScripts;
use crate::plan::Plan;
use crate::value::{CellError, Cells, Value};

/// A type that one row is read into.
pub trait Decode: Sized {
    /// Reads a row whose columns stand as in [`Plan::columns`].
    ///
    /// # Errors
    /// Where a cell cannot be read as the type of its column.
    fn decode(plan: &Plan, cells: &impl Cells) -> Result<Self, CellError>;
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

/// The text of a wallow.toml that was compiled into the program.
#[derive(Debug)]
pub struct EmbeddedSchema {
    text: &'static str,
    origin: &'static str,
    path: &'static str,
    parsed: OnceLock<Result<Schema, String>>,
}

impl EmbeddedSchema {
    /// Of this text, from the file `origin`, which stood at `path` when the program was compiled.
    pub const fn new(origin: &'static str, path: &'static str, text: &'static str) -> Self {
        EmbeddedSchema {
            text,
            origin,
            path,
            parsed: OnceLock::new(),
        }
    }

    /// The folder that the file stood in.
    pub fn folder(&self) -> &'static Path {
        Path::new(self.path).parent().unwrap_or(Path::new("."))
    }

    /// The schema.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`] where the text is not valid; `wallow_schema!` never emits such a text.
    pub fn get(&self) -> Result<&Schema, Error> {
        self.parsed
            .get_or_init(|| {
                wallow_schema::parse(self.text, self.origin).map_err(|errors| errors.to_string())
            })
            .as_ref()
            .map_err(|errors| Error::new(ErrorKind::Schema, errors.as_str()))
    }
}
