//! Turns files into a history: migrations one after the other, each with its snapshot.

use std::collections::{BTreeMap, BTreeSet};

use super::{HistoryError, Migration, Name, Problem, SCRIPTS, Scripts, Version, path};
use crate::ddl::Dialect;
use crate::snapshot::{self, Snapshot};

/// The migrations of a folder, oldest first. Each follows the one before it.
///
/// ```
/// use std::collections::BTreeMap;
/// use wallow_schema::migration::History;
///
/// let history = History::of(&BTreeMap::new())?;
/// assert!(history.head().is_none());
/// # Ok::<(), wallow_schema::migration::HistoryError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    migrations: Vec<Migration>,
    /// The paths from which the snapshots were read.
    snapshots: BTreeMap<Name, String>,
    others: Vec<String>,
}

impl History {
    /// The history that these files form: texts by their paths below the migrations folder, with `/`.
    ///
    /// # Errors
    ///
    /// Everything that is missing, was edited or is inconsistent.
    pub fn of(files: &BTreeMap<String, String>) -> Result<Self, HistoryError> {
        // These are reported alone, because every other problem may be a consequence.
        let conflicts = conflicts(files);
        if !conflicts.is_empty() {
            return Err(HistoryError(conflicts));
        }
        let mut problems = Vec::new();
        let (snapshots, mut known) = snapshots(files, &mut problems);
        let places = snapshots.iter();
        let places = places.map(|(name, (path, _))| (name.clone(), path.clone()));
        let places = places.collect();
        let snapshots = snapshots.into_iter();
        let snapshots: BTreeMap<Name, Snapshot> = snapshots
            .map(|(name, (_, snapshot))| (name, snapshot))
            .collect();
        let others = folders(files, &snapshots, &mut known, &mut problems);
        chain(&snapshots, &known, &mut problems);
        let mut migrations = Vec::new();
        for snapshot in snapshots.into_values() {
            migrations.extend(migration(files, snapshot, &mut problems));
        }
        if problems.is_empty() {
            Ok(Self {
                migrations,
                snapshots: places,
                others,
            })
        } else {
            Err(HistoryError(problems))
        }
    }

    /// The migrations, oldest first.
    pub fn migrations(&self) -> &[Migration] {
        &self.migrations
    }

    /// The newest snapshot, with which a schema is compared.
    pub fn head(&self) -> Option<&Snapshot> {
        self.migrations.last().map(|migration| &migration.snapshot)
    }

    /// The path of a migration's snapshot below the migrations folder. An earlier wallow named it after the version
    /// alone.
    pub fn snapshot_path(&self, name: &Name) -> Option<&str> {
        self.snapshots.get(name).map(String::as_str)
    }

    /// The migration of this version.
    pub fn find(&self, version: Version) -> Option<&Migration> {
        let mut migrations = self.migrations.iter();
        migrations.find(|migration| migration.name().version() == version)
    }

    /// Folders beside the migrations that wallow did not write, by their paths below the migrations folder.
    pub fn others(&self) -> &[String] {
        &self.others
    }
}

/// Whether a text contains the marks of an unresolved merge.
pub(crate) fn has_merge_marks(text: &str) -> bool {
    let begins = |mark: &str| text.lines().any(|line| line.starts_with(mark));
    begins("<<<<<<< ") && begins(">>>>>>> ")
}

/// The migrations whose files contain the marks of an unresolved merge.
fn conflicts(files: &BTreeMap<String, String>) -> Vec<Problem> {
    let torn = files.iter().filter(|(_, text)| has_merge_marks(text));
    let names = torn.filter_map(|(path, _)| {
        let (_, name) = path.split_once('/')?;
        Some(match name.split_once('/') {
            Some((folder, _)) => folder,
            None => name.strip_suffix(".toml").unwrap_or(name),
        })
    });
    let names: BTreeSet<&str> = names.collect();
    let names = names.into_iter().map(str::to_owned);
    names.map(|name| Problem::Conflict { name }).collect()
}

/// The readable snapshots, and the versions of all of them.
///
/// A file is named after the full name of its migration, because two branches may write migrations in the same second.
/// A file that is named after the version alone, as in earlier versions, is read as well.
fn snapshots(
    files: &BTreeMap<String, String>,
    problems: &mut Vec<Problem>,
) -> (BTreeMap<Name, (String, Snapshot)>, BTreeSet<Version>) {
    let (mut snapshots, mut known) = (BTreeMap::new(), BTreeSet::new());
    for (path, text) in files {
        let stem = path.strip_prefix("snapshots/");
        let Some(stem) = stem.and_then(|stem| stem.strip_suffix(".toml")) else {
            continue;
        };
        let version = stem.split('_').next().unwrap_or(stem);
        known.extend(version.parse::<Version>());
        match snapshot::from_text(text, path) {
            Err(error) => problems.push(Problem::Snapshot(error)),
            Ok(Snapshot { name, .. })
                if stem != name.to_string() && stem != name.version().to_string() =>
            {
                known.insert(name.version());
                let path = path.clone();
                problems.push(Problem::Misplaced { path, name });
            }
            Ok(Snapshot { name, .. }) if snapshots.contains_key(&name) => {
                let path = path.clone();
                problems.push(Problem::Twice { path, name });
            }
            Ok(snapshot) => {
                snapshots.insert(snapshot.name.clone(), (path.clone(), snapshot));
            }
        }
    }
    (snapshots, known)
}

