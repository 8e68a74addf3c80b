//! The history of attempts: a row for each claim of a run, written in the transactions of the claim and of its end.
//!
//! What enters: claims, their ends, and what is known of this process. What leaves: [`Attempt`]s. Invariants: without
//! `attempts = true` no statement differs; a claim never fails because of its row; and a row belongs to the run with its
//! id and its uuid, because a database may give the id of a deleted run to another one.

mod arguments;
mod copy;
mod git;
mod provenance;
mod read;
mod remove;
mod sql;
mod write;

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use chrono::{DateTime, Utc};

pub(crate) use provenance::Provenance;
pub(crate) use read::{AttemptFilter, AttemptsPage, page_of_external_db};
pub(in crate::engine) use sql::counted;
pub(crate) use write::AttemptDetails;

use crate::error::{Error, ErrorKind};

/// One attempt at a run: who claimed it, when, and how that ended. There is one for each claim of a run if the schema
/// has `attempts = true`.
///
/// # See why a run failed before it was completed
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/attempts.toml"); }
/// # let store = registry::Store::open(":memory:")?;
/// # let key = registry::Identifying::builder().seed(1).build();
/// use registry::Annotating;
/// use wallow::{AttemptOutcome, LifecycleOptions, Reclaim};
///
/// for result in [Err("out of memory"), Ok(Annotating::new())] {
///     let options = LifecycleOptions::new(Reclaim::Immediately);
///     let _ = store.run_lifecycle(&key, options, |_| result.clone());
/// }
/// let attempts = store.attempts(&key)?;
/// let outcomes: Vec<_> = attempts.iter().map(|attempt| attempt.outcome).collect();
/// assert_eq!(outcomes, [Some(AttemptOutcome::Failed), Some(AttemptOutcome::Completed)]);
/// assert_eq!(attempts[0].error.as_deref(), Some("out of memory"));
/// assert_eq!(attempts[0].pid, Some(std::process::id().into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Attempt {
    /// The id of the run.
    pub run_id: i64,
    /// The number of the claim, from 1. Numbers may be missing: a run that is put back by others than its worker gets
    /// another number without a claim.
    pub attempt: i64,
    /// The uuid of the run.
    pub run_uuid: String,
    /// The name of the machine.
    pub host: Option<String>,
    /// The process: for `wallow work`, that of the command.
    pub pid: Option<i64>,
    /// The user of the operating system.
    pub os_user: Option<String>,
    /// The command line; values of arguments named like a secret are `***`.
    pub argv: Vec<String>,
    /// The working directory.
    pub cwd: Option<String>,
    /// The commit that is checked out in the working directory; `None` without a repository or without `git`.
    pub git_commit: Option<String>,
    /// Whether tracked files differ from that commit.
    pub git_dirty: Option<bool>,
    /// The path of the program.
    pub program: Option<String>,
    /// When the run was claimed, by the clock of the database.
    pub started_at: DateTime<Utc>,
    /// When the attempt ended, by the clock of the database.
    pub ended_at: Option<DateTime<Utc>>,
    /// How it ended; `None` while it runs.
    pub outcome: Option<AttemptOutcome>,
    /// The exit status of the command; `None` if a signal ended it, and for programs that claim runs themselves.
    pub exit_code: Option<i64>,
    /// Why it failed, in at most 1,000 characters.
    pub error: Option<String>,
}

impl Attempt {
    /// Whether both are attempts at one run: the id of a deleted run may have been given to another one.
    #[doc(hidden)]
    pub fn is_of_same_run(&self, other: &Self) -> bool {
        (self.run_id, &self.run_uuid) == (other.run_id, &other.run_uuid)
    }
}

/// How an [`Attempt`] ended. It dereferences to its word, and is printed as it.
///
/// # Compare outcomes
///
/// ```
/// use wallow::AttemptOutcome;
///
/// let outcome: AttemptOutcome = "timed_out".parse()?;
/// assert_eq!(outcome, AttemptOutcome::TimedOut);
/// assert_eq!(&*outcome, "timed_out");
/// # Ok::<(), wallow::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttemptOutcome {
    /// The run is completed.
    Completed,
    /// It failed.
    Failed,
    /// It took longer than the limit of `wallow work --timeout`, and is failed.
    TimedOut,
    /// The run was given back; this does not count against `max_attempts`.
    Released,
    /// Its worker died or was silent, and the run was taken over or put back.
    Lost,
}

impl AttemptOutcome {
    /// Every outcome.
    pub const ALL: [Self; 5] = [
        Self::Completed,
        Self::Failed,
        Self::TimedOut,
        Self::Released,
        Self::Lost,
    ];

    /// Its word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::Released => "released",
            Self::Lost => "lost",
        }
    }
}

impl Deref for AttemptOutcome {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for AttemptOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for AttemptOutcome {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self, Error> {
        let found = Self::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == word);
        found.ok_or_else(|| {
            let words = Self::ALL.map(Self::as_str).join(", ");
            let message = format!("`{word}` is no outcome of an attempt; there are {words}");
            Error::new(ErrorKind::Validation, message)
        })
    }
}

impl serde::Serialize for AttemptOutcome {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
