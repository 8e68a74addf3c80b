//! Recognises a file that is not of the columnar format that its name says.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::Format;
use crate::import::{sniff, unreadable};
use crate::output::Failure;

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
    if let Some(what) = sniff::known(start) {
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
