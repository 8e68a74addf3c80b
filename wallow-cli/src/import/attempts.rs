//! The attempts that the runs of a database of wallow bring along.
//!
//! What enters: that database, an import that has taken its runs. What leaves: how many attempts came along, and how many
//! stay behind. Invariant: a run gets the history of the run with its uuid as a whole or not at all, and only if it was
//! never claimed here, so that the numbers of claims go on behind it.

use std::mem;

use chrono::{DateTime, Utc};
use wallow_runtime::dynamic::import::Import;
use wallow_runtime::external_db::ExternalDb;
use wallow_runtime::{Attempt, Error};
use wallow_schema::{ATTEMPTS, Schema};

use super::Source;
use crate::output::{self, Failure};

/// This many attempts are read at once.
const PAGE: usize = 256;

/// The history in the database that runs are imported from, if it has one.
pub(crate) struct Histories {
    database: Option<ExternalDb>,
    /// Whether the schema here keeps one.
    has_history: bool,
}

/// How many attempts came along with their runs.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Brought {
    taken: u64,
    left: u64,
    /// Whether the schema here keeps a history.
    has_history: bool,
}

impl Histories {
    /// Looks for the history.
    pub(crate) fn of(source: &Source, schema: &Schema) -> Result<Self, Failure> {
        let database = match source {
            Source::Python(path) => {
                let database = ExternalDb::open(&path.to_string_lossy())?;
                let has_history = !database.columns(ATTEMPTS)?.is_empty();
                has_history.then_some(database)
            }
            _ => None,
        };
        Ok(Histories {
            database,
            has_history: schema.project.attempts,
        })
    }

    /// Brings the attempts of the runs that were imported. `now` is the time of the database.
    pub(super) fn bring(
        &self,
        now: DateTime<Utc>,
        import: &mut Import<'_, '_>,
    ) -> Result<Brought, Error> {
        let mut brought = Brought {
            has_history: self.has_history,
            ..Brought::default()
        };
        let Some(database) = &self.database else {
            return Ok(brought);
        };
        let mut histories = Vec::<Attempt>::new();
        let mut take = |histories: &mut Vec<Attempt>| -> Result<(), Error> {
            let count = histories.len();
            let taken = import.take_attempts(mem::take(histories), now)?;
            brought.taken += taken as u64;
            brought.left += (count - taken) as u64;
            Ok(())
        };
        let mut after = (i64::MIN, i64::MIN);
        loop {
            let page = database.attempts(after, PAGE)?;
            let Some(last) = page.last() else { break };
            after = (last.run_id, last.attempt);
            for attempt in page {
                // A history is taken as a whole.
                let is_next_run = !histories
                    .last()
                    .is_none_or(|last| last.is_of_same_run(&attempt));
                if is_next_run && histories.len() >= PAGE {
                    take(&mut histories)?;
                }
                histories.push(attempt);
            }
        }
        take(&mut histories)?;
        Ok(brought)
    }
}

impl Brought {
    /// What a person reads of it.
    pub(super) fn lines(self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.taken > 0 {
            lines.push(format!(
                "{} brought along",
                output::counted(self.taken, "attempt")
            ));
        }
        if self.left > 0 {
            let why = if self.has_history {
                "their runs were claimed here, or are not the same here"
            } else {
                "the schema keeps no history of attempts (`attempts = true` below `[project]`)"
            };
            lines.push(format!(
                "{} left behind: {why}",
                output::counted(self.left, "attempt")
            ));
        }
        lines
    }
}
