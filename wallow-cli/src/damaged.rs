//! Rows that cannot be read: they are reported, and all other rows are written nevertheless.

use serde_json::{Value as Json, json};
use wallow_runtime::dynamic::Row;
use wallow_runtime::{Error, Query};

use crate::output::{self, Failure};

/// At most this many unreadable rows are reported one by one.
const REPORTED: usize = 5;

/// The number of rows that could not be read, and the reasons of the first ones.
#[derive(Debug, Default)]
pub(crate) struct Damaged {
    reasons: Vec<Error>,
    count: usize,
}

impl Damaged {
    /// The row, if it could be read.
    pub(crate) fn sort_out<R>(&mut self, row: Result<R, Error>) -> Option<R> {
        row.map_err(|error| {
            self.count += 1;
            if self.reasons.len() < REPORTED {
                self.reasons.push(error);
            }
        })
        .ok()
    }

    /// The row, if it could be read.
    ///
    /// # Errors
    /// If the database itself failed, so that the error is not one of this row.
    pub(crate) fn readable<R>(&mut self, row: Result<R, Error>) -> Result<Option<R>, Error> {
        match row {
            Err(error) if error.uuid().is_none() => Err(error),
            row => Ok(self.sort_out(row)),
        }
    }

    /// The runs of a query that can be read.
    ///
    /// # Errors
    /// If the database itself failed.
    pub(crate) fn all(&mut self, query: &Query<Row>) -> Result<Vec<Row>, Error> {
        match query.all() {
            Err(error) if error.uuid().is_some() => {}
            read => return read,
        }
        let mut rows = Vec::new();
        for row in query {
            rows.extend(self.readable(row)?);
        }
        Ok(rows)
    }

    /// Adds those of another part of the same rows.
    pub(crate) fn extend(&mut self, other: Damaged) {
        let room = REPORTED.saturating_sub(self.reasons.len());
        self.count += other.count;
        self.reasons.extend(other.reasons.into_iter().take(room));
    }

    /// Whether all rows could be read.
    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The number of rows that could not be read.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Why the first of them could not be read.
    pub(crate) fn reasons(&self) -> impl Iterator<Item = &Error> {
        self.reasons.iter()
    }

    /// What the page says about them; null if there are none.
    pub(crate) fn as_json(&self) -> Json {
        if self.is_empty() {
            return Json::Null;
        }
        let reasons = self.reasons().map(ToString::to_string);
        json!({ "count": self.count, "reasons": reasons.collect::<Vec<_>>() })
    }

    /// Reports all of these.
    ///
    /// # Errors
    /// As [`report`](Damaged::report).
    pub(crate) fn report_all(all: impl IntoIterator<Item = Self>) -> Result<(), Failure> {
        let reported = all.into_iter().map(Damaged::report);
        let mut failures = reported.filter_map(Result::err).peekable();
        while let Some(failure) = failures.next() {
            if failures.peek().is_none() {
                return Err(failure);
            }
            output::failure(&failure);
        }
        Ok(())
    }

    /// Reports them after the rows, so that nobody overlooks them.
    ///
    /// # Errors
    /// If there were unreadable rows: the last of the reasons.
    pub(crate) fn report(self) -> Result<(), Failure> {
        let Some((last, before)) = self.reasons.split_last() else {
            return Ok(());
        };
        for error in before {
            output::failure(&Failure::finding(error.to_string()));
        }
        let more = match self.count - self.reasons.len() {
            0 => String::new(),
            1 => "; and 1 more is left out for such a reason".to_owned(),
            more => format!("; and {more} more are left out for such reasons"),
        };
        Err(Failure::finding(format!("{last}{more}")))
    }
}
