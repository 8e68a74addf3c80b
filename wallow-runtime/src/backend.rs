//! The databases behind a store. Everything that names one is below this module.
//!
//! The engine speaks to a [`Session`]: a connection on which one statement at a time runs to its
//! end. Invariant: a session that is dropped leaves nothing open on its connection.

mod bind;
pub(crate) mod sqlite;

use crate::error::Error;
use crate::plan::Sql;
use crate::value::Cells;

pub(crate) use bind::Bind;

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
                crate::ErrorKind::Database,
                "no free uuid was found; the source of randomness gives the same one again and again",
            ),
            Failure::Other(error) => error,
        }
    }
}

/// A connection for one piece of work.
pub(crate) trait Session {
    /// Runs a statement until it is done, or until `rows` refuses one of a read, handing its rows to `rows`.
    fn run<O: Operation>(
        &mut self,
        sql: &Sql,
        binds: &[Bind<'_>],
        rows: &mut impl Rows,
    ) -> Result<(), Failure>;

    /// Runs a write without rows; how many rows it changed.
    fn execute<O: Operation>(&mut self, sql: &Sql, binds: &[Bind<'_>]) -> Result<usize, Failure>;
}
