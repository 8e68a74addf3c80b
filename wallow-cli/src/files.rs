//! Files and folders on disk that the command writes and deletes.
//!
//! Invariant: a name is looked up once, and the folder behind it is held open from then on. If somebody puts a link in
//! its place later, that does not change what is written or deleted.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use chrono::Utc;

mod replace;
mod tree;

pub(crate) use replace::Replacement;
pub(crate) use tree::Tree;

/// What to do about an error of the system when a file is written or deleted, behind its text.
pub(crate) fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "; only who may write into its folder can do this: look at its owner and rights (`ls -ld`)"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; free some space there, then say it again"
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "; the file system is mounted read-only: work in a folder on another one"
        }
        io::ErrorKind::AlreadyExists => "; rename what has the name, or remove it",
        io::ErrorKind::NotADirectory => "; a file stands in the way of a folder: rename it",
        _ => "",
    }
}

/// Writes a file that is not there yet. If that fails, none is left behind, which would be kept by the next try.
pub(crate) fn create(
    path: &Path,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    let written = write(&mut file);
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    written
}

/// The path of the copy of a file that is about to change: the same name, with the time in UTC.
pub(crate) fn before(file: PathBuf) -> PathBuf {
    let mut path = file.into_os_string();
    path.push(Utc::now().format(".before-%Y%m%d-%H%M%S").to_string());
    path.into()
}

/// A random name that nobody can predict.
fn name_of_chance() -> String {
    use std::hash::{BuildHasher as _, Hasher as _, RandomState};
    let chance = RandomState::new().build_hasher().finish();
    format!(".wallow-{chance:016x}.part")
}
