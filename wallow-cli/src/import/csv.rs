//! Records of a CSV file: a line of names, then a line for each record. Every value is text.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use csv::{ByteRecord, Reader, ReaderBuilder};
use wallow_runtime::dynamic::Value;

use super::{At, Cell, Flaw, Record, Records, unreadable};
use crate::output::Failure;

/// A file that is being read.
struct Lines {
    reader: Reader<File>,
    names: Vec<Arc<str>>,
    record: ByteRecord,
}

pub(super) fn open(path: &Path) -> Result<Records, Failure> {
    let file = File::open(path).map_err(|error| unreadable(path, error))?;
    let tabs = path.extension().is_some_and(|ending| ending == "tsv");
    let mut reader = ReaderBuilder::new()
        .flexible(true)
        .delimiter(if tabs { b'\t' } else { b',' })
        .from_reader(file);
    let header = reader.headers().map_err(|error| unreadable(path, error))?;
    let names = header.iter().map(Arc::from).collect::<Vec<Arc<str>>>();
    if let Some(twice) = twice(&names) {
        return Err(unreadable(
            path,
            format_args!("the column `{twice}` stands in it twice"),
        ));
    }
    Ok(Box::new(Lines {
        reader,
        names,
        record: ByteRecord::new(),
    }))
}

/// A name that stands there twice.
pub(super) fn twice(names: &[Arc<str>]) -> Option<&str> {
    let mut names = names.iter().enumerate();
    let all = names.clone();
    let found = names.find(|(index, name)| {
        all.clone()
            .any(|(other, same)| other < *index && same == *name)
    });
    found.map(|(_, name)| &**name)
}

impl Iterator for Lines {
    type Item = Result<Record, Flaw>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.reader.read_byte_record(&mut self.record) {
            Ok(false) => None,
            Ok(true) => Some(self.record()),
            Err(error) => {
                let reason = format!("the file cannot be read any further: {error}");
                Some(Err(Flaw::End(Failure::finding(reason))))
            }
        }
    }
}

impl Lines {
    fn record(&self) -> Result<Record, Flaw> {
        let line = self.record.position().map_or(0, csv::Position::line);
        let refused = |reason| Err(Flaw::Record(At::Line(line), reason));
        if self.record.len() != self.names.len() {
            let (found, wanted) = (self.record.len(), self.names.len());
            return refused(format!("it has {found} values for {wanted} columns"));
        }
        let mut values = Vec::with_capacity(self.names.len());
        for (name, value) in self.names.iter().zip(&self.record) {
            let Ok(text) = str::from_utf8(value) else {
                return refused(format!("`{name}` is no text in UTF-8"));
            };
            let cell = if text.is_empty() {
                Cell::Empty
            } else {
                Cell::Value(Value::Text(text.to_owned()))
            };
            values.push((Arc::clone(name), cell));
        }
        let at = At::Line(line);
        Ok(Record { at, values })
    }
}