/// Checks that every folder has its snapshot, and returns the folders that are not migrations. Versions whose snapshot
/// is missing are added to `known`, so that no further problem is reported for them.
fn folders(
    files: &BTreeMap<String, String>,
    snapshots: &BTreeMap<Name, Snapshot>,
    known: &mut BTreeSet<Version>,
    problems: &mut Vec<Problem>,
) -> Vec<String> {
    let folders = files.keys().filter_map(|path| dialect_folder(path));
    let folders: BTreeSet<&str> = folders.collect();
    let (mut others, mut without_snapshot) = (BTreeSet::new(), BTreeSet::new());
    for folder in &folders {
        let (dialect, name) = folder.split_once('/').unwrap_or_default();
        let Ok(name) = name.parse::<Name>() else {
            others.insert(*folder);
            continue;
        };
        if snapshots.contains_key(&name) {
            continue;
        }
        // A snapshot of the same version whose own folder does not exist: the folder was renamed.
        let renamed = snapshots.keys().find(|other| {
            let its_folder = format!("{dialect}/{other}");
            other.version() == name.version() && !folders.contains(its_folder.as_str())
        });
        let twin = |other: &Name| other.version() == name.version();
        if let Some(renamed) = renamed {
            problems.push(Problem::Renamed {
                path: (*folder).to_owned(),
                name: renamed.clone(),
            });
        } else if !known.contains(&name.version()) || snapshots.keys().any(twin) {
            without_snapshot.insert(name);
        }
    }
    known.extend(without_snapshot.iter().map(Name::version));
    let missing = without_snapshot.into_iter();
    problems.extend(missing.map(|name| Problem::MissingSnapshot { name }));
    others.into_iter().map(str::to_owned).collect()
}

/// `sqlite/<name>`, for a path below that folder.
fn dialect_folder(path: &str) -> Option<&str> {
    let (folder, _) = path.rsplit_once('/')?;
    let (dialect, name) = folder.split_once('/')?;
    let is_dialect = Dialect::ALL.map(Dialect::as_str).contains(&dialect);
    (is_dialect && !name.contains('/')).then_some(folder)
}

/// Orders the migrations so that each follows its parent.
fn chain(
    snapshots: &BTreeMap<Name, Snapshot>,
    known: &BTreeSet<Version>,
    problems: &mut Vec<Problem>,
) {
    let mut children: BTreeMap<Option<Version>, Vec<Name>> = BTreeMap::new();
    for snapshot in snapshots.values() {
        let name = snapshot.name.clone();
        if let Some(parent) = snapshot.parent {
            if !known.contains(&parent) {
                problems.push(Problem::MissingParent {
                    name: name.clone(),
                    parent,
                });
            } else if parent >= name.version() {
                problems.push(Problem::OutOfOrder {
                    name: name.clone(),
                    parent,
                });
            }
        }
        children.entry(snapshot.parent).or_default().push(name);
    }
    let forks = children.into_iter().filter(|(_, heads)| heads.len() > 1);
    problems.extend(forks.map(|(parent, heads)| Problem::TwoHeads { parent, heads }));
}

/// The migration of a snapshot, if all its files are there.
fn migration(
    files: &BTreeMap<String, String>,
    snapshot: Snapshot,
    problems: &mut Vec<Problem>,
) -> Option<Migration> {
    let paths = SCRIPTS.map(|script| path(script, &snapshot.name));
    let is_renamed = |problem: &Problem| matches!(problem, Problem::Renamed { name, .. } if *name == snapshot.name);
    let is_reported = problems.iter().any(is_renamed);
    let texts = paths.map(|path| {
        let text = files.get(&path).cloned();
        if text.is_none() && !is_reported {
            problems.push(Problem::MissingFile { path });
        }
        text
    });
    let [
        sqlite_up,
        sqlite_down,
        sqlite_metadata,
        postgres_up,
        postgres_down,
        postgres_metadata,
    ] = texts;
    let scripts = |up: Option<String>, down: Option<String>, metadata: Option<String>| {
        Some(Scripts {
            up: up?,
            down: down?,
            metadata: metadata?,
        })
    };
    Some(Migration {
        sqlite: scripts(sqlite_up, sqlite_down, sqlite_metadata)?,
        postgres: scripts(postgres_up, postgres_down, postgres_metadata)?,
        snapshot,
    })
}
