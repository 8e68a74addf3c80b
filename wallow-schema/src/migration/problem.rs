//! Problems of a migrations folder.

use std::fmt;
use std::slice;

use super::{Name, Version};
use crate::snapshot::SnapshotError;

/// A reason why a migrations folder does not form a history. Its text says what to do.
#[derive(Debug)]
#[non_exhaustive]
pub enum Problem {
    /// A snapshot that cannot be read, or was edited.
    Snapshot(SnapshotError),
    /// A snapshot at the path of another version.
    Misplaced {
        /// Its path below the migrations folder.
        path: String,
        /// The migration to which it says that it belongs.
        name: Name,
    },
    /// A second snapshot of one migration.
    Twice {
        /// Its path below the migrations folder.
        path: String,
        /// The migration.
        name: Name,
    },
    /// A migration without its snapshot.
    MissingSnapshot {
        /// The migration.
        name: Name,
    },
    /// A folder whose name differs from the one in the snapshot.
    Renamed {
        /// The folder, below the migrations folder.
        path: String,
        /// The migration of the snapshot.
        name: Name,
    },
    /// A migration without one of its files.
    MissingFile {
        /// The path where it should be, below the migrations folder.
        path: String,
    },
    /// Files with the marks of a merge in them: two branches wrote a migration with the same name in the same second.
    Conflict {
        /// The name of the migration.
        name: String,
    },
    /// Migrations that follow the same one, such as after a merge.
    TwoHeads {
        /// The migration before them; `None` if they are all first.
        parent: Option<Version>,
        /// The migrations, in the order of their versions.
        heads: Vec<Name>,
    },
    /// A migration after one that does not exist.
    MissingParent {
        /// The migration.
        name: Name,
        /// The one before it.
        parent: Version,
    },
    /// A migration that does not come after its parent.
    OutOfOrder {
        /// The migration.
        name: Name,
        /// The one before it, which is later.
        parent: Version,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Snapshot(error) => error.fmt(f),
            Self::Misplaced { path, name } => write!(
                f,
                "`{path}` is the snapshot of the migration `{name}`; call it `snapshots/{name}.toml`"
            ),
            Self::Twice { path, name } => write!(
                f,
                "`{path}` is a second snapshot of the migration `{name}`; remove the one that version control does not have"
            ),
            Self::MissingSnapshot { name } => write!(
                f,
                "the migration `{name}` has no snapshot `snapshots/{name}.toml`; restore it from version control"
            ),
            Self::Renamed { path, name } => write!(
                f,
                "the folder `{path}` belongs to the migration `{name}`; give it that name again"
            ),
            Self::MissingFile { path } => {
                write!(
                    f,
                    "the file `{path}` is missing; restore it from version control"
                )
            }
            Self::Conflict { name } => write!(
                f,
                "the files of the migration `{name}` have the marks of a merge in them (`<<<<<<<`): two branches wrote a \
                 migration of this name in the same second; take `sqlite/{name}`, `postgres/{name}` and \
                 `snapshots/{name}.toml` whole from the branch whose migration databases have (with git: `git checkout \
                 --ours` or `--theirs`), and write the changes of the other one anew with `wallow migrate generate`"
            ),
            Self::TwoHeads { parent, heads } => {
                let names: Vec<String> = heads.iter().map(|name| format!("`{name}`")).collect();
                let after = match parent {
                    Some(parent) => format!("follow `{parent}`"),
                    None => "are first".to_owned(),
                };
                write!(
                    f,
                    "the migrations {} both {after}, as after a merge of two branches; keep the one that databases \
                     have, remove `sqlite/NAME`, `postgres/NAME` and `snapshots/NAME.toml` of the other (and of those \
                     that follow it), and write its changes anew with `wallow migrate generate`",
                    names.join(" and ")
                )
            }
            Self::MissingParent { name, parent } => write!(
                f,
                "the migration `{name}` follows `{parent}`, which is missing; restore it from version control"
            ),
            Self::OutOfOrder { name, parent } => write!(
                f,
                "the migration `{name}` follows `{parent}`, which is later, so it would run first; \
                 remove it and generate it anew"
            ),
        }
    }
}

/// All reasons why a migrations folder does not form a history, one a line; never empty.
#[derive(Debug)]
pub struct HistoryError(pub(super) Vec<Problem>);

impl HistoryError {
    /// The problems, one by one.
    pub fn iter(&self) -> slice::Iter<'_, Problem> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a HistoryError {
    type Item = &'a Problem;
    type IntoIter = slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for HistoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for HistoryError {}
