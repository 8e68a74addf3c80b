//! The kinds of databases, and the two databases of a comparison on either.

use std::path::Path;

use clap::ValueEnum;

use crate::registry::Store;
use crate::{Databases, Floor, PostgresDatabases, PostgresFloor, Result, Side, SideName, Wallow};

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Against rusqlite.
    Sqlite,
    /// Against libpq.
    Postgres,
}

impl Kind {
    /// Its name.
    pub fn title(self) -> &'static str {
        match self {
            Kind::Sqlite => "SQLite",
            Kind::Postgres => "PostgreSQL",
        }
    }

    /// Whether it can be measured here.
    pub fn is_there(self) -> bool {
        match self {
            Kind::Sqlite => true,
            Kind::Postgres => postgres_server::are_installed(),
        }
    }

    /// A database for each side, with the same rows.
    ///
    /// # Errors
    /// The error of the database.
    pub fn with_rows(self, rows: usize) -> Result<Both> {
        Ok(match self {
            Kind::Sqlite => Both::Files(Databases::with_rows(rows)?),
            Kind::Postgres => Both::Server(PostgresDatabases::with_rows(rows)?),
        })
    }

    /// A database of runs with curves of a thousand epochs.
    ///
    /// # Errors
    /// The error of the database.
    pub fn with_long_curves(self, rows: usize) -> Result<Both> {
        Ok(match self {
            Kind::Sqlite => Both::Files(Databases::with_long_curves(rows)?),
            Kind::Postgres => Both::Server(PostgresDatabases::with_long_curves(rows)?),
        })
    }
}

/// The databases of both sides.
#[derive(Debug)]
pub enum Both {
    /// Two files.
    Files(Databases),
    /// Two databases of one server.
    Server(PostgresDatabases),
}

impl Both {
    /// What a side opens.
    pub fn url(&self, side: SideName) -> String {
        match self {
            Both::Files(databases) => databases.path(side).to_string_lossy().into_owned(),
            Both::Server(databases) => databases.url(side),
        }
    }

    /// Cleans up after the last operation, if that is necessary: on PostgreSQL, the dead versions of rows.
    ///
    /// # Errors
    /// The error of the database.
    pub fn settle(&self) -> Result<()> {
        match self {
            Both::Files(_) => Ok(()),
            Both::Server(databases) => databases.settle(),
        }
    }

    /// The sizes of SQLite's write-ahead logs, in bytes: wallow's, the floor's.
    pub fn wal(&self) -> Option<(u64, u64)> {
        match self {
            Both::Files(databases) => Some(databases.wal()),
            Both::Server(_) => None,
        }
    }
}

/// Work that can be done with either side.
pub trait Work {
    /// Does it.
    ///
    /// # Errors
    /// The error of the database.
    fn with<S: Side>(self, side: &S) -> Result<()>;
}

/// Opens a side's database, and does the work on it.
///
/// # Errors
/// The error of the database.
pub fn with_side(side: SideName, url: &str, work: impl Work) -> Result<()> {
    match side {
        SideName::Wallow => work.with(&Wallow::new(Store::open(url)?)),
        SideName::Floor if url.starts_with("postgres://") => work.with(&PostgresFloor::open(url)?),
        SideName::Floor => work.with(&Floor::open(Path::new(url))?),
    }
}
