//! Copies runs from one database into another without changes, one page at a time.
//!
//! Invariant: a page is written completely or not at all, and nothing that somebody else has written in the meantime is
//! overwritten, because each statement checks that its run is still as it was read.

mod sql;

use std::ops::RangeInclusive;

pub(crate) use sql::CopyStatements;

use super::Row;
use super::register::swallowed;
use super::row_visitors::{HasRow, ScalarInt, decoded, undecodable};
use super::statements::TableStatements;
use super::{Engine, Select, Write, binds, index_rows};
use crate::backend::{Connection, Rows, Session as _};
use crate::error::Error;
use crate::migrate::apply;
use crate::sql::Bind;
use crate::value::{BUILT_INS, Cell, Cells, Value, from_micros, owned, to_micros};

/// A run with the values that one database stores.
#[derive(Debug, Clone)]
pub struct RawRun {
    id: i64,
    row: Row,
    attempt: i64,
    size: usize,
}

/// Whether both are the same run in the same state, even if they were read from different databases.
impl PartialEq for RawRun {
    fn eq(&self, other: &Self) -> bool {
        self.row == other.row && self.attempt == other.attempt
    }
}

impl RawRun {
    fn new(table: &TableStatements, mut row: Row, attempt: i64, size: usize) -> Self {
        for (value, column) in row.values_mut().zip(table.columns()) {
            match value {
                // The Python package writes a JSON `null` where wallow writes NULL.
                owned::Value::Json(serde_json::Value::Null) if column.nullable => {
                    *value = owned::Value::Null;
                }
                // Another program may have written times with more digits; those beyond microseconds are not kept.
                owned::Value::Time(time) => *time = from_micros(to_micros(time)),
                _ => {}
            }
        }
        let id = match row.get("id") {
            Some(owned::Value::Int(id)) => *id,
            _ => 0,
        };
        RawRun {
            id,
            row,
            attempt,
            size,
        }
    }

    /// Its id.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// Its columns: id, uuid, `created_at`, `updated_at`, identifying, annotating.
    pub fn row(&self) -> &Row {
        &self.row
    }

    /// The size of its texts in the source, in bytes: roughly the memory that it takes.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The number of times it was started; this is the fencing token of a claim.
    pub fn attempt(&self) -> i64 {
        self.attempt
    }
}

/// What to write for a run.
#[derive(Debug, Clone, Copy)]
pub enum CopyOp<'r> {
    /// A run that does not exist in the target.
    New(&'r RawRun),
    /// A later state of a run that exists in the target, with the same id, uuid and key.
    Newer {
        /// The new state: everything is written except id, uuid, `created_at` and key.
        run: &'r RawRun,
        /// The state that was read from the target.
        than: &'r RawRun,
    },
}

impl Engine {
    /// The statements for the current table: a table of the Python package may lack the column of the attempt.
    pub(crate) fn copy_statements(&self) -> Result<CopyStatements, Error> {
        let table = self.pool.read(apply::table)?;
        let attempt = table.is_some_and(|table| table.column(wallow_schema::ATTEMPT).is_some());
        Ok(self.table.copy_statements(attempt))
    }

    /// The highest id; 0 if there is no run.
    pub(crate) fn last_id(&self) -> Result<i64, Error> {
        let mut sql = crate::sql::Sql::new();
        sql.push("SELECT coalesce(max(\"runs\".\"id\"), 0) FROM \"runs\"");
        let mut last = ScalarInt(0);
        self.pool
            .read(|session| Ok(session.run::<Select>(&sql, &[], &mut last)?))?;
        Ok(last.0)
    }

