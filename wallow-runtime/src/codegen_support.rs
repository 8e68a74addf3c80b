//! What generated code uses. Not for programs: names here may change at any time.
#![doc(hidden)]

mod absent;
mod config;
mod embedded;
mod fallback;
mod float;
mod portable;
mod read;
mod traits;
mod typestate;

pub use chrono;
pub use diesel;
pub use serde;
pub use serde_json;

pub use absent::OrNone;
pub use config::{config, from_config};
pub use fallback::Fallback;
pub use float::{KeyFloat, WrittenFloat};
pub use portable::{Portable, ToWrite, WasRead};
pub use read::{ReadFields, count_said, not_nan, read_fields, read_map, required};
pub use typestate::{IsSet, Set, Unset};

pub use crate::__runs_table as runs_table;

pub use crate::fields::{NotNull, Nullable};
pub use crate::value::{
    AnyInt, CellError, Cells, ClosedSet, IntoFloat, IntoInt, IntoUtc, RowLayout, Slot, Value,
    closed_set,
};
pub(crate) use embedded::ProgramMigrations;
pub use embedded::{EmbeddedSchema, EmbeddedScripts, Script};
pub use traits::{Decode, End, Key, Lifecycle, Patch, Queried, Record};

pub use wallow_schema::canonical_float;

/// The SQL types of columns for which diesel has no suitable ones.
pub use crate::sql_types;
