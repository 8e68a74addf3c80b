//! One SQLite connection: opened, set up, and running statements to their end.

use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::{LoadConnection, SimpleConnection};
use diesel::row::{Field, Row};
use diesel::sqlite::SqliteConnection;
use diesel::{Connection as _, QueryResult};
use wallow_schema::ddl::Dialect;

use super::beside::{self, Now, Quiet};
use super::cells::SqliteCells;
use super::failure;
use super::files::{OpenFile, OpenWal};
use super::functions::{self, StatementClock};
use super::news::Changes;
use crate::backend::pool::Deadline;
use crate::backend::statement::{Begin, Commit, Plain, Statement};
use crate::backend::{Failure, Operation, Rows, Session, TableCheck, step};
use crate::clock::Environment;
use crate::error::Error;
use crate::sql::{Bind, Sql};

/// The WAL is copied back into the database when it has this many pages (16 MiB), and cut down to `WAL_KEPT`
/// afterwards. With SQLite's default of 1,000 pages, single inserts spend a third of their time in `fsync`.
const CHECKPOINT_PAGES: u32 = 4000;
const WAL_KEPT: u32 = 32 << 20;

/// How long SQLite waits for a lock before it is asked again.
const TURN: Duration = Duration::from_millis(1);

/// How long writers may wait for readers to let go of a log that has become too long.
const LOG_WAIT: Duration = Duration::from_millis(200);

/// What to open, and how.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// The name for SQLite: a path or a `file:` URI.
    pub(crate) name: String,
    /// The file on disk, if it is one.
    pub(crate) file: Option<PathBuf>,
    pub(crate) read_only: bool,
    /// The name with which SQLite reads the file without a log, if this user could not remove the log again.
    pub(crate) quiet: Option<String>,
    /// The file that the connections of a store have open.
    pub(crate) opened: Arc<OpenFile>,
}

/// An open connection with wallow's settings and functions.
pub(crate) struct Connection {
    raw: SqliteConnection,
    clock: StatementClock,
    /// The longest wait for a lock.
    busy_timeout: Duration,
    /// How long a statement waits for a lock now.
    wait: Duration,
    /// Whether that is how long the first statement of a piece of work waits.
    waits_as_usual: bool,
    /// Until when the work that is being done may wait.
    deadline: Deadline,
    /// Whether a transaction waits only when it begins: with write-ahead logging, nothing can block its end.
    waits_once: bool,
    check: Arc<TableCheck>,
    pub(super) file: Arc<OpenFile>,
    /// The log, if there is one that this connection writes.
    pub(super) wal: Option<OpenWal>,
    /// The file, if it is read without a log.
    quiet: Option<Quiet>,
    /// Whether it has to be opened again.
    is_outdated: bool,
    /// What it knows of the changes of others.
    pub(super) changes: Changes,
}

impl Connection {
    /// Opens a connection; creates the file if there is none.
    pub(crate) fn open(
        target: &Target,
        busy_timeout: Duration,
        deadline: Deadline,
        environment: &Environment,
    ) -> Result<Self, Error> {
        if target.file.as_deref().is_some_and(Path::is_dir) {
            let error = diesel::ConnectionError::BadConnection("is a folder".into());
            return Err(failure::of_open(target, &error));
        }
        // Checked first, because opening would create a new file if the old one is gone.
        target.opened.look()?;
        let (quiet, name) = match (&target.quiet, target.file.as_deref().and_then(Quiet::new)) {
            (Some(name), Some(quiet)) => (Some(quiet), name),
            _ => (None, &target.name),
        };
        if let Some(file) = target.file.as_deref().filter(|_| !target.read_only) {
            beside::refuse_logs_of_others(file)?;
        }
        let raw =
            SqliteConnection::establish(name).map_err(|error| failure::of_open(target, &error))?;
        let mut connection = Connection {
            raw,
            clock: StatementClock::new(environment.clone()),
            busy_timeout,
            wait: Duration::ZERO,
            waits_as_usual: false,
            deadline,
            waits_once: target.file.is_none(),
            check: Arc::new(TableCheck::failing(Dialect::Sqlite)),
            file: Arc::clone(&target.opened),
            wal: None,
            quiet,
            is_outdated: false,
            changes: match target.file {
                Some(_) => Changes::Unseen,
                None => Changes::Impossible,
            },
        };
        functions::register(&mut connection.raw, &connection.clock).map_err(failure::of_query)?;
        connection.set_wait(deadline.left())?;
        connection.batch(&format!(
            "PRAGMA foreign_keys = ON; \
             PRAGMA synchronous = NORMAL; \
             PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}; \
             PRAGMA journal_size_limit = {WAL_KEPT};"
        ))?;
        if target.file.is_some() {
            connection.enter_wal(target.read_only)?;
        }
        if target.read_only {
            connection.batch("PRAGMA query_only = ON")?;
        } else if let Some(file) = &target.file {
            target.opened.opened(file)?;
            connection.wal = OpenWal::beside(file).filter(|_| connection.waits_once);
        }
        connection.set_wait(connection.turn(busy_timeout))?;
        Ok(connection)
    }

