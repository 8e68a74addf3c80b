//! A connection to either kind of database: each call is passed on to the one that is open.

mod scripts;
mod tables;

use std::sync::Arc;
use std::time::Duration;

use diesel::sqlite::SqliteConnection;
use wallow_schema::ddl::Dialect;

use super::pool::{Deadline, PoolOptions};
#[cfg(feature = "postgres")]
use super::postgres;
use super::sqlite::{self, WalKeeper};
use super::{Failure, Operation, Rows, Session, TableCheck, Target};
use crate::error::{Error, ErrorKind};
use crate::sql::{Bind, Sql};

/// How long a connection waits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// For a lock.
    pub(crate) lock_timeout: Duration,
    /// For a server that does not answer, or for the network in between.
    pub(crate) network: Duration,
}

/// Passes a call on to the connection that is open.
macro_rules! dispatch {
    ($this:expr, $connection:ident => $call:expr) => {
        match $this {
            Connection::Sqlite($connection) => $call,
            #[cfg(feature = "postgres")]
            Connection::Postgres($connection) => $call,
        }
    };
}

/// An open connection.
pub(crate) enum Connection {
    Sqlite(sqlite::Connection),
    #[cfg(feature = "postgres")]
    Postgres(postgres::Connection),
}

impl Connection {
    /// Opens a connection; the waits for locks end with the deadline.
    pub(super) fn open(
        options: &PoolOptions,
        limits: Limits,
        deadline: Deadline,
    ) -> Result<Self, Error> {
        match &options.target {
            Target::Sqlite(target) => {
                let environment = &options.environment;
                sqlite::Connection::open(target, limits.lock_timeout, deadline, environment)
                    .map(Connection::Sqlite)
            }
            #[cfg(feature = "postgres")]
            Target::Postgres(target) => {
                postgres::Connection::open(target, limits).map(Connection::Postgres)
            }
        }
    }

    /// Whether a connection that was idle can still be used. Without `asks` this only looks for signs of a broken
    /// connection; with it, the server is asked.
    pub(super) fn is_alive(
        &mut self,
        #[cfg_attr(not(feature = "postgres"), expect(unused_variables))] asks: bool,
    ) -> bool {
        match self {
            Connection::Sqlite(_) => true,
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => connection.is_alive(asks),
        }
    }

    /// Notes that the connection is idle from now on.
    pub(super) fn rest(&mut self) {
        match self {
            Connection::Sqlite(_) => {}
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => connection.rest(),
        }
    }

    /// For how long a connection to a server has not been in use. A file is not counted as unused: it costs nothing.
    pub(super) fn unused_for(&self) -> Duration {
        match self {
            Connection::Sqlite(_) => Duration::ZERO,
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => connection.unused_for(),
        }
    }

    /// Begins to notice what others write; `false` if it does already, or cannot.
    pub(super) fn listen(&mut self) -> Result<bool, Error> {
        dispatch!(self, connection => connection.listen())
    }

    /// Whether others wrote since the last call: on a server only into the queue, in a file anything.
    pub(super) fn has_news(&mut self) -> bool {
        dispatch!(self, connection => connection.has_news())
    }

