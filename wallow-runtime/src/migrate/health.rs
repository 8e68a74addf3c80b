//! The health of a database: whether it is intact, where it is stored, and how long its log is.

use std::path::PathBuf;

use super::copied::unfinished;
use super::{Database, Remark};
use crate::backend::{Connection, names_of_file, network_file_system};
use crate::error::Error;

/// The file of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseFile {
    /// Its path.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// The size of the log beside it, which is regularly written back into the file.
    pub wal_bytes: u64,
    /// The kind of network file system that it is on, if it is on one: SQLite loses writes there.
    pub network: Option<&'static str>,
    /// How many names (hard links) the file has. Programs that open it by different names damage it.
    pub names: u64,
    /// Copies beside it that pushes did not finish, because they were killed. The next push removes them.
    pub unfinished: Vec<PathBuf>,
}

impl Database {
    /// Settings of the server that a person should know.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be read.
    pub fn remarks(&self) -> Result<Vec<Remark>, Error> {
        self.pool().read(Connection::remarks)
    }

    /// Damage, one line each: in pages and indexes, and references to missing rows. A server checks this itself, so it
    /// gives no lines.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be read at all.
    pub fn damages(&self) -> Result<Vec<String>, Error> {
        self.pool().read(Connection::damages)
    }

    /// Whether row-level security of a server is in force, so that it may hide runs.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be read.
    pub fn hides_rows(&self) -> Result<bool, Error> {
        self.pool().read(Connection::hides_rows)
    }

    /// What is the same for two names of one table `runs` on one running server, and different for two tables. `None` for
    /// a file, which is recognised by itself, and without a table.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be read.
    pub fn identity(&self) -> Result<Option<String>, Error> {
        self.pool().read(Connection::identity)
    }

    /// The file of the database; `None` if it is in memory or on a server.
    pub fn file(&self) -> Option<DatabaseFile> {
        let path = self.pool().file()?.to_path_buf();
        let bytes = |path: &PathBuf| std::fs::metadata(path).map_or(0, |file| file.len());
        let mut wal = path.clone().into_os_string();
        wal.push("-wal");
        Some(DatabaseFile {
            bytes: bytes(&path),
            wal_bytes: bytes(&wal.into()),
            network: network_file_system(&path),
            names: names_of_file(&path),
            unfinished: unfinished(&path),
            path,
        })
    }
}
