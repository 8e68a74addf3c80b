//! Records of JSON: an object on each line, without regard to empty lines; or objects in any layout, with nothing but
//! whitespace between them; or one array of objects in any layout.

use std::borrow::Cow;
use std::io::{self, BufRead as _};
use std::mem;
use std::path::Path;
use std::sync::Arc;

use super::input::{self, Input, LONGEST};
use super::json::Node;
use super::{Cell, Location, Member, Record, RecordError, Records, conversion, unreadable};
use crate::output::Failure;

/// The objects of a file that is being read.
struct Objects {
    input: Input,
    line: u64,
    state: State,
    /// Whether no line was read yet: it shows how the objects are laid out.
    is_first: bool,
}

/// What is expected next.
#[derive(PartialEq, Eq)]
enum State {
    /// A line.
    Line,
    /// An object that may have several lines.
    Object,
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
        is_first: true,
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

/// Where an item ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// Before the comma or the bracket behind it.
    Separator,
    /// Behind the bracket that closes it.
    Closed,
}

/// What is open in a JSON text.
#[derive(Default)]
struct Scan {
    depth: u64,
    quoted: bool,
    escaped: bool,
}

impl Scan {
    /// What is open behind these bytes.
    fn of(bytes: &[u8]) -> Self {
        let mut scan = Scan::default();
        for byte in bytes {
            scan.pass(*byte);
        }
        scan
    }

    fn pass(&mut self, byte: u8) {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.quoted => self.escaped = true,
            b'"' => self.quoted = !self.quoted,
            _ if self.quoted => {}
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }

    /// Whether nothing is open.
    fn is_outside(&self) -> bool {
        self.depth == 0 && !self.quoted
    }
}

impl Iterator for Objects {
    type Item = Result<Record, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = match self.state {
            State::Line => self.line(),
            State::Object => self.object(),
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
    /// Whether an object ends in another line: this one is not whole, and the next one does not begin an object, as a line
    /// behind a damaged one would.
    fn goes_on(&mut self, line: &[u8]) -> io::Result<bool> {
        let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
        if !line.trim_ascii_start().starts_with(b"{") || Scan::of(line).depth == 0 {
            return Ok(false);
        }
        let next = self.next_byte()?;
        Ok(next.is_some_and(|next| next != b'{'))
    }

    /// The next object, which may have several lines.
    fn object(&mut self) -> Result<Option<(Location, Vec<u8>)>, String> {
        if self.next_byte().map_err(|error| further(&error))?.is_none() {
            return Ok(None);
        }
        let at = Location::Line(self.line);
        let mut object = Vec::new();
        self.take_item(&mut object, End::Closed)?;
        Ok(Some((at, object)))
    }

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
                    if mem::take(&mut self.is_first)
                        && self.goes_on(&line).map_err(|error| further(&error))?
                    {
                        self.state = State::Object;
                        self.take_item(&mut line, End::Closed)?;
                    }
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
        self.take_item(&mut item, End::Separator)?;
        Ok(Some((at, item)))
    }

    /// Reads an item up to its end; a part of it may have been read.
    fn take_item(&mut self, item: &mut Vec<u8>, end: End) -> Result<(), String> {
        let mut scan = Scan::of(item);
        loop {
            let piece = self.input.fill_buf().map_err(|error| further(&error))?;
            if piece.is_empty() {
                let what = match end {
                    End::Separator => "array",
                    End::Closed => "last object",
                };
                return Err(format!("the {what} does not end: the file is not whole"));
            }
            let mut taken = 0;
            let mut ends = false;
            for &byte in piece {
                ends = end == End::Separator && scan.is_outside() && matches!(byte, b',' | b']');
                if ends {
                    break;
                }
                scan.pass(byte);
                self.line += u64::from(byte == b'\n');
                taken += 1;
                ends = end == End::Closed && scan.is_outside() && matches!(byte, b'}' | b']');
                if ends {
                    break;
                }
            }
            item.extend(&piece[..taken]);
            self.input.consume(taken);
            if ends {
                return Ok(());
            }
            if item.len() > LONGEST {
                return Err(format!("an item has more than {} MiB", LONGEST >> 20));
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
    format!("the file cannot be read any further: {error}; look whether it is whole")
}

fn record(at: &Location, text: &[u8]) -> Result<Record, String> {
    let members = object(text)?;
    let mut within = Vec::new();
    for (of, (name, node)) in members.iter().enumerate() {
        collect_members(of, name, node, DEEPEST, &mut within);
    }
    Ok(Record {
        within,
        at: at.clone(),
        values: cells(members),
        status: None,
    })
}

/// Members of objects count as values of their own down to this depth.
const DEEPEST: usize = 4;

/// Adds the members of an object, and of the objects in it.
fn collect_members(of: usize, name: &str, node: &Node<'_>, depth: usize, within: &mut Vec<Member>) {
    let (Node::Object(members), Some(depth)) = (node, depth.checked_sub(1)) else {
        return;
    };
    for (member, node) in members {
        let name = format!("{name}.{member}");
        collect_members(of, &name, node, depth, within);
        within.push(Member {
            of,
            name: name.into(),
            cell: Cell::from(node.clone()),
        });
    }
}

/// The members of a JSON object.
pub(super) fn members(text: &[u8]) -> Result<Vec<(Arc<str>, Cell)>, String> {
    object(text).map(cells)
}

fn cells(members: Vec<(Cow<'_, str>, Node<'_>)>) -> Vec<(Arc<str>, Cell)> {
    let members = members.into_iter();
    let cells = members.map(|(name, node)| (Arc::from(&*name), Cell::from(node)));
    cells.collect()
}

/// What to do with a line that has more than one object.
fn more_than_one(text: &str) -> Option<&'static str> {
    let mut scan = Scan::default();
    let end = text.bytes().position(|byte| {
        scan.pass(byte);
        scan.is_outside()
    });
    let (first, rest) = text.split_at_checked(end? + 1)?;
    if !first.starts_with('{') || Node::parse(first).is_err() {
        return None;
    }
    match rest.trim_start().as_bytes() {
        [b','] => Some(
            "a comma stands behind the object, as in an array: remove it, or put `[` before the first object and `]` behind \
             the last",
        ),
        [b'{' | b',', ..] => Some(
            "more than one object stands in the line: write each on a line of its own, as `jq -c . FILE` does",
        ),
        _ => None,
    }
}

fn object(text: &[u8]) -> Result<Vec<(Cow<'_, str>, Node<'_>)>, String> {
    let text = str::from_utf8(text).map_err(|_| "it is no text in UTF-8".to_owned())?;
    let text = text.trim_start_matches('\u{feff}').trim_ascii();
    let node = Node::parse(text).map_err(|reason| match more_than_one(text) {
        Some(advice) => advice.to_owned(),
        None => format!("{} is no JSON: {reason}", conversion::quoted(text)),
    })?;
    match node {
        Node::Object(members) => Ok(members),
        _ => Err("it is no JSON object".into()),
    }
}
