//! Text files as UTF-8, whatever their compression and encoding.
//!
//! What enters: a path. What leaves: bytes of UTF-8 without a byte order mark. A file that is not text is an error that
//! names its format and what to do.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::{sniff, unreadable};
use crate::output::Failure;

/// The largest size of a line, a record or a value in bytes.
pub(super) const LONGEST: usize = 256 << 20;

/// This many bytes are read at once.
const PIECE: usize = 1 << 16;

/// A text file that is being read.
pub(super) type Input = Box<dyn BufRead>;

/// Opens a file; its compression and encoding are added to `seen`.
pub(super) fn open(path: &Path, seen: &mut Vec<String>) -> Result<Input, Failure> {
    let wrong = |error: io::Error| unreadable(path, error);
    let file = File::open(path).map_err(wrong)?;
    if file.metadata().map_err(wrong)?.is_dir() {
        return Err(unreadable(path, "it is a folder"));
    }
    let (start, input) = peeked(file).map_err(wrong)?;
    let input: Box<dyn Read> = if start.starts_with(b"\x1f\x8b") {
        Box::new(MultiGzDecoder::new(input))
    } else if start.starts_with(b"\x28\xb5\x2f\xfd") {
        Box::new(zstd::Decoder::with_buffer(input).map_err(wrong)?)
    } else {
        input
    };
    let (start, input) = peeked(input).map_err(wrong)?;
    if let Some(what) = sniff::known(&start) {
        return Err(Failure::finding(format!("`{}` is {what}", path.display())));
    }
    let utf16 = match start[..] {
        [0xff, 0xfe, ..] => Some(false),
        [0xfe, 0xff, ..] => Some(true),
        [0, ..] | [_, 0, ..] => {
            return Err(unreadable(
                path,
                "it has NUL bytes, as UTF-16 without a byte order mark; write it in UTF-8",
            ));
        }
        _ => None,
    };
    let input: Box<dyn Read> = match utf16 {
        Some(big_endian) => {
            seen.push("the file is in UTF-16".into());
            Box::new(Utf16::new(input, big_endian))
        }
        None => input,
    };
    let (start, mut input) = peeked(input).map_err(wrong)?;
    if start.is_empty() || start == "\u{feff}".as_bytes() {
        let is_json = path
            .extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
        if is_json {
            return Err(unreadable(
                path,
                "it is empty, which is no JSON (`[]` has no records)",
            ));
        }
        seen.push("the file is empty".into());
    }
    if start.starts_with("\u{feff}".as_bytes()) {
        input.read_exact(&mut [0; 3]).map_err(wrong)?;
    }
    Ok(input)
}

/// The first bytes of a file, and a reader of the whole file.
fn peeked(mut input: impl Read + 'static) -> io::Result<(Vec<u8>, Box<dyn BufRead>)> {
    let mut start = Vec::new();
    input.by_ref().take(16).read_to_end(&mut start)?;
    let input = BufReader::with_capacity(PIECE, input);
    let whole = Cursor::new(start.clone()).chain(input);
    Ok((start, Box::new(whole)))
}

/// Reads up to and including a line feed; returns whether there was anything.
pub(super) fn line(input: &mut Input, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let limit = LONGEST as u64 + 1;
    let read = input.take(limit).read_until(b'\n', line)?;
    if line.len() > LONGEST {
        let message = format!("it has more than {} MiB in one line", LONGEST >> 20);
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    Ok(read > 0)
}

/// Converts UTF-16 to UTF-8.
struct Utf16<R> {
    input: R,
    big_endian: bool,
    /// The first half of a surrogate pair.
    high: Option<u16>,
    bytes: Vec<u8>,
    given: usize,
}

impl<R: Read> Utf16<R> {
    fn new(input: R, big_endian: bool) -> Self {
        Utf16 {
            input,
            big_endian,
            high: None,
            bytes: Vec::new(),
            given: 0,
        }
    }

    /// Reads the next piece; returns whether there was one.
    fn fill(&mut self) -> io::Result<bool> {
        let mut piece = Vec::new();
        let mut input = self.input.by_ref().take(PIECE as u64);
        input.read_to_end(&mut piece)?;
        (self.given, self.bytes) = (0, Vec::new());
        let wrong = |what| Err(io::Error::new(io::ErrorKind::InvalidData, what));
        if piece.len() % 2 > 0 || (piece.is_empty() && self.high.is_some()) {
            return wrong("its UTF-16 ends within a character");
        }
        let mut text = String::with_capacity(piece.len());
        let units = piece.chunks_exact(2).map(|unit| {
            let unit = u16::from_le_bytes([unit[0], unit[1]]);
            if self.big_endian {
                unit.swap_bytes()
            } else {
                unit
            }
        });
        let mut units = self
            .high
            .take()
            .into_iter()
            .chain(units)
            .collect::<Vec<_>>();
        if units
            .last()
            .is_some_and(|unit| (0xd800..0xdc00).contains(unit))
        {
            self.high = units.pop();
        }
        for char in char::decode_utf16(units) {
            match char {
                Ok(char) => text.push(char),
                Err(_) => return wrong("its UTF-16 has half a character"),
            }
        }
        self.bytes = text.into_bytes();
        Ok(!piece.is_empty())
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.given == self.bytes.len() {
            if !self.fill()? {
                return Ok(0);
            }
        }
        let count = out.len().min(self.bytes.len() - self.given);
        out[..count].copy_from_slice(&self.bytes[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}
