//! Records of JSON: an object on each line, without regard to empty lines; or one array of objects in any layout.

use std::io::{self, BufRead as _};
use std::path::Path;
use std::sync::Arc;

use super::input::{self, Input, LONGEST};
use super::json::Node;
use super::{Cell, Location, Record, RecordError, Records, conversion, unreadable};
use crate::output::Failure;

/// The objects of a file that is being read.
struct Objects {
    input: Input,
    line: u64,
    state: State,
}

/// What is expected next.
#[derive(PartialEq, Eq)]
enum State {
    /// A line.
    Line,
    /// The first item of an array, or its end.
    First,
    /// A comma and an item, or the end of the array.
    Next,
    /// Only whitespace.
    End,
    Nothing,
}

pub(super) fn open(path: &Path, seen: &mut Vec<String>) -> Result<Records, Failure> {
    let input = input::open(path, seen)?;
    let mut objects = Objects {
        input,
        line: 1,
        state: State::Line,
    };
    if objects
        .next_byte()
        .map_err(|error| unreadable(path, error))?
        == Some(b'[')
    {
        objects.input.consume(1);
        objects.state = State::First;
    }
    Ok(Box::new(objects))
}

impl Iterator for Objects {
    type Item = Result<Record, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = match self.state {
            State::Line => self.line(),
            State::First | State::Next => self.item(),
            State::End => self.end(),
            State::Nothing => return None,
        };
        match read {
            Ok(None) => None,
            Ok(Some((at, text))) => {
                Some(record(&at, &text).map_err(|reason| RecordError::Record(at, reason)))
            }
            Err(reason) => {
                self.state = State::Nothing;
                Some(Err(RecordError::End(Failure::finding(reason))))
            }
        }
    }
}

impl Objects {
    /// The next line that is not empty.
    fn line(&mut self) -> Result<Option<(Location, Vec<u8>)>, String> {
        let mut line = Vec::new();
        loop {
            let at = Location::Line(self.line);
            match input::line(&mut self.input, &mut line) {
                Ok(false) => return Ok(None),
                Ok(true) if line.trim_ascii().is_empty() => self.line += 1,
                Ok(true) => {
                    self.line += 1;
                    return Ok(Some((at, line)));
                }
                Err(error) => return Err(further(&error)),
            }
        }
    }

    /// The next item of the array.
    fn item(&mut self) -> Result<Option<(Location, Vec<u8>)>, String> {
        let wrong = |error: io::Error| further(&error);
        let mut next = self.next_byte().map_err(wrong)?;
        if next == Some(b',') && self.state == State::Next {
            self.input.consume(1);
            next = self.next_byte().map_err(wrong)?;
            if next == Some(b']') {
                return Err(format!("line {}: the array ends behind a comma", self.line));
            }
        } else if next == Some(b']') {
            self.input.consume(1);
            self.state = State::End;
            return self.end();
        } else if next.is_some() && self.state == State::Next {
            return Err(format!(
                "line {}: a comma is missing between two items of the array",
                self.line
            ));
        }
        if next.is_none() {
            return Err("the array does not end: the file is not whole".into());
        }
        self.state = State::Next;
        let at = Location::Line(self.line);
        let mut item = Vec::new();
        self.take_item(&mut item)?;
        Ok(Some((at, item)))
    }

    /// Reads an item up to the comma or the bracket behind it.
    fn take_item(&mut self, item: &mut Vec<u8>) -> Result<(), String> {
        let (mut depth, mut quoted, mut escaped) = (0_u64, false, false);
        loop {
            let piece = self.input.fill_buf().map_err(|error| further(&error))?;
            if piece.is_empty() {
                return Err("the array does not end: the file is not whole".into());
            }
            let mut taken = 0;
            let mut ends = false;
            for &byte in piece {
                match byte {
                    _ if escaped => escaped = false,
                    b'\\' if quoted => escaped = true,
                    b'"' => quoted = !quoted,
                    _ if quoted => {}
                    b',' | b']' if depth == 0 => ends = true,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                if ends {
                    break;
                }
                self.line += u64::from(byte == b'\n');
                taken += 1;
            }
            item.extend(&piece[..taken]);
            self.input.consume(taken);
            if ends {
                return Ok(());
            }
            if item.len() > LONGEST {
                return Err(format!(
                    "an item of the array has more than {} MiB",
                    LONGEST >> 20
                ));
            }
        }
    }

    /// Checks what follows the array.
    fn end(&mut self) -> Result<Option<(Location, Vec<u8>)>, String> {
        self.state = State::Nothing;
        match self.next_byte().map_err(|error| further(&error))? {
            None => Ok(None),
            Some(_) => Err(format!(
                "line {}: there is more behind the array",
                self.line
            )),
        }
    }

    /// The next byte that is not whitespace; it is not consumed.
    fn next_byte(&mut self) -> io::Result<Option<u8>> {
        loop {
            let piece = self.input.fill_buf()?;
            let Some(&byte) = piece.first() else {
                return Ok(None);
            };
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Ok(Some(byte));
            }
            self.line += u64::from(byte == b'\n');
            self.input.consume(1);
        }
    }
}

fn further(error: &io::Error) -> String {
    format!("the file cannot be read any further: {error}")
}

fn record(at: &Location, text: &[u8]) -> Result<Record, String> {
    Ok(Record {
        at: at.clone(),
        values: members(text)?,
        status: None,
    })
}

/// The members of a JSON object.
pub(super) fn members(text: &[u8]) -> Result<Vec<(Arc<str>, Cell)>, String> {
    let text = str::from_utf8(text).map_err(|_| "it is no text in UTF-8".to_owned())?;
    let text = text.trim_start_matches('\u{feff}').trim_ascii();
    let node = Node::parse(text);
    let node =
        node.map_err(|reason| format!("{} is no JSON: {reason}", conversion::quoted(text)))?;
    let Node::Object(members) = node else {
        return Err("it is no JSON object".into());
    };
    let members = members.into_iter();
    let values = members.map(|(name, node)| (Arc::from(&*name), Cell::from(node)));
    Ok(values.collect())
}
