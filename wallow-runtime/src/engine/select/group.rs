//! Groups of runs.
//!
//! The database computes parts: counts, means, order statistics. What is the same arithmetic everywhere (a standard error
//! from a spread and a count, a percentile between two neighbours) is computed here when a row is read, so that both
//! databases give the same result. A percentile needs the sorted values of each group; the database ranks them, and
//! keeps them on its disk if they are many.

mod aggregates;
mod check;
mod parts;

use check::Check;
use parts::Parts;

use super::{ReadRow, Select};
use crate::backend::{Rows, Session};
use crate::engine::Engine;
use crate::error::Error;
use crate::expr::{Measured, Node, Operand};
use crate::statistics::{between, student_t_95};
use crate::value::{Cell, Cells};

/// Which groups are returned, if not all of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BestGroups {
    /// The measure by which groups are ordered before their keys, and whether the largest come first.
    pub(crate) by: Option<(usize, bool)>,
    /// At most this many groups.
    pub(crate) most: usize,
}

impl Engine {
    pub(crate) fn group<G: ReadRow>(
        &self,
        filter: &Node,
        keys: &[Operand],
        measures: &[Measured],
        read: &G,
        best: Option<BestGroups>,
    ) -> Result<Vec<G::Row>, Error> {
        let dialect = self.table.dialect();
        let mut parts = Parts::new(keys, dialect);
        let results = measures.iter().map(|measured| parts.result(measured));
        let results = results.collect::<Result<Vec<_>, _>>()?;
        let rank = best.and_then(|best| best.by);
        let rank = rank.and_then(|(measure, descending)| {
            let column = results.get(measure)?.sorted_by()?;
            Some((column, descending))
        });
        let (head, mut tail) = parts.statement(rank);
        if let Some(best) = best {
            tail.push_str(" LIMIT ");
            tail.push_str(&best.most.to_string());
        }
        let mut statement = self.filtered(&head, filter)?;
        statement.sql.push(&tail);
        self.pool.read(|session| {
            let mut rows = Groups {
                read,
                keys: keys.len(),
                results: &results,
                checks: &parts.checks,
                found: Vec::new(),
            };
            session.run::<Select>(&statement.sql, &statement.binds, &mut rows)?;
            Ok(rows.found)
        })
    }
}

/// How a measure is computed from the columns of the statement, which are given by their positions.
enum GroupResult {
    /// It is a column.
    Column(usize),
    /// It is a column, or NaN if that is NULL although there are `least` values: SQLite has no NaN, which is the mean of
    /// both infinities.
    Defined {
        column: usize,
        count: usize,
        least: i64,
    },
    /// The standard error of the mean; times Student's t for half of an interval.
    Error {
        spread: usize,
        count: usize,
        interval: bool,
    },
    /// Between two neighbours. NaN if the largest value is: PostgreSQL sorts NaN behind all numbers.
    Percentile {
        low: usize,
        high: usize,
        largest: usize,
        count: usize,
        percent: u8,
    },
}

impl GroupResult {
    /// The column of the statement that has the order of the result; `None` if the result is computed here.
    fn sorted_by(&self) -> Option<usize> {
        match *self {
            GroupResult::Column(column) | GroupResult::Defined { column, .. } => Some(column),
            GroupResult::Error { .. } | GroupResult::Percentile { .. } => None,
        }
    }

    /// The result; or the column of the statement to read instead: it is the result, or it cannot be read.
    fn of(&self, cells: &impl Cells) -> Result<Option<f64>, usize> {
        let count = |column| cells.required::<i64>(column).map_err(|error| error.index);
        let float = |column| cells.nullable::<f64>(column).map_err(|error| error.index);
        match *self {
            GroupResult::Column(column) => Err(column),
            GroupResult::Defined {
                column,
                count: of,
                least,
            } => {
                let is_null = cells.with_cell(column, |cell| matches!(cell, Cell::Null));
                if is_null && count(of)? >= least {
                    Ok(Some(f64::NAN))
                } else {
                    Err(column)
                }
            }
            GroupResult::Error {
                spread,
                count: of,
                interval,
            } => {
                let count = count(of)?;
                if count < 2 {
                    return Ok(None);
                }
                let error = float(spread)?.unwrap_or(f64::NAN) / root(count);
                let degrees = u64::try_from(count - 1).unwrap_or_default();
                let factor = if interval { student_t_95(degrees) } else { 1.0 };
                Ok(Some(error * factor))
            }
            GroupResult::Percentile {
                low,
                high,
                largest,
                count: of,
                percent,
            } => {
                let (Some(low), Some(high)) = (float(low)?, float(high)?) else {
                    return Ok(None);
                };
                if float(largest)?.is_some_and(f64::is_nan) {
                    return Ok(Some(f64::NAN));
                }
                let count = u64::try_from(count(of)?).unwrap_or_default();
                let (_, _, part) = crate::statistics::percentile_position(count, percent);
                Ok(Some(between(low, high, part)))
            }
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a table has too few runs for that to matter"
)]
fn root(count: i64) -> f64 {
    (count as f64).sqrt()
}

/// The rows of a grouped query.
struct Groups<'p, G: ReadRow> {
    read: &'p G,
    keys: usize,
    results: &'p [GroupResult],
    checks: &'p [Check],
    found: Vec<G::Row>,
}

impl<G: ReadRow> Rows for Groups<'_, G> {
    fn row(&mut self, cells: &impl Cells) -> Result<(), Error> {
        for check in self.checks {
            check.of(cells)?;
        }
        let cells = GroupCells {
            cells,
            keys: self.keys,
            results: self.results,
        };
        let row = self.read.read(&cells);
        let row = row.map_err(|error| check::unreadable(&error))?;
        self.found.push(row);
        Ok(())
    }
}

/// The keys and the results of a group, as cells.
struct GroupCells<'r, C> {
    cells: &'r C,
    keys: usize,
    results: &'r [GroupResult],
}

impl<C: Cells> Cells for GroupCells<'_, C> {
    fn with_cell<T>(&self, index: usize, view: impl FnOnce(Cell<'_>) -> T) -> T {
        let result = index
            .checked_sub(self.keys)
            .and_then(|index| self.results.get(index));
        match result.map_or(Err(index), |result| result.of(self.cells)) {
            Ok(Some(value)) => view(Cell::Float(value)),
            Ok(None) => view(Cell::Null),
            Err(column) => self.cells.with_cell(column, view),
        }
    }
}
