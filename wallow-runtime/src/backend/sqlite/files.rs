//! The files of a database that is open, and whether they are still where they were.
//!
//! A file that is deleted or replaced stays open, and SQLite goes on in it without an error: everything written from
//! then on is lost when the last program closes it. So each write ends with a check of the path. On systems without
//! inode numbers (Windows) there is nothing to check, and an open file cannot be deleted there.
//!
//! Invariant: no write is reported as done if, after it, the path names another file or none.

use std::ffi::OsString;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use diesel::dsl::sql;
use diesel::sql_types::Text;
use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection};

use super::Connection;
use crate::backend::Session as _;
use crate::error::{Error, ErrorKind};

/// The least time between two checks of the log. The database itself is checked after every write. A lost log is less
/// bad, because its content can still be written back, and a second check would cost as much as the first.
const LOG_INTERVAL: Duration = Duration::from_micros(100);

/// The identity of a file: its device and inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    #[cfg(unix)]
    #[expect(
        clippy::unnecessary_wraps,
        reason = "not every system has numbers for files"
    )]
    fn of(file: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        Some(FileId {
            device: file.dev(),
            inode: file.ino(),
        })
    }

    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Option<Self> {
        None
    }
}

/// The file that all connections of a store have open.
#[derive(Debug, Default)]
pub(crate) struct OpenFile(OnceLock<Opened>);

#[derive(Debug)]
struct Opened {
    /// Absolute, because a program may change its working directory.
    path: PathBuf,
    id: FileId,
    size: AtomicU64,
}

/// A file that has fewer bytes than before.
#[derive(Debug, Clone, Copy)]
struct Shorter {
    before: u64,
    now: u64,
}

impl OpenFile {
    /// Notes the file that the first connection opened; for each later connection, checks that it opened the same file.
    pub(super) fn opened(&self, path: &Path) -> Result<(), Error> {
        if self.0.get().is_none()
            && let Ok(path) = std::path::absolute(path)
            && let Ok(file) = std::fs::metadata(&path)
            && let Some(id) = FileId::of(&file)
        {
            let size = AtomicU64::new(file.len());
            self.0.get_or_init(|| Opened { path, id, size });
        }
        self.look()
    }

    /// Whether the file is still the one that its path names.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if it is not.
    pub(crate) fn look(&self) -> Result<(), Error> {
        self.0.get().map_or(Ok(None), Opened::look).map(drop)
    }
}

impl Opened {
    fn look(&self) -> Result<Option<Shorter>, Error> {
        let name = self.path.display();
        let file = match std::fs::metadata(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(lost(format_args!(
                    "the database file `{name}` was moved or deleted while this program had it open: what is written \
                     now is in no file of this name; move the file back, or stop all programs that have it open, and \
                     open it anew"
                ))
                .with_source(error));
            }
            // If the path cannot be checked, that says nothing about the file.
            Err(_) => return Ok(None),
        };
        if FileId::of(&file) != Some(self.id) {
            return Err(lost(format_args!(
                "the database file `{name}` was replaced by another while this program had it open: what is written \
                 now goes into the old one; move the old file back, or stop all programs that have it open, and open \
                 it anew"
            )));
        }
        let (before, now) = (self.size.load(Ordering::Relaxed), file.len());
        match now {
            // A database that has tables is never empty, not even for a moment.
            0 if before > 0 => Err(self.cut(Shorter { before, now })),
            _ if now < before => Ok(Some(Shorter { before, now })),
            _ => {
                self.size.store(now, Ordering::Relaxed);
                Ok(None)
            }
        }
    }

    fn cut(&self, Shorter { before, now }: Shorter) -> Error {
        lost(format_args!(
            "the database file `{}` was cut from {before} to {now} bytes while this program had it open; stop all \
             programs that have it open, keep what is left of it and of its log, restore a copy, and open it anew",
            self.path.display()
        ))
    }

    /// Whether the database on the disk is intact. It is opened again for that, because this program's page cache says
    /// nothing about the disk.
    fn is_whole(&self) -> bool {
        let path = self.path.to_str();
        let found = path
            .and_then(|path| SqliteConnection::establish(path).ok())
            .and_then(|mut other| {
                let check = sql::<Text>("PRAGMA quick_check(1)");
                check.get_result::<String>(&mut other).ok()
            });
        found.as_deref() == Some("ok")
    }
}

/// The log that one connection has open beside the database.
#[derive(Debug)]
pub(super) struct OpenLog {
    path: PathBuf,
    /// Known after the first write, because SQLite opens the log only when it is needed.
    id: Option<FileId>,
    looked: Option<Instant>,
}

/// What has become of a log.
#[derive(Debug, Clone, Copy)]
enum Missing {
    Deleted,
    Replaced,
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Missing::Deleted => "deleted",
            Missing::Replaced => "replaced by another",
        })
    }
}

impl OpenLog {
    /// The log beside a database that has just been opened.
    pub(super) fn beside(database: &Path) -> Option<Self> {
        let mut path: OsString = std::path::absolute(database).ok()?.into();
        path.push("-wal");
        Some(OpenLog {
            path: path.into(),
            id: None,
            looked: None,
        })
    }

    /// What has become of the log, if it is not where it was. Checked at most once in [`LOG_INTERVAL`].
    fn look(&mut self) -> Option<Missing> {
        let now = Instant::now();
        if self
            .looked
            .is_some_and(|looked| now.duration_since(looked) < LOG_INTERVAL)
        {
            return None;
        }
        self.looked = Some(now);
        match (std::fs::metadata(&self.path), self.id) {
            (Ok(file), Some(id)) => (FileId::of(&file) != Some(id)).then_some(Missing::Replaced),
            (Ok(file), None) => {
                self.id = FileId::of(&file);
                None
            }
            (Err(error), Some(_)) if error.kind() == std::io::ErrorKind::NotFound => {
                Some(Missing::Deleted)
            }
            (Err(_), _) => None,
        }
    }
}

impl Connection {
    /// Whether the files are still those that this connection has open; called after every write.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if they are not.
    pub(crate) fn look_at_files(&mut self) -> Result<(), Error> {
        let Some(opened) = self.file.0.get() else {
            return Ok(());
        };
        if let Some(shorter) = opened.look()? {
            // A file may be shorter because of `VACUUM`, so look whether the database is intact.
            if !opened.is_whole() {
                return Err(opened.cut(shorter));
            }
            opened.size.store(shorter.now, Ordering::Relaxed);
        }
        let missing = self.log.as_mut().and_then(OpenLog::look);
        missing.map_or(Ok(()), |missing| self.without_log(missing))
    }

    /// The log is not where it was. This connection still has it open, with everything that was committed, so it is
    /// written into the database at once, unless others have begun another log.
    fn without_log(&mut self, missing: Missing) -> Result<(), Error> {
        if self.text("PRAGMA journal_mode")?.as_deref() != Some("wal") {
            self.log = None;
            return Ok(());
        }
        let saved = match missing {
            Missing::Deleted if self.empty_log().unwrap_or(false) => {
                "what was committed is in the database now"
            }
            _ => "what was committed last may be missing in the database",
        };
        let path = self.log.as_ref().map(|log| log.path.display().to_string());
        Err(lost(format_args!(
            "the log `{}` was {missing} while this program had the database open; {saved}; stop all programs that have it \
             open, look at `wallow doctor`, and open it anew",
            path.unwrap_or_default()
        )))
    }
}

fn lost(message: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Io, message.to_string())
}
