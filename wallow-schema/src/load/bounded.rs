//! Reads a file that people write: a schema, a script, a snapshot.
//!
//! Invariant: reading ends. A named pipe may wait for a writer forever, a device has no end, and a large file was
//! probably named by mistake. Each of them is an error that says what it is.

use std::fs::{self, File, FileType};
use std::io::{self, Read as _};
use std::path::Path;

/// The maximum size: no schema, script or snapshot is larger.
const LARGEST: u64 = 16 << 20;

/// Reads a file that people write.
///
/// # Errors
///
/// The error of the system, and [`io::ErrorKind::InvalidInput`] if it is not an ordinary file, or larger than 16 MiB.
///
/// ```
/// let error = wallow_schema::read_file(".".as_ref()).unwrap_err();
/// assert_eq!(error.to_string(), "it is a folder, not a file");
/// ```
pub fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let refused = |reason: String| io::Error::new(io::ErrorKind::InvalidInput, reason);
    // Checked before it is opened, because opening a pipe waits.
    let kind = fs::metadata(path)?.file_type();
    if !kind.is_file() {
        return Err(refused(format!("it is {}, not a file", what(kind))));
    }
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(refused(format!("it is larger than {} MiB", LARGEST >> 20)));
    }
    Ok(bytes)
}

fn what(kind: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if kind.is_fifo() {
            return "a named pipe";
        }
        if kind.is_char_device() || kind.is_block_device() {
            return "a device";
        }
        if kind.is_socket() {
            return "a socket";
        }
    }
    if kind.is_dir() {
        "a folder"
    } else {
        "something else"
    }
}
