//! The write-ahead log, kept short.
//!
//! SQLite writes its log back by itself, but restarts it only at a moment when nobody reads from it. If there is always
//! some reader, it grows without end. So if it has grown past a limit, the writer stops new readers from using it and
//! waits for the others.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Connection;
use super::beside::{WAL, beside};

/// A log that has become longer than this is emptied.
const LONGEST: u64 = 48 << 20;

/// The length is looked at after this many writes.
const WRITES: u32 = 16;

fn wal_name(file: &Path) -> OsString {
    beside(file, WAL).into()
}

/// The log beside a file, if it may have content that is not in the file yet.
pub(crate) fn wal_of(file: &Path) -> Option<PathBuf> {
    let wal = wal_name(file);
    let is_long = std::fs::metadata(&wal).is_ok_and(|wal| wal.len() > 0);
    is_long.then(|| wal.into())
}

/// Watches the log of one database.
pub(crate) struct WalKeeper {
    wal: Option<OsString>,
    writes: u32,
    limit: u64,
}

impl WalKeeper {
    pub(crate) fn new(database: Option<&Path>) -> Self {
        WalKeeper {
            wal: database.map(wal_name),
            writes: 0,
            limit: LONGEST,
        }
    }

    /// Called by the writer after every write.
    pub(crate) fn after_write(&mut self, connection: &mut Connection) {
        self.writes = (self.writes + 1) % WRITES;
        let Some(wal) = self.wal.as_ref().filter(|_| self.writes == 0) else {
            return;
        };
        let length = std::fs::metadata(wal).map_or(0, |wal| wal.len());
        if length < LONGEST {
            self.limit = LONGEST;
        } else if length >= self.limit && !connection.empty_wal().unwrap_or(false) {
            // A reader takes long. Every attempt makes writers wait, so the next one comes only after the log has
            // doubled.
            self.limit = length.saturating_mul(2);
        }
    }
}
