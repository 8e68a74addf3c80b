//! Finds the schema, and the database that is meant.

mod absent;
mod database;
mod environment;
mod every_run;
pub(crate) mod implied;
mod of_table;
mod precision;
mod situation;

use std::error::Error as _;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use wallow_runtime::dynamic::{Store, StoreOptions};
use wallow_runtime::migrate::{Database, State};
use wallow_runtime::{DatabaseUrl, Error};
use wallow_schema::migration;
use wallow_schema::{LoadError, Schema};

use crate::advice;
use crate::args::Place;
use crate::output::Failure;
use crate::store_warnings;

pub(crate) use database::{Named, refuse_memory};
use database::{Source, is_missing};
pub(crate) use every_run::warn_of_hidden;

/// The file name of a schema.
pub(crate) const SCHEMA: &str = "wallow.toml";

/// A schema and its folder.
#[derive(Debug)]
pub(crate) struct Project {
    /// The path of the schema file, as it is shown.
    pub(crate) path: PathBuf,
    pub(crate) schema: Schema,
    /// Whether there is no such file, and the schema was read off the table.
    pub(crate) is_implied: bool,
}

impl Project {
    /// The schema that was named, or the nearest one in the working directory or above it.
    pub(crate) fn find(place: &Place) -> Result<Self, Failure> {
        match schema_path(place)? {
            Some(path) => Project::load(path),
            None => Err(no_schema(place)),
        }
    }

    /// Finds the project for a command that only reads. Without a wallow.toml it uses the schema that the table implies.
    pub(crate) fn find_to_read(place: &Place) -> Result<Self, Failure> {
        match schema_path(place)? {
            Some(path) => Project::load(path),
            None => implied::project(place)?.ok_or_else(|| no_schema(place)),
        }
    }

    fn load(path: PathBuf) -> Result<Self, Failure> {
        let schema = wallow_schema::load(&path).map_err(|error| match error {
            LoadError::Invalid(diagnostics) => diagnostics.into(),
            LoadError::Io { ref source, .. } => Failure::finding(format!(
                "{error}: {source}; name the file with `--schema PATH`, or begin with `wallow init`",
            )),
        })?;
        Ok(Project {
            path,
            schema,
            is_implied: false,
        })
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
        self.look_at(&self.url(place)?)
    }

    /// Opens the database of this URL only for reading. `None` if it does not exist.
    pub(crate) fn look_at(&self, url: &DatabaseUrl) -> Result<Option<Database>, Failure> {
        if is_missing(url) {
            return Ok(None);
        }
        let database = Database::open_read_only(url).map_err(|error| unanswered(url, error))?;
        self.beside_others(database).map(Some)
    }

    /// Opens the database only for reading. The table of runs must exist.
    pub(crate) fn look_at_runs(&self, place: &Place) -> Result<Database, Failure> {
        let url = self.url(place)?;
        refuse_memory(&url, place.option())?;
        let Some(database) = self.look_at_database(place)? else {
            return Err(self.missing(&url, place));
        };
        match database.owner(&self.schema)? {
            Some(owner) => owner.refuse_other()?,
            None => {
                refuse_vanished(&database)?;
                let next = self.situation(Some(&database))?.next().to_string();
                return Err(Failure::finding(format!(
                    "`{url}` has no table `runs` yet; to make it, {}; or name another database with `{} URL`",
                    advice::about(&next, place),
                    place.option(),
                )));
            }
        }
        Ok(database)
    }

    /// An error if the database is in memory, or exists and its table `runs` belongs to another program.
    pub(crate) fn refuse_other(&self, place: &Place) -> Result<(), Failure> {
        refuse_memory(&self.url(place)?, place.option())?;
        if let Some(database) = self.look_at_database(place)?
            && let Some(owner) = database.owner(&self.schema)?
        {
            owner.refuse_other()?;
        }
        Ok(())
    }

    /// Opens the database as a store that only reads. The table of runs must exist.
    pub(crate) fn open_to_read(&self, place: &Place) -> Result<Store, Failure> {
        self.look_at_runs(place)?;
        self.open_read_only(place)
    }

    /// Opens the database as a store that only reads, after [`look_at_runs`](Self::look_at_runs).
    pub(crate) fn open_read_only(&self, place: &Place) -> Result<Store, Failure> {
        self.open_with(place, &Store::options().read_only(true))
    }

    /// Opens the database as a store that changes runs.
    pub(crate) fn open_store(&self, place: &Place) -> Result<Store, Failure> {
        let open = || self.open_store_with(place, &Store::options());
        store_warnings::of_place(&self.url(place)?, open)
    }

    /// Opens the database as a store that changes runs, with these options.
    pub(crate) fn open_store_with(
        &self,
        place: &Place,
        options: &StoreOptions,
    ) -> Result<Store, Failure> {
        self.refuse_other_precision(place)?;
        self.open_with(place, options)
    }

    /// Opens the database as a store that writes to a run which was claimed before. Its uuid names the run, so what it
    /// has computed is not lost if wallow.toml rounds keys to another number of digits by now.
    pub(crate) fn open_store_of_claim(&self, place: &Place) -> Result<Store, Failure> {
        self.warn_of_other_precision(place)?;
        let open = || self.open_with(place, &Store::options());
        store_warnings::of_place(&self.url(place)?, open)
    }

