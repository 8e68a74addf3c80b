//! Reads records of separated values, one at a time.
//!
//! As in RFC 4180, a value in quotes may contain separators, line ends and doubled quotes. Lines end in LF, CRLF or CR;
//! empty lines are skipped. Blanks before the quote that opens a value, and after the one that closes it, do not belong to
//! it, as most programs read them that write `, ` between values; a quote elsewhere in a value is an ordinary character.
//!
//! Invariant: a quote that is never closed is an error. It swallows the following records until the file ends, or until
//! the next quote, after which comes a character that is not allowed there. Both are detected, and the error names the
//! line in which the quote opened.

use std::fmt;
use std::io::{self, BufRead as _};

use super::super::input::{Input, LONGEST};

/// One record.
#[derive(Debug, Default)]
pub(super) struct Row {
    bytes: Vec<u8>,
    /// The end of each value, and whether the value was in quotes.
    ends: Vec<(usize, bool)>,
    /// Its first and its last line.
    pub(super) lines: (u64, u64),
    /// The line in which the first quote opened that closes in a later line.
    pub(super) opened: Option<u64>,
    /// Whether blanks stand around the quotes of a value.
    pub(super) padded: bool,
}

/// Why a record could not be read.
#[derive(Debug)]
pub(super) enum Wrong {
    Io(io::Error),
    /// The file ends within quotes that opened in this line.
    Unclosed(u64),
    /// Quotes that opened in the first line close in the second one, but the value goes on.
    Behind(u64, u64),
    /// The record that begins in this line is too long; quotes opened in the other line.
    TooLong(u64, Option<u64>),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wrong::Io(error) => write!(
                f,
                "the file cannot be read any further: {error}; look whether it is whole"
            ),
            Wrong::Unclosed(line) => write!(
                f,
                "line {line}: the quote that opens here is never closed; close it, or double it if it belongs to a value \
                 in quotes"
            ),
            Wrong::Behind(opened, line) if opened == line => write!(
                f,
                "line {line}: behind the quote that closes a value stands more than a separator; double the quotes within a \
                 value (\"\")"
            ),
            Wrong::Behind(opened, line) => write!(
                f,
                "line {opened}: the quote that opens here is not closed before line {line}, where it ends within a value; \
                 close it"
            ),
            Wrong::TooLong(_, Some(line)) => write!(
                f,
                "line {line}: the quote that opens here is not closed within {} MiB; close it",
                LONGEST >> 20
            ),
            Wrong::TooLong(line, None) => write!(
                f,
                "line {line}: the record has more than {} MiB; is it a CSV file?",
                LONGEST >> 20
            ),
        }
    }
}

/// A file that is being read.
pub(super) struct Reader {
    input: Input,
    separator: u8,
    /// The line that is being read.
    line: u64,
    after_cr: bool,
}

/// The state of the reader within a record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing of the record was read.
    Start,
    /// Nothing of a value was read.
    Value,
    /// Only blanks of a value were read, and are kept.
    Blank,
    Plain,
    /// Within quotes that opened in this line.
    Quoted(u64),
    /// After a quote that closes the value, or is the first half of a doubled quote.
    Quote(u64),
    /// After blanks behind the quote that closes the value.
    Closed(u64),
}

impl Row {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The value of a column, and whether it was in quotes.
    pub(super) fn get(&self, index: usize) -> Option<(&[u8], bool)> {
        let (end, quoted) = *self.ends.get(index)?;
        let start = match index.checked_sub(1) {
            Some(before) => self.ends[before].0,
            None => 0,
        };
        Some((&self.bytes[start..end], quoted))
    }

    /// Whether every value from this column on is empty.
    pub(super) fn is_empty_from(&self, index: usize) -> bool {
        let start = index
            .checked_sub(1)
            .and_then(|before| self.ends.get(before));
        start.map_or(0, |(end, _)| *end) == self.bytes.len()
    }
}

impl Reader {
    /// A reader of a file whose first line has this number.
    pub(super) fn new(input: Input, separator: u8, line: u64) -> Self {
        Reader {
            input,
            separator,
            line,
            after_cr: false,
        }
    }

