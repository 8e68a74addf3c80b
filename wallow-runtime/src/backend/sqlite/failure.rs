//! SQLite's errors as wallow's errors.

use std::path::Path;

use diesel::result::{ConnectionError, DatabaseErrorKind, Error as DieselError};

use super::Target;
#[cfg(unix)]
use crate::backend::url::immutable;
use crate::backend::{CHANGED, Failure, REFERRED_TO, REFERS_TO_NONE};
use crate::error::advice::BUSY_TIMEOUT;
#[cfg(unix)]
use crate::error::advice::READ_ONLY_STORE;
use crate::error::{Error, ErrorKind};

/// What SQLite says if it may not write.
const READ_ONLY: &str = "readonly database";
const UNABLE: &str = "unable to open database file";

/// What SQLite says when two runs get one uuid.
const UUID_TAKEN: &str = "UNIQUE constraint failed: runs.uuid";

/// What SQLite says of a reference, whichever end of it is wrong.
const REFERENCE: &str = "FOREIGN KEY constraint failed";

/// What was done as an error came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    Delete,
    Write,
    /// A commit, or a script.
    Commit,
}

/// The failure of a statement of the engine; `deletes` says what it does, because SQLite does not.
pub(super) fn of_statement(error: DieselError, deletes: bool) -> Failure {
    let does = if deletes { Does::Delete } else { Does::Write };
    match &error {
        DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, info)
            if info.message() == UUID_TAKEN =>
        {
            Failure::UuidTaken
        }
        _ => Failure::Other(of_work(error, does)),
    }
}

/// The error of any query.
pub(crate) fn of_query(error: DieselError) -> Error {
    of_work(error, Does::Commit)
}

fn of_work(error: DieselError, does: Does) -> Error {
    let text = error.to_string();
    if text.contains(CHANGED) {
        return Error::of_changed_table().with_source(error);
    }
    let (kind, message) = explain(&text, does);
    let (in_trouble, about_values) = (is_in_trouble(&text), is_about_values(&error, &text));
    let error = Error::new(kind, message).with_source(error);
    if in_trouble {
        error.of_database_in_trouble()
    } else if about_values && kind == ErrorKind::Database {
        error.of_refused_write()
    } else {
        error
    }
}

/// Whether SQLite refuses the values that are written, because of a constraint, a length, or a trigger with a message
/// of its own. Errors that would occur with any other values do not count.
fn is_about_values(error: &DieselError, text: &str) -> bool {
    let others = [
        "malformed",
        "not a database",
        "interrupted",
        "no such ",
        "has no column",
        "syntax error",
        "no transaction",
    ];
    matches!(error, DieselError::DatabaseError(..))
        && !others.iter().any(|sign| text.contains(sign))
}

/// Whether the file takes no write at all for a while, whatever is written.
fn is_in_trouble(text: &str) -> bool {
    [
        "readonly database",
        "disk is full",
        "disk I/O error",
        "unable to open database file",
        "out of memory",
    ]
    .iter()
    .any(|sign| text.contains(sign))
}

fn explain(text: &str, does: Does) -> (ErrorKind, String) {
    if is_lock(text) {
        let message = format!(
            "the database stayed locked by other writers for longer than the busy timeout; try again, or {}",
            BUSY_TIMEOUT.program
        );
        return (ErrorKind::Busy, message);
    }
    let advice = if text.contains(READ_ONLY) {
        "; the file or its folder cannot be written, or it was opened read only: by the store, or by `mode=ro` or \
         `immutable=1` in a `file:` URI"
    } else if text.contains("disk is full") {
        "; free some space and run again: what was committed before is kept"
    } else if text.contains("disk I/O error") {
        "; the disk failed, or is full: check both"
    } else if text.contains("not a database") {
        "; check the path: a SQLite database was expected there"
    } else if text.contains(UNABLE) {
        "; SQLite keeps a lock and a log beside a database: check that its folder can be written (else copy \
         the file into a folder of your own), and that this process may open more files (`ulimit -n`); a `file:` URI \
         with `nolock` or another `vfs` does without them, so leave these out"
    } else if text.contains("malformed") {
        "; the file is damaged: restore a copy, or save what can be read with `sqlite3 FILE .recover`"
    } else if text.contains("too big") {
        "; SQLite keeps values up to 1 GB: write large data to a file of the run's artefacts"
    } else if text.contains(REFERENCE) {
        match does {
            Does::Delete => return (ErrorKind::Database, format!("{text}; {REFERRED_TO}")),
            Does::Write => return (ErrorKind::Database, format!("{text}; {REFERS_TO_NONE}")),
            Does::Commit => {
                "; a reference that is checked at the end of the transaction (`DEFERRABLE INITIALLY DEFERRED`) leads to a \
                 row that is not there, and nothing was changed: `PRAGMA foreign_key_list(TABLE)` shows the references of \
                 a table; add the row to the other table first, correct the value, or have the reference declared without \
                 `DEFERRED`, so that the run is named"
            }
        }
    } else if text.contains("too many SQL variables") {
        "; a condition holds at most 32,766 values: ask in parts, or compare with a list of integers or texts, which may \
         be longer"
    } else if text.starts_with("error in view ") || text.starts_with("error in trigger ") {
        "; drop it first, and make it again for the new table afterwards"
    } else if text.contains("NOT NULL constraint failed") {
        "; the table has a column without default that wallow.toml does not declare, or declares otherwise"
    } else {
        ""
    };
    (ErrorKind::Database, format!("{text}{advice}"))
}

