//! What generated code stands on. Not for programs: names here may change at any time.
#![doc(hidden)]

mod embedded;
mod end;
mod float;
mod guessed;
mod portable;
mod read;
mod traits;
mod unset;

pub use chrono;
pub use diesel;
pub use serde;
pub use serde_json;

pub use float::{KeyFloat, WrittenFloat};
pub use guessed::Guessed;
pub use portable::{Portable, ToWrite, WasRead};
pub use read::{ReadFields, count_said, not_nan, read_fields, read_map, required};
pub use unset::{Given, Set, Unset};

pub use crate::__runs_table as runs_table;

pub use crate::fields::{NotNull, Nullable};
pub use crate::value::{CellError, Cells, IntoUtc, RowLayout, Slot, Value};
pub use embedded::{EmbeddedSchema, EmbeddedScripts, Script};
pub use end::End;
pub use traits::{Decode, Key, Lifecycle, Patch, Queried, Record};

pub use wallow_schema::canonical_float;

/// The SQL types of columns that diesel has no fitting ones for.
pub use crate::sql_types;