    /// Reads the next record; returns whether there was one.
    pub(super) fn read(&mut self, row: &mut Row) -> Result<bool, Wrong> {
        row.bytes.clear();
        row.ends.clear();
        (row.opened, row.padded) = (None, false);
        let mut state = State::Start;
        let separator = self.separator;
        // Blanks may stand around quotes.
        let is_blank = |byte: u8| matches!(byte, b' ' | b'\t') && byte != separator;
        loop {
            let piece = match self.input.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                piece => piece.map_err(Wrong::Io)?,
            };
            if piece.is_empty() {
                return Self::end(row, state);
            }
            let mut taken = 0;
            for &byte in piece {
                taken += 1;
                // The LF of a CRLF.
                if std::mem::take(&mut self.after_cr) && byte == b'\n' {
                    if let State::Quoted(_) = state {
                        row.bytes.push(byte);
                    }
                    continue;
                }
                if state == State::Start {
                    row.lines.0 = self.line;
                }
                row.lines.1 = self.line;
                let ends_line = byte == b'\n' || byte == b'\r';
                if ends_line {
                    self.line += 1;
                    self.after_cr = byte == b'\r';
                }
                state = match state {
                    State::Quoted(opened) => match byte {
                        b'"' => State::Quote(opened),
                        _ => {
                            row.bytes.push(byte);
                            state
                        }
                    },
                    State::Quote(opened) if byte == b'"' => {
                        row.bytes.push(byte);
                        State::Quoted(opened)
                    }
                    State::Start if ends_line => State::Start,
                    _ if byte == self.separator || ends_line => {
                        row.close(state);
                        State::Value
                    }
                    State::Quote(opened) | State::Closed(opened) if is_blank(byte) => {
                        row.padded = true;
                        State::Closed(opened)
                    }
                    State::Quote(opened) | State::Closed(opened) => {
                        let line = row.lines.1;
                        self.input.consume(taken);
                        return Err(Wrong::Behind(opened, line));
                    }
                    State::Start | State::Value | State::Blank if byte == b'"' => {
                        row.padded |= state == State::Blank;
                        row.discard_value();
                        State::Quoted(self.line)
                    }
                    State::Start | State::Value | State::Blank if is_blank(byte) => {
                        row.bytes.push(byte);
                        State::Blank
                    }
                    State::Start | State::Value | State::Blank | State::Plain => {
                        row.bytes.push(byte);
                        State::Plain
                    }
                };
                if ends_line && state == State::Value {
                    self.input.consume(taken);
                    return Ok(true);
                }
            }
            self.input.consume(taken);
            if row.bytes.len() > LONGEST {
                let opened = match state {
                    State::Quoted(opened) => Some(opened),
                    _ => None,
                };
                return Err(Wrong::TooLong(row.lines.0, opened));
            }
        }
    }

    /// Handles the end of the file.
    fn end(row: &mut Row, state: State) -> Result<bool, Wrong> {
        match state {
            State::Start => Ok(false),
            State::Quoted(opened) => Err(Wrong::Unclosed(opened)),
            state => {
                row.close(state);
                Ok(true)
            }
        }
    }
}

impl Row {
    /// Drops what was read of the current value.
    fn discard_value(&mut self) {
        let start = self.ends.last().map_or(0, |(end, _)| *end);
        self.bytes.truncate(start);
    }

    /// Ends a value.
    fn close(&mut self, state: State) {
        let quoted = match state {
            State::Quote(opened) | State::Closed(opened) => {
                if opened < self.lines.1 {
                    self.opened.get_or_insert(opened);
                }
                true
            }
            _ => false,
        };
        self.ends.push((self.bytes.len(), quoted));
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor};

    use super::*;

