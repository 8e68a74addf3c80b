//! Runs written to a file or a pipe, for other programs.
//!
//! What enters: rows, one after the other, whose columns were told at the beginning. What leaves: bytes
//! of one format. Invariant: memory does not grow with the number of rows.

mod arrow;
mod batch;
mod csv;
mod json;
mod parquet;
mod place;
mod text;

use std::io::{self, ErrorKind, Write};
use std::path::Path;

use clap::ValueEnum;
use wallow_runtime::dynamic::Row;
use wallow_runtime::value::Column;

use crate::output::Failure;

pub(crate) use place::Place;

/// What a file is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Values separated by commas, with a header
    Csv,
    /// One JSON array of objects
    Json,
    /// JSON lines: one object a line
    Jsonl,
    /// Columns with types, compressed
    Parquet,
    /// Arrow's file format, also called IPC or Feather
    Arrow,
}

impl Format {
    /// What the ending of a file's name says.
    pub(crate) fn of_path(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_lowercase();
        match ending.as_str() {
            "csv" => Some(Format::Csv),
            "json" => Some(Format::Json),
            "jsonl" | "ndjson" => Some(Format::Jsonl),
            "parquet" => Some(Format::Parquet),
            "arrow" | "ipc" | "feather" => Some(Format::Arrow),
            _ => None,
        }
    }

    /// Whether its texts are strings of JSON.
    fn is_json(self) -> bool {
        matches!(self, Format::Json | Format::Jsonl)
    }

    /// Whether a terminal could not show it.
    fn is_binary(self) -> bool {
        matches!(self, Format::Parquet | Format::Arrow)
    }
}

/// Takes rows and writes them.
pub(crate) trait Sink {
    /// Writes a row; its columns are those that the sink was made for, in their order.
    ///
    /// # Errors
    /// If it cannot be written; [`BrokenPipe`](ErrorKind::BrokenPipe) where nobody reads any more.
    fn row(&mut self, row: &Row) -> io::Result<()>;

    /// Writes what is still held back, and the end.
    ///
    /// # Errors
    /// As [`row`](Sink::row).
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// A sink of a format for rows with these columns. Whatever it writes goes to `out` in large pieces.
pub(crate) fn sink(
    format: Format,
    columns: &[Column],
    out: Box<dyn Write + Send>,
) -> io::Result<Box<dyn Sink>> {
    Ok(match format {
        Format::Csv => Box::new(csv::Csv::new(columns, out)?),
        Format::Json => Box::new(json::Json::array(columns, out)),
        Format::Jsonl => Box::new(json::Json::lines(columns, out)),
        Format::Parquet => Box::new(parquet::Parquet::new(columns, out)?),
        Format::Arrow => Box::new(arrow::Arrow::new(columns, out)?),
    })
}

/// Writes every row to a place; how many there were. A closed pipe (`| head`) ends it, and is no error.
/// Where a row cannot be read or written, a file at that place stays as it was.
pub(crate) fn write(
    rows: impl IntoIterator<Item = Result<Row, wallow_runtime::Error>>,
    format: Format,
    columns: &[Column],
    place: Place,
) -> Result<usize, Failure> {
    if format.is_binary() && place.is_terminal() {
        return Err(Failure::usage(
            "this format is for programs, not for a terminal; name a file with `--output FILE`",
        ));
    }
    let (out, place) = place.open(format.is_json())?;
    let sink = sink(format, columns, out);
    let mut count = 0;
    match sink.and_then(|sink| drain(rows, sink, &mut count)) {
        Ok(Ok(())) => place.keep()?,
        Ok(Err(unreadable)) => return Err(unreadable.into()),
        Err(error) if is_closed(&error) => {}
        Err(error) => return Err(place.unwritten(error)),
    }
    Ok(count)
}

/// Hands every row over: `Err` where one cannot be written, `Ok(Err)` where one cannot be read.
fn drain(
    rows: impl IntoIterator<Item = Result<Row, wallow_runtime::Error>>,
    mut sink: Box<dyn Sink>,
    count: &mut usize,
) -> io::Result<Result<(), wallow_runtime::Error>> {
    for row in rows {
        match row {
            Ok(row) => sink.row(&row)?,
            Err(error) => return Ok(Err(error)),
        }
        *count += 1;
    }
    sink.finish().map(Ok)
}

/// Whether nobody reads any more.
fn is_closed(error: &io::Error) -> bool {
    error.kind() == ErrorKind::BrokenPipe
}
