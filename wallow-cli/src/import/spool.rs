//! Records that are put aside: they are read and checked before the transaction, so that a slow file holds no lock.
//!
//! Invariant: memory does not grow with the number of records. Beyond a limit, they go to a file without a name, which
//! disappears with the program, however it ends.

use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};

use tempfile::SpooledTempFile;

use super::Location;
use super::alteration::Alterations;
use super::codec::{Reader, damaged, put_bytes, put_number, put_value};
use super::mapping::{Mapped, Note};
use crate::output::Failure;

/// The largest number of bytes in memory.
const IN_MEMORY: usize = 16 << 20;

/// A page has at most this many records.
const PAGE: usize = 1_000;

/// A page with this many bytes has no more records.
const LARGE: u64 = 1 << 20;

/// Records that were put aside.
pub(super) struct Spool {
    out: BufWriter<SpooledTempFile>,
    entry: Vec<u8>,
}

impl Spool {
    pub(super) fn new() -> Self {
        Spool {
            out: BufWriter::with_capacity(1 << 16, SpooledTempFile::new(IN_MEMORY)),
            entry: Vec::new(),
        }
    }

    /// Puts one more record aside.
    pub(super) fn push(&mut self, at: &Location, mapped: &Mapped) -> io::Result<()> {
        self.entry.clear();
        let entry = &mut self.entry;
        put_at(entry, at);
        put_number(entry, mapped.values.len() as u64);
        for (place, value) in &mapped.values {
            put_number(entry, *place as u64);
            put_value(entry, value);
        }
        for (place, note) in &mapped.notes {
            put_number(entry, *place as u64);
            entry.push(note.code());
        }
        self.out
            .write_all(&(self.entry.len() as u64).to_le_bytes())?;
        self.out.write_all(&self.entry)
    }

    /// All records from the first one on, even if some were read before.
    pub(super) fn entries(&mut self) -> io::Result<Entries<'_>> {
        self.out.flush()?;
        let file = self.out.get_mut();
        let left = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(0))?;
        Ok(Entries {
            file: BufReader::with_capacity(1 << 16, file),
            left,
            entry: Vec::new(),
        })
    }
}

/// An iterator over the records.
pub(super) struct Entries<'a> {
    file: BufReader<&'a mut SpooledTempFile>,
    left: u64,
    entry: Vec<u8>,
}

impl Entries<'_> {
    /// The next records, at most as many as may be in memory at once; none at the end.
    pub(super) fn page(&mut self) -> io::Result<Vec<(Location, Mapped)>> {
        let end = self.left.saturating_sub(LARGE);
        let mut page = Vec::new();
        while page.len() < PAGE && self.left > end {
            page.push(self.entry()?);
        }
        Ok(page)
    }

    fn entry(&mut self) -> io::Result<(Location, Mapped)> {
        let mut length = [0; 8];
        self.file.read_exact(&mut length)?;
        let length = u64::from_le_bytes(length);
        self.left = self.left.checked_sub(8 + length).ok_or_else(damaged)?;
        self.entry.clear();
        (&mut self.file).take(length).read_to_end(&mut self.entry)?;
        let mut entry = Reader(&self.entry);
        let at = at(&mut entry)?;
        let mut mapped = Mapped::default();
        for _ in 0..entry.length()? {
            mapped.values.push((entry.length()?, entry.value()?));
        }
        while !entry.is_empty() {
            let place = entry.length()?;
            let note = Note::of_code(entry.byte()?).ok_or_else(damaged)?;
            mapped.notes.push((place, note));
        }
        Ok((at, mapped))
    }
}

impl Iterator for Entries<'_> {
    type Item = io::Result<(Location, Mapped)>;

    fn next(&mut self) -> Option<Self::Item> {
        (self.left > 0).then(|| self.entry())
    }
}

/// The error of writing or reading the file of records.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
pub(super) fn failed(error: io::Error) -> Failure {
    let folder = std::env::temp_dir();
    Failure::finding(format!(
        "the records cannot be kept in `{}` until they are imported: {error}; name a folder with room by the variable TMPDIR",
        folder.display()
    ))
}