    /// Notifies the programs that listen.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(
            clippy::unnecessary_wraps,
            reason = "one of several kinds of databases"
        )
    )]
    pub(super) fn announce(&mut self) -> Result<(), Error> {
        match self {
            Connection::Sqlite(_) => Ok(()),
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => connection.announce(),
        }
    }

    /// Begins a piece of work that waits until the deadline at most. `waited`: some of that time was spent already.
    #[inline]
    pub(super) fn begin_work(&mut self, deadline: Deadline, waited: bool) {
        dispatch!(self, connection => connection.begin_work(deadline, waited));
    }

    /// Lets each statement wait for a lock for the whole time, for work that is not repeated if the database is locked.
    pub(super) fn wait_in_full(&mut self) {
        match self {
            Connection::Sqlite(connection) => connection.wait_in_full(),
            #[cfg(feature = "postgres")]
            Connection::Postgres(_) => {}
        }
    }

    /// Lets each statement from now on wait for a lock for this long at most.
    pub(super) fn wait_at_most(&mut self, left: Duration) {
        dispatch!(self, connection => connection.wait_at_most(left));
    }

    /// diesel's connection, if the database is PostgreSQL.
    #[cfg(feature = "postgres")]
    pub(crate) fn postgres(&mut self) -> Option<&mut diesel::pg::PgConnection> {
        match self {
            Connection::Sqlite(_) => None,
            Connection::Postgres(connection) => Some(connection.raw()),
        }
    }

    /// diesel's connection, if the database is SQLite.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(
            clippy::unnecessary_wraps,
            reason = "one of several kinds of databases"
        )
    )]
    pub(crate) fn sqlite(&mut self) -> Option<&mut SqliteConnection> {
        match self {
            Connection::Sqlite(connection) => Some(connection.raw()),
            #[cfg(feature = "postgres")]
            Connection::Postgres(_) => None,
        }
    }

    pub(super) fn after_write(&mut self, wal: &mut WalKeeper) {
        match self {
            Connection::Sqlite(connection) => wal.after_write(connection),
            #[cfg(feature = "postgres")]
            Connection::Postgres(_) => {}
        }
    }

    /// Checks that a read has seen one state of the database, if no lock ensures that.
    pub(super) fn confirm_read<T>(&mut self, outcome: Result<T, Error>) -> Result<T, Error> {
        match self {
            Connection::Sqlite(connection) => connection.confirm_read(outcome),
            #[cfg(feature = "postgres")]
            Connection::Postgres(_) => outcome,
        }
    }

    /// Checks that the database file is still the one that its path names: if it was moved or replaced, what was
    /// written would not be found. That may also be the cause of an error in `outcome`.
    pub(super) fn confirm<T>(&mut self, outcome: Result<T, Error>) -> Result<T, Error> {
        match self {
            Connection::Sqlite(connection) => match outcome {
                Err(error) if error.kind() != ErrorKind::Database => Err(error),
                outcome => connection.look_at_files().and(outcome),
            },
            #[cfg(feature = "postgres")]
            Connection::Postgres(_) => outcome,
        }
    }

    /// Makes the connection ready for the user's own code.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(
            clippy::unnecessary_wraps,
            reason = "one of several kinds of databases"
        )
    )]
    pub(super) fn begin_lending(&mut self, deadline: Deadline) -> Result<(), Error> {
        self.begin_work(deadline, false);
        match self {
            Connection::Sqlite(connection) => {
                connection.wait_in_full();
                Ok(())
            }
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => connection.begin_lending(),
        }
    }

    /// Rolls back what the user's code left open; `false` if the connection cannot be used any more.
    pub(super) fn leave_clean(&mut self) -> bool {
        dispatch!(self, connection => connection.leave_clean())
    }

    /// Sets the check of the table for all statements. No statement may have been prepared on this connection yet.
    pub(super) fn set_check(&mut self, check: Arc<TableCheck>) {
        dispatch!(self, connection => connection.set_check(check));
    }

    /// The check of the table that its statements contain.
    pub(crate) fn check(&self) -> &Arc<TableCheck> {
        dispatch!(self, connection => connection.check())
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Connection::Sqlite(_) => Dialect::Sqlite,
            #[cfg(feature = "postgres")]
            Connection::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Whether the connection broke.
    pub(super) fn is_lost(&self) -> bool {
        match self {
            Connection::Sqlite(connection) => connection.is_outdated(),
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => connection.is_lost(),
        }
    }

    /// Runs a read that means the same with any settings of a session, for programs that wait.
    pub(crate) fn look<O: Operation>(
        &mut self,
        sql: &Sql,
        binds: &[Bind<'_>],
        rows: &mut impl Rows,
    ) -> Result<(), Failure> {
        match self {
            Connection::Sqlite(connection) => connection.run::<O>(sql, binds, rows),
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => connection.look::<O>(sql, binds, rows),
        }
    }

    /// Does a write of one statement whose row has to be readable; if it is not, the write is rolled back. PostgreSQL
    /// enforces the types of its columns, so there the two round trips of a transaction are saved.
    pub(crate) fn change<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match self {
            Connection::Sqlite(_) => self.transaction(work),
            #[cfg(feature = "postgres")]
            Connection::Postgres(_) => work(self),
        }
    }
}

impl Session for Connection {
    #[inline]
    fn run<O: Operation>(
        &mut self,
        sql: &Sql,
        binds: &[Bind<'_>],
        rows: &mut impl Rows,
    ) -> Result<(), Failure> {
        dispatch!(self, connection => connection.run::<O>(sql, binds, rows))
    }

    fn stream<O: Operation>(
        &mut self,
        sql: &Sql,
        binds: &[Bind<'_>],
        rows: &mut impl Rows,
    ) -> Result<(), Failure> {
        dispatch!(self, connection => connection.stream::<O>(sql, binds, rows))
    }

    #[inline]
    fn execute<O: Operation>(&mut self, sql: &Sql, binds: &[Bind<'_>]) -> Result<usize, Failure> {
        dispatch!(self, connection => connection.execute::<O>(sql, binds))
    }

    fn batch(&mut self, sql: &str) -> Result<(), Error> {
        dispatch!(self, connection => connection.batch(sql))
    }

    fn texts(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>, Error> {
        dispatch!(self, connection => connection.texts(sql))
    }

    fn begin(&mut self) -> Result<(), Error> {
        dispatch!(self, connection => connection.begin())
    }

    fn commit(&mut self) -> Result<(), Error> {
        dispatch!(self, connection => connection.commit())
    }

    fn rollback(&mut self) -> Result<(), Error> {
        dispatch!(self, connection => connection.rollback())
    }

    fn begin_exclusive(&mut self) -> Result<(), Error> {
        dispatch!(self, connection => connection.begin_exclusive())
    }
}
