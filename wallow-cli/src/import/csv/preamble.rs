//! The lines before the records of a CSV file: a `sep=` line for spreadsheets, comments, and the names of the columns,
//! from which the separator is detected.
//!
//! What enters: the file from its beginning. What leaves: the file from the line of names on, and the separator. Lines
//! that are left out are reported; a line that may be the line of names is never left out.

use std::collections::BTreeSet;
use std::io::{self, Cursor, Read as _};
use std::sync::Arc;

use super::super::conversion::quoted;
use super::super::decimal::Decimal;
use super::super::input::{self, Input};
use super::super::mapping::Mapping;

/// The usual separators.
const SEPARATORS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// Unusual separators, which also occur within names and values. One of them is used only if every piece of the first
/// line is a nonempty name.
const UNUSUAL: [u8; 5] = [b' ', b':', b'^', b'~', b'!'];

/// The separator is detected from at most this many bytes of names.
const ENOUGH: usize = 1 << 16;

/// At most this many lines of comments may precede the names.
const COMMENTS: usize = 1000;

/// A file whose next line is the line of names.
pub(super) struct Preamble {
    pub(super) input: Input,
    pub(super) separator: u8,
    /// The number of that line, counted from one.
    pub(super) line: u64,
}

/// Finds the line of names. A `separator` from the command line takes precedence over the one that the file declares,
/// and that over the one detected from the names.
pub(super) fn read(
    input: Input,
    separator: Option<u8>,
    usual: u8,
    mapping: &Mapping,
    seen: &mut Vec<String>,
) -> io::Result<Preamble> {
    let mut lines = Lines {
        input,
        read: Vec::new(),
        at: 0,
    };
    // How many lines are not passed on; `base` is that number before the comments.
    let (mut skipped, mut base) = (0, 0);
    let mut first = lines.next(&mut skipped)?;
    let mut named = None;
    if let Some(declared) = declared(&first) {
        seen.push(format!("its first line says that {}", separated(declared)));
        named = Some(declared);
        skipped += 1;
        base = skipped;
        lines.forget();
        first = lines.next(&mut skipped)?;
    }
    let names_a_field = |line: &[u8]| match separator.or(named) {
        Some(separator) => fields(line, separator, mapping) > 0,
        None => most_fields(line, usual, mapping).1 > 0,
    };
    let (mut comments, mut line) = (0, first.clone());
    while line.trim_ascii_start().starts_with(b"#") && !names_a_field(&line) && comments < COMMENTS
    {
        comments += 1;
        skipped += 1;
        line = lines.next(&mut skipped)?;
    }
    if comments > 0 && names_a_field(&line) {
        let plural = if comments == 1 { "" } else { "s" };
        seen.push(format!(
            "left out: {comments} line{plural} of comments before the names of the columns"
        ));
        lines.forget_before(&line);
    } else {
        (line, skipped) = (first, base);
    }
    if let Some(names) = behind_hash(&line) {
        let best = |line: &[u8]| match separator.or(named) {
            Some(separator) => (separator, fields(line, separator, mapping)),
            None => most_fields(line, usual, mapping),
        };
        let (by, count) = best(&line);
        let stands_alone = by == b' ' && line.trim_ascii_start().starts_with(b"# ");
        if best(names).1 > count || (count > 0 && stands_alone) {
            seen.push("the names of the columns stand behind a `#`".into());
            lines.forget_within(&line, line.len() - names.len());
            line = names.to_vec();
        }
    }
    let separator = separator.or(named).unwrap_or_else(|| {
        let found = most_fields(&line, usual, mapping).0;
        if found != usual {
            seen.push(separated(found));
        }
        found
    });
    Ok(Preamble {
        input: lines.whole(),
        separator,
        line: skipped + 1,
    })
}

/// The text after the `#` at the beginning of a line of names, which numpy writes.
fn behind_hash(line: &[u8]) -> Option<&[u8]> {
    let rest = line.trim_ascii_start().strip_prefix(b"#")?;
    Some(rest.trim_ascii_start())
}

/// Why the first line cannot be a line of names, and what to do; `None` if it can be.
pub(super) fn is_no_header(names: &[Arc<str>], mapping: &Mapping) -> Option<String> {
    let known = |name: &Arc<str>| mapping.names.look_up(name).is_some();
    if names.iter().any(known) {
        return None;
    }
    let first = names.first()?;
    let start = first.trim_start();
    if start.starts_with(['{', '[']) {
        return Some(format!(
            "its first line, {}, looks like JSON; {}",
            quoted(first),
            if mapping.of_grid {
                "name the file .jsonl"
            } else {
                "add `--format jsonl`"
            }
        ));
    }
    if start.starts_with('#') {
        return Some(format!(
            "its first line, {}, looks like a comment, and no line of names follows; write the names of the columns into the \
             first line",
            quoted(first)
        ));
    }
    if names
        .iter()
        .all(|name| Decimal::parse(name.trim()).is_some())
    {
        return Some(
            "its first line has numbers; write the names of the columns above it, with the same separators".into(),
        );
    }
    // A single plain word may be the name of a column; `--map` then says which field it is.
    let is_plain = |char: char| char.is_alphanumeric() || "_.-".contains(char);
    if names.len() > 1 || first.trim().chars().all(is_plain) {
        return None;
    }
    if mapping.of_grid {
        return Some(format!(
            "its first line, {}, is one name, and no field has it; if it is several, write commas between them, else \
             name it as a field",
            quoted(first)
        ));
    }
    Some(format!(
        "its first line, {}, is one name, and no field has it; if it is several, `--separator C` says which character stands \
         between them (one, not several blanks), else `--map \"{}=FIELD\"` says which field it is",
        quoted(first),
        first.trim()
    ))
}

