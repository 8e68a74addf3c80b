//! Runs out of files and of databases of other programs.
//!
//! What enters: an [`Origin`], which can be opened as often as wanted. What leaves: [`Record`]s, one after the other:
//! names and values as the other program has them. [`mapping`] makes them runs of the schema, [`landing`] brings them
//! in. Invariant: memory does not grow with the number of records.

mod cells;
mod conversion;
mod csv;
mod jsonl;
pub(crate) mod landing;
pub(crate) mod mapping;
mod mlflow;
mod optuna;
mod python;
mod tables;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueEnum;
use wallow_runtime::dynamic::Value;

use crate::output::Failure;

/// What a file is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FileFormat {
    /// Values between commas (between tabs where the file ends in .tsv), the names first
    Csv,
    /// One object a line
    Jsonl,
    /// Parquet
    Parquet,
    /// Arrow's file format, also called IPC or Feather
    Arrow,
}

/// Where runs come from.
#[derive(Debug)]
pub(crate) enum Origin {
    /// A file of records.
    File(PathBuf, FileFormat),
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
    at: At,
    values: Vec<(Arc<str>, Cell)>,
}

/// What a record holds under a name.
#[derive(Debug, Clone)]
enum Cell {
    Value(Value),
    /// Nothing, in a format that knows neither NULL nor types.
    Empty,
    /// What no field could hold, in words.
    Foreign(String),
}

/// Where a record stands.
#[derive(Debug, Clone)]
pub(crate) enum At {
    Line(u64),
    Row(u64),
    /// In the words of the other program.
    Named(String),
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            At::Line(number) => write!(f, "line {number}"),
            At::Row(number) => write!(f, "row {number}"),
            At::Named(name) => f.write_str(name),
        }
    }
}

/// Why there is no record.
pub(crate) enum Flaw {
    /// This one cannot be read; the next ones can.
    Record(At, String),
    /// Nothing more can be read.
    End(Failure),
}

/// The records of an origin.
pub(crate) type Records = Box<dyn Iterator<Item = Result<Record, Flaw>>>;

impl FileFormat {
    /// What the ending of a file's name says.
    pub(crate) fn of_path(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_lowercase();
        match ending.as_str() {
            "csv" | "tsv" => Some(FileFormat::Csv),
            "jsonl" | "ndjson" => Some(FileFormat::Jsonl),
            "parquet" => Some(FileFormat::Parquet),
            "arrow" | "ipc" | "feather" => Some(FileFormat::Arrow),
            _ => None,
        }
    }
}

impl Origin {
    /// Whether every record has the same names.
    fn is_table(&self) -> bool {
        !matches!(
            self,
            Origin::File(_, FileFormat::Jsonl) | Origin::Mlflow(..) | Origin::Optuna(..)
        )
    }

    /// Begins to read. `asks` tells whether the name of a value that costs much to read is wanted.
    pub(crate) fn open(&self, asks: &dyn Fn(&str) -> bool) -> Result<Records, Failure> {
        match self {
            Origin::File(path, FileFormat::Csv) => csv::open(path),
            Origin::File(path, FileFormat::Jsonl) => jsonl::open(path),
            Origin::File(path, FileFormat::Parquet) => tables::parquet(path),
            Origin::File(path, FileFormat::Arrow) => tables::arrow(path),
            Origin::Python(path) => python::open(path),
            Origin::Mlflow(path, experiment) => mlflow::open(path, experiment.as_deref(), asks),
            Origin::Optuna(path, study) => optuna::open(path, study.as_deref(), asks),
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
