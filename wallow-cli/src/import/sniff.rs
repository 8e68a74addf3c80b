//! Recognises a file by its first bytes, whatever its name says.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::columnar::Format;
use super::unreadable;
use crate::output::Failure;

/// The first bytes of files that are not text, their format, and what to do with them.
const KNOWN: [(&[u8], &str); 10] = [
    (b"PAR1", "a Parquet file; add `--format parquet`"),
    (b"ARROW1", "an Arrow file; add `--format arrow`"),
    (
        b"SQLite format 3",
        "a SQLite database; name it with `--from-python`, `--from-mlflow` or `--from-optuna`",
    ),
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
    let known = KNOWN.iter().find(|(magic, _)| start.starts_with(magic));
    known.map(|(_, what)| *what)
}

/// Refuses a file that has another format, if that can be recognised. A damaged file is left to the reader of its
/// format.
pub(super) fn expect(path: &Path, format: Format) -> Result<(), Failure> {
    let mut start = Vec::new();
    // If the file cannot be read, its reader reports that.
    let read = File::open(path).and_then(|file| file.take(512).read_to_end(&mut start));
    if matches!(read, Ok(0)) {
        return Err(unreadable(path, "it is empty"));
    }
    let Some(what) = read.ok().and_then(|_| other(&start, format)) else {
        return Ok(());
    };
    let name = match format {
        Format::Parquet => "a Parquet file",
        Format::Arrow => "an Arrow file",
    };
    Err(Failure::finding(format!(
        "`{}` cannot be read: it is not {name}, but {what}",
        path.display()
    )))
}

fn other(start: &[u8], format: Format) -> Option<&'static str> {
    let is_so = match format {
        Format::Parquet => start.starts_with(b"PAR1") || start.starts_with(b"PARE"),
        Format::Arrow => start.starts_with(b"ARROW1") || start.starts_with(b"FEA1"),
    };
    if is_so {
        return None;
    }
    if let Some(what) = known(start) {
        return Some(what);
    }
    if start.starts_with(b"\x1f\x8b") {
        return Some("compressed with gzip; unpack it first, such a file is compressed within");
    }
    if start.starts_with(b"\x28\xb5\x2f\xfd") {
        return Some("compressed with zstd; unpack it first, such a file is compressed within");
    }
    let text = start.strip_prefix("\u{feff}".as_bytes()).unwrap_or(start);
    let is_text = !text
        .iter()
        .any(|byte| *byte < b' ' && !b"\t\r\n".contains(byte));
    match text.trim_ascii_start().first() {
        _ if !is_text => None,
        Some(b'{') => Some("text that looks like JSON lines; add `--format jsonl`"),
        Some(b'[') => Some("text that looks like JSON; add `--format json`"),
        Some(b'<') => Some("text that looks like a web page; was it downloaded as a file?"),
        _ if text.starts_with(b"version https://git-lfs") => {
            Some("a pointer of Git LFS; get the file itself with `git lfs pull`")
        }
        _ => Some("text that looks like CSV; add `--format csv`"),
    }
}
