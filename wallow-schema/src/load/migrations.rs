//! Reads the history of a migrations folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::ddl::Dialect;
use crate::migration::{History, HistoryError};

/// The files of a migration that are read. Other files beside them are ignored.
const FILES: [&str; 3] = ["up.sql", "down.sql", "metadata.toml"];

/// Reads a migrations folder. If it does not exist, the history is empty.
///
/// # Errors
///
/// [`MigrationsError::Io`] if a file cannot be read, [`MigrationsError::Invalid`] with everything that is missing,
/// edited or inconsistent.
///
/// ```
/// let history = wallow_schema::migration::load("nowhere/migrations".as_ref())?;
/// assert!(history.migrations().is_empty());
/// # Ok::<(), wallow_schema::migration::MigrationsError>(())
/// ```
pub fn load_migrations(folder: &Path) -> Result<History, MigrationsError> {
    let mut files = BTreeMap::new();
    for name in names(&folder.join("snapshots"))? {
        let is_toml = Path::new(&name)
            .extension()
            .is_some_and(|end| end == "toml");
        if is_toml && !name.starts_with('.') {
            read(folder, format!("snapshots/{name}"), &mut files)?;
        }
    }
    for dialect in Dialect::ALL.map(Dialect::as_str) {
        for name in names(&folder.join(dialect))? {
            for file in FILES {
                read(folder, format!("{dialect}/{name}/{file}"), &mut files)?;
            }
        }
    }
    History::of(&files).map_err(MigrationsError::Invalid)
}

/// The versions of a program's other diesel migrations, as databases note them, in order. Their folders are in `folder`
/// itself or, if each database has its own, in `sqlite` and `postgres` below it.
///
/// # Errors
///
/// [`MigrationsError::Io`] if the folder does not exist, or cannot be read.
///
/// ```
/// use wallow_schema::migration::other_versions;
///
/// let error = other_versions("nowhere/migrations".as_ref()).unwrap_err();
/// assert_eq!(error.to_string(), "cannot read the migrations in `nowhere/migrations`");
/// ```
pub fn other_versions(folder: &Path) -> Result<Vec<String>, MigrationsError> {
    // Otherwise all migrations in a misspelt folder would be unknown.
    if let Err(source) = fs::read_dir(folder) {
        let path = folder.to_owned();
        return Err(MigrationsError::Io { path, source });
    }
    let mut versions = BTreeSet::new();
    let below = Dialect::ALL.map(|dialect| folder.join(dialect.as_str()));
    for folder in [folder.to_owned()].into_iter().chain(below) {
        let names = names(&folder)?.into_iter();
        let migrations = names.filter(|name| folder.join(name).join("up.sql").is_file());
        versions.extend(migrations.map(|name| version_of(&name)));
    }
    Ok(versions.into_iter().collect())
}

/// The version that diesel takes from the name of a folder.
fn version_of(name: &str) -> String {
    name.split('_').next().unwrap_or(name).replace('-', "")
}

/// The names in a folder, if it exists, in no particular order. Names that are not UTF-8 are skipped.
fn names(folder: &Path) -> Result<Vec<String>, MigrationsError> {
    let failed = |source| MigrationsError::Io {
        path: folder.to_owned(),
        source,
    };
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry.map_err(failed)?.file_name().into_string().ok());
    }
    Ok(names)
}

/// Reads a file, if it exists.
fn read(
    folder: &Path,
    path: String,
    files: &mut BTreeMap<String, String>,
) -> Result<(), MigrationsError> {
    let place = folder.join(&path);
    let read = super::read_file(&place).and_then(|bytes| {
        String::from_utf8(bytes).map_err(|_| {
            let reason = "it is not text in UTF-8";
            io::Error::new(io::ErrorKind::InvalidData, reason)
        })
    });
    match read {
        Ok(text) => {
            files.insert(path, text);
            Ok(())
        }
        Err(error) if is_absent(&error) => Ok(()),
        Err(source) => Err(MigrationsError::Io {
            path: place,
            source,
        }),
    }
}

/// Whether a file does not exist. That is also the case for a path below something that is not a folder.
fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Why a migrations folder has no history.
#[derive(Debug)]
pub enum MigrationsError {
    /// A file or folder cannot be read.
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The files are not a valid history.
    Invalid(HistoryError),
}

impl fmt::Display for MigrationsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, .. } => {
                write!(f, "cannot read the migrations in `{}`", path.display())
            }
            Self::Invalid(problems) => problems.fmt(f),
        }
    }
}

impl std::error::Error for MigrationsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            // The text already says everything.
            Self::Invalid(_) => None,
        }
    }
}
