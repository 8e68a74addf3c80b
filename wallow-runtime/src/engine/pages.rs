//! A stream in the order of ids, page by page: each page is a short read of its own, so that no
//! connection is held and no writer waits, however slowly the program takes the runs.

use std::collections::VecDeque;

use wallow_schema::ddl::Dialect;

use super::rows::{Number, decoded};
use super::select::filtered;
use super::{Engine, Select};
use crate::backend::{Bind, Rows, Session};
use crate::error::Error;
use crate::plan::{Plan, Sql};
use crate::query::{Node, Statement};
use crate::record::Decode;
use crate::value::Cells;

/// So many runs are read at once, and are in memory at the most.
const PAGE: usize = 256;

/// Where a stream stands.
#[derive(Debug)]
pub(crate) struct Pages {
    engine: Engine,
    filter: Node,
    /// The last run that was read.
    after: i64,
    /// The last run that was there when the stream began.
    end: i64,
    /// How many runs may follow.
    left: usize,
}

impl Pages {
    /// A stream of the runs that are there now.
    pub(super) fn new(engine: &Engine, filter: &Node, limit: Option<usize>) -> Result<Self, Error> {
        // A wrong query is told here, not by the first row.
        filtered("", filter)?;
        let mut sql = Sql::new();
        sql.push("SELECT coalesce(max(\"runs\".\"id\"), 0) FROM \"runs\"");
        let mut end = Number(0);
        engine
            .pool
            .read(|session| Ok(session.run::<Select>(&sql, &[], &mut end)?))?;
        Ok(Pages {
            engine: engine.clone(),
            filter: filter.clone(),
            after: i64::MIN,
            end: end.0,
            left: limit.unwrap_or(usize::MAX),
        })
    }

    /// Reads the next page; `false` where none follows.
    pub(crate) fn read<T: Decode>(
        &mut self,
        ready: &mut VecDeque<Result<T, Error>>,
    ) -> Result<bool, Error> {
        let size = self.left.min(PAGE);
        if size == 0 {
            return Ok(false);
        }
        let engine = self.engine.clone();
        let statement = self.statement(size);
        let mut page = Page {
            plan: &engine.plan,
            ready,
            count: 0,
            last: self.after,
        };
        engine.pool.read_once(|session| {
            Ok(session.run::<Select>(&statement.sql, &statement.binds, &mut page)?)
        })?;
        let (count, last) = (page.count, page.last);
        self.after = last;
        self.left -= count;
        Ok(count == size)
    }

    fn statement(&self, size: usize) -> Statement<'_> {
        let mut statement = Statement {
            sql: Sql::new(),
            binds: Vec::new(),
        };
        statement.sql.push(self.engine.plan.statements().select());
        for (text, id) in [
            (" WHERE \"runs\".\"id\" > ", self.after),
            (" AND \"runs\".\"id\" <= ", self.end),
        ] {
            statement.sql.push(text).bind();
            statement.binds.push(Bind::Int(Some(id)));
        }
        if self.filter != Node::Constant(true) {
            statement.sql.push(" AND ");
            self.filter.render(Dialect::Sqlite, &mut statement);
        }
        statement
            .sql
            .push(" ORDER BY \"runs\".\"id\" LIMIT ")
            .bind();
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        statement.binds.push(Bind::Int(Some(size)));
        statement
    }
}

/// The runs of a page. One that cannot be read is told, and the next ones come.
struct Page<'p, T> {
    plan: &'p Plan,
    ready: &'p mut VecDeque<Result<T, Error>>,
    count: usize,
    last: i64,
}

impl<T: Decode> Rows for Page<'_, T> {
    fn row(&mut self, cells: &impl Cells) -> Result<(), Error> {
        self.ready.push_back(decoded(self.plan, cells));
        self.count += 1;
        self.last = cells.required(0).unwrap_or(i64::MAX);
        Ok(())
    }
}