    /// Every record as texts, with its first line, and why reading stopped.
    fn read(text: &str, separator: u8, piece: usize) -> (Vec<(u64, Vec<String>)>, Option<Wrong>) {
        let input = BufReader::with_capacity(piece, Cursor::new(text.as_bytes().to_vec()));
        let mut reader = Reader::new(Box::new(input), separator, 1);
        let (mut rows, mut row) = (Vec::new(), Row::default());
        loop {
            match reader.read(&mut row) {
                Ok(false) => return (rows, None),
                Err(wrong) => return (rows, Some(wrong)),
                Ok(true) => {
                    let values = (0..row.len()).map(|index| {
                        let (value, quoted) = row.get(index).unwrap();
                        let value = str::from_utf8(value).unwrap();
                        if quoted {
                            format!("<{value}>")
                        } else {
                            value.to_owned()
                        }
                    });
                    rows.push((row.lines.0, values.collect()));
                }
            }
        }
    }

    #[test]
    fn values_are_as_they_were_written() {
        let text = "a,b\r\n\n\"x, \"\"y\"\"\",\"\"\r1,\n \"q\",2\"\n\"l1\r\nl2\",3";
        for piece in [1, 2, 3, 100] {
            let (rows, wrong) = read(text, b',', piece);
            assert!(wrong.is_none());
            let rows = rows.iter().map(|(line, row)| (*line, row.join("|")));
            let expected = [
                (1, "a|b"),
                (3, "<x, \"y\">|<>"),
                (4, "1|"),
                (5, "<q>|2\""),
                (6, "<l1\r\nl2>|3"),
            ];
            assert!(
                rows.eq(expected.map(|(line, row)| (line, row.to_owned()))),
                "{piece}"
            );
        }
        let (rows, _) = read("a\t\"b\tc\"\n\"\"\n", b'\t', 7);
        assert_eq!(rows[0].1, ["a", "<b\tc>"]);
        assert_eq!(rows[1].1, ["<>"]);
        assert!(read("", b',', 7).0.is_empty());
        assert!(read("\r\n\n\r", b',', 7).0.is_empty());
    }

    #[test]
    fn blanks_around_quotes_do_not_belong_to_a_value() {
        for piece in [1, 2, 3, 100] {
            let (rows, wrong) = read("a , \"b, c\" ,\t\"\"\n  \"d\"  \n , \n", b',', piece);
            assert!(wrong.is_none());
            let rows = rows.into_iter().map(|(_, row)| row.join("|"));
            assert!(rows.eq(["a |<b, c>|<>", "<d>", " | "]), "{piece}");
            // A separator is no blank.
            let (rows, _) = read("a\t \"b\" \t\t\"c\"\n", b'\t', piece);
            assert_eq!(rows[0].1, ["a", "<b>", "", "<c>"]);
            let (_, wrong) = read("1, \"a\" b\n", b',', piece);
            assert!(matches!(wrong, Some(Wrong::Behind(1, 1))), "{wrong:?}");
        }
    }

    #[test]
    fn a_quote_that_is_not_closed_is_found_at_its_line() {
        for end in ["\n", "\r\n", "\r"] {
            let text = |lines: &[&str]| lines.join(end);
            for (lines, opened) in [
                (&["a,b", "1,2", "3,\"4", "5,6", "7,8", ""][..], 3),
                (&["a,b", "\""], 2),
                (&["a,b", "1,\"", "2,\"\"", "3,4"], 2),
                (&["a,\"b"], 1),
                (&["\"a", "b\"", "1,\"2"], 3),
            ] {
                let (_, wrong) = read(&text(lines), b',', 5);
                assert!(
                    matches!(wrong, Some(Wrong::Unclosed(line)) if line == opened),
                    "{wrong:?}"
                );
            }
            for lines in [
                &["a,b", "1,\"2", "3,4", "5,\"6\"", "7,8"][..],
                &["a,b", "1,\"2", "3,4", "\"5\",6"],
                &["a,b", "1,\"2", "x", "y\"z,4"],
            ] {
                let (rows, wrong) = read(&text(lines), b',', 5);
                assert!(matches!(wrong, Some(Wrong::Behind(2, 4))), "{wrong:?}");
                assert_eq!(rows.len(), 1);
            }
        }
    }
}
