//! The databases behind a store. Everything that names one is below this module.
//!
//! The engine speaks to a [`Session`]: a connection on which one statement at a time runs to its
//! end. Invariant: a session that is dropped leaves nothing open on its connection.

mod check;
mod connection;
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

use crate::error::Error;
use crate::sql::{Bind, Sql};
use crate::value::Cells;

pub(crate) use check::{CHANGED, TableCheck};
pub(crate) use connection::Connection;
pub use introspect::{LiveColumn, LiveIndex, LiveTable, Remark};
pub(crate) use introspect::{Namesake, RunsTable, UniqueIndex};
pub(crate) use pool::{Dedicated, Pool, PoolOptions};
pub(crate) use settings::StoreSettings;
pub(crate) use sqlite::network_file_system;
pub(crate) use step::Step;
pub(crate) use target::Target;
pub use url::{DatabaseUrl, IntoDatabaseUrl};
pub(crate) use watch::{LookAtTable, Noted};

/// A statement of the engine. Its text is fixed for a connection where `FIXED` says so, and the
/// prepared statement is then found by type, without hashing the text.
pub(crate) trait Operation: 'static {
    const FIXED: bool;
    /// Whether it only reads: it may then be left before its last row.
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
    /// Runs a statement until it is done, or until `rows` refuses one of a read, handing its rows to `rows`.
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

    /// Runs a write without rows; how many rows it changed.
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

    /// Begins a transaction that changes tables: of all processes, one is in such a one.
    fn begin_exclusive(&mut self) -> Result<(), Error>;

    /// Takes back what the transaction wrote, as far as there is one.
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
                // Where that fails, the connection is lost, and the transaction with it.
                let _ = self.rollback();
                Ok(answer)
            }
            outcome => self.finish(|_| outcome),
        }
    }

    /// Does `work` in a transaction that changes tables.
    fn alone<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        self.begin_exclusive()?;
        self.finish(work)
    }

    /// Does `work`, and ends the transaction that was begun.
    fn finish<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        let outcome = work(self).and_then(|value| self.commit().map(|()| value));
        if outcome.is_err() {
            // The first error tells more than that of a rollback. A commit that fails (readers in
            // its way, a full disk) may leave the transaction open, too.
            let _ = self.rollback();
        }
        outcome
    }
}
