//! Runs out of files and of databases of other programs.
//!
//! What enters: a [`Source`], which can be opened as often as wanted. What leaves: [`Record`]s, one after the other:
//! names and values as the other program has them. [`mapping`] makes them runs of the schema, [`landing`] brings them
//! in. Invariant: memory does not grow with the number of records.

mod alteration;
mod codec;
pub(crate) mod columnar;
mod conversion;
pub(crate) mod csv;
mod decimal;
pub(crate) mod fuzzing;
mod input;
mod json;
mod jsonl;
pub(crate) mod mapping;
pub(crate) mod mlflow;
mod names;
mod optuna;
mod python;
pub(crate) mod report;
pub(crate) mod run;
mod sniff;
mod span;
mod spool;
mod status;
mod together;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueEnum;
use wallow_runtime::dynamic::Value;
use wallow_schema::FieldType;

use self::alteration::Alterations;
use self::mapping::Mapping;
use self::status::Stand;
use crate::output::Failure;

/// What a file is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FileFormat {
    /// Values separated by commas, tabs or semicolons, with a header
    Csv,
    /// JSON lines: one object a line
    Jsonl,
    /// One JSON array of objects
    Json,
    /// Parquet
    Parquet,
    /// Arrow's file format, also called IPC or Feather
    Arrow,
}

/// Where runs come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// A file of records; for CSV, what separates the values, if that is said.
    File(PathBuf, FileFormat, Option<u8>),
    /// A database of the Python package, or of this one.
    Python(PathBuf),
    /// A database of MLflow; of one experiment only where it is named.
    Mlflow(PathBuf, Option<String>),
    /// A database of Optuna; of one study only where it is named.
    Optuna(PathBuf, Option<String>),
}

/// One run as another program has it.
#[derive(Debug)]
pub(crate) struct Record {
    at: Location,
    values: Vec<(Arc<str>, Cell)>,
    /// How the run stands in the words of a tracker, whatever `--map` makes of the name `status`.
    status: Option<Stand>,
}

/// What a record holds under a name.
#[derive(Debug, Clone, PartialEq)]
enum Cell {
    Value(Value),
    /// A value that is not what it was.
    Altered(Value, Alterations),
    /// A number as it is written, with every digit.
    Number(String),
    /// A float of fewer bits: its shortest decimal, and the integer below which it is exact.
    Narrow {
        value: f64,
        exact: f64,
    },
    /// Nothing, in a format that knows neither NULL nor types.
    Empty,
    /// The same in quotes: an empty text, if the field is one.
    EmptyText,
    /// What no field could hold, in words.
    Unsupported(String),
}

/// Conversions into a cell.
macro_rules! from {
    ($($ty:ty),+ $(,)?) => {$(
        impl From<$ty> for Cell {
            fn from(value: $ty) -> Self {
                Cell::Value(value.into())
            }
        }
    )+};
}

from!(
    Value,
    &str,
    String,
    i32,
    i64,
    u32,
    f64,
    bool,
    serde_json::Value
);

impl Cell {
    /// The same for a field of this type.
    fn for_type(self, ty: FieldType) -> Self {
        match (self, ty) {
            (Cell::EmptyText, FieldType::String | FieldType::Path) => "".into(),
            (Cell::EmptyText, _) => Cell::Empty,
            (cell, _) => cell,
        }
    }

    /// Whether it says nothing.
    fn is_nothing(&self) -> bool {
        matches!(
            self,
            Cell::Empty | Cell::Value(Value::Null | Value::Json(serde_json::Value::Null))
        )
    }
}

/// Where a record stands.
#[derive(Debug, Clone)]
pub(crate) enum Location {
    Line(u64),
    Row(u64),
    /// In the words of the other program.
    Named(String),
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::Line(number) => write!(f, "line {number}"),
            Location::Row(number) => write!(f, "row {number}"),
            Location::Named(name) => f.write_str(name),
        }
    }
}

/// Why there is no record.
pub(crate) enum RecordError {
    /// This one cannot be read; the next ones can.
    Record(Location, String),
    /// Nothing more can be read.
    End(Failure),
}

/// The records of an origin.
pub(crate) type Records = Box<dyn Iterator<Item = Result<Record, RecordError>>>;

impl FileFormat {
    /// What the ending of a file's name says.
    pub(crate) fn of_path(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_lowercase();
        let packed = [".gz", ".zst"];
        let plain = packed.iter().find_map(|ending| name.strip_suffix(ending));
        let (_, ending) = plain.unwrap_or(&name).rsplit_once('.')?;
        match ending {
            "csv" | "tsv" => Some(FileFormat::Csv),
            "jsonl" | "ndjson" => Some(FileFormat::Jsonl),
            "json" => Some(FileFormat::Json),
            "parquet" => Some(FileFormat::Parquet),
            "arrow" | "ipc" | "feather" => Some(FileFormat::Arrow),
            _ => None,
        }
    }
}

impl Source {
    /// Begins to read. The mapping says which names are wanted; what is `seen` of a file beyond its name goes into the
    /// report.
    fn open(&self, mapping: &mut Mapping, seen: &mut Vec<String>) -> Result<Records, Failure> {
        match self {
            Source::File(path, format, separator) => match format {
                FileFormat::Csv => csv::open(path, *separator, mapping, seen),
                FileFormat::Jsonl | FileFormat::Json => jsonl::open(path, seen),
                FileFormat::Parquet => columnar::open(path, columnar::Format::Parquet, mapping),
                FileFormat::Arrow => columnar::open(path, columnar::Format::Arrow, mapping),
            },
            Source::Python(path) => python::open(path, mapping),
            Source::Mlflow(path, experiment) => {
                let asks = |name: &str| mapping.names.asks(name);
                mlflow::open(path, experiment.as_deref(), &asks, seen)
            }
            Source::Optuna(path, study) => {
                let asks = |name: &str| mapping.names.asks(name);
                optuna::open(path, study.as_deref(), &asks, seen)
            }
        }
    }
}

/// The failure to read a file.
fn unreadable(path: &Path, error: impl fmt::Display) -> Failure {
    Failure::finding(format!(
        "`{}` cannot be read: {error}; name a file that is there and whole",
        path.display()
    ))
}

/// A text as a shell takes it for one word.
fn shell_word(text: &str) -> String {
    let is_plain = |char: char| char.is_alphanumeric() || "/._-:".contains(char);
    if text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
