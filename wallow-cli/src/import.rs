//! Runs from files and from databases of other programs.
//!
//! What enters: a [`Source`], which can be opened any number of times. What leaves: [`Record`]s, one after the other,
//! with the names and values of the other program. [`mapping`] turns them into runs of the schema, [`run`] writes these
//! into the database. Invariant: memory does not grow with the number of records.

mod alteration;
pub(crate) mod attempts;
mod codec;
#[cfg(feature = "columnar")]
pub(crate) mod columnar;
#[cfg(not(feature = "columnar"))]
#[path = "import/no_columnar.rs"]
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
mod precedence;
mod python;
pub(crate) mod recognise;
pub(crate) mod report;
pub(crate) mod result_values;
pub(crate) mod rows;
pub(crate) mod run;
pub(crate) mod sniff;
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
pub(crate) use self::conversion::typed_float;
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
    /// A file of records; for CSV with the separator, if it was given.
    File(PathBuf, FileFormat, Option<u8>),
    /// A database of the Python package, or of this program.
    Python(PathBuf),
    /// A database of MLflow; only one experiment if it is named.
    Mlflow(PathBuf, Option<String>),
    /// A database of Optuna; only one study if it is named.
    Optuna(PathBuf, Option<String>),
}

/// One run in the other program's terms.
#[derive(Debug)]
pub(crate) struct Record {
    at: Location,
    values: Vec<(Arc<str>, Cell)>,
    /// The members of its objects, by their names with those of the objects before them.
    within: Vec<Member>,
    /// The status in the words of a tracker, even if `--map` gives the name `status` another meaning.
    status: Option<Stand>,
}

/// A member of an object in a record.
#[derive(Debug, Clone, PartialEq)]
struct Member {
    /// The position of the outermost object among the values of the record.
    of: usize,
    /// `config.lr`
    name: Arc<str>,
    cell: Cell,
}

/// The value of a record for one name.
#[derive(Debug, Clone, PartialEq)]
enum Cell {
    Value(Value),
    /// A value that was changed on the way.
    Altered(Value, Alterations),
    /// A number as text, with every digit.
    Number(String),
    /// A float with fewer than 64 bits: its shortest decimal, and the integer below which it is exact.
    #[cfg_attr(
        not(any(feature = "columnar", test)),
        expect(dead_code, reason = "only files with types have one")
    )]
    Narrow {
        value: f64,
        exact: f64,
    },
    /// An empty cell, in a format that has neither NULL nor types.
    Empty,
    /// An empty cell in quotes: an empty text if the field is of a text type, otherwise an empty cell.
    EmptyText,
    /// A text with blanks at its ends that no quotes hold, or that had some, which were removed.
    Padded {
        text: String,
        trimmed: bool,
    },
    /// A value that no field can hold; the text says why.
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
    /// This cell, interpreted for a field of this type.
    fn for_type(self, ty: FieldType) -> Self {
        match (self, ty) {
            (Cell::EmptyText, FieldType::String | FieldType::Path) => "".into(),
            (Cell::EmptyText, _) => Cell::Empty,
            (cell @ Cell::Padded { .. }, FieldType::String | FieldType::Path) => cell,
            (Cell::Padded { text, .. }, _) => text.into(),
            (cell, _) => cell,
        }
    }

    /// Whether it is a text of several lines.
    fn has_lines(&self) -> bool {
        matches!(self, Cell::Value(Value::Text(text)) if text.contains(['\n', '\r']))
    }

    /// Whether it has no value.
    fn is_nothing(&self) -> bool {
        matches!(
            self,
            Cell::Empty | Cell::Value(Value::Null | Value::Json(serde_json::Value::Null))
        )
    }
}

/// The position of a record.
#[derive(Debug, Clone)]
pub(crate) enum Location {
    Line(u64),
    Row(u64),
    /// A position in the words of the other program.
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

/// Why a record could not be read.
pub(crate) enum RecordError {
    /// This record cannot be read; the following ones can.
    Record(Location, String),
    /// Nothing more can be read.
    End(Failure),
}

/// The records of a source.
pub(crate) type Records = Box<dyn Iterator<Item = Result<Record, RecordError>>>;

impl FileFormat {
    /// The format that the ending of a file's name indicates.
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
    /// Starts reading. The mapping says which names are wanted. Anything special about the file beyond its name is
    /// added to `seen`, for the report.
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

/// The error of reading a file.
fn unreadable(path: &Path, error: impl fmt::Display) -> Failure {
    Failure::finding(format!(
        "`{}` cannot be read: {error}; name a file that is there and whole",
        path.display()
    ))
}
