//! Records of a file with a JSON object on each line; empty lines are none.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::sync::Arc;

use serde_json::Value as Json;
use wallow_runtime::dynamic::Value;

use super::{At, Cell, Flaw, Record, Records, conversion, unreadable};
use crate::output::Failure;

/// A file that is being read.
struct Lines {
    reader: BufReader<File>,
    line: u64,
}

pub(super) fn open(path: &Path) -> Result<Records, Failure> {
    let file = File::open(path).map_err(|error| unreadable(path, error))?;
    Ok(Box::new(Lines {
        reader: BufReader::with_capacity(1 << 16, file),
        line: 0,
    }))
}

impl Iterator for Lines {
    type Item = Result<Record, Flaw>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut line = Vec::new();
        loop {
            line.clear();
            match self.reader.read_until(b'\n', &mut line) {
                Ok(0) => return None,
                Ok(_) => self.line += 1,
                Err(error) => {
                    let reason = format!("the file cannot be read any further: {error}");
                    return Some(Err(Flaw::End(Failure::finding(reason))));
                }
            }
            if !line.trim_ascii().is_empty() {
                let at = At::Line(self.line);
                return Some(record(&at, &line).map_err(|reason| Flaw::Record(at, reason)));
            }
        }
    }
}

fn record(at: &At, line: &[u8]) -> Result<Record, String> {
    let text = str::from_utf8(line).map_err(|_| "it is no text in UTF-8".to_owned())?;
    let (object, _) = conversion::json(text.trim_start_matches('\u{feff}'))?;
    let Json::Object(members) = object else {
        return Err("it is no JSON object".into());
    };
    let members = members.into_iter();
    let values = members.map(|(name, value)| (Arc::from(name), Cell::Value(Value::Json(value))));
    Ok(Record {
        at: at.clone(),
        values: values.collect(),
    })
}
