//! Columns of runs on their way to the page: one JSON array for each column.
//!
//! What enters: rows. What leaves: JSON that `page/src/decode.js` reads. A text column with few values is a dictionary
//! and numbers. A json cell is an object: `json` is the whole value, `curves` are its curves, `rest` is what is left of
//! it, and `cut` says how many bytes are not in the page.

use std::collections::HashMap;
use std::io::{self, Write};

use serde_json::{Value as Json, json};
use wallow_runtime::dynamic::{self, Row, Value};
use wallow_runtime::value::format_time;
use wallow_schema::FieldType;

use super::{curves, harmless, quoted};

/// As long as the json values of a column have at most this many bytes in all, they are in the page as they are.
const WHOLE: usize = 2_000_000;

/// The numbers of the page are exact up to here.
const EXACT: i64 = 1 << 53;

/// A larger value is left out in any case.
const LONGEST: usize = 4_000;

/// Columns that grow row by row.
pub(crate) struct Columns {
    cells: Vec<(dynamic::Column, Cells)>,
    rows: usize,
    short: bool,
}

/// The cells of one column.
enum Cells {
    /// Numbers, booleans and times, written already.
    Written(Vec<u8>),
    /// Texts by number; `u32::MAX` is NULL.
    Texts {
        known: HashMap<String, u32>,
        texts: Vec<String>,
        codes: Vec<u32>,
    },
    Json {
        cells: Vec<Option<JsonCell>>,
        bytes: usize,
        paths: curves::Paths,
    },
}

/// One json value.
struct JsonCell {
    /// The value as text, as long as the column is small.
    whole: Option<String>,
    /// The length of this text; 0 if it was not written.
    bytes: usize,
    curves: String,
    rest: Option<String>,
}

impl Columns {
    /// Empty columns. `short`: curves with few bytes for each number.
    pub(crate) fn new(columns: Vec<dynamic::Column>, short: bool) -> Self {
        let empty = |column: &dynamic::Column| match column.ty {
            FieldType::String | FieldType::Path => Cells::Texts {
                known: HashMap::new(),
                texts: Vec::new(),
                codes: Vec::new(),
            },
            FieldType::Json => Cells::Json {
                cells: Vec::new(),
                bytes: 0,
                paths: curves::Paths::default(),
            },
            _ => Cells::Written(Vec::new()),
        };
        let cells = columns.into_iter().map(|column| {
            let empty = empty(&column);
            (column, empty)
        });
        Columns {
            cells: cells.collect(),
            rows: 0,
            short,
        }
    }

    /// The number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Adds a row, which has these columns in this order.
    pub(crate) fn push(&mut self, row: &Row) {
        let is_first = self.rows == 0;
        for ((_, cells), (_, value)) in self.cells.iter_mut().zip(row.iter()) {
            cells.push(value, is_first, self.short);
        }
        self.rows += 1;
    }

    /// The columns of json whose values are not whole.
    pub(crate) fn partial(&self) -> Vec<&str> {
        let partial = self.cells.iter().filter(|(_, cells)| match cells {
            Cells::Json { cells, bytes, .. } => {
                *bytes > WHOLE && cells.iter().flatten().any(|cell| !cell.is_whole(*bytes))
            }
            _ => false,
        });
        partial.map(|(column, _)| column.name.as_str()).collect()
    }

    /// Writes the columns as an object.
    pub(crate) fn write(&self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        out.write_all(b"{")?;
        for (index, (column, cells)) in self.cells.iter().enumerate() {
            let before = if index == 0 { "" } else { "," };
            write!(out, "{before}{}:", quoted(&column.name))?;
            cells.write(out)?;
        }
        out.write_all(b"}")
    }
}

impl Cells {
    fn push(&mut self, value: &Value, is_first: bool, short: bool) {
        match self {
            Cells::Written(bytes) => {
                if !is_first {
                    bytes.push(b',');
                }
                bytes.extend_from_slice(written(value).as_bytes());
            }
            Cells::Texts {
                known,
                texts,
                codes,
            } => codes.push(match value {
                Value::Text(text) => code(known, texts, text),
                _ => u32::MAX,
            }),
            Cells::Json {
                cells,
                bytes,
                paths,
            } => cells.push(match value {
                Value::Json(value) => {
                    let cell = JsonCell::new(value, *bytes, short, paths);
                    *bytes = bytes.saturating_add(cell.bytes);
                    Some(cell)
                }
                _ => None,
            }),
        }
    }

    fn write(&self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        match self {
            Cells::Written(bytes) => {
                out.write_all(b"[")?;
                out.write_all(bytes)?;
                out.write_all(b"]")
            }
            Cells::Texts { texts, codes, .. } => write_texts(texts, codes, out),
            Cells::Json {
                cells,
                bytes,
                paths,
            } => {
                let paths = harmless(paths.as_json().to_string());
                write!(out, "{{\"paths\":{paths},\"cells\":[")?;
                for (index, cell) in cells.iter().enumerate() {
                    if index > 0 {
                        out.write_all(b",")?;
                    }
                    match cell {
                        None => out.write_all(b"null")?,
                        Some(cell) => cell.write(*bytes, out)?,
                    }
                }
                out.write_all(b"]}")
            }
        }
    }
}

fn code(known: &mut HashMap<String, u32>, texts: &mut Vec<String>, text: &str) -> u32 {
    if let Some(code) = known.get(text) {
        return *code;
    }
    // There are fewer than 2^32 rows in any page.
    let code = u32::try_from(texts.len()).unwrap_or(u32::MAX);
    known.insert(text.to_owned(), code);
    texts.push(text.to_owned());
    code
}

