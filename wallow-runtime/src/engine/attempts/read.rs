//! Reads the history of attempts.

use wallow_schema::ATTEMPTS;
use wallow_schema::ddl::ATTEMPTS_COLUMNS;

use super::{Attempt, AttemptOutcome};
use crate::backend::{Rows, Session as _};
use crate::engine::row_visitors::{ScalarInt, described};
use crate::engine::{Engine, Lookup, Select, binds};
use crate::error::{Error, ErrorKind};
use crate::expr::Node;
use crate::sql::{Bind, Sql, Statement};
use crate::value::{CellError, Cells, Value};

/// A page of attempts. One that cannot be read is an error in its place.
#[derive(Debug, Default)]
pub(crate) struct AttemptsPage {
    pub(crate) attempts: Vec<Result<Attempt, Error>>,
    /// The run and the number of the last one, after which the next page begins.
    pub(crate) last: Option<(i64, i64)>,
}

/// Which attempts are read.
#[derive(Debug, Clone)]
pub(crate) struct AttemptFilter {
    /// Those of the runs that this selects.
    pub(crate) runs: Node,
    /// Those after this run and attempt, in the order of ids and attempts.
    pub(crate) after: (i64, i64),
    /// At most this many.
    pub(crate) most: usize,
}

impl Engine {
    /// The attempts at the run with this key, in order.
    pub(crate) fn attempts(&self, key: &[Value<'_>]) -> Result<Vec<Attempt>, Error> {
        self.require_attempts()?;
        let key = binds::key(&self.table, key)?;
        let mut sql = Sql::new();
        sql.push(&selected()).append(&self.table.statements().key);
        sql.push(" ORDER BY \"one\".\"attempt\"");
        let page = self.read_attempts(&sql, &key)?;
        page.attempts.into_iter().collect()
    }

    /// A page of the attempts at many runs, in the order of ids and attempts.
    pub(crate) fn attempts_page(&self, filter: &AttemptFilter) -> Result<AttemptsPage, Error> {
        self.require_attempts()?;
        let mut sql = Sql::new();
        sql.push(&selected())
            .push("(\"one\".\"run_id\", \"one\".\"attempt\") > (")
            .bind()
            .push(", ")
            .bind()
            .push(") AND (");
        let (id, attempt) = filter.after;
        let mut statement = Statement {
            sql,
            binds: [id, attempt].map(|number| Bind::Int(Some(number))).to_vec(),
        };
        self.condition(&mut statement, &filter.runs)?;
        statement
            .sql
            .push(") ORDER BY \"one\".\"run_id\", \"one\".\"attempt\" LIMIT ")
            .bind();
        let most = i64::try_from(filter.most).unwrap_or(i64::MAX);
        statement.binds.push(Bind::Int(Some(most)));
        self.read_attempts(&statement.sql, &statement.binds)
    }

    /// How many rows of the history belong to no run, because another program has deleted it.
    pub(crate) fn orphaned_attempts(&self) -> Result<u64, Error> {
        self.require_attempts()?;
        let mut sql = Sql::new();
        sql.push(&format!(
            "SELECT count(*) FROM \"{ATTEMPTS}\" WHERE {ORPHANED}"
        ));
        let mut count = ScalarInt(0);
        self.pool
            .read(|session| Ok(session.run::<Lookup>(&sql, &[], &mut count)?))?;
        Ok(u64::try_from(count.0).unwrap_or_default())
    }

    fn read_attempts(&self, sql: &Sql, binds: &[Bind<'_>]) -> Result<AttemptsPage, Error> {
        self.pool.read(|session| {
            let mut page = AttemptsPage::default();
            session.run::<Select>(sql, binds, &mut page)?;
            Ok(page)
        })
    }

    /// An error if the schema keeps no history of attempts.
    pub(crate) fn require_attempts(&self) -> Result<(), Error> {
        if self.table.has_attempts() {
            return Ok(());
        }
        let message = "the schema keeps no history of attempts; write `attempts = true` below `[project]` in \
                       wallow.toml, and bring the database to it: `wallow status` says how";
        Err(Error::new(ErrorKind::Schema, message))
    }
}

/// The condition of a row whose run is gone.
pub(super) const ORPHANED: &str = "NOT EXISTS (SELECT 1 FROM \"runs\" WHERE \"runs\".\"id\" = \"_wallow_attempts\".\"run_id\" \
     AND \"runs\".\"uuid\" = \"_wallow_attempts\".\"run_uuid\")";

/// The beginning of a statement: a condition follows.
fn selected() -> String {
    let columns = ATTEMPTS_COLUMNS.map(|name| format!("\"one\".\"{name}\""));
    format!(
        "SELECT {} FROM \"{ATTEMPTS}\" AS \"one\" JOIN \"runs\" ON \"runs\".\"id\" = \"one\".\"run_id\" \
         AND \"runs\".\"uuid\" = \"one\".\"run_uuid\" WHERE ",
        columns.join(", ")
    )
}

/// The attempts of another database of wallow, in the order of runs and attempts. Binds: the run and the attempt after
/// which they begin, the most of them.
pub(crate) fn page_of_external_db() -> String {
    let columns = ATTEMPTS_COLUMNS.map(|name| format!("\"{name}\""));
    format!(
        "SELECT {} FROM \"{ATTEMPTS}\" WHERE (\"run_id\", \"attempt\") > (CAST(? AS BIGINT), CAST(? AS BIGINT)) \
         ORDER BY \"run_id\", \"attempt\" LIMIT CAST(? AS BIGINT)",
        columns.join(", ")
    )
}

impl Rows for AttemptsPage {
    fn row(&mut self, cells: &impl Cells) -> Result<(), Error> {
        // SQLite takes any value in any column. What is no number comes after all numbers, so nothing readable of this
        // run follows.
        let number = |index| cells.required(index).unwrap_or(i64::MAX);
        self.last = Some((number(0), number(1)));
        self.attempts
            .push(attempt(cells).map_err(|error| unreadable(cells, &error)));
        Ok(())
    }
}

fn attempt(cells: &impl Cells) -> Result<Attempt, CellError> {
    let other = |index, expected| CellError {
        index,
        expected,
        found: cells.describe(index),
    };
    let argv = cells.nullable::<String>(6)?;
    let argv = argv.map(|text| {
        serde_json::from_str::<Vec<String>>(&text).map_err(|_| other(6, "a JSON array of texts"))
    });
    let outcome = cells.nullable::<String>(13)?;
    let outcome = outcome.map(|word| {
        word.parse::<AttemptOutcome>()
            .map_err(|_| other(13, "completed, failed, timed_out, released or lost"))
    });
    Ok(Attempt {
        run_id: cells.required(0)?,
        attempt: cells.required(1)?,
        run_uuid: cells.required(2)?,
        host: cells.nullable(3)?,
        pid: cells.nullable(4)?,
        os_user: cells.nullable(5)?,
        argv: argv.transpose()?.unwrap_or_default(),
        cwd: cells.nullable(7)?,
        git_commit: cells.nullable(8)?,
        git_dirty: cells.nullable(9)?,
        program: cells.nullable(10)?,
        started_at: cells.required(11)?,
        ended_at: cells.nullable(12)?,
        outcome: outcome.transpose()?,
        exit_code: cells.nullable(14)?,
        error: cells.nullable(15)?,
    })
}

/// The columns of which an attempt needs a value; the others may be cleared.
const REQUIRED: [&str; 4] = ["run_id", "attempt", "run_uuid", "started_at"];

/// The error of an attempt that another program wrote, or that is damaged. It names the attempt and the column.
fn unreadable(cells: &impl Cells, error: &CellError) -> Error {
    let column = ATTEMPTS_COLUMNS.get(error.index).copied().unwrap_or("");
    let [id, number, uuid] = [0, 1, 2].map(|index| described(cells, index));
    let advice = if REQUIRED.contains(&column) {
        "correct that value, or delete that row"
    } else {
        "correct or clear that value"
    };
    let message = format!(
        "run {id} (uuid {uuid}), attempt {number}: `{column}` of the table `{ATTEMPTS}` holds {}, not {}; {advice}",
        error.found, error.expected
    );
    Error::new(ErrorKind::Database, message)
        .with_field(column)
        .with_types(error.expected, &error.found)
        .with_uuid(&uuid)
}
