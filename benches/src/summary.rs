//! All measurements as the table of BENCHMARKS.md: a row for each operation, with all table sizes side by side.

use std::fmt::Write as _;

use crate::Operation;
use crate::measure::Pair;
use crate::report::{median_ratio, medians};

/// The measurements of the operations.
#[derive(Debug, Default)]
pub struct Summary {
    cells: Vec<Cell>,
}

/// An operation at one size: times in microseconds.
#[derive(Debug)]
struct Cell {
    operation: Operation,
    rows: usize,
    wallow: f64,
    floor: f64,
    ratio: f64,
}

impl Summary {
    /// Adds a measurement.
    pub fn add(&mut self, operation: Operation, rows: usize, pair: &Pair) {
        let (wallow, floor) = medians(pair);
        self.cells.push(Cell {
            operation,
            rows,
            wallow,
            floor,
            ratio: median_ratio(pair),
        });
    }

    /// The table. The last column is the ratio of the times with the most and the fewest rows, for operations whose
    /// time should not grow.
    pub fn table(&self) -> String {
        let mut sizes = self.cells.iter().map(|cell| cell.rows).collect::<Vec<_>>();
        sizes.sort_unstable();
        sizes.dedup();
        let mut operations = Operation::ALL.to_vec();
        operations.retain(|operation| self.of(*operation).next().is_some());
        // Reads of many rows come last.
        operations.sort_by_key(|operation| operation.reads_all());
        let mut table = String::from("| operation |");
        for rows in &sizes {
            let _ = write!(table, " {rows} runs | floor | ratio |");
        }
        let _ = write!(
            table,
            " grows |\n|---|{}--:|",
            "--:|--:|--:|".repeat(sizes.len())
        );
        for operation in operations {
            let _ = write!(table, "\n| {} |", operation.name());
            for rows in &sizes {
                match self.of(operation).find(|cell| cell.rows == *rows) {
                    Some(cell) => {
                        let (wallow, floor) = (time(cell.wallow), time(cell.floor));
                        let _ = write!(table, " {wallow} | {floor} | **{:.2}** |", cell.ratio);
                    }
                    None => table.push_str(" | | |"),
                }
            }
            match (self.of(operation).next(), self.of(operation).last()) {
                (Some(few), Some(many)) if few.rows < many.rows && !operation.reads_all() => {
                    let _ = write!(table, " {:.2} |", many.wallow / few.wallow);
                }
                _ => table.push_str(" |"),
            }
        }
        table
    }

    fn of(&self, operation: Operation) -> impl Iterator<Item = &Cell> {
        let cells = self.cells.iter();
        cells.filter(move |cell| cell.operation == operation)
    }
}

/// A time with three digits.
fn time(micros: f64) -> String {
    let (value, unit) = if micros < 1_000.0 {
        (micros, "µs")
    } else {
        (micros / 1_000.0, "ms")
    };
    let digits = match value {
        value if value < 10.0 => 2,
        value if value < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {unit}")
}
