//! Selections: the SQL of queries, and its rows.

mod group;
mod keyset;
mod prefetch;
mod projection;
mod stream;
mod top_n;

pub(crate) use group::BestGroups;
pub(crate) use stream::Stream;

use wallow_schema::ddl::Dialect;

use super::row_visitors::{HasRow, ScalarInt, decoded};
use super::statements::TableStatements;
use super::{Engine, Select};
use crate::backend::{Rows, Session};
use crate::codegen_support::Decode;
use crate::error::{Error, ErrorKind};
use crate::expr::{Node, Term};
use crate::sql::{Bind, Sql, Statement};
use crate::value::{CellError, Cells, RowBuffer};

/// What a query selects.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    pub(crate) filter: Node,
    pub(crate) order: Vec<Term>,
    pub(crate) limit: Option<usize>,
    pub(crate) offset: usize,
}

impl Default for Selection {
    fn default() -> Self {
        Selection {
            filter: Node::Constant(true),
            order: Vec::new(),
            limit: None,
            offset: 0,
        }
    }
}

/// How a row is read that is not a whole run.
pub(crate) trait ReadRow {
    type Row;

    fn read(&self, cells: &impl Cells) -> Result<Self::Row, CellError>;
}

/// SQLite's form of "no limit".
const NO_LIMIT: &str = " LIMIT -1";

/// The limit is part of the text, because SQLite prepares a statement again whenever a limit is bound, even to the same
/// number. Only statements with limits up to this are kept.
const KEPT_LIMITS: usize = RowBuffer::ROWS;

impl Engine {
    pub(crate) fn select<T: Decode>(&self, selection: &Selection) -> Result<Vec<T>, Error> {
        if let Some(top) = self.top_n(selection)? {
            return Ok(top);
        }
        let statement = self.statement(selection, Ordering::of(selection))?;
        self.pool.read(|session| {
            let mut rows = AllRows::new(&self.table, Ordering::of(selection));
            session.run::<Select>(&statement.sql, &statement.binds, &mut rows)?;
            Ok(rows.found())
        })
    }

    pub(crate) fn explain(&self, selection: &Selection) -> Result<Vec<String>, Error> {
        // A row is id, parent, unused and detail on SQLite, and one line of text on PostgreSQL.
        let (explain, detail) = match self.table.dialect() {
            Dialect::Sqlite => ("EXPLAIN QUERY PLAN", 3),
            Dialect::Postgres => ("EXPLAIN", 0),
        };
        let statement = match self.walk(selection)? {
            Some(statement) => statement,
            None => self.statement(selection, Ordering::of(selection))?,
        };
        let statement = statement.after(&format!("{explain} "));
        self.pool.read(|session| {
            let mut rows = Details {
                detail,
                lines: Vec::new(),
            };
            session.run::<Select>(&statement.sql, &statement.binds, &mut rows)?;
            Ok(rows.lines)
        })
    }

    pub(crate) fn count(&self, filter: &Node) -> Result<u64, Error> {
        let statement = self.filtered("SELECT count(*) FROM \"runs\"", filter)?;
        self.pool.read(|session| {
            let mut rows = ScalarInt(0);
            session.run::<Select>(&statement.sql, &statement.binds, &mut rows)?;
            Ok(u64::try_from(rows.0).unwrap_or_default())
        })
    }

    pub(crate) fn any(&self, filter: &Node) -> Result<bool, Error> {
        let mut statement = self.filtered("SELECT 1 FROM \"runs\"", filter)?;
        statement.sql.push(" LIMIT 1");
        self.pool.read(|session| {
            let mut rows = HasRow(false);
            session.run::<Select>(&statement.sql, &statement.binds, &mut rows)?;
            Ok(rows.0)
        })
    }

