//! The best few of many runs, on SQLite.
//!
//! For `status = 'completed'`, ordered by accuracy, ten of them, SQLite takes the index on the status
//! and sorts what it finds: every run of a large table. Here the index on the order is walked first,
//! for this many entries and no more. What is found in it comes before everything else, so where
//! enough is found it is the answer; else SQLite goes its own way, as if nothing had been tried.
//!
//! Statistics would not do. Those that SQLite gathers in bounded time take every value for rare, and
//! whole ones take the write lock for long and are out of date while a sweep goes on.

use wallow_schema::ddl::Dialect;

use super::{Many, Ordering, Selection};
use crate::backend::Session;
use crate::codegen_support::Decode;
use crate::engine::{Engine, Select};
use crate::error::Error;
use crate::expr::Node;
use crate::sql::{Bind, Sql, Statement};

/// With fewer runs sorting is as fast.
const MANY_RUNS: i64 = 10_000;

/// Of this many at most it is asked which are the best.
const FEW: usize = 100;

/// This many entries are walked for each run that is wanted: enough where one in a hundred is wanted.
const ENTRIES: usize = 100;
const FEWEST_ENTRIES: usize = 500;

impl Engine {
    /// The runs of a selection where they are among the first of the order; `None` if that is not
    /// known.
    pub(in crate::engine) fn best<T: Decode>(
        &self,
        selection: &Selection,
    ) -> Result<Option<Vec<T>>, Error> {
        let Some(statement) = self.walk(selection)? else {
            return Ok(None);
        };
        let found = self.pool.read(|session| {
            let mut rows = Many::new(&self.plan, Ordering::ByDatabase);
            session.run::<Select>(&statement.sql, &statement.binds, &mut rows)?;
            Ok(rows.found())
        })?;
        Ok((Some(found.len()) == selection.limit).then_some(found))
    }

    /// The statement that walks the index of the order, if it is worth it.
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
        let Some(first) = selection.order.first() else {
            return false;
        };
        self.plan.dialect() == Dialect::Sqlite
            && (1..=FEW).contains(&limit)
            && selection.offset <= FEW
            && selection.filter != Node::Constant(true)
            // An index that serves the filter serves the order, too.
            && !selection.filter.mentions(&first.column.name)
            && self.plan.is_indexed(&first.column.name)
    }

    /// Whether the table is large.
    pub(in crate::engine) fn has_many(&self) -> Result<bool, Error> {
        Ok(self.last_id()? >= MANY_RUNS)
    }

    fn walking<'b>(&self, selection: &'b Selection, limit: usize) -> Result<Statement<'b>, Error> {
        let mut head = Sql::new();
        head.push("SELECT ")
            .push(self.plan.statements().select_list())
            .push(" FROM (SELECT \"runs\".\"id\" AS \"walked\" FROM \"runs\"");
        self.order(&mut head, &selection.order);
        let entries = (limit + selection.offset).saturating_mul(ENTRIES);
        head.push(&format!(" LIMIT {}", entries.max(FEWEST_ENTRIES)))
            // The rows come in the order of the first of two tables that are joined like this.
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