    fn open_with(&self, place: &Place, options: &StoreOptions) -> Result<Store, Failure> {
        let url = self.url(place)?;
        refuse_memory(&url, place.option())?;
        let opened = options.open(&self.schema, &url);
        opened.map_err(|error| self.explain(error, place))
    }

    /// A warning if the database has migrations that are not among the files: the schema here is older than the table.
    /// What it declares can be read as long as the columns are there. Files that cannot be read are for other commands.
    pub(crate) fn newer_migrations(&self, database: &Database) -> Result<Option<String>, Failure> {
        let files = migration::load(&self.migrations());
        let known = files.iter().flat_map(migration::History::migrations);
        let known = known.map(|entry| entry.name().version().diesel());
        let known = known.collect::<Vec<_>>();
        if known.is_empty() {
            return Ok(None);
        }
        let State::Managed { applied } = database.state()? else {
            return Ok(None);
        };
        let newer = applied.iter().find(|version| !known.contains(version));
        Ok(newer.map(|version| {
            format!(
                "the database has migration {version}, which is not among the files here: what this {} declares is read, \
                 and newer columns are not shown; get the sources that have it",
                self.path.display()
            )
        }))
    }

    /// Opens the database for changes; it must exist.
    pub(crate) fn database_to_change(&self, place: &Place) -> Result<Database, Failure> {
        let url = self.url(place)?;
        if is_missing(&url) {
            return Err(self.missing(&url, place));
        }
        self.open_database(place)
    }

    /// Opens the database for changes; it is created if it does not exist.
    pub(crate) fn open_database(&self, place: &Place) -> Result<Database, Failure> {
        let url = self.url(place)?;
        refuse_memory(&url, place.option())?;
        let opened = store_warnings::of_place(&url, || Database::open(&url));
        self.beside_others(opened.map_err(|error| unanswered(&url, error))?)
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
        self.database(place).map(|named| named.url)
    }

    /// The database that is meant, and where its name comes from.
    pub(crate) fn database(&self, place: &Place) -> Result<Named, Failure> {
        let folder = self.folder();
        match Named::outside(place, folder)? {
            Some(named) => Ok(named),
            None => self.own_database(),
        }
    }

    /// Every database that the project names: the one that is meant, those that the variables and the `.env` files name
    /// beside it, and that of the schema.
    pub(crate) fn databases(&self, place: &Place) -> Result<Vec<Named>, Failure> {
        let mut databases = vec![self.database(place)?];
        let others = Named::of_environment(self.folder())?;
        for named in others.into_iter().chain([self.own_database()?]) {
            if !databases.iter().any(|other| other.url == named.url) {
                databases.push(named);
            }
        }
        Ok(databases)
    }

    /// The database that the schema names, else the file of the usual name beside it.
    fn own_database(&self) -> Result<Named, Failure> {
        let folder = self.folder();
        let file = self.path.file_name().unwrap_or(self.path.as_os_str());
        let file = file.to_string_lossy().into_owned();
        let (url, source) = match &self.schema.database.url {
            Some(url) => (url.as_str(), Source::Schema(file)),
            None if self.is_implied => (database::FALLBACK, Source::Here),
            None => (database::FALLBACK, Source::Beside(file)),
        };
        Named::of(url, source, folder)
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

/// The error of opening a database. For a server that has ended it says more, if it is known what started it.
fn unanswered(url: &DatabaseUrl, error: Error) -> Failure {
    #[cfg(unix)]
    let advice = crate::serve_db::on_stale_url(url);
    #[cfg(not(unix))]
    let advice = None::<String>;
    let text = error.to_string();
    let is_silent = ["Connection refused", ": no answer within"];
    let is_silent = is_silent.iter().any(|sign| text.contains(sign));
    match advice.filter(|_| is_silent) {
        Some(advice) => Failure::finding(format!("{error}; {advice}")),
        None => error.into(),
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The path of the schema; `None` if there is none here or above, and none was named.
fn schema_path(place: &Place) -> Result<Option<PathBuf>, Failure> {
    if let Some(path) = &place.schema {
        return Ok(Some(path.clone()));
    }
    let here = working_directory()?;
    for folder in here.ancestors() {
        let path = folder.join(SCHEMA);
        // If something other than a file has this name, that is reported. Searching on would silently use the schema of
        // another project above.
        if path.symlink_metadata().is_ok() {
            let path = path.strip_prefix(&here).map(Path::to_path_buf);
            return Ok(Some(path.unwrap_or_else(|_| folder.join(SCHEMA))));
        }
    }
    Ok(None)
}

fn working_directory() -> Result<PathBuf, Failure> {
    std::env::current_dir()
        .map_err(|error| Failure::usage(format!("the working directory cannot be read: {error}")))
}

/// The error of a command that needs a schema where there is none.
fn no_schema(place: &Place) -> Failure {
    let here = match working_directory() {
        Ok(here) => here,
        Err(failure) => return failure,
    };
    // Whoever has a database already need not write a schema by hand.
    let implied = match implied::database(place) {
        Ok(Some(named)) => format!(
            "; `wallow init --from-db {}` writes the one that the database implies",
            named.to_type()
        ),
        _ => String::new(),
    };
    Failure::usage(format!(
        "there is no {SCHEMA} in `{}` or above it; go to your project, name the file with \
         `--schema PATH`, or begin with `wallow init`{implied}",
        here.display(),
    ))
}