    /// Switches to write-ahead logging, unless the file has it already. It asks first, because the switch needs
    /// exclusive access to the file, and the question does not.
    fn enter_wal(&mut self, read_only: bool) -> Result<(), Error> {
        self.waits_once = self.text("PRAGMA journal_mode")?.as_deref() == Some("wal");
        if self.waits_once || read_only {
            return Ok(());
        }
        self.set_wait(self.deadline.left())?;
        let mode = self.text("PRAGMA journal_mode = WAL")?;
        self.waits_once = mode.as_deref() == Some("wal");
        if !self.waits_once {
            tracing::warn!(
                mode = mode.as_deref().unwrap_or("unknown"),
                "the file system does not support write-ahead logging; \
                 several machines must not share this file: use PostgreSQL for that",
            );
        }
        Ok(())
    }

    /// Begins a piece of work that waits until the deadline at most. Part of that time may have passed already.
    #[inline]
    pub(crate) fn begin_work(&mut self, deadline: Deadline, waited: bool) {
        self.deadline = deadline;
        if waited {
            self.wait_at_most(deadline.left());
        } else if !self.waits_as_usual {
            self.wait_at_most(self.busy_timeout);
        }
    }

    /// Lets each statement wait for a lock for the whole time, for work that is not repeated if the database is locked.
    pub(crate) fn wait_in_full(&mut self) {
        // An error could only be about the number, which is valid.
        let _ = self.set_wait(self.busy_timeout);
    }

    /// How long SQLite waits by itself. It asks for a lock less and less often, down to ten times a second, so a process
    /// that waits would hardly ever meet the short moments in which the others do not hold it. So it gives up soon, and
    /// is asked again.
    #[inline]
    fn turn(&self, left: Duration) -> Duration {
        if self.waits_once && self.changes != Changes::Impossible {
            left.min(TURN)
        } else {
            left
        }
    }

    /// Lets each statement wait for a lock for this long at most.
    pub(crate) fn wait_at_most(&mut self, left: Duration) {
        let left = self.turn(left.min(self.busy_timeout));
        // A little more or less is not worth a statement.
        if left.abs_diff(self.wait) > self.busy_timeout / 64
            || left.is_zero() != self.wait.is_zero()
        {
            // An error could only be about the number, which is valid.
            let _ = self.set_wait(left);
        }
    }

    fn set_wait(&mut self, wait: Duration) -> Result<(), Error> {
        let millis = wait.as_millis().min(i32::MAX as u128);
        self.batch(&format!("PRAGMA busy_timeout = {millis}"))?;
        self.wait = wait;
        self.waits_as_usual = wait == self.turn(self.busy_timeout);
        Ok(())
    }

    /// Writes the log back and empties it; returns whether that was possible. It waits for readers, but not for long.
    ///
    /// SQLite's own wait would check only a dozen times, and would hardly ever meet the short pauses between reads.
    pub(super) fn empty_wal(&mut self) -> Result<bool, Error> {
        let wait = self.wait;
        self.set_wait(Duration::ZERO)?;
        let emptied = self.try_to_empty_wal();
        self.set_wait(wait)?;
        emptied
    }

