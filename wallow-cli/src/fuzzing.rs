//! The readers of files, for the fuzz targets of this repository. No part of what this crate promises.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use wallow_runtime::dynamic::{Store, Value};
use wallow_schema::Schema;

use crate::import::columnar;
use crate::import::fuzzing as import;

/// A format of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Values between separators.
    Csv,
    /// An object on each line, or an array of objects.
    Json,
    /// Parquet.
    Parquet,
    /// Arrow's file format.
    Arrow,
}

/// The values of a record, by the names of columns.
pub type Row = Vec<(String, Value)>;

/// What a file is as runs of a schema.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// Each record: where it stands, and its values, or why it is refused.
    pub records: Vec<(String, Result<Row, String>)>,
    /// Why nothing more could be read, if it could not.
    pub end: Option<String>,
}

/// Reads files as `wallow import --defaults` does, up to the database.
#[derive(Debug)]
pub struct Reader {
    store: Store,
}

impl Reader {
    /// For this schema.
    ///
    /// # Errors
    /// If no database can be made in memory.
    pub fn new(schema: &Schema) -> Result<Self, String> {
        let store = Store::open(schema, ":memory:").map_err(|error| error.to_string())?;
        Ok(Reader { store })
    }

    /// Reads a file.
    pub fn read(&self, format: Format, path: &Path) -> Reading {
        import::read(&self.store, format, path)
    }
}

/// Reads one value of JSON as the files of an import are read; also whether it lost anything.
///
/// # Errors
/// If it is none.
pub fn json(text: &str) -> Result<(serde_json::Value, bool), String> {
    import::json(text)
}

/// What a process does that was started by [`Reader::read`]; `None` if this is another one.
pub fn serve(args: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    columnar::serve(args)
}
