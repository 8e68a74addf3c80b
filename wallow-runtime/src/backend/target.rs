//! Which database a store is for, and what follows from its kind.

use std::path::Path;
use std::time::Duration;

use wallow_schema::ddl::Dialect;

#[cfg(feature = "postgres")]
use super::postgres;
use super::sqlite::{self, WalKeeper};
use crate::error::{Error, ErrorKind};

/// What to open, and how.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    Sqlite(sqlite::Target),
    #[cfg(feature = "postgres")]
    Postgres(postgres::Target),
}

impl Target {
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Target::Sqlite(_) => Dialect::Sqlite,
            #[cfg(feature = "postgres")]
            Target::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Sets whether a statement from which the database would hide rows is an error.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(unused_variables, reason = "a file hides no rows")
    )]
    pub(super) fn with_every_row(mut self, every_row: bool) -> Self {
        match &mut self {
            Target::Sqlite(_) => {}
            #[cfg(feature = "postgres")]
            Target::Postgres(target) => target.every_row = every_row,
        }
        self
    }

    /// Whether nothing is written, because of the options of the store or because of the URL.
    pub(crate) fn is_read_only(&self) -> bool {
        match self {
            Target::Sqlite(target) => target.read_only,
            #[cfg(feature = "postgres")]
            Target::Postgres(target) => target.read_only,
        }
    }

    /// Whether nobody else can open the same database.
    pub(super) fn is_memory(&self) -> bool {
        match self {
            Target::Sqlite(target) => target.file.is_none(),
            #[cfg(feature = "postgres")]
            Target::Postgres(_) => false,
        }
    }

    /// Whether one connection writes at a time.
    pub(super) fn has_one_writer(&self) -> bool {
        match self {
            Target::Sqlite(_) => true,
            #[cfg(feature = "postgres")]
            Target::Postgres(_) => false,
        }
    }

    /// Whether the database is a server, which decides when, and whether, it accepts a connection.
    pub(super) fn is_remote(&self) -> bool {
        !self.has_one_writer()
    }

    /// Whether each statement is a round trip, so that looking and writing should be one statement.
    pub(super) fn saves_round_trips(&self) -> bool {
        match self {
            Target::Sqlite(_) => false,
            #[cfg(feature = "postgres")]
            Target::Postgres(target) => !target.read_only,
        }
    }

    /// The write-ahead log, which the writer keeps short. Only if the database has a single writer.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(
            clippy::unnecessary_wraps,
            reason = "one of several kinds of databases"
        )
    )]
    pub(super) fn wal_keeper(&self) -> Option<WalKeeper> {
        match self {
            Target::Sqlite(target) => Some(WalKeeper::new(target.file.as_deref())),
            #[cfg(feature = "postgres")]
            Target::Postgres(_) => None,
        }
    }

    /// The file on disk, if it is one.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Target::Sqlite(target) => target.file.as_deref(),
            #[cfg(feature = "postgres")]
            Target::Postgres(_) => None,
        }
    }

    /// Makes sure that a file is still where it was when it was opened.
    pub(super) fn look_at_file(&self) -> Result<(), Error> {
        match self {
            Target::Sqlite(target) => target.opened.look(),
            #[cfg(feature = "postgres")]
            Target::Postgres(_) => Ok(()),
        }
    }

    /// Warns if the database is on a network file system, where SQLite can lose writes.
    pub(super) fn warn_of_network(&self) {
        if let Some(kind) = self.file().and_then(sqlite::network_file_system) {
            tracing::warn!(
                kind,
                "the database lies on a network file system, where SQLite loses writes without an \
                 error; use a local disk, or PostgreSQL",
            );
        }
    }

    /// Warns if a server is of a kind that is not tested.
    pub(super) fn warn_of_server(&self) {
        match self {
            Target::Sqlite(_) => {}
            #[cfg(feature = "postgres")]
            Target::Postgres(target) => target.warn_of_server(),
        }
    }

    /// The error of a database that did not answer in time when a connection was opened.
    pub(super) fn unanswered(&self, within: Duration) -> Error {
        match self {
            Target::Sqlite(_) => Error::new(
                ErrorKind::Busy,
                format!("the database did not open within {within:?}"),
            ),
            #[cfg(feature = "postgres")]
            Target::Postgres(target) => target.unanswered(within),
        }
    }

    /// The error of making an open database ready, with its name.
    pub(crate) fn opening(&self, error: Error) -> Error {
        match self {
            Target::Sqlite(target) => sqlite::of_file(target.file.as_deref(), error),
            #[cfg(feature = "postgres")]
            Target::Postgres(target) => target.opening(error),
        }
    }
}
