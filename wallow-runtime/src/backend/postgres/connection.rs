//! One PostgreSQL connection: opened, set up, and running statements.

use std::marker::PhantomData;
use std::time::Duration;

use diesel::QueryResult;
use diesel::connection::{Connection as _, DefaultLoadingMode, LoadConnection, SimpleConnection};
use diesel::pg::{PgConnection, PgRowByRowLoadingMode};
use diesel::row::{Field, Row};

use super::cells::PostgresCells;
use super::columns::ByColumns;
use super::failure;
use crate::backend::statement::{Plain, Statement};
use crate::backend::connection::Limits;
use crate::backend::pool::Deadline;
use crate::backend::{Bind, DatabaseUrl, Failure, Operation, Rows, Session};
use crate::error::Error;
use crate::plan::Sql;
use crate::value::Cells as _;

/// Of all processes, one changes the tables of a database at a time: who has this lock. The number
/// is the word `wallow`.
const TABLES_LOCK: i64 = 0x7761_6c6c_6f77;

/// What to open, and how.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) url: DatabaseUrl,
    pub(crate) read_only: bool,
}

impl Target {
    /// The error of a server that does not answer when it is connected to.
    pub(crate) fn unanswered(&self, within: Duration) -> Error {
        failure::of_silence(&self.url, within)
    }

    /// The error of making an open database ready, with its name.
    pub(crate) fn opening(&self, error: Error) -> Error {
        error.within(format_args!("cannot open `{}`", self.url))
    }
}

/// An open connection with wallow's settings.
pub(crate) struct Connection {
    raw: PgConnection,
    /// Whether it broke: the server went away.
    lost: bool,
    /// The longest wait for a lock.
    lock_timeout: Duration,
    /// How long a statement waits for a lock now.
    wait: Duration,
}

impl Connection {
    pub(crate) fn open(target: &Target, limits: Limits) -> Result<Self, Error> {
        let raw = PgConnection::establish(&target.url.complete())
            .map_err(|error| failure::of_open(&target.url, &error))?;
        let mut connection = Connection {
            raw,
            lost: false,
            lock_timeout: limits.lock_timeout,
            wait: limits.lock_timeout,
        };
        // Columns with a time zone are read and written in UTC.
        connection.batch(&format!(
            "SET client_min_messages = warning; \
             SET TimeZone = 'UTC'; \
             SET default_transaction_isolation = 'read committed'; \
             SET lock_timeout = {};",
            millis(limits.lock_timeout)
        ))?;
        if target.read_only {
            connection.batch("SET default_transaction_read_only = on")?;
        }
        Ok(connection)
    }

    /// Looks whether the server has closed the connection, without asking it. The first look may find its farewell, and
    /// the second the end.
    pub(crate) fn is_alive(&mut self) -> bool {
        (0..2).all(|_| self.raw.notifications_iter().all(|found| found.is_ok()))
    }

    /// Begins a piece of work that waits until the deadline at most, of which some may be over.
    pub(crate) fn begin_work(&mut self, deadline: Deadline, waited: bool) {
        if waited {
            self.wait_at_most(deadline.left());
        } else if self.wait != self.lock_timeout {
            self.wait_at_most(self.lock_timeout);
        }
    }

    /// Lets each statement wait for a lock for this long at most.
    pub(crate) fn wait_at_most(&mut self, left: Duration) {
        let left = left.min(self.lock_timeout);
        // A little more or less is not worth a round trip.
        if left.abs_diff(self.wait) > self.lock_timeout / 16 {
            // If that fails, so does what is to come.
            let _ = self.batch(&format!("SET lock_timeout = {}", millis(left)));
            self.wait = left;
        }
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.lost
    }

    /// diesel's connection, for queries of the user's own.
    pub(crate) fn raw(&mut self) -> &mut PgConnection {
        &mut self.raw
    }

    /// Rolls back what foreign code left open; `false` where the connection is of no use any more.
    pub(crate) fn leave_clean(&mut self) -> bool {
        use diesel::connection::{AnsiTransactionManager, TransactionManager};
        let status = AnsiTransactionManager::transaction_manager_status_mut(&mut self.raw);
        matches!(status.transaction_depth(), Ok(None)) && self.batch("ROLLBACK").is_ok()
    }

