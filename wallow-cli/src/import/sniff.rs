//! Recognises a file by its first bytes, whatever its name says.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
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
const OTHERS: [(&[u8], &str); 15] = [
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
    (
        b"\x89HDF\r\n\x1a\n",
        "an HDF5 file; write its table as Parquet or CSV: `pandas.read_hdf(FILE).to_parquet(…)`",
    ),
    (
        b"\x93NUMPY",
        "an array of numpy, which has no names; write it as CSV with a header",
    ),
    (
        b"FEA1",
        "a Feather file of version 1; write it as version 2, or as Parquet",
    ),
    (b"ORC", "an ORC file; write it as Parquet"),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "a spreadsheet of an old version of Excel; save the sheet as CSV",
    ),
    (b"\x80\x03", PICKLE),
    (b"\x80\x04", PICKLE),
    (b"\x80\x05", PICKLE),
    (b"\xff\xfe\0\0", "in UTF-32; write it in UTF-8"),
    (b"\0\0\xfe\xff", "in UTF-32; write it in UTF-8"),
];

const PICKLE: &str = "a pickle of Python; load it there and write it as Parquet or CSV";

/// A database of DuckDB has its mark behind a checksum.
const DUCKDB: (usize, &[u8]) = (8, b"DUCK");

/// The format of a file with these first bytes that is not text, and what to do.
pub(super) fn known(start: &[u8]) -> Option<&'static str> {
    find(&READABLE, start).or_else(|| of_others(start))
}

fn of_others(start: &[u8]) -> Option<&'static str> {
    let (at, mark) = DUCKDB;
    if start.get(at..).is_some_and(|rest| rest.starts_with(mark)) {
        return Some(
            "a database of DuckDB; write its table as Parquet: `COPY runs TO 'runs.parquet'`",
        );
    }
    find(&OTHERS, start)
}

/// The format of the file at a path that has to be converted first, and what to do. `None` also if it cannot be read.
pub(crate) fn to_convert(path: &Path) -> Option<&'static str> {
    of_others(&start(path)?)
}

/// The format of the file at a path that is not text, and what to do. `None` also if it cannot be read.
pub(crate) fn of_file(path: &Path) -> Option<&'static str> {
    known(&start(path)?)
}

/// Whether the file at a path is a journal of Optuna, which has an operation on each line.
pub(crate) fn is_optuna_journal(path: &Path) -> bool {
    let mut line = String::new();
    let read =
        File::open(path).and_then(|file| BufReader::new(file.take(4096)).read_line(&mut line));
    read.is_ok() && line.starts_with('{') && line.contains("\"op_code\"")
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
