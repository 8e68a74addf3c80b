//! Registration: what happens to a duplicate, and what came of it.

use std::time::Duration;

/// What `register` does when the run is registered already. There is no default: every caller
/// decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDuplicate {
    /// Refuse, with the existing run in the error.
    Raise,
    /// Return the existing run, untouched.
    ReturnExisting,
    /// Write the annotating fields that are set, and leave the others.
    Overwrite,
    /// Leave it, without reading it.
    Skip,
    /// Take the run over where nothing has been written to it for longer than this; else leave it.
    /// Of many that try at once, exactly one gets it. In a schema with the lifecycle a `completed`
    /// run is never taken.
    ClaimIfStale(Duration),
}

/// What came of a registration.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome<R> {
    /// The run is new.
    Inserted(R),
    /// The run was there, and has been written.
    Updated(R),
    /// The run was there, and is as it was.
    Existing(R),
    /// The run was there and was left alone; with the run where it had to be read anyway.
    Skipped(Option<R>),
}

impl<R> Outcome<R> {
    /// The run, unless it was skipped unread.
    pub fn run(&self) -> Option<&R> {
        match self {
            Outcome::Inserted(run) | Outcome::Updated(run) | Outcome::Existing(run) => Some(run),
            Outcome::Skipped(run) => run.as_ref(),
        }
    }

    /// The same, by value.
    pub fn into_run(self) -> Option<R> {
        match self {
            Outcome::Inserted(run) | Outcome::Updated(run) | Outcome::Existing(run) => Some(run),
            Outcome::Skipped(run) => run,
        }
    }

    /// Whether the run is new.
    pub fn was_inserted(&self) -> bool {
        matches!(self, Outcome::Inserted(_))
    }

    /// Whether an existing run was written.
    pub fn was_updated(&self) -> bool {
        matches!(self, Outcome::Updated(_))
    }

    /// Whether an existing run was left alone.
    pub fn was_skipped(&self) -> bool {
        matches!(self, Outcome::Skipped(_))
    }
}

/// How many runs `register_many` inserted, wrote, found and left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// New runs.
    pub inserted: u64,
    /// Existing runs that were written.
    pub updated: u64,
    /// Existing runs that were returned, had they been asked for one by one.
    pub existing: u64,
    /// Existing runs that were left alone.
    pub skipped: u64,
}

impl Counts {
    /// How many runs that were in all.
    pub fn total(&self) -> u64 {
        self.inserted + self.updated + self.existing + self.skipped
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.inserted += other.inserted;
        self.updated += other.updated;
        self.existing += other.existing;
        self.skipped += other.skipped;
    }
}
