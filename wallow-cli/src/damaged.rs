//! Rows that cannot be read, on their way to a person or a program: the others are written all the same.

use wallow_runtime::Error;
use wallow_runtime::dynamic::Row;

use crate::output::{self, Failure};

/// This many rows that cannot be read are reported one by one.
const REPORTED: usize = 5;

/// Rows that could not be read, with the reasons of the first ones.
#[derive(Debug, Default)]
pub(crate) struct Damaged {
    reasons: Vec<Error>,
    count: usize,
}

impl Damaged {
    /// The row, if it could be read.
    pub(crate) fn sort_out(&mut self, row: Result<Row, Error>) -> Option<Row> {
        row.map_err(|error| {
            self.count += 1;
            if self.reasons.len() < REPORTED {
                self.reasons.push(error);
            }
        })
        .ok()
    }

    /// Whether all rows could be read.
    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Reports them behind the rows, so that nobody overlooks it.
    ///
    /// # Errors
    /// If there is one: the last of the reasons.
    pub(crate) fn report(self) -> Result<(), Failure> {
        let Some((last, before)) = self.reasons.split_last() else {
            return Ok(());
        };
        for error in before {
            output::failure(&Failure::finding(error.to_string()));
        }
        let more = match self.count - self.reasons.len() {
            0 => String::new(),
            more => format!("; and {more} more are left out for such reasons"),
        };
        Err(Failure::finding(format!("{last}{more}")))
    }
}
