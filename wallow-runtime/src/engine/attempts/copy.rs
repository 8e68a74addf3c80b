//! Attempts that are copied from another database, together with their runs.

use std::collections::BTreeMap;

use wallow_schema::ddl::{ATTEMPTS_COLUMNS, Dialect};
use wallow_schema::{ATTEMPT, ATTEMPTS};

use super::Attempt;
#[cfg(feature = "postgres")]
use crate::backend::postgres;
use crate::backend::{Connection, Rows, Session as _};
#[cfg(feature = "postgres")]
use crate::engine::register::sql::columns_as_table;
use crate::engine::row_visitors::unexpected;
#[cfg(feature = "postgres")]
use crate::engine::statements::texts::joined;
use crate::engine::statements::texts::update;
use crate::engine::{Engine, Write};
use crate::error::Error;
use crate::sql::{Bind, Sql};
use crate::value::Cells;

/// The columns that the end of an attempt fills, or that may be known only then.
const OF_THE_END: [&str; 6] = ["pid", "argv", "ended_at", "outcome", "exit_code", "error"];

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
        connection: &mut Connection,
        attempts: &[Attempt],
    ) -> Result<usize, Error> {
        if self.table.dialect() == Dialect::Postgres {
            attempts.iter().try_for_each(refuse_nul)?;
        }
        #[cfg(feature = "postgres")]
        if let Connection::Postgres(connection) = connection
            && let Some(changed) = insert_at_once(connection, attempts)?
        {
            return Ok(changed);
        }
        let sql = taking(self.table.dialect());
        let mut changed = 0;
        for attempt in attempts {
            let binds = columns(attempt).into_iter().chain(identity(attempt));
            changed += connection.execute::<Write>(&sql, &binds.collect::<Vec<_>>())?;
        }
        Ok(changed)
    }

    /// Gives runs their histories from another database, where they have the same uuids, if they were never claimed here.
    /// The next claim gets the number after the last attempt. The attempts are those of whole histories, one after the
    /// other, each in the order of its numbers. Returns how many of the attempts came along.
    pub(in crate::engine) fn adopt_attempts(
        &self,
        connection: &mut Connection,
        mut attempts: Vec<Attempt>,
    ) -> Result<usize, Error> {
        // If two runs there have a uuid, the first one counts.
        let mut claims = BTreeMap::new();
        for history in attempts.chunk_by(Attempt::is_of_same_run) {
            if let (Some(first), Some(last)) = (history.first(), history.last()) {
                let claim = (first.run_id, last.attempt);
                claims.entry(first.run_uuid.clone()).or_insert(claim);
            }
        }
        let ids = claim_for_histories(connection, &claims)?;
        attempts.retain_mut(|attempt| {
            let claim = claims.get(&attempt.run_uuid);
            let is_first = claim.is_some_and(|(id, _)| *id == attempt.run_id);
            let id = ids.get(&attempt.run_uuid).filter(|_| is_first);
            attempt.run_id = id.copied().unwrap_or(attempt.run_id);
            id.is_some()
        });
        self.insert_attempts(connection, &attempts)?;
        Ok(attempts.len())
    }
}

/// Gives runs that were never claimed the numbers of their last attempts: for each uuid its run there and the number.
/// Returns the ids here.
fn claim_for_histories(
    connection: &mut Connection,
    claims: &BTreeMap<String, (i64, i64)>,
) -> Result<BTreeMap<String, i64>, Error> {
    let rows = claims.iter().map(|(uuid, (_, last))| {
        let uuid = Bind::Text(Some(uuid.as_str().into()));
        vec![Bind::Int(Some(*last)), uuid]
    });
    let mut ids = Ids::default();
    #[cfg(feature = "postgres")]
    if let Connection::Postgres(connection) = connection {
        let rows = rows.collect::<Vec<_>>();
        if !rows.is_empty() {
            connection.run_columns(&claiming_columns(), &rows, &mut ids)?;
        }
        return Ok(ids.0);
    }
    let mut sql = Sql::new();
    sql.push(update(Dialect::Sqlite))
        .push(&format!("\"{ATTEMPT}\" = "))
        .bind();
    sql.push(" WHERE \"uuid\" = ").bind();
    sql.push(&format!(
        " AND \"{ATTEMPT}\" = 0 RETURNING \"uuid\", \"id\""
    ));
    for claim in rows {
        connection.run::<Write>(&sql, &claim, &mut ids)?;
    }
    Ok(ids.0)
}

