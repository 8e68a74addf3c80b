//! CSV as RFC 4180 has it: a line of names, then a line for each row. NULL is nothing at all, and so is an
//! empty text; a time is RFC 3339, JSON its text.

use std::fmt::Write as _;
use std::io::{self, Write};

use csv::{Terminator, Writer, WriterBuilder};
use wallow_runtime::dynamic::{Row, Value};
use wallow_runtime::plan::Column;

use super::{Sink, text};

/// So many bytes go out at once.
const PIECE: usize = 1 << 16;

/// CSV on its way out.
pub(super) struct Csv {
    writer: Writer<Box<dyn Write + Send>>,
    /// The text of one value.
    text: String,
}

impl Csv {
    /// Begins with the names.
    pub(super) fn new(columns: &[Column], out: Box<dyn Write + Send>) -> io::Result<Self> {
        let mut writer = WriterBuilder::new()
            .buffer_capacity(PIECE)
            .terminator(Terminator::Any(b'\n'))
            .from_writer(out);
        let names = columns.iter().map(|column| &column.name);
        writer.write_record(names).map_err(plain)?;
        Ok(Csv {
            writer,
            text: String::new(),
        })
    }

    fn value(&mut self, value: &Value) -> io::Result<()> {
        self.text.clear();
        // Writing to a string does not fail.
        let _ = match value {
            Value::Null => Ok(()),
            Value::Text(text) => return self.writer.write_field(text).map_err(plain),
            Value::Int(value) => write!(self.text, "{value}"),
            Value::Bool(value) => write!(self.text, "{value}"),
            Value::Json(value) => write!(self.text, "{value}"),
            Value::Time(value) => write!(self.text, "{}", text::time(value)),
            Value::Float(value) => {
                text::float(&mut self.text, *value);
                Ok(())
            }
        };
        self.writer.write_field(&self.text).map_err(plain)
    }
}

impl Sink for Csv {
    fn row(&mut self, row: &Row) -> io::Result<()> {
        for (_, value) in row.iter() {
            self.value(value)?;
        }
        // The end of a record.
        self.writer.write_record(None::<&[u8]>).map_err(plain)
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.writer.flush()
    }
}

/// The error of writing as it was.
fn plain(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
