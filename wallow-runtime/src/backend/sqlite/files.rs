//! The files of a database that is open, and whether they are still where they were.
//!
//! A file that is deleted or replaced stays open, and SQLite goes on in it without an error: everything written from
//! then on is lost when the last program closes it. So each write ends with a check of the path. On systems without
//! inode numbers (Windows) there is nothing to check, and an open file cannot be deleted there.
//!
//! Invariant: no write is reported as done if, after it, the path names another file or none.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use diesel::dsl::sql;
use diesel::sql_types::Text;
use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection};

use super::Connection;
use super::beside::{ENDS, beside, refuse_other_names};
use crate::backend::Session as _;
use crate::error::{Error, ErrorKind};

/// The least time between two checks of the log. The database itself is checked after every write. A lost log is less
/// bad, because its content can still be written back, and a second check would cost as much as the first.
const LOG_INTERVAL: Duration = Duration::from_micros(100);

/// After this time both files of the log are checked at once.
const BOTH_INTERVAL: Duration = Duration::from_millis(10);

/// The identity of a file: its device and inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    #[cfg(unix)]
    #[expect(
        clippy::unnecessary_wraps,
        reason = "not every system has numbers for files"
    )]
    pub(super) fn of(file: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        Some(FileId {
            device: file.dev(),
            inode: file.ino(),
        })
    }

    #[cfg(not(unix))]
    pub(super) fn of(_: &Metadata) -> Option<Self> {
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
            refuse_other_names(&path)?;
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

/// The files that one connection has open beside the database: the log, and its index, by which programs that write find
/// each other.
#[derive(Debug)]
pub(super) struct OpenWal {
    files: [OpenBeside; 2],
    looked: Option<Instant>,
    /// Which of them the next check is about, if it follows soon.
    turn: usize,
}

#[derive(Debug)]
struct OpenBeside {
    path: PathBuf,
    /// Known after the first write, because SQLite opens the file only when it is needed.
    id: Option<FileId>,
}

/// What has become of a file beside the database.
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

impl OpenWal {
    /// The log beside a database that has just been opened.
    pub(super) fn beside(database: &Path) -> Option<Self> {
        let database = std::path::absolute(database).ok()?;
        Some(OpenWal {
            files: ENDS.map(|end| OpenBeside {
                path: beside(&database, end),
                id: None,
            }),
            looked: None,
            turn: 0,
        })
    }

    /// The file that is not where it was, and what has become of it. Checked at most once in [`LOG_INTERVAL`]; both
    /// files at once only after [`BOTH_INTERVAL`], because each check costs a call of the system.
    fn look(&mut self) -> Option<(&Path, Missing)> {
        let now = Instant::now();
        let since = self.looked.map(|looked| now.duration_since(looked));
        if since.is_some_and(|since| since < LOG_INTERVAL) {
            return None;
        }
        self.looked = Some(now);
        self.turn = (self.turn + 1) % self.files.len();
        let soon = since.is_some_and(|since| since < BOTH_INTERVAL);
        let turn = self.turn;
        let files = self.files.iter_mut().enumerate();
        let mut due = files.filter(|(index, _)| !soon || *index == turn);
        due.find_map(|(_, file)| file.look().map(|missing| (&*file.path, missing)))
    }
}

impl OpenBeside {
    fn look(&mut self) -> Option<Missing> {
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
        let missing = self.wal.as_mut().and_then(OpenWal::look);
        let missing = missing.map(|(path, missing)| (path.to_path_buf(), missing));
        missing.map_or(Ok(()), |(path, missing)| self.without_wal(&path, missing))
    }

    /// The log or its index is not where it was. This connection still has both open, with everything that was committed,
    /// so it is written into the database at once, unless others have begun another log or another index.
    fn without_wal(&mut self, path: &Path, missing: Missing) -> Result<(), Error> {
        if self.text("PRAGMA journal_mode")?.as_deref() != Some("wal") {
            self.wal = None;
            return Ok(());
        }
        let saved = match missing {
            Missing::Deleted if self.empty_wal().unwrap_or(false) => {
                "what was committed is in the database now"
            }
            _ => "what was committed last may be missing in the database",
        };
        let what = if path
            .extension()
            .is_some_and(|end| end.to_string_lossy().ends_with("-shm"))
        {
            "the index of the log,"
        } else {
            "the log"
        };
        Err(lost(format_args!(
            "{what} `{}` was {missing} while this program had the database open; {saved}; stop all programs that have it \
             open, look at `wallow doctor`, and open it anew",
            path.display()
        )))
    }
}

fn lost(message: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Io, message.to_string())
}
