//! Which kinds of runs are in the queue, without taking any.

use super::next::{Search, Waiting};
use super::state::pending_without_status;
use super::{Engine, QueueRequest};
use crate::backend::{Rows, Session};
use crate::engine::Lookup;
use crate::engine::row_visitors::ScalarInt;
use crate::error::{Error, ErrorKind};
use crate::expr::Node;
use crate::sql::{Sql, Statement};
use crate::value::{Cells, RunStatus};

/// For each kind of run, whether there is one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the answers of one statement, each to a question of its own"
)]
pub(crate) struct Queue {
    pub(in crate::engine) pending: bool,
    pub(in crate::engine) without_status: bool,
    /// Ones that their workers have left, as far as the database knows.
    pub(in crate::engine) silent: bool,
    pub(in crate::engine) running: bool,
    /// Failed ones that may be tried again.
    pub(in crate::engine) failed: bool,
}

/// The beginning of a statement: one `EXISTS` follows for each field of [`Queue`].
fn statement<'b>() -> Statement<'b> {
    let mut sql = Sql::new();
    sql.push("SELECT ");
    Statement {
        sql,
        binds: Vec::new(),
    }
}

/// Appends an `EXISTS` with the condition that `condition` writes.
fn exists<'b>(
    statement: &mut Statement<'b>,
    condition: impl FnOnce(&mut Statement<'b>) -> Result<(), Error>,
) -> Result<(), Error> {
    statement.sql.push("EXISTS (SELECT 1 FROM \"runs\" WHERE ");
    condition(statement)?;
    statement.sql.push(")");
    Ok(())
}

impl Search<'_> {
    /// What there is in the queue, by one statement. `waits`: for a worker that found nothing the last time.
    pub(super) fn queue(&self, without_status: &Node, waits: bool) -> Result<Queue, Error> {
        let mut statement = statement();
        let kinds = [
            Waiting::Pending,
            Waiting::WithoutStatus(without_status),
            Waiting::Silent,
        ];
        for waiting in kinds {
            exists(&mut statement, |statement| self.waiting(statement, waiting))?;
            statement.sql.push(", ");
        }
        exists(&mut statement, |statement| {
            statement.sql.push(&RunStatus::Running.condition());
            self.and_filter(statement)
        })?;
        statement.sql.push(", ");
        if self.request.max_attempts.is_some() {
            exists(&mut statement, |statement| {
                self.waiting(statement, Waiting::Failed)?;
                self.and_attempts_left(statement, Waiting::Failed);
                Ok(())
            })?;
        } else {
            statement.sql.push("(1 = 0)");
        }
        // What a filter compares may depend on settings.
        let waits = waits && self.request.filter == Node::Constant(true);
        self.engine.look_at_queue(&statement, waits)
    }
}

impl Engine {
    /// `waits`: for a program that waits, and whose statement no setting of a session changes.
    fn look_at_queue(&self, statement: &Statement<'_>, waits: bool) -> Result<Queue, Error> {
        let Statement { sql, binds } = statement;
        self.pool.read(|session| {
            let mut queue = Queue::default();
            if waits {
                session.look::<Lookup>(sql, binds, &mut queue)?;
            } else {
                session.run::<Lookup>(sql, binds, &mut queue)?;
            }
            Ok(queue)
        })
    }

    /// Tells the workers that wait that there are pending runs. If that fails, they find the runs a little later.
    pub(in crate::engine) fn announce(&self) {
        if let Err(error) = self.pool.announce() {
            tracing::debug!(%error, "workers that wait could not be notified of pending runs; they look from time to time");
        }
    }

    /// How many runs that the filter selects have a status that wallow does not know, or results and no status. No
    /// worker claims them.
    pub(crate) fn unknown(&self, request: &QueueRequest) -> Result<u64, Error> {
        let without_status = pending_without_status(self.table.schema());
        self.count_in_queue(request, |statement| {
            statement
                .sql
                .push(&other_words())
                .push(" OR \"runs\".\"status\" IS NULL AND NOT (");
            without_status.render(self.table.dialect(), statement);
            statement.sql.push(")");
        })
    }

    /// How many runs that the filter selects are pending.
    pub(crate) fn pending(&self, request: &QueueRequest) -> Result<u64, Error> {
        let without_status = pending_without_status(self.table.schema());
        self.count_in_queue(request, |statement| {
            let pending = RunStatus::Pending;
            statement.sql.push(&format!(
                "\"runs\".\"status\" = '{pending}' OR \"runs\".\"status\" IS NULL AND ("
            ));
            without_status.render(self.table.dialect(), statement);
            statement.sql.push(")");
        })
    }

    /// How many runs that the filter selects are running.
    pub(crate) fn running(&self, request: &QueueRequest) -> Result<u64, Error> {
        self.count_in_queue(request, |statement| {
            statement.sql.push(&RunStatus::Running.condition());
        })
    }

    /// How many runs that the filter selects fulfil the condition that `condition` writes.
    fn count_in_queue<'b>(
        &self,
        request: &'b QueueRequest,
        condition: impl FnOnce(&mut Statement<'b>),
    ) -> Result<u64, Error> {
        let mut statement = statement();
        statement.sql.push("count(*) FROM \"runs\" WHERE (");
        condition(&mut statement);
        statement.sql.push(") AND (");
        self.condition(&mut statement, &request.filter)?;
        statement.sql.push(")");
        self.pool.read(|session| {
            let mut rows = ScalarInt(0);
            session.run::<Lookup>(&statement.sql, &statement.binds, &mut rows)?;
            Ok(u64::try_from(rows.0).unwrap_or_default())
        })
    }
}

/// The condition that the status is a word that wallow does not know, as ranges between the words that it knows. So an
/// index finds the few such runs without a scan of all completed ones.
fn other_words() -> String {
    let mut words = RunStatus::ALL.map(RunStatus::as_str);
    words.sort_unstable();
    let status = "\"runs\".\"status\"";
    let mut ranges = vec![format!("{status} < '{}'", words[0])];
    for pair in words.windows(2) {
        ranges.push(format!(
            "{status} > '{}' AND {status} < '{}'",
            pair[0], pair[1]
        ));
    }
    ranges.push(format!("{status} > '{}'", words[words.len() - 1]));
    ranges.join(" OR ")
}

impl Rows for Queue {
    fn row(&mut self, cells: &impl Cells) -> Result<(), Error> {
        let places = [
            &mut self.pending,
            &mut self.without_status,
            &mut self.silent,
            &mut self.running,
            &mut self.failed,
        ];
        for (index, place) in places.into_iter().enumerate() {
            *place = cells.required(index).map_err(|error| {
                let message = format!(
                    "the database answers {}, not {}",
                    error.found, error.expected
                );
                Error::new(ErrorKind::Database, message)
            })?;
        }
        Ok(())
    }
}