    pub(crate) fn raw_runs(
        &self,
        statements: &CopyStatements,
        ids: &RangeInclusive<i64>,
        most: usize,
    ) -> Result<Vec<RawRun>, Error> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let binds = [*ids.start(), *ids.end(), most].map(|number| Bind::Int(Some(number)));
        self.pool.read(|session| {
            let mut page = Page {
                table: &self.table,
                raw_runs: Vec::new(),
            };
            session.run::<Select>(&statements.select, &binds, &mut page)?;
            Ok(page.raw_runs)
        })
    }

    /// Makes sure that no new run gets an id up to `last`, if the database assigns ids from a sequence.
    pub(crate) fn reserve_ids(&self, last: i64) -> Result<(), Error> {
        let Some((exclusive, sql)) = self.table.reserve_ids().filter(|_| last > 0) else {
            return Ok(());
        };
        let binds = [last, last].map(|id| Bind::Int(Some(id)));
        self.pool.write_again(|connection| {
            connection.transaction(|connection| {
                connection.batch(exclusive)?;
                Ok(connection.run::<Write>(&sql, &binds, &mut HasRow(false))?)
            })
        })
    }

    /// Writes the whole page; or nothing, and returns `false`, if a run is no longer as it was read.
    pub(crate) fn apply_copy(
        &self,
        statements: &CopyStatements,
        page: &[CopyOp<'_>],
    ) -> Result<bool, Error> {
        match self.write_page(statements, page) {
            Err(error) if error.is_refused_write() => {
                Err(self.refused_run(statements, page)?.unwrap_or(error))
            }
            outcome => outcome,
        }
    }

    /// The error of the first run in a page that the database refuses, naming the run. Each run is tried in a
    /// transaction of its own, which is rolled back.
    fn refused_run(
        &self,
        statements: &CopyStatements,
        page: &[CopyOp<'_>],
    ) -> Result<Option<Error>, Error> {
        for operation in page {
            let run = match operation {
                CopyOp::New(run) | CopyOp::Newer { run, .. } => run,
            };
            // A run that has no place, or that was changed in the meantime, is not refused by the database.
            match self.try_copy(statements, operation) {
                Err(error) if error.is_refused_write() => {
                    let values = run.row().iter().map(|(_, value)| value.borrow());
                    let values = values.skip(BUILT_INS).collect::<Vec<_>>();
                    let (key, annotating) = values.split_at(self.table.key().len());
                    let annotating = annotating.iter().copied().map(Some);
                    let annotating = annotating.collect::<Vec<_>>();
                    let error = index_rows::named(&self.table, error, key, &annotating);
                    return Ok(Some(of_run(error, run)));
                }
                outcome => drop(outcome?),
            }
        }
        Ok(None)
    }

    /// Whether a run could be written; it is not kept.
    fn try_copy(&self, statements: &CopyStatements, operation: &CopyOp<'_>) -> Result<bool, Error> {
        self.pool.write_again(|connection| {
            connection.transaction_if(
                |connection| self.write_operations(connection, statements, &[*operation]),
                |_| false,
            )
        })
    }

    /// The error of a run that nothing is in the way of, if the database takes it and stores nothing.
    pub(crate) fn swallowed_copy(
        &self,
        statements: &CopyStatements,
        operation: &CopyOp<'_>,
    ) -> Result<Option<Error>, Error> {
        let (CopyOp::New(run) | CopyOp::Newer { run, .. }) = operation;
        let stored = self.try_copy(statements, operation)?;
        if stored {
            return Ok(None);
        }
        let error = self.pool.read(|connection| Ok(swallowed(connection)))?;
        Ok(Some(of_run(error, run)))
    }

    fn write_page(&self, statements: &CopyStatements, page: &[CopyOp<'_>]) -> Result<bool, Error> {
        self.pool.write_again(|connection| {
            connection.transaction_if(
                |connection| self.write_operations(connection, statements, page),
                |as_seen| *as_seen,
            )
        })
    }

    fn write_operations(
        &self,
        connection: &mut Connection,
        statements: &CopyStatements,
        page: &[CopyOp<'_>],
    ) -> Result<bool, Error> {
        let mut new = Vec::new();
        let mut newer = Vec::new();
        for operation in page {
            match *operation {
                CopyOp::New(run) => new.push(self.bound(run)?),
                CopyOp::Newer { run, than } => newer.push(self.replacement(run, than)?),
            }
        }
        self.hold_table(connection)?;
        let as_seen = self.insert_copies(connection, statements, &new)?
            && replace(connection, statements, &newer)?;
        connection.check_constraints()?;
        Ok(as_seen)
    }

    fn insert_copies(
        &self,
        connection: &mut Connection,
        statements: &CopyStatements,
        runs: &[Vec<Bind<'_>>],
    ) -> Result<bool, Error> {
        for group in runs.chunks(statements.group) {
            let mut sql = self.table.insert_copies(group.len());
            // The sizes of pages are mostly powers of two, because they double up to the full size. A statement of
            // another size is rarely used again, so it is not cached.
            if !group.len().is_power_of_two() {
                sql.forget_after_use();
            }
            let binds = group.iter().flatten().map(Bind::reborrow);
            let inserted = connection.execute::<Write>(&sql, &binds.collect::<Vec<_>>())?;
            if inserted < group.len() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Id, uuid, `created_at`, `updated_at`, attempt, key, annotating.
    fn bound<'r>(&self, run: &'r RawRun) -> Result<Vec<Bind<'r>>, Error> {
        let values = run.row().iter().map(|(_, value)| value.borrow());
        let values = values.collect::<Vec<Value<'_>>>();
        let mut binds = binds::row(&self.table, &values).map_err(|error| of_run(error, run))?;
        binds.insert(BUILT_INS, Bind::Int(Some(run.attempt())));
        Ok(binds)
    }

    fn replacement<'r>(&self, run: &'r RawRun, than: &'r RawRun) -> Result<Vec<Bind<'r>>, Error> {
        let key = self.table.key().len();
        let mut bound = self.bound(run)?;
        let annotating = bound.split_off(BUILT_INS + 1 + key);
        let mut binds = bound.split_off(BUILT_INS - 1);
        // The values of `updated_at` and the attempt; the key is not written.
        binds.truncate(2);
        binds.extend(annotating);
        let mut there = self.bound(than)?;
        there.truncate(BUILT_INS + 1);
        // Leaves out `created_at`; the attempt comes before `updated_at`.
        there.remove(BUILT_INS - 2);
        there.swap(BUILT_INS - 2, BUILT_INS - 1);
        binds.extend(there);
        Ok(binds)
    }
}

fn replace(
    connection: &mut Connection,
    statements: &CopyStatements,
    runs: &[Vec<Bind<'_>>],
) -> Result<bool, Error> {
    for binds in runs {
        if connection.execute::<Write>(&statements.replace, binds)? == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

fn of_run(error: Error, run: &RawRun) -> Error {
    let uuid = run.row().uuid();
    let named = error.context(format_args!("run {} (uuid {uuid})", run.id()));
    named.with_uuid(uuid)
}

/// Collects the runs of a page.
struct Page<'p> {
    table: &'p TableStatements,
    raw_runs: Vec<RawRun>,
}

impl Rows for Page<'_> {
    fn row(&mut self, cells: &impl Cells) -> Result<(), Error> {
        let row = decoded::<Row>(self.table, cells)?;
        let attempt = cells.required(self.table.columns().len());
        let attempt = attempt.map_err(|error| undecodable(self.table, cells, &error))?;
        let size = self
            .table
            .layout()
            .displayed()
            .map(|(index, _)| text_len(cells, index));
        let size = size.sum();
        self.raw_runs
            .push(RawRun::new(self.table, row, attempt, size));
        Ok(())
    }
}

/// The size of the text in a cell, in bytes.
fn text_len(cells: &impl Cells, index: usize) -> usize {
    cells.with_cell(index, |cell| match cell {
        Cell::Text(text) => text.len(),
        _ => 0,
    })
}
