//! The state of a database beside its schema: is it whole, where does it lie, how long is its log?

use std::path::PathBuf;

use super::{Database, Remark};
use crate::backend::{Connection, network_file_system};
use crate::error::Error;

/// The file of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// The size of the log beside it, which is written back into the file now and then.
    pub log_bytes: u64,
    /// The kind of network file system it lies on, where it does: SQLite loses writes there.
    pub network: Option<&'static str>,
}

impl Database {
    /// What is worth knowing of the server's settings.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be read.
    pub fn remarks(&self) -> Result<Vec<Remark>, Error> {
        self.pool().read(Connection::remarks)
    }

    /// What is damaged, a line each: pages and indexes, and references to rows that are not there. A
    /// server looks after that itself: there are no lines then.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be read at all.
    pub fn damages(&self) -> Result<Vec<String>, Error> {
        self.pool().read(Connection::damages)
    }

    /// The file of the database; `None` if it is in memory, or a server's.
    pub fn file(&self) -> Option<DatabaseFile> {
        let path = self.pool().file()?.to_path_buf();
        let bytes = |path: &PathBuf| std::fs::metadata(path).map_or(0, |file| file.len());
        let mut log = path.clone().into_os_string();
        log.push("-wal");
        Some(DatabaseFile {
            bytes: bytes(&path),
            log_bytes: bytes(&log.into()),
            network: network_file_system(&path),
            path,
        })
    }
}