/// A dictionary, if there are at least twice as many cells as texts.
fn write_texts(texts: &[String], codes: &[u32], out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let is_dictionary = 2 * texts.len() <= codes.len();
    if is_dictionary {
        out.write_all(b"{\"dict\":[")?;
        for (index, text) in texts.iter().enumerate() {
            let before = if index == 0 { "" } else { "," };
            write!(out, "{before}{}", quoted(text))?;
        }
        out.write_all(b"],\"codes\":")?;
    }
    out.write_all(b"[")?;
    for (index, code) in codes.iter().enumerate() {
        let before = if index == 0 { "" } else { "," };
        let text = usize::try_from(*code).ok().and_then(|code| texts.get(code));
        match text {
            Some(_) if is_dictionary => write!(out, "{before}{code}")?,
            None if is_dictionary => write!(out, "{before}-1")?,
            Some(text) => write!(out, "{before}{}", quoted(text))?,
            None => write!(out, "{before}null")?,
        }
    }
    out.write_all(if is_dictionary { b"]}" } else { b"]" })
}

impl JsonCell {
    /// A cell for a value that follows `before` bytes of other values of its column.
    fn new(value: &Json, before: usize, short: bool, paths: &mut curves::Paths) -> Self {
        let (curves, rest) = curves::split(value);
        let encoded = curves::encode(&curves, paths, short);
        let rest = rest.map(|rest| harmless(rest.to_string()));
        // Of a large column, a cell with curves is never whole, and nobody asks how long it is: to write it as text would
        // take as long as everything else.
        let is_text = before <= WHOLE || curves.is_empty();
        let text = is_text.then(|| harmless(value.to_string()));
        let bytes = text.as_ref().map_or(0, String::len);
        JsonCell {
            bytes,
            whole: text.filter(|_| before <= WHOLE || bytes <= LONGEST),
            curves: if curves.is_empty() {
                String::new()
            } else {
                harmless(encoded.to_string())
            },
            rest: rest.filter(|rest| !curves.is_empty() && rest.len() <= LONGEST),
        }
    }

    /// Whether the page has the whole value, if all values of the column together have `all` bytes.
    fn is_whole(&self, all: usize) -> bool {
        all <= WHOLE || (self.curves.is_empty() && self.bytes <= LONGEST)
    }

    fn write(&self, all: usize, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        // Most cells of a large column are curves alone.
        if self.rest.is_none() && !self.is_whole(all) && !self.curves.is_empty() {
            return out.write_all(self.curves.as_bytes());
        }
        write!(out, "{{{}}}", self.members(all))
    }

    /// The members of the cell, if all values of the column together have `all` bytes.
    fn members(&self, all: usize) -> String {
        let mut members = Vec::new();
        match &self.whole {
            Some(whole) if self.is_whole(all) => members.push(format!("\"json\":{whole}")),
            _ => match &self.rest {
                Some(rest) => members.push(format!("\"rest\":{rest}")),
                None if self.curves.is_empty() => members.push(format!("\"cut\":{}", self.bytes)),
                None => {}
            },
        }
        if !self.curves.is_empty() {
            members.push(format!("\"curves\":{}", self.curves));
        }
        members.join(",")
    }
}

/// The cell of a column with this value alone.
pub(crate) fn cell(value: &Value) -> String {
    let Value::Json(json) = value else {
        return scalar(value);
    };
    let mut paths = curves::Paths::default();
    let cell = JsonCell::new(json, 0, false, &mut paths);
    let paths = harmless(paths.as_json().to_string());
    format!("{{\"paths\":{paths},{}}}", cell.members(cell.bytes))
}

/// A value within a column. A time is microseconds since 1970, which is short; years that a number of the page cannot
/// hold exactly are text.
fn written(value: &Value) -> String {
    match value {
        Value::Time(time) if time.timestamp_micros().abs() <= EXACT => {
            time.timestamp_micros().to_string()
        }
        value => scalar(value),
    }
}

/// A value that is no json, as JSON. An integer beyond 2^53 is a text, as are the floats that JSON lacks, because the
/// numbers of the page are 64-bit floats.
pub(crate) fn scalar(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Int(value) if (-EXACT..=EXACT).contains(value) => value.to_string(),
        Value::Int(value) => format!("\"{value}\""),
        Value::Float(value) if value.is_nan() => "\"NaN\"".into(),
        Value::Float(value) if value.is_infinite() && *value > 0.0 => "\"Infinity\"".into(),
        Value::Float(value) if value.is_infinite() => "\"-Infinity\"".into(),
        Value::Float(value) => json!(value).to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Text(value) => quoted(value),
        Value::Time(value) => format!("\"{}Z\"", format_time(value).replace(' ', "T")),
        Value::Json(value) => harmless(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_value() {
        assert_eq!(scalar(&Value::Int(1 << 53)), "9007199254740992");
        assert_eq!(scalar(&Value::Int(i64::MAX)), "\"9223372036854775807\"");
        assert_eq!(scalar(&Value::Float(f64::NAN)), "\"NaN\"");
        assert_eq!(scalar(&Value::Float(f64::NEG_INFINITY)), "\"-Infinity\"");
        assert_eq!(scalar(&Value::Float(0.1)), "0.1");
    }

    #[test]
    fn frequent_texts_are_numbers() {
        let texts = ["a".to_owned(), "b\u{2028}".to_owned()];
        let written = |codes: &[u32]| {
            let mut out = Vec::new();
            write_texts(&texts, codes, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(
            written(&[0, 1, 0, u32::MAX]),
            "{\"dict\":[\"a\",\"b\\u2028\"],\"codes\":[0,1,0,-1]}"
        );
        assert_eq!(written(&[1, u32::MAX]), "[\"b\\u2028\",null]");
    }
}
