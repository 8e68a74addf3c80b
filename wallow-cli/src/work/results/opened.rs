//! Opening the file of results again.

use std::fs::File;
use std::path::Path;

/// Opens the file of a command again, which may have put anything in its place: a link is not followed, since what it
/// leads to is no result of this run, and nobody waits for the writer of a named pipe. The error says what is there.
pub(super) fn opened(path: &Path) -> Result<File, String> {
    use rustix::fs::{CWD, Mode, OFlags, openat};
    use rustix::io::Errno;

    let flags =
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = match openat(CWD, path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        // Linux reports the first of these errors for a link, other systems the second one.
        Err(Errno::LOOP | Errno::MLINK) => return Err("was replaced by a link".to_owned()),
        Err(Errno::NOENT) => return Err("was removed".to_owned()),
        Err(error) => return Err(format!("cannot be read any more: {error}")),
    };
    match file.metadata() {
        Ok(found) if found.is_file() => Ok(file),
        Ok(_) => Err("was replaced by something that is no file".to_owned()),
        Err(error) => Err(format!("cannot be read any more: {error}")),
    }
}
