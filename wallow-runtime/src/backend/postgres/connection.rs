//! One PostgreSQL connection: running statements, in a session of its own or in one that a pooler shares out.

use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use diesel::QueryResult;
use diesel::connection::{
    CacheSize, Connection as _, DefaultLoadingMode, LoadConnection, SimpleConnection,
};
use diesel::expression::QueryMetadata;
use diesel::pg::{Pg, PgConnection, PgRowByRowLoadingMode};
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::row::{Field, Row};
use wallow_schema::ddl::Dialect;

use super::cells::{ColumnTypes, PostgresCells};
use super::news::Hearing;
use super::server::Server;
use super::session::{Beginning, Found, millis};
use super::{failure, unstorable};
use crate::backend::pool::Deadline;
use crate::backend::statement::{Plain, Statement};
use crate::backend::{DatabaseUrl, Failure, Operation, Rows, Session, TableCheck, step};
use crate::error::Error;
use crate::sql::{Bind, Sql};
use crate::value::Cells as _;

/// The advisory lock of the process that changes the tables of a database: one at a time. The number is the word
/// `wallow` in ASCII.
const TABLES_LOCK: i64 = 0x7761_6c6c_6f77;

/// A connection that was not used for this long is asked for a sign of life before it does what must not be done twice:
/// a server or a network may have failed silently.
const ASKS_AFTER: Duration = Duration::from_secs(1);

/// What to open, and how.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) url: DatabaseUrl,
    pub(crate) read_only: bool,
    /// Whether a statement from which row-level security would hide rows is an error.
    pub(crate) every_row: bool,
    /// What the connections of a store found out about a pooler.
    pub(super) found: Arc<Found>,
    /// What the server is, from the first connection on.
    pub(super) server: Arc<OnceLock<Server>>,
}

impl Target {
    pub(crate) fn new(url: DatabaseUrl, read_only: bool) -> Self {
        Target {
            url,
            read_only,
            every_row: false,
            found: Arc::default(),
            server: Arc::default(),
        }
    }

    /// The error of a server that does not answer when it is connected to.
    pub(crate) fn unanswered(&self, within: Duration) -> Error {
        failure::of_silence(&self.url, within)
    }

    /// The error of making an open database ready, with its name.
    pub(crate) fn opening(&self, error: Error) -> Error {
        error.context(format_args!("cannot open `{}`", self.url))
    }
}

/// An open connection with wallow's settings.
pub(crate) struct Connection {
    pub(super) raw: PgConnection,
    /// Whether it broke: the server went away.
    lost: bool,
    /// The longest wait for a lock.
    pub(super) lock_timeout: Duration,
    /// How long a statement waits for a lock now.
    pub(super) wait: Duration,
    /// How a transaction begins if each gets any session of a pooler's.
    pub(super) shared: Option<Beginning>,
    pub(super) in_transaction: bool,
    /// What gives a session that is ours the settings of wallow again, after those that it began with.
    pub(super) settings: Option<String>,
    check: Arc<TableCheck>,
    /// When it was last in use.
    used: Instant,
    /// What it knows of the queue.
    pub(super) hearing: Hearing,
}

impl Connection {
    pub(super) fn new(raw: PgConnection, lock_timeout: Duration) -> Self {
        Connection {
            raw,
            lost: false,
            lock_timeout,
            wait: lock_timeout,
            shared: None,
            in_transaction: false,
            settings: None,
            check: Arc::new(TableCheck::failing(Dialect::Postgres)),
            used: Instant::now(),
            hearing: Hearing::Nothing,
        }
    }

    /// Treats each transaction as if it could be in any session of a pooler: it leaves neither a setting nor a prepared
    /// statement behind.
    pub(super) fn share(mut self, beginning: Beginning) -> Self {
        self.raw
            .set_prepared_statement_cache_size(CacheSize::Disabled);
        self.shared = Some(beginning);
        self
    }

    /// Begins a transaction and ends it, so that a pooler that refuses transactions reports its own reason.
    pub(super) fn try_transaction(&mut self) -> Result<(), Error> {
        let begun = self.raw.execute_returning_count(&Plain("BEGIN".into()));
        self.noted(begun.map(drop).map_err(failure::of_query))?;
        self.batch_alone("ROLLBACK")
    }

