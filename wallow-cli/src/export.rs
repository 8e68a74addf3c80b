//! Writes runs to a file or a pipe, for other programs.
//!
//! What enters: rows, one after the other, whose columns are known from the start. What leaves: bytes of one format.
//! Invariant: memory does not grow with the number of rows.

#[cfg(feature = "columnar")]
mod arrow;
#[cfg(feature = "columnar")]
mod batch;
mod csv;
mod json;
mod open_file;
#[cfg(feature = "columnar")]
mod parquet;
mod place;
mod text;
pub(crate) mod unnest;

use std::io::{self, ErrorKind, Write};
use std::path::Path;

use clap::ValueEnum;
use wallow_runtime::dynamic::Row;
use wallow_runtime::value::Column;

use crate::damaged::Damaged;
use crate::output::{self, Failure};

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
    /// The format that the ending of a file's name indicates.
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

    /// Whether its texts are JSON strings.
    fn is_json(self) -> bool {
        matches!(self, Format::Json | Format::Jsonl)
    }

    /// Whether it is binary, so that a terminal cannot show it.
    fn is_binary(self) -> bool {
        matches!(self, Format::Parquet | Format::Arrow)
    }
}

/// Receives rows and writes them in a format.
pub(crate) trait Sink {
    /// Writes a row; it has the columns that the sink was made for, in the same order.
    ///
    /// # Errors
    /// If the row cannot be written; [`BrokenPipe`](ErrorKind::BrokenPipe) if the reader has closed the pipe.
    fn row(&mut self, row: &Row) -> io::Result<()>;

    /// Writes what is still buffered, and the end of the format.
    ///
    /// # Errors
    /// As [`row`](Sink::row).
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// The sink of a format for rows with these columns. It writes to `out` in large pieces.
pub(crate) fn sink(
    format: Format,
    columns: &[Column],
    out: Box<dyn Write + Send>,
) -> io::Result<Box<dyn Sink>> {
    Ok(match format {
        Format::Csv => Box::new(csv::Csv::new(columns, out)?),
        Format::Json => Box::new(json::Json::array(columns, out)),
        Format::Jsonl => Box::new(json::Json::lines(columns, out)),
        #[cfg(feature = "columnar")]
        Format::Parquet => Box::new(parquet::Parquet::new(columns, out)?),
        #[cfg(feature = "columnar")]
        Format::Arrow => Box::new(arrow::Arrow::new(columns, out)?),
        #[cfg(not(feature = "columnar"))]
        Format::Parquet | Format::Arrow => return Err(ErrorKind::Unsupported.into()),
    })
}

/// Writes every row to a place, and returns their number. A closed pipe (`| head`) ends the output without an error.
///
/// If a row cannot be read, this is an error after the last row. To stdout or a pipe, the other rows are written before
/// that; a file is left unchanged, and also if a row cannot be written.
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
    #[cfg(not(feature = "columnar"))]
    if format.is_binary() {
        return Err(crate::output::without_columnar(
            "nothing was written: this format",
        ));
    }
    let (out, place) = place.open(format.is_json())?;
    let mut damaged = Damaged::default();
    let mut count = 0;
    let mut lost = None;
    let outcome = sink(format, columns, out).and_then(|mut sink| {
        for row in rows {
            // The database itself failed and rows are missing, so the output must not look complete.
            if let Err(error) = &row
                && error.uuid().is_none()
            {
                lost = row.err();
                return Ok(());
            }
            let Some(row) = damaged.sort_out(row) else {
                continue;
            };
            // The file will not be replaced, so nothing more is written; the remaining rows are read only to report the
            // unreadable ones.
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

/// Says what was written, unless the output itself went to stdout.
pub(crate) fn wrote(path: &Path, what: &str) {
    if !place::is_stdout(path) {
        output::line(&format!("wrote {what} to {}", output::display_path(path)));
    }
}

/// Whether the reader has closed the pipe.
fn is_closed(error: &io::Error) -> bool {
    error.kind() == ErrorKind::BrokenPipe
}