/// The separator that the first line of a file for spreadsheets declares: `sep=;`.
fn declared(line: &[u8]) -> Option<u8> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line
        .strip_prefix(b"\"")
        .map_or(line, |line| line.strip_suffix(b"\"").unwrap_or(line));
    let (word, rest) = line.split_at_checked(4)?;
    match rest {
        [separator] if word.eq_ignore_ascii_case(b"sep=") => {
            let text = char::from(*separator).to_string();
            super::separator(&text).ok()
        }
        _ => None,
    }
}

/// The separator that gives the most names of fields, and their number. If several give the same number, the usual
/// separator wins.
fn most_fields(line: &[u8], usual: u8, mapping: &Mapping) -> (u8, usize) {
    let (mut best, mut most) = (usual, fields(line, usual, mapping));
    for separator in SEPARATORS {
        let count = fields(line, separator, mapping);
        if count > most {
            (best, most) = (separator, count);
        }
    }
    for separator in UNUSUAL {
        let count = fields(line, separator, mapping);
        let is_each_a_name = line
            .trim_ascii()
            .split(|byte| *byte == separator)
            .all(|name| !name.trim_ascii().is_empty());
        if most == 0 && count > 1 && is_each_a_name {
            (best, most) = (separator, count);
        }
    }
    (best, most)
}

/// The number of fields that are named in a line.
fn fields(line: &[u8], separator: u8, mapping: &Mapping) -> usize {
    let line = String::from_utf8_lossy(&line[..line.len().min(ENOUGH)]);
    let names = line
        .trim_end_matches(['\r', '\n'])
        .split(char::from(separator))
        .map(|name| name.trim().trim_matches('"'));
    let fields = names.filter_map(|name| Some(mapping.names.look_up(name)?.0));
    fields.collect::<BTreeSet<_>>().len()
}

/// Describes the separator of the values.
fn separated(separator: u8) -> String {
    let by = match separator {
        b',' => "commas",
        b'\t' => "tabs",
        b';' => "semicolons",
        b' ' => "blanks",
        b':' => "colons",
        other => return format!("the values are separated by `{}`", char::from(other)),
    };
    format!("the values are separated by {by}")
}

/// Reads lines ahead, and can pass them on again.
struct Lines {
    input: Input,
    /// The bytes that were read, and how many of them were already returned as lines.
    read: Vec<u8>,
    at: usize,
}

impl Lines {
    /// The next line that is not blank, with its line end; empty at the end of the file. `skipped` counts the blank
    /// lines before it.
    fn next(&mut self, skipped: &mut u64) -> io::Result<Vec<u8>> {
        loop {
            if self.at == self.read.len() {
                let mut piece = Vec::new();
                if !input::line(&mut self.input, &mut piece)? {
                    return Ok(Vec::new());
                }
                self.read.append(&mut piece);
            }
            let rest = &self.read[self.at..];
            let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            let length = match end {
                None => rest.len(),
                Some(end) if rest[end..].starts_with(b"\r\n") => end + 2,
                Some(end) => end + 1,
            };
            let line = rest[..length].to_vec();
            self.at += length;
            if !line.trim_ascii().is_empty() {
                return Ok(line);
            }
            *skipped += 1;
        }
    }

    /// Drops all lines that were returned so far.
    fn forget(&mut self) {
        self.read.drain(..self.at);
        self.at = 0;
    }

    /// Drops everything before this line, which must be the last one that was returned.
    fn forget_before(&mut self, line: &[u8]) {
        self.read.drain(..self.at.saturating_sub(line.len()));
        self.at = 0;
    }

    /// Drops the first bytes of this line, and keeps the rest of it.
    fn forget_within(&mut self, line: &[u8], bytes: usize) {
        let found = self.read.windows(line.len()).position(|part| part == line);
        let start = found.unwrap_or(0);
        self.read.drain(start..start + bytes);
    }

    /// Everything that was not dropped, and the rest of the file.
    fn whole(self) -> Input {
        Box::new(Cursor::new(self.read).chain(self.input))
    }
}