    /// Whether a connection that was idle for a while is still alive. Work that may be done twice notices a dead
    /// connection by itself, so for it this only looks whether the server has closed the connection. That takes two
    /// looks: the first may read the server's last message, and only the second the end of the stream.
    pub(crate) fn is_alive(&mut self, asks: bool) -> bool {
        if asks && self.used.elapsed() >= ASKS_AFTER {
            return self.batch_alone("SELECT 1").is_ok();
        }
        (0..2).all(|_| self.hear())
    }

    /// Notes that the connection is idle from now on.
    pub(crate) fn rest(&mut self) {
        self.used = Instant::now();
    }

    /// For how long it has been idle.
    pub(crate) fn unused_for(&self) -> Duration {
        self.used.elapsed()
    }

    /// Begins a piece of work that waits until the deadline at most. Part of that time may have passed already.
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
            self.wait = left;
            if self.shared.is_none() {
                // If that fails, the next statement fails, too, and its error is reported.
                let _ = self.batch_alone(&format!("SET lock_timeout = {}", millis(left)));
            }
        }
    }

    /// Sets the check of the table for all statements. No statement may have been prepared on this connection yet.
    pub(crate) fn set_check(&mut self, check: Arc<TableCheck>) {
        self.check = check;
    }

    /// The check of the table that its statements contain.
    pub(crate) fn check(&self) -> &Arc<TableCheck> {
        &self.check
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.lost
    }

    /// Remembers that a connection broke.
    pub(super) fn noted<T>(&mut self, outcome: Result<T, Error>) -> Result<T, Error> {
        outcome.map_err(|error| self.note(error))
    }

    pub(super) fn noted_failure<T>(&mut self, outcome: Result<T, Failure>) -> Result<T, Failure> {
        outcome.map_err(|failure| match failure {
            Failure::Other(error) => Failure::Other(self.note(error)),
            failure @ Failure::UuidTaken => failure,
        })
    }

    /// Notes the error. If the connection was lost before `COMMIT` was sent, nothing was changed: the server rolls back
    /// a transaction that was not committed.
    fn note(&mut self, error: Error) -> Error {
        self.lost |= error.is_lost_connection();
        if self.in_transaction {
            error.of_nothing_changed()
        } else {
            error
        }
    }

    /// Lets diesel's harness of migrations work on the connection.
    pub(crate) fn migrate<T>(
        &mut self,
        work: impl FnOnce(&mut PgConnection) -> diesel::migration::Result<T>,
    ) -> Result<T, Error> {
        self.in_transaction(|connection| {
            let outcome = work(&mut connection.raw);
            let outcome = outcome.map_err(|error| step::error(error, failure::of_query));
            connection.noted(outcome)
        })
    }

    fn begin_by(&mut self, sql: &str) -> Result<(), Error> {
        self.in_transaction = true;
        let begun = self.batch_alone(sql);
        self.in_transaction = begun.is_ok();
        begun
    }

    /// Runs statements without a transaction around them, in any session.
    pub(super) fn batch_alone(&mut self, sql: &str) -> Result<(), Error> {
        let outcome = self.raw.batch_execute(sql).map_err(failure::of_query);
        self.noted(outcome)
    }

    /// The first row of a query without a transaction around it, in any session.
    pub(super) fn row_alone(&mut self, sql: &str) -> Result<Vec<Option<String>>, Error> {
        let rows = self.load_texts(sql).map_err(failure::of_query);
        Ok(self.noted(rows)?.into_iter().next().unwrap_or_default())
    }

    /// Does `work` in a transaction of its own if the session is shared, so that it has the settings that it needs; a
    /// session of our own has them.
    #[inline]
    pub(super) fn in_transaction<T, E: From<Error>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        if self.shared.is_none() || self.in_transaction {
            return work(self);
        }
        self.begin()?;
        let outcome = work(self);
        match outcome {
            Ok(_) => self.commit()?,
            // The first error says more than an error of the rollback would.
            Err(_) => drop(self.rollback()),
        }
        outcome
    }

    fn load_texts(&mut self, sql: &str) -> QueryResult<Vec<Vec<Option<String>>>> {
        let mut rows = Vec::new();
        let types = ColumnTypes::default();
        let cursor = LoadConnection::<DefaultLoadingMode>::load(&mut self.raw, Plain(sql.into()))?;
        for row in cursor {
            let row = row?;
            let cells = PostgresCells(&row, &types);
            let texts = (0..row.field_count()).map(|index| {
                row.get(index)?.value()?;
                Some(cells.with_cell(index, |cell| cell.to_text()))
            });
            rows.push(texts.collect());
        }
        Ok(rows)
    }

    pub(super) fn load<B, O: Operation>(
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
            check: &self.check,
            operation: PhantomData,
        };
        fetch::<B, _>(&mut self.raw, statement, rows)
    }
}

