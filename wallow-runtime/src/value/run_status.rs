//! The words in the column `status`, and what they mean to the lifecycle.
//!
//! Only this module knows the four words. Every operation asks here, or uses a condition that the engine derives from
//! the same words, so that all operations agree (specs 6.14).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use wallow_schema::{Field, FieldType, LIFECYCLE, Schema};

use crate::error::{Error, ErrorKind};

/// The status of a run in its lifecycle.
///
/// There are only these four, so a `match` needs no `_` arm: a word that another program wrote into the column `status`
/// is not a `RunStatus`. It is stored and compared as its word, `pending` to `failed`.
///
/// # Filter by it, and read it
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// # let store = registry::Store::open(":memory:")?;
/// # let key = registry::Identifying::builder().model("mlp").learning_rate(0.1).build();
/// use registry::fields;
/// use wallow::RunStatus;
///
/// store.enqueue([&key])?;
/// let pending = store.filter(fields::status.eq(RunStatus::Pending)).one()?;
/// assert_eq!(pending.run_status(), Some(RunStatus::Pending));
/// assert_eq!("completed".parse::<RunStatus>()?, RunStatus::Completed);
/// # Ok::<(), wallow::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RunStatus {
    /// Waits for a worker.
    Pending,
    /// At work, or left by a worker that crashed.
    Running,
    /// Done.
    Completed,
    /// Ended with an error.
    Failed,
}

impl RunStatus {
    /// All of them.
    pub const ALL: [RunStatus; 4] = [
        RunStatus::Pending,
        RunStatus::Running,
        RunStatus::Completed,
        RunStatus::Failed,
    ];

    /// The word in the column `status`.
    pub const fn as_str(self) -> &'static str {
        match self {
            RunStatus::Pending => "pending",
            RunStatus::Running => "running",
            RunStatus::Completed => "completed",
            RunStatus::Failed => "failed",
        }
    }

    /// The status with this word; `None` if wallow does not know the word. The words of other programs (`FINISHED`,
    /// `pruned`) and other spellings of these four (`Completed`) are not known, because only these programs know what
    /// they mean.
    pub fn of(word: &str) -> Option<Self> {
        RunStatus::ALL
            .into_iter()
            .find(|status| status.as_str() == word)
    }

    /// The condition that a run has this status.
    pub(crate) fn condition(self) -> String {
        format!("\"runs\".\"status\" = '{self}'")
    }
}

impl fmt::Display for RunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RunStatus {
    type Err = Error;

    /// Reads one of the four words.
    fn from_str(word: &str) -> Result<Self, Error> {
        RunStatus::of(word).ok_or_else(|| {
            let message = format!(
                "{word:?} is no status that wallow knows; the four are `pending`, `running`, `completed` and `failed`"
            );
            Error::new(ErrorKind::Validation, message)
                .with_types("pending, running, completed or failed", word)
        })
    }
}

impl From<RunStatus> for String {
    fn from(status: RunStatus) -> Self {
        status.as_str().to_owned()
    }
}

impl Serialize for RunStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for RunStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        word.parse().map_err(de::Error::custom)
    }
}

/// The state of a key: not registered, or the state of its run in the lifecycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// There is no such run.
    New,
    /// A run with one of the four words, or one without a status and without a result, which is pending.
    Known(RunStatus),
    /// A run with another word, or one without a status that has results. It may have been completed by other means, so
    /// it is neither run nor waited for until somebody writes its status.
    Unknown,
}

impl RunState {
    /// The state of a registered run. `has_results` is called if there is no status.
    pub(crate) fn of(word: Option<&str>, has_results: impl FnOnce() -> bool) -> Self {
        let status = match word {
            Some(word) => RunStatus::of(word),
            None => (!has_results()).then_some(RunStatus::Pending),
        };
        status.map_or(RunState::Unknown, RunState::Known)
    }
}

/// The annotating fields that show that a run without a status was executed by other means, with their positions:
/// those that wallow writes itself, and those that hold something measured (a number, a time, JSON, a path) and are
/// empty until somebody fills them. A text such as the name of a host shows nothing.
pub(crate) fn result_fields(schema: &Schema) -> impl Iterator<Item = (usize, &Field)> {
    let fields = schema.annotating.iter().enumerate();
    fields.filter(|(_, field)| {
        let is_written_by_wallow = LIFECYCLE.iter().any(|(name, _)| *name == field.name);
        let is_measured =
            field.nullable && field.default.is_none() && field.ty != FieldType::String;
        field.name != "status" && (is_written_by_wallow || is_measured)
    })
}
