//! Cells of a fetched row, decoded by position.

use std::borrow::Cow;
use std::path::PathBuf;

use chrono::{DateTime, Utc};

/// One cell as it comes from a database, before it is read as the type of its column.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// SQL `NULL`.
    Null,
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A boolean (PostgreSQL; SQLite has 0 and 1).
    Bool(bool),
    /// Text. It is owned if the database returns a copy anyway.
    Text(Cow<'a, str>),
    /// Text that is not valid in the encoding of the database.
    Garbled,
    /// A time (PostgreSQL; SQLite has text).
    Time(DateTime<Utc>),
    /// Bytes, which no column of wallow holds.
    Blob,
}

impl Cell<'_> {
    /// The cell as text, for queries about the database itself.
    #[cfg(feature = "postgres")]
    pub(crate) fn to_text(&self) -> String {
        match self {
            Cell::Int(value) => value.to_string(),
            Cell::Float(value) => value.to_string(),
            Cell::Bool(value) => value.to_string(),
            Cell::Text(value) => value.to_string(),
            Cell::Time(value) => super::format_time(value),
            Cell::Null | Cell::Garbled | Cell::Blob => self.describe(),
        }
    }

    fn describe(&self) -> String {
        match self {
            Cell::Null => "NULL".into(),
            Cell::Int(value) => format!("the integer {value}"),
            Cell::Float(value) => format!("the float {value}"),
            Cell::Bool(value) => format!("the boolean {value}"),
            Cell::Text(value) => format!("the text {}", excerpt(value)),
            Cell::Garbled => "text that is not UTF-8".into(),
            Cell::Time(value) => format!("the time {value}"),
            Cell::Blob => "binary data".into(),
        }
    }
}

/// The first characters of a text, quoted.
fn excerpt(text: &str) -> String {
    const KEPT: usize = 40;
    match text.char_indices().nth(KEPT) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}…", &text[..end]),
    }
}

/// A cell that cannot be read as the type of its column.
#[derive(Debug, Clone, PartialEq)]
pub struct CellError {
    /// Position of the cell among the selected columns, from 0.
    pub index: usize,
    /// The type that was expected, in words.
    pub expected: &'static str,
    /// What was found, in words.
    pub found: String,
}

/// A fetched row of any kind of database.
pub trait Cells {
    /// Looks at the cell at `index` (from 0) for as long as `view` runs.
    fn with_cell<T>(&self, index: usize, view: impl FnOnce(Cell<'_>) -> T) -> T;

    /// What the cell holds, in words.
    fn describe(&self, index: usize) -> String {
        self.with_cell(index, |cell| cell.describe())
    }

    /// Reads a column that is never `NULL`.
    ///
    /// # Errors
    /// If the cell is `NULL` or not of that type.
    fn required<T: FromCell>(&self, index: usize) -> Result<T, CellError> {
        self.with_cell(index, T::from_cell)
            .ok_or_else(|| mismatch::<T>(self, index))
    }

    /// Reads a nullable column.
    ///
    /// # Errors
    /// If the cell is not of that type.
    fn nullable<T: FromCell>(&self, index: usize) -> Result<Option<T>, CellError> {
        self.with_cell(index, |cell| match cell {
            Cell::Null => Some(None),
            cell => T::from_cell(cell).map(Some),
        })
        .ok_or_else(|| mismatch::<T>(self, index))
    }
}

#[cold]
fn mismatch<T: FromCell>(cells: &(impl Cells + ?Sized), index: usize) -> CellError {
    CellError {
        index,
        expected: T::EXPECTED,
        found: cells.describe(index),
    }
}

/// A type that a column can be read as.
pub trait FromCell: Sized {
    /// What the cell should have been, in words.
    const EXPECTED: &'static str;

    /// The value, or `None` if the cell is something else.
    fn from_cell(cell: Cell<'_>) -> Option<Self>;
}

impl FromCell for i64 {
    const EXPECTED: &'static str = "an integer";

    #[inline]
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Int(value) => Some(value),
            _ => None,
        }
    }
}

impl FromCell for f64 {
    const EXPECTED: &'static str = "a float";

    #[expect(
        clippy::cast_precision_loss,
        reason = "as SQLite itself reads an integer as REAL"
    )]
    #[inline]
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Float(value) => Some(value),
            Cell::Int(value) => Some(value as f64),
            _ => None,
        }
    }
}

impl FromCell for bool {
    const EXPECTED: &'static str = "a boolean (0 or 1)";

    #[inline]
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Bool(value) => Some(value),
            Cell::Int(0) => Some(false),
            Cell::Int(1) => Some(true),
            _ => None,
        }
    }
}

impl FromCell for String {
    const EXPECTED: &'static str = "text";

    #[inline]
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Text(value) => Some(value.into_owned()),
            _ => None,
        }
    }
}

impl FromCell for PathBuf {
    const EXPECTED: &'static str = "a path";

    #[inline]
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Text(value) => Some(PathBuf::from(value.into_owned())),
            _ => None,
        }
    }
}

impl FromCell for DateTime<Utc> {
    const EXPECTED: &'static str = "a time like `2026-11-25 13:07:00.000000`";

    #[inline]
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Text(value) => super::parse_time(&value),
            Cell::Time(value) => Some(value),
            _ => None,
        }
    }
}

impl FromCell for serde_json::Value {
    const EXPECTED: &'static str = "JSON";

    /// A column declared `JSON` has numeric affinity on SQLite, so a bare number comes back as one.
    #[inline]
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Text(value) => serde_json::from_str(&value).ok(),
            Cell::Int(value) => Some(value.into()),
            Cell::Float(value) => serde_json::Number::from_f64(value).map(Into::into),
            Cell::Bool(value) => Some(value.into()),
            _ => None,
        }
    }
}
