//! The database that is meant, and where its name comes from.
//!
//! Invariant: the name of a database is shown without its password.

use std::fmt;
use std::path::Path;

use wallow_runtime::DatabaseUrl;

use super::environment;
use crate::args::Place;
use crate::output::{Failure, visible};

/// The file that is meant if nothing names a database.
pub(super) const FALLBACK: &str = "runs.db";

/// A database, and where its name comes from. Its text is for people: `runs.db, from wallow.toml`.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub(crate) url: DatabaseUrl,
    source: Source,
}

/// Where the name of a database comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// An option of the command line.
    Option(&'static str),
    /// A variable of the environment.
    Variable(&'static str),
    /// A `.env` file, this many folders above the schema.
    DotEnv(usize),
    /// The schema, by the name of its file.
    Schema(String),
    /// Nothing: the file of the usual name beside the schema.
    Beside(String),
    /// Nothing: the file of the usual name in the working directory, where no schema is.
    Here,
}

impl Named {
    /// The database that the command line or the environment names; `None` if they name none. A relative path is
    /// relative to `folder`.
    pub(crate) fn outside(place: &Place, folder: &Path) -> Result<Option<Self>, Failure> {
        let named = match &place.db {
            Some(url) => Some((url.clone(), Source::Option(place.option()))),
            None => environment::database(folder)?,
        };
        let named = named.map(|(url, source)| Named::of(&url, source, folder));
        named.transpose()
    }

    /// Every database that the environment names, whichever of them is meant.
    pub(super) fn of_environment(folder: &Path) -> Result<Vec<Self>, Failure> {
        let named = environment::databases(folder)?.into_iter();
        // `DATABASE_URL` may be that of another program, on a server of a kind that wallow does not know.
        let named = named.filter_map(|(url, source)| Named::of(&url, source, folder).ok());
        Ok(named.collect())
    }

    /// The option with which another database is named in its place.
    pub(crate) fn option(&self) -> &'static str {
        match self.source {
            Source::Option(option) => option,
            _ => "--db",
        }
    }

    /// The name as an argument in an example; a placeholder for a URL, which may have a password.
    pub(crate) fn to_type(&self) -> String {
        match self.url.file() {
            Some(file) => visible(&file.display().to_string()),
            None => "URL".to_owned(),
        }
    }

    /// A database of this name.
    pub(super) fn of(url: &str, source: Source, folder: &Path) -> Result<Self, Failure> {
        let url = DatabaseUrl::parse(url)?.below(folder);
        Ok(Named { url, source })
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", visible(&self.url.to_string()), self.source)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Option(name) => write!(f, "from {name}"),
            Source::Variable(name) => write!(f, "from the variable {name}"),
            Source::DotEnv(0) => f.write_str("from .env"),
            Source::DotEnv(1) => f.write_str("from .env in the folder above"),
            Source::DotEnv(folders) => write!(f, "from .env {folders} folders above"),
            Source::Schema(file) => write!(f, "from {}", visible(file)),
            Source::Beside(file) => write!(f, "beside {}", visible(file)),
            Source::Here => f.write_str("in this folder"),
        }
    }
}

/// An error if nobody would see what a command does to the database, because it is in memory.
pub(crate) fn refuse_memory(url: &DatabaseUrl, option: &str) -> Result<(), Failure> {
    if !url.is_memory() {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "a database in memory is gone when the command ends; name a file or a server with `{option} URL`"
    )))
}

/// Whether it is a file that does not exist. A server is only asked when it is opened.
pub(super) fn is_missing(url: &DatabaseUrl) -> bool {
    // If the folder may not be entered, opening the file says so.
    url.file().is_some_and(|file| match file.try_exists() {
        Ok(is_there) => !is_there,
        Err(error) => error.kind() != std::io::ErrorKind::PermissionDenied,
    })
}
