//! The databases behind a store. Everything that names one is below this module.
//!
//! The engine speaks to a [`Session`]: a connection on which one statement at a time runs to its
//! end. Invariant: a session that is dropped leaves nothing open on its connection.

mod check;
mod connection;
mod deferred;
mod introspect;
mod pool;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
mod settings;
pub(crate) mod sqlite;
mod statement;
mod step;
mod target;
mod url;
mod watch;
mod widening;

use crate::error::Error;
use crate::sql::{Bind, Sql};
use crate::value::Cells;

pub(crate) use check::{CHANGED, TableCheck};
pub(crate) use connection::Connection;
pub(crate) use deferred::DeferredReferences;
pub use introspect::{
    Dependent, LiveColumn, LiveIndex, LiveTable, Remark, RoleWithoutNotes, Securables,
};
pub(crate) use introspect::{IndexedColumn, Namesake, RunsTable, UniqueIndex, of_rebuild};
pub(crate) use pool::{Dedicated, Pool, PoolOptions};
pub(crate) use settings::StoreSettings;
pub(crate) use sqlite::names as names_of_file;
pub use sqlite::network_file_system;
pub(crate) use step::Step;
pub(crate) use target::Target;
pub use url::{DatabaseUrl, IntoDatabaseUrl};
pub(crate) use watch::{LookAtTable, Noted};
pub(crate) use widening::{COLLATE, compares_texts, is_unfaithful, widened};

/// What is said if the server ended a transaction because of a deadlock.
const DEADLOCK: &str = "others wrote the same runs in another order, and the server ended this transaction so that theirs \
     can go on";

/// Whether a server ended the transaction because of a deadlock.
pub(crate) fn is_deadlock(error: &Error) -> bool {
    error.to_string().starts_with(DEADLOCK)
}

/// What helps if a run that would go is referred to by rows of another table.
pub(crate) const REFERRED_TO: &str = "rows of another table refer to a run that would go, and nothing was changed: delete those rows first, or have the \
     reference declared `ON DELETE CASCADE`";

/// What helps if a run refers to a row of another table that is not there.
pub(crate) const REFERS_TO_NONE: &str = "what was to be written refers to a row of another table that is not there, and nothing was changed: add that row to \
     the other table first, or correct the value";

/// A statement of the engine. If `FIXED`, its text never changes on a connection, and the prepared statement is found
/// by type, without hashing the text.
pub(crate) trait Operation: 'static {
    const FIXED: bool;
    /// Whether it only reads. A read may be stopped before its last row; a write may not (see [`Session::run`]).
    const READS: bool;
}

/// What takes the rows of a statement.
pub(crate) trait Rows {
    fn row(&mut self, cells: &impl Cells) -> Result<(), Error>;
}

/// Why a statement failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Another run has this uuid.
    UuidTaken,
    Other(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Other(error)
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::UuidTaken => Error::new(
                crate::error::ErrorKind::Database,
                "no free uuid was found; the source of randomness gives the same one again and again",
            ),
            Failure::Other(error) => error,
        }
    }
}

/// A connection for one piece of work.
pub(crate) trait Session: Sized {
    /// Runs a statement and hands its rows to `rows`. It runs to its end; only a read stops early, if `rows` refuses a
    /// row.
    fn run<O: Operation>(
        &mut self,
        sql: &Sql,
        binds: &[Bind<'_>],
        rows: &mut impl Rows,
    ) -> Result<(), Failure>;

    /// Runs a read of many rows, which are not all in memory at once.
    fn stream<O: Operation>(
        &mut self,
        sql: &Sql,
        binds: &[Bind<'_>],
        rows: &mut impl Rows,
    ) -> Result<(), Failure> {
        self.run::<O>(sql, binds, rows)
    }

    /// Runs a write that returns no rows; returns how many rows it changed.
    fn execute<O: Operation>(&mut self, sql: &Sql, binds: &[Bind<'_>]) -> Result<usize, Failure>;

    /// Runs statements without binds or rows.
    fn batch(&mut self, sql: &str) -> Result<(), Error>;

    /// Runs a query without binds; each row as texts.
    fn texts(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>, Error>;

    /// The first cell of the first row, as text.
    fn text(&mut self, sql: &str) -> Result<Option<String>, Error> {
        let first = self.texts(sql)?.into_iter().next();
        Ok(first.and_then(|row| row.into_iter().next().flatten()))
    }

    /// The first cell of every row, as text.
    fn column(&mut self, sql: &str) -> Result<Vec<String>, Error> {
        let rows = self.texts(sql)?.into_iter();
        Ok(rows
            .filter_map(|row| row.into_iter().next().flatten())
            .collect())
    }

    /// Begins a transaction that writes.
    fn begin(&mut self) -> Result<(), Error>;

    /// Begins a transaction that changes tables. Only one of all processes is in such a transaction at a time.
    fn begin_exclusive(&mut self) -> Result<(), Error>;

    /// Rolls back the transaction, if one is open.
    fn rollback(&mut self) -> Result<(), Error> {
        self.batch("ROLLBACK")
    }

    /// Ends a transaction: what was written stays.
    fn commit(&mut self) -> Result<(), Error> {
        self.batch("COMMIT")
    }

    /// Does `work` in a transaction.
    fn transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.begin()?;
        self.finish(work)
    }

    /// Does `work` in a transaction: commits if `keep(&value)`, else rolls back; returns the value in both cases.
    fn transaction_if<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Error>,
        keep: impl FnOnce(&T) -> bool,
    ) -> Result<T, Error> {
        self.begin()?;
        match work(self) {
            Ok(answer) if !keep(&answer) => {
                // If the rollback fails, the connection is lost, and the transaction with it.
                let _ = self.rollback();
                Ok(answer)
            }
            outcome => self.finish(|_| outcome),
        }
    }

    /// Does `work` in a transaction that changes tables.
    fn exclusive<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.begin_exclusive()?;
        self.finish(work)
    }

    /// Does `work`, and ends the transaction that was begun.
    fn finish<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        let outcome = work(self).and_then(|value| self.commit().map(|()| value));
        if outcome.is_err() {
            // The first error says more than an error of the rollback would. A commit that fails (because of readers,
            // or a full disk) may leave the transaction open, too.
            let _ = self.rollback();
        }
        outcome
    }
}
