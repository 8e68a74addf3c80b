//! The statements of the history of attempts. On PostgreSQL they are parts of the statement of a claim or of its end,
//! which saves round trips; on SQLite they follow it in the same transaction.

use wallow_schema::ddl::{ATTEMPTS_COLUMNS, Dialect};
use wallow_schema::{ATTEMPT, ATTEMPTS};

use super::write::AttemptEnd;
use crate::engine::statements::TableStatements;
use crate::sql::{Bind, Sql, Statement};

/// The columns that a claim fills from its provenance, and how many the run itself fills before them: id, attempt, uuid.
const FROM_RUN: usize = 3;
const FROM_PROVENANCE: usize = 8;

/// The columns that a new row leaves empty.
const OF_THE_END: &str =
    "\"ended_at\" = NULL, \"outcome\" = NULL, \"exit_code\" = NULL, \"error\" = NULL";

impl TableStatements {
    /// Whether the schema keeps a history of attempts.
    pub(crate) fn has_attempts(&self) -> bool {
        self.schema().project.attempts
    }

    /// Whether attempts are written by the statements of claims and ends themselves.
    pub(in crate::engine) fn records_in_statement(&self) -> bool {
        self.has_attempts() && self.dialect() == Dialect::Postgres
    }

    /// Whether attempts are written by statements of their own, after those of claims and ends.
    pub(in crate::engine) fn records_after_statement(&self) -> bool {
        self.has_attempts() && self.dialect() == Dialect::Sqlite
    }
}

/// The names of the columns that a claim fills.
fn filled() -> String {
    let names = ATTEMPTS_COLUMNS[..=FROM_RUN + FROM_PROVENANCE].iter();
    let names = names.map(|name| format!("\"{name}\""));
    names.collect::<Vec<_>>().join(", ")
}

/// Two parts of a `WITH` over the claimed run, which is in the part of this name: the attempts before it are closed, and
/// the new one is noted. Binds: provenance.
pub(super) fn within_claim(sql: &mut Sql, claimed: &str) {
    sql.push(&format!(
        ", \"closed\" AS (UPDATE \"{ATTEMPTS}\" AS \"old\" SET \"ended_at\" = \"{claimed}\".\"updated_at\", \
         \"outcome\" = 'lost' FROM \"{claimed}\" WHERE \"{claimed}\".\"{ATTEMPT}\" > 1 \
         AND \"old\".\"run_id\" = \"{claimed}\".\"id\" AND \"old\".\"attempt\" < \"{claimed}\".\"{ATTEMPT}\" \
         AND \"old\".\"outcome\" IS NULL), \"noted\" AS (INSERT INTO \"{ATTEMPTS}\" ({}) \
         SELECT \"id\", \"{ATTEMPT}\", \"uuid\", ",
        filled()
    ));
    sql.list(0..FROM_PROVENANCE, ", ", |sql, _| {
        sql.bind();
    });
    // A row is there already if another program has changed the number of the attempt, or has deleted a run and left its
    // attempts behind.
    let again = ATTEMPTS_COLUMNS[2..=FROM_RUN + FROM_PROVENANCE].iter();
    let again = again.map(|name| format!("\"{name}\" = EXCLUDED.\"{name}\""));
    sql.push(&format!(
        ", \"started_at\" FROM \"{claimed}\" ON CONFLICT (\"run_id\", \"attempt\") DO UPDATE SET {}, {OF_THE_END})",
        again.collect::<Vec<_>>().join(", ")
    ));
}

/// Notes the attempt of a run that was claimed. Binds: provenance, the id of the run.
pub(super) fn after_claim() -> Sql {
    let mut sql = Sql::new();
    sql.push(&format!(
        "INSERT OR REPLACE INTO \"{ATTEMPTS}\" ({}) SELECT \"id\", \"{ATTEMPT}\", \"uuid\", ",
        filled()
    ));
    sql.list(0..FROM_PROVENANCE, ", ", |sql, _| {
        sql.bind();
    });
    sql.push(", \"started_at\" FROM \"runs\" WHERE \"id\" = ")
        .bind();
    sql
}

/// Closes the attempts before the one that has just claimed the run. Binds: the id of the run, the new attempt.
pub(super) fn closing_lost() -> Sql {
    let mut sql = Sql::new();
    sql.push(&format!(
        "UPDATE \"{ATTEMPTS}\" SET \"ended_at\" = (SELECT \"updated_at\" FROM \"runs\" WHERE \"id\" = "
    ));
    sql.bind()
        .push("), \"outcome\" = 'lost' WHERE \"run_id\" = ")
        .same_bind();
    sql.push(" AND \"attempt\" < ")
        .bind()
        .push(" AND \"outcome\" IS NULL");
    sql
}

