//! A stream in the order of ids, page by page. Each page is a short read of its own, so that no connection is held and
//! no writer waits, however slowly the program takes the runs.

use std::borrow::Cow;

use wallow_schema::FieldType;
use wallow_schema::ddl::Dialect;

use super::{Ordering, Selection};
use crate::backend::{Rows, Session};
use crate::engine::{Engine, Select};
use crate::error::{Error, ErrorKind};
use crate::expr::{ColumnRef, Node, Operand};
use crate::sql::Bind;
use crate::value::{Cells, RowBuffer};

/// After this many pages a thread is started; for fewer it is not worth it.
const PAGES_BEFORE_PREFETCH: usize = 16;

/// A server works in parallel to the program anyway, so a thread is started sooner.
const PAGES_BEFORE_PREFETCH_FROM_SERVER: usize = 1;

/// The size of the first page from a server. It is small, because a server sends all rows that it was asked for, and it
/// is not known yet how long they are.
const FIRST: usize = 64;

/// The position of a stream.
#[derive(Debug)]
pub(in crate::engine) struct Pages {
    engine: Engine,
    filter: Node,
    /// The first id that was not read yet.
    next: i64,
    /// The id of the last run that existed when the stream began.
    end: i64,
    /// How many runs may follow.
    left: usize,
    /// How many pages there were.
    read: usize,
    /// How many runs the next page has.
    size: usize,
}

impl Pages {
    /// A stream of the runs that exist now.
    pub(in crate::engine) fn new(engine: &Engine, selection: &Selection) -> Result<Self, Error> {
        Ok(Pages {
            engine: engine.clone(),
            filter: selection.filter.clone(),
            next: i64::MIN,
            end: engine.last_id()?,
            left: selection.limit.unwrap_or(usize::MAX),
            read: 0,
            size: match engine.table.dialect() {
                Dialect::Sqlite => RowBuffer::ROWS,
                Dialect::Postgres => FIRST,
            },
        })
    }

    /// Whether it is time for a thread that reads ahead. Never for a database in memory, where a reader would block
    /// writers.
    pub(in crate::engine) fn may_prefetch(&self) -> bool {
        let pages = match self.engine.table.dialect() {
            Dialect::Sqlite => PAGES_BEFORE_PREFETCH,
            Dialect::Postgres => PAGES_BEFORE_PREFETCH_FROM_SERVER,
        };
        self.read >= pages && !self.engine.pool.is_memory()
    }

    /// Reads the next page; `false` if none follows.
    pub(in crate::engine) fn read(&mut self, row_buffer: &mut RowBuffer) -> Result<bool, Error> {
        if self.left == 0 {
            return Ok(false);
        }
        let selection = self.selection();
        let statement = self.engine.statement(&selection, Ordering::ByDatabase)?;
        self.engine.pool.read(|session| {
            row_buffer.clear();
            let mut page = Page {
                width: self.engine.table.columns().len(),
                row_buffer,
                left: self.left,
            };
            match session.run::<Select>(&statement.sql, &statement.binds, &mut page) {
                Err(_) if page.is_full() => Ok(()),
                outcome => Ok(outcome?),
            }
        })?;
        let count = row_buffer.rows();
        let last = count.checked_sub(1).and_then(|last| row_buffer.row(last));
        let last = last.and_then(|cells| cells.required(0).ok());
        let last = last.unwrap_or(self.end);
        self.next = last.saturating_add(1);
        self.left -= count;
        self.read += 1;
        let is_whole = row_buffer.is_full() || count >= self.size;
        if self.engine.table.dialect() == Dialect::Postgres {
            self.size = fitting(self.size, row_buffer);
        }
        Ok(is_whole && self.left > 0 && last < self.end)
    }

    /// The next page as a selection.
    fn selection(&self) -> Selection {
        let id = ColumnRef {
            name: Cow::Borrowed("id"),
            ty: FieldType::Int,
            nullable: false,
            precision: None,
            values: Vec::new(),
            is_closed: false,
        };
        let ids = Node::Between {
            operand: Operand::Column(id),
            low: Bind::Int(Some(self.next)),
            high: Bind::Int(Some(self.end)),
        };
        Selection {
            filter: ids.and(self.filter.clone()),
            limit: Some(self.size),
            ..Selection::default()
        }
    }
}

/// How many runs to ask for next, if they are as long as those of the last page: just enough to fill the buffer,
/// because a server would send the others in vain.
fn fitting(asked: usize, row_buffer: &RowBuffer) -> usize {
    let came = row_buffer.rows().max(1);
    if came < asked {
        came
    } else if row_buffer.text_len() < RowBuffer::TEXT / 2 {
        (2 * asked).min(RowBuffer::ROWS)
    } else {
        asked
    }
}

/// The rows of a page. The statement is stopped as soon as the buffer is full.
struct Page<'s> {
    width: usize,
    row_buffer: &'s mut RowBuffer,
    left: usize,
}

impl Page<'_> {
    fn is_full(&self) -> bool {
        self.row_buffer.is_full() || self.row_buffer.rows() >= self.left
    }
}

impl Rows for Page<'_> {
    fn row(&mut self, cells: &impl Cells) -> Result<(), Error> {
        self.row_buffer.push(cells, self.width);
        if self.is_full() {
            return Err(Error::new(ErrorKind::Io, "the page is full"));
        }
        Ok(())
    }
}
