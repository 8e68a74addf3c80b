//! Why a text is no snapshot.

use std::fmt;

use crate::diagnostic::Diagnostics;

/// Why a text is no snapshot.
#[derive(Debug)]
pub struct SnapshotError {
    origin: String,
    problem: Problem,
}

#[derive(Debug)]
pub(super) enum Problem {
    /// The two lines at the head are missing.
    NotASnapshot,
    /// A newer version of wallow wrote it.
    Newer,
    /// The checksum does not match.
    Edited,
    /// The content is not a valid snapshot.
    Invalid(Diagnostics),
}

impl SnapshotError {
    pub(super) fn new(origin: &str, problem: Problem) -> Self {
        Self {
            origin: origin.to_owned(),
            problem,
        }
    }

    /// Whether the text was edited after wallow wrote it.
    pub const fn is_edited(&self) -> bool {
        matches!(self.problem, Problem::Edited)
    }

    /// Whether a newer wallow wrote it.
    pub const fn is_newer(&self) -> bool {
        matches!(self.problem, Problem::Newer)
    }
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = &self.origin;
        match &self.problem {
            Problem::NotASnapshot => write!(
                f,
                "`{origin}` is no snapshot: the lines that wallow writes at its head are missing; \
                 restore it from version control"
            ),
            Problem::Newer => write!(
                f,
                "the snapshot `{origin}` was written by a newer wallow; update the command and the crate"
            ),
            Problem::Edited => write!(
                f,
                "the snapshot `{origin}` was edited after wallow wrote it, so it no longer says what the migration \
                 left; restore it from version control and edit `wallow.toml` instead"
            ),
            Problem::Invalid(problems) => problems.fmt(f),
        }
    }
}

impl std::error::Error for SnapshotError {}
