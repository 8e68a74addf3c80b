//! Records of a CSV file: a line of names, then a line for each record. All values are text.

mod preamble;
mod reader;

use std::path::Path;
use std::sync::Arc;

use wallow_runtime::dynamic::Value;

use self::reader::{Reader, Row};
use super::input;
use super::mapping::Mapping;
use super::{Cell, Location, Record, RecordError, Records, conversion, unreadable};
use crate::output::{self, Failure};

/// A file whose records are being read.
struct Lines {
    reader: Reader,
    row: Row,
    /// The number of columns, and their number without the unnamed columns at the end.
    width: usize,
    named: usize,
    /// Whether names have blanks around them; then blanks around values mean nothing either.
    padded: bool,
    /// The wanted columns, and the unnamed columns.
    wanted: Vec<(usize, Arc<str>)>,
    nameless: Vec<(usize, Arc<str>)>,
}

pub(super) fn open(
    path: &Path,
    separator: Option<u8>,
    mapping: &mut Mapping,
    seen: &mut Vec<String>,
) -> Result<Records, Failure> {
    let input = input::open(path, seen)?;
    let is_tsv = path.to_string_lossy().to_lowercase().contains(".tsv");
    let usual = if is_tsv { b'\t' } else { b',' };
    let start = preamble::read(input, separator, usual, mapping, seen);
    let start = start.map_err(|error| unreadable(path, error))?;
    let mut reader = Reader::new(start.input, start.separator, start.line);
    let mut row = Row::default();
    if !reader
        .read(&mut row)
        .map_err(|wrong| unreadable(path, wrong))?
    {
        // An empty file is an export of no runs by another program.
        return Ok(Box::new(std::iter::empty()));
    }
    let header = names(&row).map_err(|reason| unreadable(path, reason))?;
    let padded = row.padded || (0..row.len()).any(|column| is_padded(&row, column));
    let columns = header.iter().cloned().enumerate();
    let (named, nameless): (Vec<_>, Vec<_>) =
        columns.partition(|(_, name)| !name.chars().all(is_blank));
    let texts = named.iter().map(|(_, name)| Arc::clone(name));
    let texts = texts.collect::<Vec<_>>();
    if let Some(reason) = preamble::is_no_header(&texts, mapping) {
        return Err(mapping.refusal(&path.display().to_string(), &reason));
    }
    mapping.reports_lines = true;
    let is_wanted = mapping.header(&path.display().to_string(), &texts)?;
    let nameless = nameless.into_iter();
    Ok(Box::new(Lines {
        reader,
        row,
        width: header.len(),
        padded,
        named: named.last().map_or(0, |(last, _)| last + 1),
        wanted: named
            .into_iter()
            .zip(is_wanted)
            .filter_map(|(column, is_wanted)| is_wanted.then_some(column))
            .collect(),
        nameless: nameless
            .map(|(place, _)| (place, Arc::from(format!("(column {})", place + 1))))
            .collect(),
    }))
}

impl Iterator for Lines {
    type Item = Result<Record, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.reader.read(&mut self.row) {
            Ok(false) => None,
            Ok(true) => Some(self.record()),
            Err(wrong) => Some(Err(RecordError::End(Failure::finding(wrong.to_string())))),
        }
    }
}

impl Lines {
    fn record(&self) -> Result<Record, RecordError> {
        let (line, last) = self.row.lines;
        let at = Location::Line(line);
        let found = self.row.len();
        // Spreadsheets write separators after the last column, so empty values there are accepted.
        let fits = found == self.width
            || (found >= self.named && self.row.is_empty_from(self.width.min(found)));
        if !fits {
            let reason = format!(
                "it has {} for {}",
                output::counted(found, "value"),
                output::counted(self.named, "column")
            );
            return Err(match self.row.opened {
                // An unclosed quote may have swallowed other records, so `--skip-refused` must not skip this one.
                Some(opened) => RecordError::End(Failure::finding(format!(
                    "line {line}: {reason}; it goes on to line {last}, because of a quote that opens in line {opened}: is it \
                     closed where it should be?"
                ))),
                None => RecordError::Record(at, reason),
            });
        }
        let mut values = Vec::with_capacity(self.wanted.len());
        for (place, name) in &self.wanted {
            let Some((value, quoted)) = self.row.get(*place) else {
                continue;
            };
            let Ok(text) = str::from_utf8(value) else {
                let displayed = String::from_utf8_lossy(value);
                let reason = format!(
                    "`{name}`: {} is no text in UTF-8",
                    conversion::quoted(&displayed)
                );
                return Err(RecordError::Record(at, reason));
            };
            let bare = text.trim_matches(is_blank);
            let cell = match (text.is_empty(), quoted) {
                (true, true) => Cell::EmptyText,
                (true, false) => Cell::Empty,
                (false, false) if bare != text => match (self.padded, bare.is_empty()) {
                    (true, true) => Cell::Empty,
                    (trimmed, _) => Cell::Padded {
                        text: if trimmed { bare } else { text }.to_owned(),
                        trimmed,
                    },
                },
                (false, _) => Cell::Value(Value::Text(text.to_owned())),
            };
            values.push((Arc::clone(name), cell));
        }
        for (place, name) in &self.nameless {
            // Values in a column without a name are reported.
            if self
                .row
                .get(*place)
                .is_some_and(|(value, _)| !value.is_empty())
            {
                values.push((Arc::clone(name), Cell::Empty));
            }
        }
        Ok(Record {
            within: Vec::new(),
            at,
            values,
            status: None,
        })
    }
}

/// Whether a character may stand around values and names without a meaning: blanks of every kind, and a byte order mark.
fn is_blank(char: char) -> bool {
    char.is_whitespace() || char == '\u{feff}'
}

/// Whether a name has blanks at its ends that no quotes hold. A name of blanks alone is none.
fn is_padded(row: &Row, column: usize) -> bool {
    let Some((name, false)) = row.get(column) else {
        return false;
    };
    let name = String::from_utf8_lossy(name);
    !name.chars().all(is_blank) && name.trim_matches(is_blank).len() < name.len()
}

/// The names in the first record.
fn names(row: &Row) -> Result<Vec<Arc<str>>, String> {
    let values = (0..row.len()).filter_map(|index| row.get(index));
    let names = values.map(|(value, _)| match str::from_utf8(value) {
        Ok(name) => Ok(Arc::from(name)),
        Err(_) => Err(format!(
            "the column name {} is no text in UTF-8; write the file in UTF-8",
            conversion::quoted(&String::from_utf8_lossy(value))
        )),
    });
    names.collect()
}

/// The separator that `--separator` gives.
pub(crate) fn separator(text: &str) -> Result<u8, String> {
    match (text, text.as_bytes()) {
        ("tab" | "\\t", _) => Ok(b'\t'),
        (_, [separator])
            if !separator.is_ascii_alphanumeric() && !b"\"\r\n".contains(separator) =>
        {
            Ok(*separator)
        }
        _ => Err("write one character, such as `;`, or `tab`".into()),
    }
}
