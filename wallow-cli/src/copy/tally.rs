//! What happened to the runs of a copy, in numbers.

use wallow_runtime::dynamic::copy::RawRun;

use super::CopyState;
use crate::bulk::runs;

/// At most this many ids are listed in a report.
const NAMED: usize = 5;

/// What happened to the runs.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) copied: u64,
    pub(crate) updated: u64,
    pub(crate) same: u64,
    pub(crate) behind: Ids,
    pub(crate) ahead: Ids,
}

/// The number of runs, and the first of their ids.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    pub(crate) count: u64,
    first: Vec<String>,
}

impl Tally {
    /// What a copy that stops has done, for its error.
    pub(super) fn so_far(&self) -> String {
        let written = self.copied + self.updated;
        if written == 0 {
            return "no run was copied".to_owned();
        }
        let updated = match self.updated {
            0 => String::new(),
            updated => format!(" ({updated} of them updated)"),
        };
        let (were, stay) = if written == 1 {
            ("was", "stays")
        } else {
            ("were", "stay")
        };
        format!(
            "before that, {} {were} copied{updated}, and {stay}: once this is mended, the same command goes on from there",
            runs(written)
        )
    }

    /// A tally of this many runs, for a database that has none yet.
    pub(crate) fn of_new(copied: u64) -> Self {
        Tally {
            copied,
            ..Tally::default()
        }
    }

    pub(super) fn count(&mut self, run: &RawRun, state: CopyState<'_>, update: bool) {
        match state {
            CopyState::Absent => self.copied += 1,
            CopyState::Same => self.same += 1,
            CopyState::Behind(_) if update => self.updated += 1,
            CopyState::Behind(_) => self.behind.add(run),
            CopyState::Ahead => self.ahead.add(run),
        }
    }
}

impl Ids {
    pub(super) fn add(&mut self, run: &RawRun) {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push(run.id().to_string());
        }
    }

    /// `5, 9, 12`, and `…` if there are more.
    pub(crate) fn text(&self) -> String {
        let more = if self.count > self.first.len() as u64 {
            ", …"
        } else {
            ""
        };
        format!("{}{more}", self.first.join(", "))
    }
}
