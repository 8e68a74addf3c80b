//! Finds the schema, and the database that is meant.

mod environment;

use std::error::Error as _;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use wallow_runtime::DatabaseUrl;
use wallow_runtime::dynamic::Store;
use wallow_runtime::migrate::{Database, State};
use wallow_schema::migration;
use wallow_schema::{LoadError, Schema};

use crate::args::Place;
use crate::output::{self, Failure};

/// The file name of a schema.
pub(crate) const SCHEMA: &str = "wallow.toml";

/// A schema and its folder.
#[derive(Debug)]
pub(crate) struct Project {
    /// The path of the schema file, as it is shown.
    pub(crate) path: PathBuf,
    pub(crate) schema: Schema,
}

impl Project {
    /// The schema that was named, or the nearest one in the working directory or above it.
    pub(crate) fn find(place: &Place) -> Result<Self, Failure> {
        let path = schema_path(place)?;
        let schema = wallow_schema::load(&path).map_err(|error| match error {
            LoadError::Invalid(diagnostics) => diagnostics.into(),
            LoadError::Io { ref source, .. } => Failure::finding(format!(
                "{error}: {source}; name the file with `--schema PATH`, or begin with `wallow init`",
            )),
        })?;
        Ok(Project { path, schema })
    }

    /// The folder of the schema.
    pub(crate) fn folder(&self) -> &Path {
        folder_of(&self.path)
    }

    /// Whether a column of the table is one that the schema describes, or wallow's own.
    pub(crate) fn knows_column(&self, name: &str) -> bool {
        wallow_schema::BUILT_IN.contains(&name)
            || name == wallow_schema::ATTEMPT
            || self.schema.fields().any(|field| field.name == name)
    }

    /// A path relative to the schema's folder.
    pub(crate) fn beside(&self, path: &str) -> PathBuf {
        let folder = self.folder();
        folder.strip_prefix(".").unwrap_or(folder).join(path)
    }

    /// The folder of the migrations.
    pub(crate) fn migrations(&self) -> PathBuf {
        self.beside(&self.schema.database.migrations)
    }

    /// Updates the modification time of the schema, without changing its text, so that cargo rebuilds the program: the
    /// migrations are compiled into it, too. An error is ignored; then a person has to rebuild it.
    pub(crate) fn touch(&self) {
        let file = File::options().append(true).open(&self.path);
        let _ = file.and_then(|file| file.set_modified(SystemTime::now()));
    }

    /// Opens the database only for reading. `None` if it does not exist; it is not created.
    pub(crate) fn look_at_database(&self, place: &Place) -> Result<Option<Database>, Failure> {
        let url = self.url(place)?;
        if is_missing(&url) {
            return Ok(None);
        }
        self.beside_others(Database::open_read_only(&url)?)
            .map(Some)
    }

    /// The same, but the table of runs must exist.
    pub(crate) fn look_at_runs(&self, place: &Place) -> Result<Database, Failure> {
        let url = self.url(place)?;
        let database = self.look_at_database(place)?.ok_or_else(|| missing(&url))?;
        match database.owner(&self.schema)? {
            Some(owner) => owner.refuse_other()?,
            None => {
                refuse_vanished(&database)?;
                return Err(Failure::finding(format!(
                    "`{url}` has no table `runs` yet; make it with `wallow migrate apply`, or name \
                     another database with `--db URL`",
                )));
            }
        }
        Ok(database)
    }

    /// An error if the database exists and its table `runs` belongs to another program.
    pub(crate) fn refuse_other(&self, place: &Place) -> Result<(), Failure> {
        if let Some(database) = self.look_at_database(place)?
            && let Some(owner) = database.owner(&self.schema)?
        {
            owner.refuse_other()?;
        }
        Ok(())
    }

    /// The same, as a store that only reads.
    pub(crate) fn open_to_read(&self, place: &Place) -> Result<Store, Failure> {
        self.look_at_runs(place)?;
        let options = Store::options().read_only(true);
        Ok(options.open(&self.schema, &self.url(place)?)?)
    }