    /// Remembers that a connection broke.
    fn noted<T>(&mut self, outcome: Result<T, Error>) -> Result<T, Error> {
        self.lost |= outcome.as_ref().is_err_and(Error::is_lost_connection);
        outcome
    }

    fn noted_failure<T>(&mut self, outcome: Result<T, Failure>) -> Result<T, Failure> {
        if let Err(Failure::Other(error)) = &outcome {
            self.lost |= error.is_lost_connection();
        }
        outcome
    }

    /// Runs a write whose values come as columns: a bind for each column of the rows, then the rest.
    pub(crate) fn execute_columns(
        &mut self,
        sql: &Sql,
        rows: &[Vec<Bind<'_>>],
        rest: &[Bind<'_>],
    ) -> Result<usize, Failure> {
        let columns = ByColumns::new(sql, rows, rest);
        let outcome = self.raw.execute_returning_count(&columns);
        self.noted_failure(outcome.map_err(failure::of_statement))
    }

    fn load_texts(&mut self, sql: &str) -> QueryResult<Vec<Vec<Option<String>>>> {
        let mut rows = Vec::new();
        let cursor = LoadConnection::<DefaultLoadingMode>::load(&mut self.raw, Plain(sql.into()))?;
        for row in cursor {
            let row = row?;
            let cells = PostgresCells(&row);
            let texts = (0..row.field_count()).map(|index| {
                row.get(index)?.value()?;
                Some(cells.with_cell(index, |cell| cell.to_text()))
            });
            rows.push(texts.collect());
        }
        Ok(rows)
    }

    fn load<B, O: Operation>(
        &mut self,
        sql: &Sql,
        binds: &[Bind<'_>],
        rows: &mut impl Rows,
    ) -> Result<(), Failure>
    where
        PgConnection: LoadConnection<B>,
    {
        let statement = Statement::<O> {
            sql,
            binds,
            operation: PhantomData,
        };
        let cursor =
            LoadConnection::<B>::load(&mut self.raw, statement).map_err(failure::of_statement)?;
        let mut outcome = Ok(());
        for row in cursor {
            let row = row.map_err(failure::of_statement)?;
            outcome = rows.row(&PostgresCells(&row));
            if outcome.is_err() {
                break;
            }
        }
        outcome.map_err(Failure::Other)
    }
}

/// As the server takes it, to which zero would mean for ever.
fn millis(wait: Duration) -> u128 {
    wait.as_millis().clamp(1, i32::MAX as u128)
}

impl Session for Connection {
    fn run<O: Operation>(
        &mut self,
        sql: &Sql,
        binds: &[Bind<'_>],
        rows: &mut impl Rows,
    ) -> Result<(), Failure> {
        let outcome = self.load::<DefaultLoadingMode, O>(sql, binds, rows);
        self.noted_failure(outcome)
    }

    /// Row by row, so that the rows are not in memory all at once.
    fn stream<O: Operation>(
        &mut self,
        sql: &Sql,
        binds: &[Bind<'_>],
        rows: &mut impl Rows,
    ) -> Result<(), Failure> {
        let outcome = self.load::<PgRowByRowLoadingMode, O>(sql, binds, rows);
        self.noted_failure(outcome)
    }

    fn execute<O: Operation>(&mut self, sql: &Sql, binds: &[Bind<'_>]) -> Result<usize, Failure> {
        let statement = Statement::<O> {
            sql,
            binds,
            operation: PhantomData,
        };
        let outcome = self.raw.execute_returning_count(&statement);
        self.noted_failure(outcome.map_err(failure::of_statement))
    }

    fn batch(&mut self, sql: &str) -> Result<(), Error> {
        let outcome = self.raw.batch_execute(sql).map_err(failure::of_query);
        self.noted(outcome)
    }

    fn texts(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>, Error> {
        let outcome = self.load_texts(sql).map_err(failure::of_query);
        self.noted(outcome)
    }

    fn begin(&mut self) -> Result<(), Error> {
        self.batch("BEGIN")
    }

    fn begin_alone(&mut self) -> Result<(), Error> {
        self.batch(&format!(
            "BEGIN; SELECT pg_advisory_xact_lock({TABLES_LOCK})"
        ))
    }
}
