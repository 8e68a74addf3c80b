//! Attempts that are copied from another database, together with their runs.

use wallow_schema::ddl::{ATTEMPTS_COLUMNS, Dialect};
use wallow_schema::{ATTEMPT, ATTEMPTS};

use super::Attempt;
use crate::backend::Session;
use crate::engine::row_visitors::ScalarInt;
use crate::engine::statements::texts::update;
use crate::engine::{Engine, Write};
use crate::error::Error;
use crate::sql::{Bind, Sql};

/// The columns that the end of an attempt fills, or that may be known only then.
const OF_THE_END: [&str; 6] = ["pid", "argv", "ended_at", "outcome", "exit_code", "error"];

/// No run has this id, or wallow does not know it.
const NONE: i64 = i64::MIN;

impl Engine {
    /// Writes the attempts at runs that are here: a missing one as it is, and the end of one that is open here. An attempt
    /// that the run has not come to here is left out. Returns how many rows changed.
    pub(crate) fn take_attempts(&self, attempts: &[Attempt]) -> Result<u64, Error> {
        self.require_attempts()?;
        let changed = self.pool.write_again(|connection| {
            connection.transaction(|session| self.insert_attempts(session, attempts))
        })?;
        Ok(u64::try_from(changed).unwrap_or(u64::MAX))
    }

    fn insert_attempts(
        &self,
        session: &mut impl Session,
        attempts: &[Attempt],
    ) -> Result<usize, Error> {
        let sql = taking(self.table.dialect());
        let mut changed = 0;
        for attempt in attempts {
            changed += session.execute::<Write>(&sql, &binds(attempt))?;
        }
        Ok(changed)
    }

    /// Gives a run its history from another database, where it has the same uuid, if it was never claimed here. The next
    /// claim gets the number after its last attempt. Returns whether it did.
    pub(in crate::engine) fn adopt_attempts(
        &self,
        session: &mut impl Session,
        attempts: &mut [Attempt],
    ) -> Result<bool, Error> {
        let Some(last) = attempts.last() else {
            return Ok(true);
        };
        let mut sql = Sql::new();
        sql.push(update(self.table.dialect()))
            .push(&format!("\"{ATTEMPT}\" = "))
            .bind();
        sql.push(" WHERE \"uuid\" = ").bind();
        sql.push(&format!(" AND \"{ATTEMPT}\" = 0 RETURNING \"id\""));
        let claim = [
            Bind::Int(Some(last.attempt)),
            Bind::Text(Some((&*last.run_uuid).into())),
        ];
        let mut id = ScalarInt(NONE);
        session.run::<Write>(&sql, &claim, &mut id)?;
        if id.0 == NONE {
            return Ok(false);
        }
        for attempt in &mut *attempts {
            attempt.run_id = id.0;
        }
        self.insert_attempts(session, attempts)?;
        Ok(true)
    }
}

/// Binds: the columns of an attempt, then the id, the uuid and the attempt once more.
fn taking(dialect: Dialect) -> Sql {
    let names = ATTEMPTS_COLUMNS.map(|name| format!("\"{name}\""));
    let mut sql = Sql::new();
    sql.push(&format!(
        "INSERT INTO \"{ATTEMPTS}\" ({}) SELECT ",
        names.join(", ")
    ));
    sql.list(ATTEMPTS_COLUMNS, ", ", |sql, name| {
        sql.bind();
        // The server cannot tell the type of a value in a `SELECT` by its column.
        if dialect == Dialect::Postgres && name.ends_with("_at") {
            sql.push("::timestamp");
        }
    });
    sql.push(" WHERE EXISTS (SELECT 1 FROM \"runs\" WHERE \"runs\".\"id\" = ")
        .bind();
    sql.push(" AND \"runs\".\"uuid\" = ").bind();
    sql.push(&format!(" AND \"runs\".\"{ATTEMPT}\" >= ")).bind();
    let end = OF_THE_END.map(|name| format!("\"{name}\" = EXCLUDED.\"{name}\""));
    sql.push(&format!(
        ") ON CONFLICT (\"run_id\", \"attempt\") DO UPDATE SET {} WHERE \"{ATTEMPTS}\".\"outcome\" IS NULL \
         AND EXCLUDED.\"outcome\" IS NOT NULL AND \"{ATTEMPTS}\".\"run_uuid\" = EXCLUDED.\"run_uuid\"",
        end.join(", ")
    ));
    sql
}

fn binds(attempt: &Attempt) -> Vec<Bind<'_>> {
    let text = |text: Option<&'_ str>| text.map(ToOwned::to_owned).map(Into::into);
    let argv = serde_json::Value::from(attempt.argv.clone()).to_string();
    let identity = || {
        [
            Bind::Int(Some(attempt.run_id)),
            Bind::Text(Some((&*attempt.run_uuid).into())),
            Bind::Int(Some(attempt.attempt)),
        ]
    };
    let [id, uuid, number] = identity();
    let mut binds = vec![
        id,
        number,
        uuid,
        Bind::Text(text(attempt.host.as_deref())),
        Bind::Int(attempt.pid),
        Bind::Text(text(attempt.os_user.as_deref())),
        Bind::Text(Some(argv.into())),
        Bind::Text(text(attempt.cwd.as_deref())),
        Bind::Text(text(attempt.git_commit.as_deref())),
        Bind::Bool(attempt.git_dirty),
        Bind::Text(text(attempt.program.as_deref())),
        Bind::Time(Some(attempt.started_at)),
        Bind::Time(attempt.ended_at),
        Bind::Text(text(attempt.outcome.as_deref())),
        Bind::Int(attempt.exit_code),
        Bind::Text(text(attempt.error.as_deref())),
    ];
    binds.extend(identity());
    binds
}
