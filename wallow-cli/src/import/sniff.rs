//! Recognises a file by its first bytes, whatever its name says.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// The first bytes of files that are not text but that wallow reads, their format, and what to do with them.
const READABLE: [(&[u8], &str); 3] = [
    (b"PAR1", "a Parquet file; add `--format parquet`"),
    (b"ARROW1", "an Arrow file; add `--format arrow`"),
    (
        b"SQLite format 3",
        "a SQLite database; leave `--format` out, so that the program that made it is recognised",
    ),
];

/// The first bytes of files that have to be converted first, their format, and how.
const OTHERS: [(&[u8], &str); 7] = [
    (
        b"\xfd7zXZ",
        "compressed with xz; unpack it first, or use gzip or zstd",
    ),
    (
        b"BZh",
        "compressed with bzip2; unpack it first, or use gzip or zstd",
    ),
    (
        b"\x04\x22\x4d\x18",
        "compressed with lz4; unpack it first, or use gzip or zstd",
    ),
    (
        b"PK\x03\x04",
        "a zip archive, as spreadsheets are; unpack it, or save the sheet as CSV",
    ),
    (b"7z\xbc\xaf", "a 7z archive; unpack it first"),
    (b"\xff\xfe\0\0", "in UTF-32; write it in UTF-8"),
    (b"\0\0\xfe\xff", "in UTF-32; write it in UTF-8"),
];

/// The format of a file with these first bytes that is not text, and what to do.
pub(super) fn known(start: &[u8]) -> Option<&'static str> {
    find(&READABLE, start).or_else(|| find(&OTHERS, start))
}

/// The format of the file at a path that has to be converted first, and what to do. `None` also if it cannot be read.
pub(crate) fn to_convert(path: &Path) -> Option<&'static str> {
    find(&OTHERS, &start(path)?)
}

/// The format of the file at a path that is not text, and what to do. `None` also if it cannot be read.
pub(crate) fn of_file(path: &Path) -> Option<&'static str> {
    known(&start(path)?)
}

fn start(path: &Path) -> Option<Vec<u8>> {
    let mut start = Vec::new();
    File::open(path)
        .ok()?
        .take(16)
        .read_to_end(&mut start)
        .ok()?;
    Some(start)
}

fn find(formats: &[(&[u8], &'static str)], start: &[u8]) -> Option<&'static str> {
    let known = formats.iter().find(|(magic, _)| start.starts_with(magic));
    known.map(|(_, what)| *what)
}