    fn try_to_empty_wal(&mut self) -> Result<bool, Error> {
        let started = Instant::now();
        while started.elapsed() < LOG_WAIT {
            let busy = self.text("PRAGMA wal_checkpoint(TRUNCATE)")?;
            if busy.as_deref() == Some("0") {
                return Ok(true);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(false)
    }

    fn load_texts(&mut self, sql: &str) -> QueryResult<Vec<Vec<Option<String>>>> {
        let mut rows = Vec::new();
        for row in LoadConnection::load(&mut self.raw, Plain(sql.into()))? {
            let row = row?;
            let cells = (0..row.field_count()).map(|index| {
                let field = row.get(index)?;
                let mut value = field.value()?;
                Some(value.read_text().to_owned())
            });
            rows.push(cells.collect());
        }
        Ok(rows)
    }

    /// Checks after a read that a file which is read without a log has not been written meanwhile.
    pub(crate) fn confirm_read<T>(&mut self, outcome: Result<T, Error>) -> Result<T, Error> {
        let Some(quiet) = &self.quiet else {
            return outcome;
        };
        let now = quiet.look();
        self.is_outdated |= now != Now::Quiet;
        match now {
            Now::Quiet | Now::Opened => outcome,
            Now::Written => Err(quiet.written()),
        }
    }

    /// Whether it has to be opened again, because somebody has opened a file that is read without a log.
    pub(crate) const fn is_outdated(&self) -> bool {
        self.is_outdated
    }

    /// Rolls back what the user's code left open; `false` if the connection cannot be used any more.
    pub(crate) fn leave_clean(&mut self) -> bool {
        use diesel::connection::{AnsiTransactionManager, TransactionManager};
        let status = AnsiTransactionManager::transaction_manager_status_mut(&mut self.raw);
        if !matches!(status.transaction_depth(), Ok(None)) {
            return false;
        }
        // An error here only says that no transaction was open.
        let _ = self.raw.batch_execute("ROLLBACK");
        true
    }

    /// Sets the check of the table for all statements. No statement may have been prepared on this connection yet.
    pub(crate) fn set_check(&mut self, check: Arc<TableCheck>) {
        self.check = check;
    }

    /// The check of the table that its statements contain.
    pub(crate) fn check(&self) -> &Arc<TableCheck> {
        &self.check
    }

    /// Lets diesel's harness of migrations work on the connection.
    pub(crate) fn migrate<T>(
        &mut self,
        work: impl FnOnce(&mut SqliteConnection) -> diesel::migration::Result<T>,
    ) -> Result<T, Error> {
        work(self.raw()).map_err(|error| step::error(error, failure::of_query))
    }

    /// diesel's connection, for queries of the user's own.
    pub(crate) fn raw(&mut self) -> &mut SqliteConnection {
        self.clock.reset();
        &mut self.raw
    }
}

impl Session for Connection {
    /// A write is stepped to its end even if one row is enough: SQLite checkpoints the WAL only when a statement is
    /// done.
    fn run<O: Operation>(
        &mut self,
        sql: &Sql,
        binds: &[Bind<'_>],
        rows: &mut impl Rows,
    ) -> Result<(), Failure> {
        self.clock.reset();
        let statement = Statement::<O> {
            sql,
            binds,
            check: &self.check,
            operation: PhantomData,
        };
        let of_statement = |error| failure::of_statement(error, sql.deletes());
        let cursor = LoadConnection::load(&mut self.raw, statement).map_err(of_statement)?;
        let mut outcome = Ok(());
        for row in cursor {
            let row = row.map_err(of_statement)?;
            if outcome.is_ok() {
                outcome = rows.row(&SqliteCells(&row));
            }
            if O::READS && outcome.is_err() {
                break;
            }
        }
        outcome.map_err(Failure::Other)
    }

    fn execute<O: Operation>(&mut self, sql: &Sql, binds: &[Bind<'_>]) -> Result<usize, Failure> {
        self.clock.reset();
        let statement = Statement::<O> {
            sql,
            binds,
            check: &self.check,
            operation: PhantomData,
        };
        self.raw
            .execute_returning_count(&statement)
            .map_err(|error| failure::of_statement(error, sql.deletes()))
    }

    fn batch(&mut self, sql: &str) -> Result<(), Error> {
        self.clock.reset();
        self.raw.batch_execute(sql).map_err(failure::of_query)
    }

    fn texts(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>, Error> {
        self.load_texts(sql).map_err(failure::of_query)
    }

    /// Begins with `BEGIN IMMEDIATE`, which takes the write lock at once.
    fn begin(&mut self) -> Result<(), Error> {
        let begun = self.raw.execute_returning_count(&Begin);
        if !self.waits_once {
            self.wait_at_most(self.deadline.left());
        }
        begun.map(drop).map_err(failure::of_query)
    }

    fn commit(&mut self) -> Result<(), Error> {
        let committed = self.raw.execute_returning_count(&Commit);
        committed.map(drop).map_err(failure::of_query)
    }

    /// A writer is always alone on SQLite, so this is an ordinary transaction.
    fn begin_exclusive(&mut self) -> Result<(), Error> {
        self.wait_at_most(self.deadline.left());
        self.begin()
    }
}
