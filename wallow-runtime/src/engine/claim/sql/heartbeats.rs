//! The statements about many claims at once: heartbeats, and the search for runs without them.

use std::time::Duration;

use wallow_schema::ATTEMPT;
use wallow_schema::ddl::Dialect;

use crate::engine::statements::TableStatements;
use crate::engine::statements::texts::qualified;
use crate::engine::{FencingToken, Reclaim, Suspect};
use crate::sql::{Bind, Sql, Statement};
use crate::value::RunStatus;

/// At most this many silent runs are watched at once.
const WATCHED: u32 = 10_000;

impl TableStatements {
    /// Moves the `updated_at` of the runs of these claims; returns their ids. Like every write of a claim, it fails if
    /// the table has changed: a worker whose result would be refused must not keep the run from others.
    ///
    /// A row that another transaction holds is skipped. `FOR NO KEY UPDATE` is the lock that the update itself takes.
    /// The lock of a foreign key that refers to the run does not conflict with it.
    pub(crate) fn heartbeats<'b>(&self, tokens: &[&'b FencingToken]) -> Statement<'b> {
        let mut statement = self.update();
        statement.sql.push(" WHERE ");
        self.check_table(&mut statement);
        statement.sql.push(" AND ");
        match self.dialect() {
            Dialect::Sqlite => claimed(&mut statement, tokens),
            Dialect::Postgres => {
                statement.sql.push(
                    "\"runs\".\"id\" = ANY(ARRAY(SELECT \"runs\".\"id\" FROM \"runs\" WHERE ",
                );
                claimed(&mut statement, tokens);
                statement.sql.push(" FOR NO KEY UPDATE SKIP LOCKED))");
            }
        }
        statement.sql.push(" RETURNING \"runs\".\"id\"");
        statement.sql.forget_after_use();
        statement
    }

    /// The ids of the runs that these claims still have, whether or not others hold the rows.
    pub(crate) fn still_claimed<'b>(tokens: &[&'b FencingToken]) -> Statement<'b> {
        let mut statement = Statement {
            sql: Sql::new(),
            binds: Vec::new(),
        };
        statement
            .sql
            .push("SELECT \"runs\".\"id\" FROM \"runs\" WHERE ");
        claimed(&mut statement, tokens);
        statement.sql.forget_after_use();
        statement
    }

    /// The runs that are `running` and have been silent for longer than this: id, attempt, `updated_at`, whether the
    /// claim never began, and what identifies the server.
    pub(crate) fn silent_runs<'b>(&self, stale: Duration) -> Statement<'b> {
        let mut statement = Statement {
            sql: Sql::new(),
            binds: Vec::new(),
        };
        let server = match self.dialect() {
            Dialect::Sqlite => "NULL",
            Dialect::Postgres => "pg_postmaster_start_time()::text",
        };
        statement.sql.push(&format!(
            "SELECT \"runs\".\"id\", {}, \"runs\".\"updated_at\", {NEVER_BEGAN}, {server} FROM \"runs\" WHERE {} AND ",
            qualified(ATTEMPT),
            RunStatus::Running.condition(),
        ));
        self.silent(&mut statement, Reclaim::WhenStale(stale));
        statement
            .sql
            .push(&format!(" ORDER BY \"runs\".\"id\" LIMIT {WATCHED}"));
        statement
    }
}

/// Whether nothing has been written to a run since it was claimed.
pub(crate) const NEVER_BEGAN: &str = "\"runs\".\"updated_at\" = \"runs\".\"started_at\"";

/// The condition that one of these claims has the run.
fn claimed<'b>(statement: &mut Statement<'b>, tokens: &[&'b FencingToken]) {
    let rows = tokens.iter().map(|token| token.binds());
    among(statement, [ATTEMPT, "uuid"], rows);
}

/// The condition that a run is still as it was seen.
pub(crate) fn unchanged<'b>(statement: &mut Statement<'b>, suspects: &'b [Suspect]) {
    let rows = suspects.iter().map(|suspect| {
        [
            Bind::Int(Some(suspect.id)),
            Bind::Int(Some(suspect.attempt)),
            suspect.updated_at.reborrow(),
        ]
    });
    among(statement, [ATTEMPT, "updated_at"], rows);
}

/// The condition that the id and two more columns are one of these rows. The ids are also compared alone, because
/// SQLite would scan the table for a list of rows.
fn among<'b>(
    statement: &mut Statement<'b>,
    columns: [&str; 2],
    rows: impl Iterator<Item = [Bind<'b>; 3]>,
) {
    let rows = rows.collect::<Vec<_>>();
    statement.sql.push("\"runs\".\"id\" IN (");
    statement.sql.list(&rows, ", ", |sql, _| {
        sql.bind();
    });
    statement.sql.push(&format!(
        ") AND (\"runs\".\"id\", {}, {}) IN (VALUES ",
        qualified(columns[0]),
        qualified(columns[1]),
    ));
    statement.sql.list(&rows, ", ", |sql, _| {
        sql.push("(").bind().push(", ").bind().push(", ").bind();
        sql.push(")");
    });
    statement.sql.push(")");
    let ids = rows.iter().map(|[id, ..]| match id {
        Bind::Int(id) => Bind::Int(*id),
        other => other.clone(),
    });
    statement.binds.extend(ids.collect::<Vec<_>>());
    statement.binds.extend(rows.into_iter().flatten());
}
