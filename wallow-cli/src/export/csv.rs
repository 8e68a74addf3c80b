//! CSV as in RFC 4180: a line of names, then a line for each row. NULL is an empty cell, an empty text a pair of
//! quotes; a time is RFC 3339, JSON its text.

use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};

use serde_json::Value as Json;
use wallow_runtime::dynamic::{Row, Value};
use wallow_runtime::value::Column;

use super::{Sink, text};

/// Written out whenever this many bytes are buffered.
const PIECE: usize = 1 << 16;

/// A CSV file that is being written.
pub(super) struct Csv {
    out: BufWriter<Box<dyn Write + Send>>,
    /// How many values of the current row were written.
    column: usize,
    /// How many values a row has.
    width: usize,
    /// Which columns are parts of json fields: their texts are written as those of a text field.
    parts: Vec<bool>,
    /// The text of one value; a buffer that is used again.
    text: String,
}

impl Csv {
    /// Starts with the line of names.
    pub(super) fn new(columns: &[Column], out: Box<dyn Write + Send>) -> io::Result<Self> {
        let mut csv = Csv {
            out: BufWriter::with_capacity(PIECE, out),
            column: 0,
            width: columns.len(),
            parts: columns.iter().map(Column::is_part).collect(),
            text: String::new(),
        };
        for column in columns {
            csv.field(&column.name)?;
        }
        Ok(csv)
    }

    fn value(&mut self, value: &Value) -> io::Result<()> {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        // Writing to a string does not fail.
        let _ = match value {
            // A row with a single empty value would be a blank line, which readers skip.
            Value::Null if self.width > 1 => return self.end_field(),
            Value::Null => Ok(()),
            Value::Text(text) => return self.field(text),
            Value::Json(Json::String(text)) if self.parts.get(self.column) == Some(&true) => {
                return self.field(text);
            }
            Value::Int(value) => write!(text, "{value}"),
            Value::Bool(value) => write!(text, "{value}"),
            Value::Json(value) => write!(text, "{value}"),
            Value::Time(value) => write!(text, "{}", text::time(value)),
            Value::Float(value) => {
                text::float(&mut text, *value);
                Ok(())
            }
        };
        self.field(&text)?;
        self.text = text;
        Ok(())
    }

    /// Writes a value, in quotes if it would otherwise be read differently.
    fn field(&mut self, text: &str) -> io::Result<()> {
        if text.is_empty() || text.contains([',', '"', '\n', '\r']) {
            self.out.write_all(b"\"")?;
            for (index, piece) in text.split('"').enumerate() {
                if index > 0 {
                    self.out.write_all(b"\"\"")?;
                }
                self.out.write_all(piece.as_bytes())?;
            }
            self.out.write_all(b"\"")?;
        } else {
            self.out.write_all(text.as_bytes())?;
        }
        self.end_field()
    }

    /// A comma, or the end of the line.
    fn end_field(&mut self) -> io::Result<()> {
        self.column = (self.column + 1) % self.width;
        self.out
            .write_all(if self.column == 0 { b"\n" } else { b"," })
    }
}

impl Sink for Csv {
    fn row(&mut self, row: &Row) -> io::Result<()> {
        row.iter().try_for_each(|(_, value)| self.value(value))
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.out.flush()
    }
}
