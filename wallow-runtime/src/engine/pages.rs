//! A stream in the order of ids, page by page: each page is a short read of its own, so that no
//! connection is held and no writer waits, however slowly the program takes the runs.

use std::borrow::Cow;
use std::collections::VecDeque;

use wallow_schema::FieldType;

use super::rows::{Number, decoded};
use super::select::{Ordering, Selection};
use super::{Engine, Select};
use crate::backend::{Bind, Rows, Session};
use crate::error::Error;
use crate::plan::{Plan, Sql};
use crate::query::{ColumnRef, Node, Operand};
use crate::record::Decode;
use crate::value::Cells;

/// So many runs are read at once, and are in memory at the most.
const PAGE: usize = 256;

/// Where a stream stands.
#[derive(Debug)]
pub(crate) struct Pages {
    engine: Engine,
    filter: Node,
    /// The first id that was not asked for yet.
    next: i64,
    /// The last run that was there when the stream began.
    end: i64,
    /// How many runs may follow.
    left: usize,
}

impl Pages {
    /// A stream of the runs that are there now.
    pub(super) fn new(engine: &Engine, filter: &Node, limit: Option<usize>) -> Result<Self, Error> {
        let mut sql = Sql::new();
        sql.push("SELECT coalesce(max(\"runs\".\"id\"), 0) FROM \"runs\"");
        let mut end = Number(0);
        engine
            .pool
            .read(|session| Ok(session.run::<Select>(&sql, &[], &mut end)?))?;
        Ok(Pages {
            engine: engine.clone(),
            filter: filter.clone(),
            next: i64::MIN,
            end: end.0,
            left: limit.unwrap_or(usize::MAX),
        })
    }

    /// Reads the next page; `false` where none follows.
    pub(crate) fn read<T: Decode>(
        &mut self,
        ready: &mut VecDeque<Result<T, Error>>,
    ) -> Result<bool, Error> {
        let selection = self.selection();
        let statement = self.engine.statement(&selection, Ordering::ByDatabase)?;
        let mut page = Page {
            plan: &self.engine.plan,
            ready,
            count: 0,
            last: self.end,
        };
        self.engine.pool.read_once(|session| {
            Ok(session.run::<Select>(&statement.sql, &statement.binds, &mut page)?)
        })?;
        let (count, last) = (page.count, page.last);
        self.next = last.saturating_add(1);
        self.left -= count;
        Ok(count == PAGE && self.left > 0 && last < self.end)
    }

    /// The next page as a selection.
    fn selection(&self) -> Selection {
        let id = ColumnRef {
            name: Cow::Borrowed("id"),
            ty: FieldType::Int,
            nullable: false,
            precision: None,
        };
        let ids = Node::Between {
            operand: Operand::Column(id),
            low: Bind::Int(Some(self.next)),
            high: Bind::Int(Some(self.end)),
        };
        Selection {
            filter: ids.and(self.filter.clone()),
            limit: Some(self.left.min(PAGE)),
            ..Selection::default()
        }
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