/// Collects ids by uuids.
#[derive(Debug, Default)]
struct Ids(BTreeMap<String, i64>);

impl Rows for Ids {
    fn row(&mut self, cells: &impl Cells) -> Result<(), Error> {
        let uuid = cells.required(0).map_err(unexpected)?;
        self.0.insert(uuid, cells.required(1).map_err(unexpected)?);
        Ok(())
    }
}

/// Writes attempts with one statement. `None` if nothing was written, and they have to be written one by one.
#[cfg(feature = "postgres")]
fn insert_at_once(
    connection: &mut postgres::Connection,
    attempts: &[Attempt],
) -> Result<Option<usize>, Error> {
    if attempts.is_empty() {
        return Ok(Some(0));
    }
    let rows = attempts.iter().map(columns).collect::<Vec<_>>();
    connection.try_at_once(|connection| {
        Ok(Some(connection.execute_columns(
            &taking_columns(),
            &rows,
            &[],
        )?))
    })
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
    sql.push(")").push(&or_end());
    sql
}

/// [`taking`] for many attempts: each column is one array.
#[cfg(feature = "postgres")]
fn taking_columns() -> Sql {
    let mut sql = Sql::new();
    sql.push(&format!(
        "INSERT INTO \"{ATTEMPTS}\" ({}) SELECT \"new\".* FROM ",
        joined(ATTEMPTS_COLUMNS)
    ));
    columns_as_table(&mut sql, ATTEMPTS_COLUMNS.into_iter());
    sql.push(&format!(
        " WHERE EXISTS (SELECT 1 FROM \"runs\" WHERE \"runs\".\"id\" = \"new\".\"run_id\" \
         AND \"runs\".\"uuid\" = \"new\".\"run_uuid\" AND \"runs\".\"{ATTEMPT}\" >= \"new\".\"attempt\")"
    ));
    sql.push(&or_end());
    sql
}

/// Gives runs that were never claimed a number. Columns: number, uuid. Returns uuid and id.
#[cfg(feature = "postgres")]
fn claiming_columns() -> Sql {
    let mut sql = Sql::new();
    sql.push(&format!(
        "UPDATE \"runs\" SET \"{ATTEMPT}\" = \"new\".\"attempt\" FROM "
    ));
    columns_as_table(&mut sql, ["attempt", "uuid"].into_iter());
    sql.push(&format!(
        " WHERE \"runs\".\"uuid\" = \"new\".\"uuid\" AND \"runs\".\"{ATTEMPT}\" = 0 \
         RETURNING \"runs\".\"uuid\", \"runs\".\"id\""
    ));
    sql
}

/// What happens to an attempt that is here: if it is open, it gets the end that it has there.
fn or_end() -> String {
    let end = OF_THE_END.map(|name| format!("\"{name}\" = EXCLUDED.\"{name}\""));
    format!(
        " ON CONFLICT (\"run_id\", \"attempt\") DO UPDATE SET {} WHERE \"{ATTEMPTS}\".\"outcome\" IS NULL \
         AND EXCLUDED.\"outcome\" IS NOT NULL AND \"{ATTEMPTS}\".\"run_uuid\" = EXCLUDED.\"run_uuid\"",
        end.join(", ")
    )
}

/// The id, the uuid and the number of an attempt.
fn identity(attempt: &Attempt) -> [Bind<'_>; 3] {
    [
        Bind::Int(Some(attempt.run_id)),
        Bind::Text(Some((&*attempt.run_uuid).into())),
        Bind::Int(Some(attempt.attempt)),
    ]
}

/// An error if a server cannot store a text of an attempt, which a file may have.
fn refuse_nul(attempt: &Attempt) -> Result<(), Error> {
    let binds = columns(attempt);
    let mut texts = ATTEMPTS_COLUMNS.iter().zip(&binds);
    let Some((column, _)) = texts.find(|(_, bind)| bind.has_nul()) else {
        return Ok(());
    };
    Err(Error::validation(
        column,
        format_args!(
            "attempt {} of run {}: PostgreSQL cannot store the character U+0000; take it out of the text in `{ATTEMPTS}`",
            attempt.attempt,
            attempt.run_uuid.escape_debug(),
        ),
    ))
}

/// The columns of an attempt.
fn columns(attempt: &Attempt) -> Vec<Bind<'_>> {
    let text = |text: Option<&'_ str>| text.map(ToOwned::to_owned).map(Into::into);
    let argv = serde_json::Value::from(attempt.argv.clone()).to_string();
    let [id, uuid, number] = identity(attempt);
    vec![
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
    ]
}
