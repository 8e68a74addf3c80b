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

use crate::damaged::Damaged;
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
///
/// A row that cannot be read is an error at the end. The others are written to stdout or a pipe before that; a file stays
/// as it was, and so it does if a row cannot be written.
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
    let mut damaged = Damaged::default();
    let mut count = 0;
    let mut lost = None;
    let outcome = sink(format, columns, out).and_then(|mut sink| {
        for row in rows {
            // The database is gone: what follows is missing, so the output must not look whole.
            if let Err(error) = &row
                && error.uuid().is_none()
            {
                lost = row.err();
                return Ok(());
            }
            let Some(row) = damaged.sort_out(row) else {
                continue;
            };
            // What is thrown away need not be written; the rest is read for its damages.
            if damaged.is_empty() || !place.is_whole_or_nothing() {
                sink.row(&row)?;
                count += 1;
            }
        }
        sink.finish()
    });
    match outcome {
        Ok(()) if lost.is_some() => {}
        Ok(()) if damaged.is_empty() || !place.is_whole_or_nothing() => place.keep()?,
        Ok(()) => {}
        Err(error) if is_closed(&error) => {}
        Err(error) => return Err(place.unwritten(error)),
    }
    damaged.report()?;
    lost.map_or(Ok(count), |error| Err(error.into()))
}

/// Whether nobody reads any more.
fn is_closed(error: &io::Error) -> bool {
    error.kind() == ErrorKind::BrokenPipe
}