/// Runs a statement and hands its rows to `rows`, until `rows` refuses one.
pub(super) fn fetch<B, S>(
    raw: &mut PgConnection,
    statement: S,
    rows: &mut impl Rows,
) -> Result<(), Failure>
where
    PgConnection: LoadConnection<B>,
    S: Query + QueryFragment<Pg> + QueryId,
    Pg: QueryMetadata<S::SqlType>,
{
    let cursor = LoadConnection::<B>::load(raw, statement).map_err(failure::of_statement)?;
    let mut outcome = Ok(());
    let mut types = ColumnTypes::default();
    for (number, row) in cursor.enumerate() {
        let row = row.map_err(failure::of_statement)?;
        if number == 1 {
            types = ColumnTypes::of(row.field_count());
        }
        outcome = rows.row(&PostgresCells(&row, &types));
        if outcome.is_err() {
            break;
        }
    }
    outcome.map_err(Failure::Other)
}

impl Session for Connection {
    fn run<O: Operation>(
        &mut self,
        sql: &Sql,
        binds: &[Bind<'_>],
        rows: &mut impl Rows,
    ) -> Result<(), Failure> {
        self.in_transaction(|connection| {
            let outcome = connection.load::<DefaultLoadingMode, O>(sql, binds, rows);
            let outcome = outcome.map_err(|failure| unstorable::named(failure, sql, binds));
            connection.noted_failure(outcome)
        })
    }

    /// Row by row, so that the rows are not in memory all at once.
    fn stream<O: Operation>(
        &mut self,
        sql: &Sql,
        binds: &[Bind<'_>],
        rows: &mut impl Rows,
    ) -> Result<(), Failure> {
        self.in_transaction(|connection| {
            let outcome = connection.load::<PgRowByRowLoadingMode, O>(sql, binds, rows);
            connection.noted_failure(outcome)
        })
    }

    fn execute<O: Operation>(&mut self, sql: &Sql, binds: &[Bind<'_>]) -> Result<usize, Failure> {
        let check = Arc::clone(&self.check);
        let statement = Statement::<O> {
            sql,
            binds,
            check: &check,
            operation: PhantomData,
        };
        self.in_transaction(|connection| {
            let outcome = connection.raw.execute_returning_count(&statement);
            let outcome = outcome.map_err(failure::of_statement);
            let outcome = outcome.map_err(|failure| unstorable::named(failure, sql, binds));
            connection.noted_failure(outcome)
        })
    }

    fn batch(&mut self, sql: &str) -> Result<(), Error> {
        self.in_transaction(|connection| connection.batch_alone(sql))
    }

    fn texts(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>, Error> {
        self.in_transaction(|connection| {
            let outcome = connection.load_texts(sql).map_err(failure::of_query);
            connection.noted(outcome)
        })
    }

    fn begin(&mut self) -> Result<(), Error> {
        match &self.shared {
            None => self.begin_by("BEGIN"),
            Some(beginning) => self.begin_by(&beginning.sql(self.wait)),
        }
    }

    fn begin_exclusive(&mut self) -> Result<(), Error> {
        let begin = match &self.shared {
            None => "BEGIN".to_owned(),
            Some(beginning) => beginning.sql(self.wait),
        };
        // A script that changes values has to reach every row.
        self.begin_by(&format!(
            "{begin}; SET LOCAL row_security = off; SELECT pg_advisory_xact_lock({TABLES_LOCK})"
        ))
    }

    fn commit(&mut self) -> Result<(), Error> {
        self.in_transaction = false;
        self.batch_alone("COMMIT")
    }

    fn rollback(&mut self) -> Result<(), Error> {
        self.in_transaction = false;
        self.batch_alone("ROLLBACK")
    }
}
