//! Many rows as columns, each of them one array, so that the text of the statement does not depend on the number of
//! rows.
//!
//! What enters: rows of binds, all of the same shape. What leaves: a diesel query.

use std::io::{self, Write};
use std::sync::Arc;

use diesel::connection::{Connection as _, DefaultLoadingMode};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Array, BigInt, Bool, Double, HasSqlType, Text, Untyped};

use super::connection::{Connection, fetch};
use super::failure;
use crate::backend::{Failure, Rows, Session as _, TableCheck};
use crate::error::Error;
use crate::sql::{Bind, Part, Sql};
use crate::sql_types::{Json, POSTGRES_EPOCH as EPOCH, Utc};
use crate::value::to_micros;

/// A statement with a bind for each column of the rows, and more binds after those.
struct ByColumns<'q> {
    sql: &'q Sql,
    columns: Vec<Column<'q>>,
    rest: &'q [Bind<'q>],
    check: &'q TableCheck,
}

impl<'q> ByColumns<'q> {
    fn new(
        sql: &'q Sql,
        rows: &'q [Vec<Bind<'q>>],
        rest: &'q [Bind<'q>],
        check: &'q TableCheck,
    ) -> Self {
        let width = rows.first().map_or(0, Vec::len);
        let columns = (0..width).map(|index| Column { rows, index });
        ByColumns {
            sql,
            columns: columns.collect(),
            rest,
            check,
        }
    }
}

impl Connection {
    /// Does at once, within a savepoint, what could also be done in parts. `None` if nothing was changed, because it failed
    /// or returned `None`: the parts by themselves find the reason. An error ends the parts, too.
    pub(crate) fn try_at_once<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<Option<T>, Error>,
    ) -> Result<Option<T>, Error> {
        self.batch("SAVEPOINT wallow_at_once")?;
        let (end, value) = match work(self) {
            Ok(Some(value)) => ("RELEASE SAVEPOINT wallow_at_once", Some(value)),
            Err(error) if error.may_pass() => return Err(error),
            Ok(None) | Err(_) => (
                "ROLLBACK TO SAVEPOINT wallow_at_once; RELEASE SAVEPOINT wallow_at_once",
                None,
            ),
        };
        self.batch(end)?;
        Ok(value)
    }

    /// Runs a write whose values come as columns: a bind for each column of the rows, then the rest.
    pub(crate) fn execute_columns(
        &mut self,
        sql: &Sql,
        rows: &[Vec<Bind<'_>>],
        rest: &[Bind<'_>],
    ) -> Result<usize, Failure> {
        let check = Arc::clone(self.check());
        let columns = ByColumns::new(sql, rows, rest, &check);
        self.in_transaction(|connection| {
            let outcome = connection.raw.execute_returning_count(&columns);
            connection.noted_failure(outcome.map_err(failure::of_statement))
        })
    }

    /// Runs a write whose values come as columns, and hands the rows that it returns to `returned`.
    pub(crate) fn run_columns(
        &mut self,
        sql: &Sql,
        rows: &[Vec<Bind<'_>>],
        returned: &mut impl Rows,
    ) -> Result<(), Failure> {
        let check = Arc::clone(self.check());
        let columns = ByColumns::new(sql, rows, &[], &check);
        self.in_transaction(|connection| {
            let outcome = fetch::<DefaultLoadingMode, _>(&mut connection.raw, columns, returned);
            connection.noted_failure(outcome)
        })
    }
}

impl QueryId for ByColumns<'_> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for ByColumns<'_> {
    type SqlType = Untyped;
}

impl QueryFragment<Pg> for ByColumns<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        // The server plans this again for each thousand rows, because a cached plan would be for the table when it was
        // still empty.
        out.unsafe_to_cache_prepared();
        let mut columns = self.columns.iter();
        let mut rest = self.rest.iter();
        let mut bound = 0_usize;
        for part in self.sql.parts() {
            match part {
                Part::Text(text) => out.push_sql(text),
                Part::Bind => {
                    match columns.next() {
                        Some(column) => column.push(&mut out)?,
                        None => rest.next().map_or(Ok(()), |bind| bind.push(&mut out))?,
                    }
                    bound += 1;
                }
                Part::SameBind => out.push_sql(&format!("${bound}")),
                Part::CheckBegin => out.push_sql(self.check.begin()),
                Part::CheckEnd => out.push_sql(self.check.end()),
            }
        }
        Ok(())
    }
}

/// The binds of one column, from every row.
#[derive(Debug)]
struct Column<'q> {
    rows: &'q [Vec<Bind<'q>>],
    index: usize,
}

impl<'q> Column<'q> {
    fn binds(&self) -> impl Iterator<Item = &'q Bind<'q>> {
        self.rows.iter().filter_map(|row| row.get(self.index))
    }

    fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        match self.binds().next() {
            None => Ok(()),
            Some(Bind::Int(_)) => out.push_bind_param::<Array<BigInt>, _>(self),
            Some(Bind::Float(_)) => out.push_bind_param::<Array<Double>, _>(self),
            Some(Bind::Bool(_)) => out.push_bind_param::<Array<Bool>, _>(self),
            Some(Bind::Text(_)) => out.push_bind_param::<Array<Text>, _>(self),
            Some(Bind::Json(_)) => out.push_bind_param::<Array<Json>, _>(self),
            Some(Bind::Time(_)) => out.push_bind_param::<Array<Utc>, _>(self),
        }
    }
}

/// The binary form of an array: one dimension, a word for flags, the type of an item, how many there
/// are, counted from 1; each after its length, and -1 for NULL.
impl<T> ToSql<Array<T>, Pg> for Column<'_>
where
    Pg: HasSqlType<T>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let item = <Pg as HasSqlType<T>>::metadata(out.metadata_lookup()).oid()?;
        for word in [1, 0, item, u32::try_from(self.rows.len())?, 1] {
            out.write_all(&word.to_be_bytes())?;
        }
        for bind in self.binds() {
            match bind {
                Bind::Int(Some(value)) => write(out, &value.to_be_bytes())?,
                Bind::Float(Some(value)) => write(out, &value.to_be_bytes())?,
                Bind::Bool(Some(value)) => write(out, &[u8::from(*value)])?,
                Bind::Text(Some(text)) | Bind::Json(Some(text)) => write(out, text.as_bytes())?,
                Bind::Time(Some(time)) => write(out, &(to_micros(time) - EPOCH).to_be_bytes())?,
                Bind::Int(None)
                | Bind::Float(None)
                | Bind::Bool(None)
                | Bind::Text(None)
                | Bind::Json(None)
                | Bind::Time(None) => out.write_all(&(-1_i32).to_be_bytes())?,
            }
        }
        Ok(IsNull::No)
    }
}

fn write(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let length = i32::try_from(bytes.len()).map_err(io::Error::other)?;
    out.write_all(&length.to_be_bytes())?;
    out.write_all(bytes)
}
