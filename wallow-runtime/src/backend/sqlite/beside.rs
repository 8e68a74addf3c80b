//! Other names of a database file, files that others left beside it, and reading without leaving any.
//!
//! SQLite keeps a log and its index beside a database that is open. Three situations make that dangerous, and are found
//! when a file is opened: the file has several names, and a log beside each of them; the log belongs to another user; or
//! this user would leave a log that the owner of the file cannot write.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::files::FileId;
use crate::error::{Error, ErrorKind};

/// The end of the name of the log.
pub(super) const WAL: &str = "-wal";

/// The ends of the names of the files that SQLite keeps beside a database: the log, and its index.
pub(super) const ENDS: [&str; 2] = [WAL, "-shm"];

/// The end of the name of the rollback journal.
const JOURNAL: &str = "-journal";

/// Refuses a database with a name under which SQLite keeps a log of another one: SQLite would take it for that log, and
/// overwrite or delete it.
pub(crate) fn refuse_name_of_wal(file: &Path) -> Result<(), Error> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let mut ends = ENDS.into_iter().chain([JOURNAL]);
    match ends.find_map(|end| name.strip_suffix(end)) {
        None => Ok(()),
        Some(database) => Err(Error::new(
            ErrorKind::Io,
            format!(
                "`{}` is no name for a database: SQLite keeps the log of a database `{database}` under it, and would \
                 overwrite or delete the file; name the database itself, or give the file another name",
                file.display()
            ),
        )),
    }
}

/// The file that SQLite keeps beside a database under its name with this end.
pub(super) fn beside(file: &Path, end: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(end);
    path.into()
}

/// How many names the file has on its disk: hard links.
pub(crate) fn names(file: &Path) -> u64 {
    std::fs::metadata(file).as_ref().map_or(1, links)
}

#[cfg(unix)]
fn links(file: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(file)
}

#[cfg(not(unix))]
fn links(_: &Metadata) -> u64 {
    1
}

/// Refuses to write a file that has several names. A program that opens it by another name has another log, so neither
/// sees what the other writes, and the file is damaged.
pub(super) fn refuse_other_names(file: &Path) -> Result<(), Error> {
    let count = names(file);
    if count < 2 {
        return Ok(());
    }
    let name = file.display();
    Err(Error::new(
        ErrorKind::Io,
        format!(
            "the database file `{name}` has {count} names (hard links); SQLite keeps a log beside each name, so programs \
             that use different names would do the same runs and damage the file. Delete the other names (`find FOLDER \
             -samefile {name}` shows them), or, while no program has it open, give it a file of its own: `cp {name} \
             {name}.new && mv {name}.new {name}`"
        ),
    ))
}

/// Refuses to write a file beside which a log is that this user may not write; a program of another user left it.
pub(super) fn refuse_logs_of_others(file: &Path) -> Result<(), Error> {
    let others = ENDS
        .map(|end| beside(file, end))
        .into_iter()
        .find(|log| log.exists() && !is_writable(log));
    let Some(log) = others.filter(|_| is_writable(file)) else {
        return Ok(());
    };
    let (name, log) = (file.display(), log.display());
    Err(Error::new(
        ErrorKind::Database,
        format!(
            "cannot write `{name}`: SQLite keeps its log beside it, and `{log}` belongs to another user and cannot be \
             written by this one. If a program of that user has the database open, wait until it ends; the owner of \
             `{log}` can then open and close it with `sqlite3 {name} .tables`, which removes an empty log, or give the \
             right to write it"
        ),
    ))
}

/// Whether this process may write the file.
#[cfg(unix)]
pub(crate) fn is_writable(file: &Path) -> bool {
    use rustix::fs::{Access, AtFlags, CWD, accessat};
    accessat(CWD, file, Access::WRITE_OK, AtFlags::EACCESS).is_ok()
}

#[cfg(not(unix))]
pub(crate) fn is_writable(_: &Path) -> bool {
    true
}

/// A file that is read without a log, because nobody had it open and this user could not remove the log again. SQLite
/// then takes no locks, so after each read the file must be as it was.
#[derive(Debug)]
pub(super) struct Quiet {
    file: PathBuf,
    state: State,
}

#[derive(Debug, PartialEq, Eq)]
struct State {
    size: u64,
    modified: Option<SystemTime>,
    id: Option<FileId>,
}

/// What has become of a quiet file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Now {
    Quiet,
    /// Somebody has opened it, and what was read before is right.
    Opened,
    /// It was written, so what was read may be torn.
    Written,
}

impl Quiet {
    /// The file, if nobody has it open.
    pub(super) fn new(file: &Path) -> Option<Self> {
        let file = std::path::absolute(file).ok()?;
        if is_open(&file) {
            return None;
        }
        let state = State::of(&file)?;
        Some(Quiet { file, state })
    }

    pub(super) fn look(&self) -> Now {
        match State::of(&self.file) {
            Some(state) if state != self.state => Now::Written,
            None => Now::Written,
            Some(_) if is_open(&self.file) => Now::Opened,
            Some(_) => Now::Quiet,
        }
    }

    /// The error of a read during which the file was written.
    pub(super) fn written(&self) -> Error {
        Error::new(
            ErrorKind::Busy,
            format!(
                "`{}` was changed while it was read, by a program that opened it meanwhile; read it again",
                self.file.display()
            ),
        )
    }
}

/// Whether a program seems to have the file open.
fn is_open(file: &Path) -> bool {
    ENDS.iter().any(|end| beside(file, end).exists())
}

impl State {
    fn of(file: &Path) -> Option<Self> {
        let file = std::fs::metadata(file).ok()?;
        Some(State {
            size: file.len(),
            modified: file.modified().ok(),
            id: FileId::of(&file),
        })
    }
}
