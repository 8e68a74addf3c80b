//! The readers of files, for the fuzz targets of this repository. Not a public promise of this crate.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use wallow_runtime::dynamic::{Store, Value};
use wallow_schema::Schema;

use crate::import::columnar;
use crate::import::fuzzing as import;

/// A file format.
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

/// The values of a record, by column name.
pub type Row = Vec<(String, Value)>;

/// The content of a file as runs of a schema.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// Each record: its location, and its values or why it is refused.
    pub records: Vec<(String, Result<Row, String>)>,
    /// Why reading stopped before the end, if it did.
    pub end: Option<String>,
}

/// Reads files like `wallow import --defaults`, but writes nothing to the database.
#[derive(Debug)]
pub struct Reader {
    store: Store,
}

impl Reader {
    /// A reader for this schema.
    ///
    /// If no database can be created in memory.
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

/// Reads one value of JSON like the readers of an import; also returns whether the value lost anything.
///
/// # Errors
/// If it is not valid JSON.
pub fn json(text: &str) -> Result<(serde_json::Value, bool), String> {
    import::json(text)
}

/// The main function of a process that [`Reader::read`] has started; `None` in any other process.
pub fn serve(args: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    columnar::serve(args)
}