pub(super) fn put_at(bytes: &mut Vec<u8>, at: &Location) {
    match at {
        Location::Line(number) => {
            bytes.push(0);
            put_number(bytes, *number);
        }
        Location::Row(number) => {
            bytes.push(1);
            put_number(bytes, *number);
        }
        Location::Named(name) => {
            bytes.push(2);
            put_bytes(bytes, name.as_bytes());
        }
    }
}

fn at(bytes: &mut Reader<'_>) -> io::Result<Location> {
    Ok(match bytes.byte()? {
        0 => Location::Line(bytes.number()?),
        1 => Location::Row(bytes.number()?),
        2 => Location::Named(bytes.text()?.to_owned()),
        _ => return Err(damaged()),
    })
}

impl Note {
    fn code(self) -> u8 {
        match self {
            Note::Default => 0,
            Note::EmptyText => 1,
            Note::Unclaimed => 2,
            Note::Absent => 3,
            Note::SeveralLines => 4,
            Note::Trimmed => 5,
            Note::Padded => 6,
            Note::Altered(alteration) => 7 + alteration as u8,
        }
    }

    fn of_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Note::Default),
            1 => Some(Note::EmptyText),
            2 => Some(Note::Unclaimed),
            3 => Some(Note::Absent),
            4 => Some(Note::SeveralLines),
            5 => Some(Note::Trimmed),
            6 => Some(Note::Padded),
            code => {
                let bit = 1_u16.checked_shl(u32::from(code - 7))?;
                Alterations::from_bits(bit).first().map(Note::Altered)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wallow_runtime::dynamic::Value;
    use wallow_runtime::value::parse_time;

    use super::super::alteration::Alteration;
    use super::*;

    #[test]
    fn a_page_ends_where_it_is_large() {
        let mut spool = Spool::new();
        for length in [300_000; 5].into_iter().chain([3 << 20, 7]) {
            let mapped = Mapped {
                values: vec![(0, "a".repeat(length).into())],
                notes: Vec::new(),
            };
            spool.push(&Location::Line(1), &mapped).unwrap();
        }
        let mut entries = spool.entries().unwrap();
        let pages = std::iter::from_fn(|| Some(entries.page().unwrap().len()));
        assert!(pages.take(4).eq([4, 2, 1, 0]));
    }

    #[test]
    fn records_come_back_as_they_were_as_often_as_wanted() {
        let values = [
            Value::Null,
            i64::MIN.into(),
            f64::NEG_INFINITY.into(),
            (-0.0).into(),
            true.into(),
            "naïve 🐷".into(),
            json!({"a": [0.1, u64::MAX, null]}).into(),
            parse_time("0001-01-01 00:00:00.000001").into(),
        ];
        let mapped = Mapped {
            values: values.into_iter().enumerate().collect(),
            notes: vec![
                (4, Note::Default),
                (5, Note::EmptyText),
                (6, Note::Altered(Alteration::Nan)),
                (7, Note::Altered(Alteration::LeapSecond)),
                (7, Note::Altered(Alteration::Backwards)),
                (0, Note::Unclaimed),
                (8, Note::Absent),
                (8, Note::SeveralLines),
                (8, Note::Trimmed),
                (9, Note::Padded),
            ],
        };
        let places = [
            Location::Line(7),
            Location::Row(u64::MAX),
            Location::Named("run a".into()),
        ];
        let mut spool = Spool::new();
        // More than is read at once, so that a reader may stop anywhere.
        let places = places.iter().cycle().take(1000).collect::<Vec<_>>();
        for at in &places {
            spool.push(at, &mapped).unwrap();
        }
        for read_before in 0..3 {
            for entry in spool.entries().unwrap().take(read_before) {
                entry.unwrap();
            }
            let entries = spool.entries().unwrap();
            let entries = entries.collect::<io::Result<Vec<_>>>().unwrap();
            let back = entries.iter().map(|(at, _)| at.to_string());
            assert!(back.eq(places.iter().map(ToString::to_string)));
            assert!(entries.iter().all(|(_, back)| *back == mapped));
        }
        let mut entries = spool.entries().unwrap();
        let pages = std::iter::from_fn(|| Some(entries.page().unwrap().len()));
        assert!(pages.take(2).eq([1_000, 0]));
        assert!(Spool::new().entries().unwrap().next().is_none());
    }
}