    pub(in crate::engine) fn statement<'b>(
        &self,
        selection: &'b Selection,
        ordering: Ordering,
    ) -> Result<Statement<'b>, Error> {
        self.selected(self.table.statements().select(), selection, ordering)
    }

    /// The ids of a selection, in its order.
    pub(in crate::engine) fn ids<'b>(
        &self,
        selection: &'b Selection,
    ) -> Result<Statement<'b>, Error> {
        let head = "SELECT \"runs\".\"id\" FROM \"runs\"";
        self.selected(head, selection, Ordering::ByDatabase)
    }

    /// A whole selection after its `SELECT … FROM`.
    fn selected<'b>(
        &self,
        head: &str,
        selection: &'b Selection,
        ordering: Ordering,
    ) -> Result<Statement<'b>, Error> {
        let mut statement = self.filtered(head, &selection.filter)?;
        if ordering == Ordering::ByDatabase {
            self.order(&mut statement.sql, &selection.order);
        }
        let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        match (self.table.dialect(), selection.limit) {
            (Dialect::Sqlite, Some(limit)) => {
                statement.sql.push(&format!(" LIMIT {}", number(limit)));
                if limit > KEPT_LIMITS {
                    statement.sql.forget_after_use();
                }
            }
            // SQLite allows an offset only after a limit.
            (Dialect::Sqlite, None) if selection.offset > 0 => {
                statement.sql.push(NO_LIMIT);
            }
            (Dialect::Postgres, Some(limit)) => {
                statement.sql.push(" LIMIT ").bind();
                statement.binds.push(Bind::Int(Some(number(limit))));
            }
            (_, None) => {}
        }
        if selection.offset > 0 {
            statement.sql.push(" OFFSET ").bind();
            statement
                .binds
                .push(Bind::Int(Some(number(selection.offset))));
        }
        Ok(statement)
    }

    pub(in crate::engine) fn order(&self, sql: &mut Sql, terms: &[Term]) {
        sql.push(" ORDER BY ");
        for term in terms {
            sql.push(&term.sql(self.table.dialect())).push(", ");
        }
        // Equal runs are ordered by id, in the direction of the last term, so that one index serves both.
        let descending = terms.last().is_some_and(|term| term.descending);
        sql.push("\"runs\".\"id\"")
            .push(if descending { " DESC" } else { "" });
    }

    pub(in crate::engine) fn filtered<'b>(
        &self,
        head: &str,
        filter: &'b Node,
    ) -> Result<Statement<'b>, Error> {
        let mut statement = Statement {
            sql: Sql::new(),
            binds: Vec::new(),
        };
        statement.sql.push(head);
        if *filter != Node::Constant(true) {
            statement.sql.push(" WHERE ");
            self.condition(&mut statement, filter)?;
        }
        Ok(statement)
    }

    /// Writes a filter into a statement. Every expression for the database goes through here, so that an invalid one is
    /// refused.
    pub(in crate::engine) fn condition<'b>(
        &self,
        statement: &mut Statement<'b>,
        filter: &'b Node,
    ) -> Result<(), Error> {
        let dialect = self.table.dialect();
        if let Some(reason) = filter.problem(dialect) {
            return Err(Error::new(ErrorKind::Validation, reason));
        }
        filter.render(dialect, statement);
        Ok(())
    }
}

/// Who sorts the rows if the caller gave no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Ordering {
    ByDatabase,
    /// wallow, after reading all rows. With `ORDER BY id`, SQLite prefers a scan of the table to an index that finds
    /// the few rows of a filter.
    AfterReading,
}

impl Ordering {
    fn of(selection: &Selection) -> Self {
        let all = selection.limit.is_none() && selection.offset == 0;
        let filtered = selection.filter != Node::Constant(true);
        if all && filtered && selection.order.is_empty() {
            Self::AfterReading
        } else {
            Self::ByDatabase
        }
    }
}

/// The steps of a query plan.
struct Details {
    /// The column of the step's text.
    detail: usize,
    lines: Vec<String>,
}

impl Rows for Details {
    fn row(&mut self, cells: &impl Cells) -> Result<(), Error> {
        self.lines
            .extend(cells.nullable(self.detail).ok().flatten());
        Ok(())
    }
}

/// Every row of a selection.
pub(in crate::engine) struct AllRows<'p, T> {
    table: &'p TableStatements,
    ordering: Ordering,
    /// The ids of the rows, if they are sorted after reading.
    ids: Vec<i64>,
    found: Vec<T>,
}

impl<'p, T> AllRows<'p, T> {
    pub(in crate::engine) fn new(table: &'p TableStatements, ordering: Ordering) -> Self {
        AllRows {
            table,
            ordering,
            ids: Vec::new(),
            found: Vec::new(),
        }
    }

    /// The rows in their order.
    pub(in crate::engine) fn found(self) -> Vec<T> {
        if self.ids.is_sorted() {
            return self.found;
        }
        let mut rows = self.ids.into_iter().zip(self.found).collect::<Vec<_>>();
        rows.sort_by_key(|(id, _)| *id);
        rows.into_iter().map(|(_, run)| run).collect()
    }
}

impl<T: Decode> Rows for AllRows<'_, T> {
    fn row(&mut self, cells: &impl Cells) -> Result<(), Error> {
        if self.ordering == Ordering::AfterReading {
            self.ids.push(cells.required(0).unwrap_or_default());
        }
        self.found.push(decoded(self.table, cells)?);
        Ok(())
    }
}
