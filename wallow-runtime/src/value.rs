//! Values on their way to and from a database.
//!
//! What enters: borrowed values of typed or run-time rows. What leaves: binds, and cells decoded by position.
//! Invariant: a [`Value`] borrows from its row, so that a string goes from the caller to the database without a copy.

mod cell;
mod closed_set;
mod json;
mod number;
pub(crate) mod owned;
mod row;
mod row_buffer;
mod run_status;
mod time;

use std::path::Path;

use chrono::{DateTime, Utc};

pub use cell::{Cell, CellError, Cells, FromCell};
pub use closed_set::{ClosedSet, closed_set};
pub use json::{DEEPEST_JSON, LARGE_JSON, is_readable as json_is_readable, text_for as json_for};
pub use number::{AnyInt, IntoFloat, IntoInt};
pub use row::{BUILT_INS, Column, RowLayout};
pub use run_status::{RunState, RunStatus};
pub use time::{IntoUtc, format_time, parse_time};

pub(crate) use closed_set::{listed as listed_value, refusal};
pub(crate) use json::{TextScan, has_nul as json_has_nul, to_text as json_text};
pub(crate) use number::too_large;
pub(crate) use row_buffer::RowBuffer;
pub(crate) use run_status::result_fields;
pub(crate) use time::{from_micros, to_micros, year_fits};

/// One value of one column, borrowed from the row it belongs to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// SQL `NULL`.
    Null,
    /// `int`.
    Int(i64),
    /// An integer that no int field holds.
    TooLarge(i128),
    /// `float`. For an identifying field it is canonical already.
    Float(f64),
    /// `bool`.
    Bool(bool),
    /// `string`.
    Text(&'a str),
    /// `json`.
    Json(&'a serde_json::Value),
    /// `json`, as the text that is stored: [`json_for`] makes it.
    JsonText(&'a str),
    /// `datetime`, to the microsecond.
    Time(DateTime<Utc>),
    /// `path`.
    Path(&'a Path),
}

impl<'a> Value<'a> {
    /// The value of a nullable field.
    pub fn of<T>(value: &'a Option<T>, view: impl FnOnce(&'a T) -> Value<'a>) -> Self {
        value.as_ref().map_or(Value::Null, view)
    }

    /// The name of the value's type, as wallow.toml spells it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Int(_) | Value::TooLarge(_) => "int",
            Value::Float(_) => "float",
            Value::Bool(_) => "bool",
            Value::Text(_) => "string",
            Value::Json(_) | Value::JsonText(_) => "json",
            Value::Time(_) => "datetime",
            Value::Path(_) => "path",
        }
    }
}

/// What a patch says about one annotating field.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Slot<T> {
    /// Nothing: the column is left as it is.
    #[default]
    Unset,
    /// The column becomes `NULL`.
    Null,
    /// The column becomes this value.
    Set(T),
}

impl<T> Slot<T> {
    /// The slot as the engine takes it: the value borrowed through `view`, NULL, or `None` if it is not set.
    pub fn value<'a>(&'a self, view: impl FnOnce(&'a T) -> Value<'a>) -> Option<Value<'a>> {
        match self {
            Slot::Unset => None,
            Slot::Null => Some(Value::Null),
            Slot::Set(value) => Some(view(value)),
        }
    }
}
