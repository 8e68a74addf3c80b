//! What the folder of migrations tells: which there are, in which order, and whether they are whole.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use super::files::place_of;
use super::{Name, SCRIPTS, Scripts, Version};
use crate::checksum::checksum;
use crate::ddl::Dialect;
use crate::schema::Schema;
use crate::snapshot::{self, Snapshot, SnapshotError};

/// The migrations of a folder, oldest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    entries: Vec<Entry>,
}

/// One migration of a folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What it does to SQLite.
    pub sqlite: Scripts,
    /// What it does to PostgreSQL.
    pub postgres: Scripts,
    /// The schema after it, and its name.
    pub snapshot: Snapshot,
    /// The files that are not as they were written, by their place: `sqlite/up.sql`.
    pub edited: Vec<String>,
}

impl Entry {
    /// What it is called.
    pub const fn name(&self) -> &Name {
        &self.snapshot.name
    }

    /// The scripts for a dialect.
    pub const fn scripts(&self, dialect: Dialect) -> &Scripts {
        match dialect {
            Dialect::Sqlite => &self.sqlite,
            Dialect::Postgres => &self.postgres,
        }
    }
}

impl History {
    /// Reads a folder; one that is not there has no migrations.
    ///
    /// # Errors
    ///
    /// Where something is missing, a snapshot was edited, or the migrations are no single line.
    pub fn load(folder: &Path) -> Result<Self, HistoryError> {
        let snapshots = snapshots(folder)?;
        let names: BTreeSet<String> = snapshots
            .iter()
            .map(|snapshot| snapshot.name.to_string())
            .collect();
        for dialect in Dialect::ALL {
            for found in folders(&folder.join(dialect.as_str()))? {
                if !names.contains(&found) {
                    return Err(HistoryError::NoSnapshot { name: found });
                }
            }
        }
        one_line(&snapshots)?;
        let entries = snapshots
            .into_iter()
            .map(|snapshot| entry(folder, snapshot));
        Ok(Self {
            entries: entries.collect::<Result<_, _>>()?,
        })
    }

    /// Every migration, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The newest snapshot.
    pub fn head(&self) -> Option<&Snapshot> {
        self.entries.last().map(|entry| &entry.snapshot)
    }

    /// The schema as the newest migration leaves it.
    pub fn schema(&self) -> Option<&Schema> {
        self.head().map(|snapshot| &snapshot.schema)
    }
}

/// Why a folder tells no history.
#[derive(Debug)]
#[non_exhaustive]
pub enum HistoryError {
    /// A file or folder cannot be read.
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A snapshot is none, or was edited.
    Snapshot(SnapshotError),
    /// A migration has no snapshot.
    NoSnapshot {
        /// The name of its folder.
        name: String,
    },
    /// A snapshot has no migration: one of its files is not there.
    NoScript {
        /// The path that is missing.
        path: PathBuf,
    },
    /// Two migrations follow the same one, as after a merge of two branches.
    TwoHeads {
        /// The one before them; none where both are the first.
        parent: Option<Version>,
        /// Their names.
        heads: Vec<String>,
    },
    /// A migration follows one that is not there.
    NoParent {
        /// Its name.
        name: String,
        /// What it follows.
        parent: Version,
    },
}

impl fmt::Display for HistoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, source } => write!(f, "cannot read `{}`: {source}", path.display()),
            Self::Snapshot(error) => error.fmt(f),
            Self::NoSnapshot { name } => write!(
                f,
                "migration {name} has no snapshot; restore `snapshots/{}.toml` from version control",
                name.split('_').next().unwrap_or(name),
            ),
            Self::NoScript { path } => write!(
                f,
                "`{}` is missing; restore it from version control",
                path.display()
            ),
            Self::TwoHeads { parent, heads } => {
                let after = parent.map_or("nothing".to_owned(), |parent| parent.to_string());
                write!(
                    f,
                    "{} all follow {after}, as after a merge; keep the one that databases have, delete the \
                     others (their folders and snapshots), and generate them anew",
                    heads.join(" and "),
                )
            }
            Self::NoParent { name, parent } => write!(
                f,
                "migration {name} follows {parent}, which is not there; restore it from version control",
            ),
        }
    }
}

impl std::error::Error for HistoryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Snapshot(error) => Some(error),
            _ => None,
        }
    }
}

/// Every snapshot, oldest first.
fn snapshots(folder: &Path) -> Result<Vec<Snapshot>, HistoryError> {
    let folder = folder.join("snapshots");
    let mut snapshots = Vec::new();
    for file in names(&folder)? {
        let path = folder.join(&file);
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let text = read(&path)?;
        let origin = path.display().to_string();
        snapshots.push(snapshot::from_text(&text, &origin).map_err(HistoryError::Snapshot)?);
    }
    snapshots.sort_by_key(|snapshot| snapshot.name.version());
    Ok(snapshots)
}

/// Each follows the one before it.
fn one_line(snapshots: &[Snapshot]) -> Result<(), HistoryError> {
    for snapshot in snapshots {
        let siblings = snapshots
            .iter()
            .filter(|other| other.parent == snapshot.parent);
        let siblings: Vec<_> = siblings.map(|other| other.name.to_string()).collect();
        if siblings.len() > 1 {
            return Err(HistoryError::TwoHeads {
                parent: snapshot.parent,
                heads: siblings,
            });
        }
        let is_there = |parent| snapshots.iter().any(|other| other.name.version() == parent);
        if let Some(parent) = snapshot.parent.filter(|parent| !is_there(*parent)) {
            return Err(HistoryError::NoParent {
                name: snapshot.name.to_string(),
                parent,
            });
        }
    }
    Ok(())
}

fn entry(folder: &Path, snapshot: Snapshot) -> Result<Entry, HistoryError> {
    let name = snapshot.name.to_string();
    let mut texts = Vec::new();
    let mut edited = Vec::new();
    for place in SCRIPTS {
        let path = folder.join(place_of(place, &name));
        if !path.is_file() {
            return Err(HistoryError::NoScript { path });
        }
        let text = read(&path)?;
        if snapshot
            .checksums
            .get(place)
            .is_some_and(|sum| *sum != checksum(&text))
        {
            edited.push(place.to_owned());
        }
        texts.push(text);
    }
    let mut texts = texts.into_iter();
    let mut scripts = || {
        let scripts = Scripts {
            up: texts.next().unwrap_or_default(),
            down: texts.next().unwrap_or_default(),
        };
        let _metadata = texts.next();
        scripts
    };
    Ok(Entry {
        sqlite: scripts(),
        postgres: scripts(),
        snapshot,
        edited,
    })
}

fn read(path: &Path) -> Result<String, HistoryError> {
    let io = |source| HistoryError::Io {
        path: path.to_path_buf(),
        source,
    };
    fs::read_to_string(path).map_err(io)
}

/// The folders in a folder, in order; none where it is not there.
fn folders(folder: &Path) -> Result<Vec<String>, HistoryError> {
    let names = names(folder)?.into_iter();
    Ok(names.filter(|name| folder.join(name).is_dir()).collect())
}

fn names(folder: &Path) -> Result<Vec<String>, HistoryError> {
    let io = |source| HistoryError::Io {
        path: folder.to_path_buf(),
        source,
    };
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(io)? {
        let name = entry
            .map_err(io)?
            .file_name()
            .to_string_lossy()
            .into_owned();
        if !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
