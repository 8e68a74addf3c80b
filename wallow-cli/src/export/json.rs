//! JSON: an object for each row, its members in the order of the columns; all in one array, or one on each line.
//!
//! A time is RFC 3339, json is embedded as it is. JSON has no infinity and no NaN: the texts `"Infinity"`,
//! `"-Infinity"` and `"NaN"` represent them, as in PostgreSQL.

use std::io::{self, BufWriter, Write};

use wallow_runtime::dynamic::{Row, Value};
use wallow_runtime::value::Column;

use super::{Sink, text};

/// Written out whenever this many bytes are buffered.
const PIECE: usize = 1 << 16;

/// A JSON file that is being written.
pub(super) struct Json {
    out: BufWriter<Box<dyn Write + Send>>,
    /// The text before each value: the opening brace or a comma, the name, and a colon.
    heads: Vec<String>,
    /// Whether all objects are in one array.
    array: bool,
    count: u64,
}

impl Json {
    /// One array.
    pub(super) fn array(columns: &[Column], out: Box<dyn Write + Send>) -> Self {
        Self::new(columns, out, true)
    }

    /// An object a line.
    pub(super) fn lines(columns: &[Column], out: Box<dyn Write + Send>) -> Self {
        Self::new(columns, out, false)
    }

    fn new(columns: &[Column], out: Box<dyn Write + Send>, array: bool) -> Self {
        let heads = columns.iter().enumerate().map(|(index, column)| {
            let before = if index == 0 { '{' } else { ',' };
            let name = serde_json::Value::from(column.name.as_str());
            format!("{before}{name}:")
        });
        Json {
            out: BufWriter::with_capacity(PIECE, out),
            heads: heads.collect(),
            array,
            count: 0,
        }
    }
}

impl Sink for Json {
    fn row(&mut self, row: &Row) -> io::Result<()> {
        if self.array {
            let before = if self.count == 0 { "[\n" } else { ",\n" };
            self.out.write_all(before.as_bytes())?;
        }
        for (head, (_, value)) in self.heads.iter().zip(row.iter()) {
            self.out.write_all(head.as_bytes())?;
            write(&mut self.out, value)?;
        }
        self.out.write_all(if self.array { b"}" } else { b"}\n" })?;
        self.count += 1;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        if self.array {
            let end = if self.count == 0 { "[]\n" } else { "\n]\n" };
            self.out.write_all(end.as_bytes())?;
        }
        self.out.flush()
    }
}

fn write(mut out: impl Write, value: &Value) -> io::Result<()> {
    let written = match value {
        Value::Null => serde_json::to_writer(out, &()),
        Value::Int(value) => serde_json::to_writer(out, value),
        Value::Bool(value) => serde_json::to_writer(out, value),
        Value::Text(value) => serde_json::to_writer(out, value),
        Value::Json(value) => serde_json::to_writer(out, value),
        Value::Float(value) if value.is_finite() => serde_json::to_writer(out, value),
        Value::Float(value) => return out.write_all(infinite(*value).as_bytes()),
        Value::Time(value) => return write!(out, "\"{}\"", text::time(value)),
    };
    Ok(written?)
}

fn infinite(value: f64) -> &'static str {
    if value.is_nan() {
        "\"NaN\""
    } else if value > 0.0 {
        "\"Infinity\""
    } else {
        "\"-Infinity\""
    }
}