    /// Warns if the database has migrations that are not among the files: the schema here is older than the table. What
    /// it declares can be read as long as the columns are there. Files that cannot be read are for other commands.
    pub(crate) fn warn_of_newer_migrations(&self, place: &Place) -> Result<(), Failure> {
        let files = migration::load(&self.migrations());
        let known = files.iter().flat_map(migration::History::migrations);
        let known = known.map(|entry| entry.name().version().diesel());
        let known = known.collect::<Vec<_>>();
        if known.is_empty() {
            return Ok(());
        }
        let database = self.look_at_database(place)?;
        let Some(State::Managed { applied }) = database.map(|it| it.state()).transpose()? else {
            return Ok(());
        };
        if let Some(version) = applied.iter().find(|version| !known.contains(version)) {
            output::warning(&format!(
                "the database has migration {version}, which is not among the files here: what this {} declares is read, \
                 and newer columns are not shown; get the sources that have it",
                self.path.display()
            ));
        }
        Ok(())
    }

    /// Opens the database for changes; it must exist.
    pub(crate) fn database_to_change(&self, place: &Place) -> Result<Database, Failure> {
        let url = self.url(place)?;
        if is_missing(&url) {
            return Err(missing(&url));
        }
        self.open_database(&url)
    }

    /// Opens a database for changes; it is created if it does not exist.
    pub(crate) fn open_database(&self, url: &DatabaseUrl) -> Result<Database, Failure> {
        self.beside_others(Database::open(url)?)
    }

    /// Passes the versions of the program's own migrations to the database, so that they do not count as unknown.
    fn beside_others(&self, database: Database) -> Result<Database, Failure> {
        let Some(folder) = &self.schema.database.other_migrations else {
            return Ok(database);
        };
        let versions = migration::other_versions(&self.beside(folder)).map_err(|error| {
            let reason = error.source().map(|source| format!(": {source}"));
            Failure::finding(format!(
                "{error}{}; `other_migrations` in {} names the folder of the program's own migrations",
                reason.unwrap_or_default(),
                self.path.display(),
            ))
        })?;
        Ok(database.with_other_migrations(versions))
    }

    /// The URL of the database that is meant.
    pub(crate) fn url(&self, place: &Place) -> Result<DatabaseUrl, Failure> {
        let named = match &place.db {
            Some(url) => Some(url.clone()),
            None => environment::database(self.folder())?,
        };
        let url = named.or_else(|| self.schema.database.url.clone());
        let url = DatabaseUrl::parse(url.as_deref().unwrap_or("runs.db"))?;
        Ok(url.below(self.folder()))
    }
}

/// The commands that create an empty table if the notes speak of one that is gone.
pub(crate) const ANEW: &str = "wallow migrate stamp base`, then `wallow migrate apply";

/// An error if the notes say that migrations were applied, but their table is gone: applying the other migrations would
/// not restore it.
pub(crate) fn refuse_vanished(database: &Database) -> Result<(), Failure> {
    match database.state()? {
        State::Managed { applied } if !applied.is_empty() && database.table()?.is_none() => {
            Err(Failure::finding(format!(
                "the table `runs` is gone, though the notes on migrations say that it was made, and nothing was \
                 changed; restore it from a copy, or make an empty one with `{ANEW}`"
            )))
        }
        _ => Ok(()),
    }
}

/// Whether it is a file that does not exist. A server is only asked when it is opened.
fn is_missing(url: &DatabaseUrl) -> bool {
    url.file().is_some_and(|file| !file.exists())
}

fn missing(url: &DatabaseUrl) -> Failure {
    Failure::finding(format!(
        "there is no database `{url}` yet; make it with `wallow migrate apply`, or name another \
         with `--db URL`",
    ))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn schema_path(place: &Place) -> Result<PathBuf, Failure> {
    if let Some(path) = &place.schema {
        return Ok(path.clone());
    }
    let here = std::env::current_dir().map_err(|error| {
        Failure::usage(format!("the working directory cannot be read: {error}"))
    })?;
    for folder in here.ancestors() {
        let path = folder.join(SCHEMA);
        // If something other than a file has this name, that is reported. Searching on would silently use the schema of
        // another project above.
        if path.symlink_metadata().is_ok() {
            return Ok(path
                .strip_prefix(&here)
                .map(Path::to_path_buf)
                .unwrap_or(path));
        }
    }
    Err(Failure::usage(format!(
        "there is no {SCHEMA} in `{}` or above it; go to your project, name the file with \
         `--schema PATH`, or begin with `wallow init`",
        here.display(),
    )))
}
