//! Names that stand for open files: `/dev/stdout`, `/dev/fd/3`, `/proc/self/fd/1`, and links to them.
//!
//! Opening such a name opens the file behind it once more, at its beginning: what is written then replaces bytes that
//! others wrote there. So stdout and stderr are written as they are, and any other open file is appended to.

use std::fs;
use std::path::Path;

/// An open file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OpenFile {
    Stdout,
    Stderr,
    Other,
}

impl OpenFile {
    /// The open file that a name stands for; `None` if it is the name of a file itself.
    pub(super) fn of(path: &Path) -> Option<Self> {
        const LINKS: usize = 40;
        let mut path = path.to_owned();
        for _ in 0..LINKS {
            let name = path.file_name()?.to_owned();
            let folder = match path.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder,
                _ => Path::new("."),
            };
            let folder = folder.canonicalize().ok()?;
            if let Some(is_own) = lists_open_files(&folder) {
                return Some(match (is_own, name.to_str()?.parse().ok()?) {
                    (true, 1_u32) => OpenFile::Stdout,
                    (true, 2) => OpenFile::Stderr,
                    _ => OpenFile::Other,
                });
            }
            // The links of the kernel in such a folder are not followed: they lead to the file, not to its open end.
            path = folder.join(fs::read_link(folder.join(name)).ok()?);
        }
        None
    }
}

/// Whether a folder lists open files, and whether they are those of this process.
fn lists_open_files(folder: &Path) -> Option<bool> {
    // On Linux it is a link into `/proc`, elsewhere the folder itself.
    if folder == Path::new("/dev/fd") {
        return Some(true);
    }
    let parts = folder.to_str()?.strip_prefix("/proc/")?;
    let parts = parts.split('/').collect::<Vec<_>>();
    match parts[..] {
        [process, "fd"] | [process, "task", _, "fd"] => {
            let process = process.parse::<u32>().ok()?;
            Some(process == std::process::id())
        }
        _ => None,
    }
}
