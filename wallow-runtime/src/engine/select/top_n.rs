//! The first few of many runs in some order, on SQLite.
//!
//! For ten runs with `status = 'completed'`, ordered by accuracy, SQLite uses the index on the status and sorts what it
//! finds, which may be most of a large table. Here the index on the order is scanned first, for a bounded number of
//! entries. Its runs come before all others, so if it yields enough of them, they are the answer; if not, the ordinary
//! query runs as if nothing had been tried.
//!
//! Statistics do not help. Those that SQLite gathers in bounded time treat every value as rare. Full ones take the
//! write lock for long, and are out of date as a sweep goes on.

use wallow_schema::ddl::Dialect;

use super::{AllRows, Ordering, Selection};
use crate::backend::Session;
use crate::codegen_support::Decode;
use crate::engine::{Engine, Select};
use crate::error::Error;
use crate::expr::{Node, Operand};
use crate::sql::{Bind, Sql, Statement};

/// With fewer runs, sorting is as fast.
const MANY_RUNS: i64 = 10_000;

/// The highest limit of a query for which the index is tried.
const FEW: usize = 100;

/// How many entries of the index are scanned for each run that is wanted. It suffices if the filter keeps one run in a
/// hundred.
const ENTRIES: usize = 100;
const FEWEST_ENTRIES: usize = 500;

impl Engine {
    /// The runs of a selection, if enough of them are found among the first in the order; else `None`.
    pub(in crate::engine) fn top_n<T: Decode>(
        &self,
        selection: &Selection,
    ) -> Result<Option<Vec<T>>, Error> {
        let Some(statement) = self.walk(selection)? else {
            return Ok(None);
        };
        let found = self.pool.read(|session| {
            let mut rows = AllRows::new(&self.table, Ordering::ByDatabase);
            session.run::<Select>(&statement.sql, &statement.binds, &mut rows)?;
            Ok(rows.found())
        })?;
        Ok((Some(found.len()) == selection.limit).then_some(found))
    }

    /// The statement that scans the index of the order; `None` if that is not worth it.
    pub(in crate::engine) fn walk<'b>(
        &self,
        selection: &'b Selection,
    ) -> Result<Option<Statement<'b>>, Error> {
        match selection.limit {
            Some(limit) if self.may_walk(selection, limit) && self.has_many()? => {
                self.walking(selection, limit).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn may_walk(&self, selection: &Selection, limit: usize) -> bool {
        let Some(Operand::Column(first)) = selection.order.first().map(|term| &term.operand) else {
            return false;
        };
        self.table.dialect() == Dialect::Sqlite
            && (1..=FEW).contains(&limit)
            && selection.offset <= FEW
            && selection.filter != Node::Constant(true)
            // If the filter uses the column of the order, SQLite picks the right index by itself.
            && !selection.filter.mentions(&first.name)
            && self.table.is_indexed(&first.name)
    }

    /// Whether the table is large.
    pub(in crate::engine) fn has_many(&self) -> Result<bool, Error> {
        Ok(self.last_id()? >= MANY_RUNS)
    }

    fn walking<'b>(&self, selection: &'b Selection, limit: usize) -> Result<Statement<'b>, Error> {
        let mut head = Sql::new();
        head.push("SELECT ")
            .push(self.table.statements().select_list())
            .push(" FROM (SELECT \"runs\".\"id\" AS \"walked\" FROM \"runs\"");
        self.order(&mut head, &selection.order);
        let entries = (limit + selection.offset).saturating_mul(ENTRIES);
        head.push(&format!(" LIMIT {}", entries.max(FEWEST_ENTRIES)))
            // `CROSS JOIN` makes SQLite read the left table first, so the rows come in its order.
            .push(") CROSS JOIN \"runs\" ON \"runs\".\"id\" = \"walked\"");
        let mut statement = self.filtered(&head.text(), &selection.filter)?;
        statement.sql.push(&format!(" LIMIT {limit}"));
        if selection.offset > 0 {
            statement.sql.push(" OFFSET ").bind();
            let offset = i64::try_from(selection.offset).unwrap_or(i64::MAX);
            statement.binds.push(Bind::Int(Some(offset)));
        }
        Ok(statement)
    }
}
