//! The runs of a selection, one by one, in bounded memory.
//!
//! Rows come in row buffers, and become runs on access. In the order of ids each buffer is one page; in another order
//! the rows have to be sorted once. After the first pages a thread reads ahead, so that the database and the program
//! work in parallel.

use std::sync::Arc;

use wallow_schema::ddl::Dialect;

use super::keyset::Pages;
use super::prefetch::Prefetch;
use super::{Ordering, Selection};
use crate::backend::{Rows, Session};
use crate::codegen_support::Decode;
use crate::engine::row_visitors::decoded;
use crate::engine::statements::TableStatements;
use crate::engine::{Engine, Select};
use crate::error::{Error, ErrorKind};
use crate::value::{Cells, RowBuffer};

/// The position of a stream.
#[derive(Debug)]
pub(crate) struct Stream {
    table: Arc<TableStatements>,
    row_buffer: RowBuffer,
    /// The next row of the buffer.
    row: usize,
    more: More,
}

/// Where more rows come from.
#[derive(Debug)]
enum More {
    Nowhere,
    /// The next page.
    Pages(Box<Pages>),
    /// A thread that reads ahead.
    Prefetch(Prefetch),
    /// Only this error follows.
    Failed(Option<Error>),
}

impl Stream {
    /// The next run. If it cannot be read, an error takes its place.
    pub(crate) fn next<T: Decode>(&mut self) -> Option<Result<T, Error>> {
        loop {
            if let Some(cells) = self.row_buffer.row(self.row) {
                self.row += 1;
                return Some(decoded(&self.table, &cells));
            }
            match self.refill() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    self.more = More::Nowhere;
                    return Some(Err(error));
                }
            }
        }
    }

    /// Gets more rows; `false` if none follow.
    fn refill(&mut self) -> Result<bool, Error> {
        self.row = 0;
        self.row_buffer.clear();
        let follow = match &mut self.more {
            More::Nowhere => return Ok(false),
            More::Pages(pages) => pages.read(&mut self.row_buffer)?,
            More::Prefetch(prefetch) => prefetch.swap(&mut self.row_buffer)?,
            More::Failed(error) => return error.take().map_or(Ok(false), Err),
        };
        self.more = match std::mem::replace(&mut self.more, More::Nowhere) {
            More::Pages(pages) if follow && pages.may_prefetch() => {
                More::Prefetch(Prefetch::pages(*pages)?)
            }
            more if follow => more,
            _ => More::Nowhere,
        };
        Ok(true)
    }
}

impl Engine {
    /// The runs of a selection. If they have to be sorted, a database in memory is read at once, because a longer read
    /// would block writers.
    pub(crate) fn stream(&self, selection: &Selection) -> Stream {
        let mut row_buffer = RowBuffer::default();
        let more = if selection.order.is_empty() && selection.offset == 0 {
            Pages::new(self, selection).map(|pages| More::Pages(Box::new(pages)))
        } else {
            self.sorted(selection, &mut row_buffer)
        };
        Stream {
            table: Arc::clone(&self.table),
            row_buffer,
            row: 0,
            more: more.unwrap_or_else(|error| More::Failed(Some(error))),
        }
    }

    /// Reads in another order than that of the ids: few rows are read at once, many by a thread.
    fn sorted(&self, selection: &Selection, row_buffer: &mut RowBuffer) -> Result<More, Error> {
        let is_file = !self.pool.is_memory();
        let is_few = self.table.dialect() == Dialect::Sqlite && !self.has_many()?;
        if (is_few || !is_file) && self.read_at_once(selection, row_buffer, is_file)? {
            return Ok(More::Nowhere);
        }
        row_buffer.clear();
        Prefetch::sorted(self, selection).map(More::Prefetch)
    }

    /// Reads all rows. If `is_bounded`, it stops at too much text and returns `false`.
    fn read_at_once(
        &self,
        selection: &Selection,
        row_buffer: &mut RowBuffer,
        is_bounded: bool,
    ) -> Result<bool, Error> {
        let statement = self.statement(selection, Ordering::ByDatabase)?;
        self.pool.read(|session| {
            row_buffer.clear();
            let mut rows = Everything {
                width: self.table.columns().len(),
                row_buffer,
                most: if is_bounded { AT_ONCE } else { usize::MAX },
            };
            match session.run::<Select>(&statement.sql, &statement.binds, &mut rows) {
                Err(_) if rows.is_too_much() => Ok(false),
                outcome => Ok(outcome.map(|()| true)?),
            }
        })
    }
}

/// At most this many bytes of text are read at once from a file.
const AT_ONCE: usize = 8 << 20;

/// All rows of a selection.
struct Everything<'s> {
    width: usize,
    row_buffer: &'s mut RowBuffer,
    /// The limit of the text, in bytes.
    most: usize,
}

impl Everything<'_> {
    fn is_too_much(&self) -> bool {
        self.row_buffer.text_len() > self.most
    }
}

impl Rows for Everything<'_> {
    fn row(&mut self, cells: &impl Cells) -> Result<(), Error> {
        self.row_buffer.push(cells, self.width);
        if self.is_too_much() {
            return Err(Error::new(ErrorKind::Io, "these rows are too long"));
        }
        Ok(())
    }
}