/// The columns of an end: outcome, exit code, error, and the process if it was not known before.
fn assign_end<'b>(statement: &mut Statement<'b>, end: &AttemptEnd<'b>) {
    statement.sql.push(", \"outcome\" = ").bind();
    statement.sql.push(", \"exit_code\" = ").bind();
    statement.sql.push(", \"error\" = ").bind();
    let error = end.error.map(Into::into);
    statement.binds.extend([
        Bind::Text(Some(end.outcome.as_str().into())),
        Bind::Int(end.details.exit_code),
        Bind::Text(error),
    ]);
    assign_process(statement, end.details.process.as_ref());
}

/// The process that executes the run, if it is known.
pub(super) fn assign_process<'b>(
    statement: &mut Statement<'b>,
    process: Option<&'b (i64, String)>,
) {
    let Some((pid, argv)) = process else { return };
    statement.sql.push(", \"pid\" = ").bind();
    statement.sql.push(", \"argv\" = ").bind();
    statement
        .binds
        .extend([Bind::Int(Some(*pid)), Bind::Text(Some(argv.into()))]);
}

/// The end of an attempt as a part of the statement that ends the run: `statement` returns the run, its uuid, its
/// `updated_at` and its attempt, which is `ahead` of the one that ends.
pub(super) fn within_end<'b>(
    statement: Statement<'b>,
    end: &AttemptEnd<'b>,
    ahead: u8,
) -> Statement<'b> {
    let mut sql = Sql::new();
    sql.push("WITH \"ended\" AS (").append(&statement.sql);
    sql.push(&format!(
        "), \"closed\" AS (UPDATE \"{ATTEMPTS}\" AS \"old\" SET \"ended_at\" = \"ended\".\"updated_at\""
    ));
    let mut statement = Statement { sql, ..statement };
    assign_end(&mut statement, end);
    statement.sql.push(&format!(
        " FROM \"ended\" WHERE \"old\".\"run_id\" = \"ended\".\"id\" \
         AND \"old\".\"attempt\" = \"ended\".\"{ATTEMPT}\" - {ahead} \
         AND \"old\".\"run_uuid\" = \"ended\".\"uuid\") SELECT * FROM \"ended\""
    ));
    statement
}

/// The end of an attempt as a statement of its own.
pub(super) fn after_end<'b>(end: &AttemptEnd<'b>) -> Statement<'b> {
    let mut sql = Sql::new();
    sql.push(&format!(
        "UPDATE \"{ATTEMPTS}\" SET \"ended_at\" = (SELECT \"updated_at\" FROM \"runs\" WHERE \"id\" = "
    ));
    sql.bind().push(")");
    let mut statement = Statement {
        sql,
        binds: vec![Bind::Int(Some(end.token.id))],
    };
    assign_end(&mut statement, end);
    of_claim(&mut statement, end.token);
    statement
}

/// The condition of the row of a claim.
pub(super) fn of_claim<'b>(statement: &mut Statement<'b>, token: &'b crate::engine::FencingToken) {
    statement.sql.push(" WHERE \"run_id\" = ").bind();
    statement.sql.push(" AND \"attempt\" = ").bind();
    statement.sql.push(" AND \"run_uuid\" = ").bind();
    statement.binds.extend(token.binds());
}

/// Closes the attempts whose runs have gone on without them: another number, and no claim that closed them. `of_runs`
/// restricts it to some runs.
pub(in crate::engine) fn settled(of_runs: Option<&Sql>) -> Sql {
    let run = "FROM \"runs\" WHERE \"runs\".\"id\" = \"_wallow_attempts\".\"run_id\"";
    let mut sql = Sql::new();
    sql.push(&format!(
        "UPDATE \"{ATTEMPTS}\" SET \"ended_at\" = (SELECT \"runs\".\"updated_at\" {run}), \"outcome\" = 'lost' \
         WHERE \"outcome\" IS NULL AND EXISTS (SELECT 1 {run} \
         AND \"runs\".\"uuid\" = \"_wallow_attempts\".\"run_uuid\" \
         AND \"runs\".\"{ATTEMPT}\" > \"_wallow_attempts\".\"attempt\")"
    ));
    if let Some(condition) = of_runs {
        sql.push(" AND \"run_id\" IN (SELECT \"runs\".\"id\" FROM \"runs\" WHERE ")
            .append(condition)
            .push(")");
    }
    sql
}

/// How often a run was claimed, as `max_attempts` counts it. A history has the outcome of each claim, and those that
/// were released do not count; claims from before the history began count as they are numbered.
pub(in crate::engine) fn counted(table: &TableStatements) -> String {
    if !table.has_attempts() {
        return format!("\"runs\".\"{ATTEMPT}\"");
    }
    format!(
        "(SELECT count(CASE WHEN \"one\".\"outcome\" = 'released' THEN NULL ELSE 1 END) \
         + coalesce(min(\"one\".\"attempt\") - 1, \"runs\".\"{ATTEMPT}\") FROM \"{ATTEMPTS}\" AS \"one\" \
         WHERE \"one\".\"run_id\" = \"runs\".\"id\" AND \"one\".\"run_uuid\" = \"runs\".\"uuid\")"
    )
}