fn is_lock(text: &str) -> bool {
    [
        "database is locked",
        "database table is locked",
        "locking protocol",
        "database schema is locked",
    ]
    .iter()
    .any(|lock| text.contains(lock))
}

/// The error of making an open file ready, with the file.
pub(crate) fn of_file(file: Option<&Path>, error: Error) -> Error {
    let (Some(file), ErrorKind::Database | ErrorKind::Busy) = (file, error.kind()) else {
        return error;
    };
    let text = error.to_string();
    let is_unwritable = [READ_ONLY, UNABLE].iter().any(|sign| text.contains(sign));
    match folder_of_others(file).filter(|_| is_unwritable) {
        Some(message) => Error::new(ErrorKind::Database, message).with_source(error),
        None => error.context(format_args!("cannot open `{}`", file.display())),
    }
}

/// What to do about a file in a folder that this user may not write. Opening it read-only does not help, because SQLite
/// needs its log beside the file for that, too, except on a disk that is read-only as a whole: there a read-only store
/// works without a log. `None` if the folder can be written.
#[cfg(unix)]
fn folder_of_others(file: &Path) -> Option<String> {
    use rustix::fs::{Access, access};
    let folder = folder_of(file);
    let refused = access(folder, Access::WRITE_OK).err()?;
    let is_disk = refused == rustix::io::Errno::ROFS;
    let way = match super::wal_of(file) {
        None if is_disk => READ_ONLY_STORE.program.to_owned(),
        Some(log) => format!(
            "copy it into a folder of your own together with `{}`, which has what was written last, and open the copy",
            log.display()
        ),
        None => format!(
            "to read it while nobody writes it, open `{}`; else copy it into a folder of your own, or have the right \
             to write the folder given to you",
            immutable(file)
        ),
    };
    let why = if is_disk {
        "its disk cannot be written, and SQLite keeps".to_owned()
    } else {
        format!(
            "this user may not write the folder `{}`, where SQLite keeps",
            folder.display()
        )
    };
    Some(format!(
        "cannot open `{}`: {why} a lock and a log beside a database that is open; {way}",
        file.display()
    ))
}

#[cfg(not(unix))]
fn folder_of_others(_: &Path) -> Option<String> {
    None
}

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The error of opening a file, with what is wrong with the path, if that can be found out.
pub(super) fn of_open(target: &Target, error: &ConnectionError) -> Error {
    let Some(file) = target.file.as_deref() else {
        return Error::new(
            ErrorKind::Database,
            format!("cannot open the database: {error}"),
        );
    };
    let displayed = file.display();
    let folder = folder_of(file);
    let query = target.name.split_once('?').map_or("", |(_, query)| query);
    let is_uri = target.name.starts_with("file:");
    let says = |parameter: &str| is_uri && query.split('&').any(|part| part.starts_with(parameter));
    let message = if file.is_dir() {
        format!(
            "cannot open `{displayed}`: it is a folder; name a file in it, such as `{}`",
            file.join("runs.db").display()
        )
    } else if !folder.exists() {
        format!(
            "cannot open `{displayed}`: the folder `{}` does not exist; create it first",
            folder.display()
        )
    } else if !folder.is_dir() {
        format!(
            "cannot open `{displayed}`: `{}` is not a folder",
            folder.display()
        )
    } else if says("vfs=") && error.to_string().contains("SQL logic error") {
        format!(
            "cannot open `{displayed}`: this SQLite has not what `vfs=…` in the URI names; leave it out, or write `unix` or \
             `unix-dotfile`"
        )
    } else if !file.exists() && says("mode=rw") && !says("mode=rwc") {
        format!(
            "cannot open `{displayed}`: no such file, and `mode=rw` in the URI makes none; write `mode=rwc`, or leave it out"
        )
    } else if !file.exists() {
        format!(
            "cannot open `{displayed}`: {error}; no such file, and it could not be created there"
        )
    } else {
        format!(
            "cannot open `{displayed}`: {error}; check the permissions of the file and its folder, and that this process \
             may open more files (`ulimit -n`)"
        )
    };
    Error::new(ErrorKind::Io, message)
}
