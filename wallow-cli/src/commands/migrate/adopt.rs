//! `wallow migrate adopt`: lets migrations manage a table that none manages yet.
//!
//! Without migrations, the first one is written as the table is, and a second one with what wallow.toml changes. If
//! there are migrations, the newest one that leaves the table as it is counts as applied.

use std::fs;

use chrono::Utc;
use wallow_runtime::migrate::{Database, Known, LiveTable, inferred};
use wallow_schema::Schema;
use wallow_schema::ddl::Dialect;
use wallow_schema::diff::{Hints, Refusals, diff};
use wallow_schema::migration::{Migration, Name, Version, remove, write};
use wallow_schema::operation::Operation;

use super::generate::unwritten;
use super::groups::{self, Comparison};
use super::hints::{HintOptions, decide};
use super::{absent, unfit};
use crate::args::Place;
use crate::commands::grants::warn_of_roles;
use crate::history::History;
use crate::output::{self, Failure, Status};
use crate::project::{Named, Project};

/// `wallow migrate adopt`.
#[derive(Debug, clap::Args)]
pub(crate) struct Adopt {
    /// What the migrations are about, in a few words
    pub(crate) message: Option<String>,

    #[command(flatten)]
    pub(crate) hints: HintOptions,
}

pub(crate) fn run(project: &Project, place: &Place, adopt: &Adopt) -> Result<Status, Failure> {
    let named = project.database(place)?;
    project.refuse_other(place)?;
    let history = History::load(project, place)?;
    let database = project.look_at_database(place)?;
    let situation = project.situation(database.as_ref())?;
    let next = situation.next();
    let table = match &database {
        Some(database) => database.table()?,
        None => None,
    };
    let (Some(database), Some(table)) = (database, table) else {
        return Err(Failure::finding(format!(
            "{named}, has no table `runs` to adopt; {next}"
        )));
    };
    if situation.applied {
        return Err(Failure::finding(format!(
            "migrations manage {named}, already, and nothing was changed; {next}"
        )));
    }
    let unmanaged = Unmanaged {
        project,
        place,
        history,
        database,
        table,
        named,
    };
    if unmanaged.history.entries.is_empty() {
        unmanaged.begin(adopt)?;
    } else {
        unmanaged.note()?;
    }
    project.touch();
    warn_of_roles(&unmanaged.database)?;
    let next = project.situation(Some(&unmanaged.database))?.next();
    if !next.is_nothing() {
        output::line(&format!("next: {next}"));
    }
    Ok(Status::Fine)
}

/// A table that no migration manages, and the project that it is to belong to.
struct Unmanaged<'a> {
    project: &'a Project,
    place: &'a Place,
    history: History,
    /// Open for reading.
    database: Database,
    table: LiveTable,
    named: Named,
}

impl Unmanaged<'_> {
    /// Writes the first migration as the table is, and the second one with what wallow.toml changes.
    fn begin(&self, adopt: &Adopt) -> Result<(), Failure> {
        let database = Some(&self.database);
        if let Some(way_out) = self.database.way_out(&self.table, &self.project.schema) {
            return Err(Failure::finding(format!(
                "nothing was changed in {}: {way_out}",
                self.named
            )));
        }
        let mut hints = adopt.hints.hints();
        hints.no_runs = self.database.has_no_runs()?;
        // Reported before any question is asked.
        let mut first = self.schema(&hints)?;
        let compared = decide(
            &mut hints,
            |hints| self.compare(hints),
            |refusals| Some(refusals),
        );
        let comparison = Comparison {
            database,
            before: Some(&first),
            after: &self.project.schema,
            renames: &hints.renames,
        };
        let steps = compared.map_err(|refusals| groups::refused(&refusals, comparison))?;
        groups::refuse_collisions(&steps, comparison)?;
        absent::refuse(database, &steps)?;
        unfit::refuse(database, &self.project.schema, &hints.renames)?;
        first = self.schema(&hints)?;
        let migrations = migrations(&first, &self.project.schema, &steps, adopt)?;
        for migration in &migrations {
            write(&self.history.folder, &migration.files()).map_err(|error| unwritten(&error))?;
        }
        let version = [migrations[0].name().version().diesel()];
        if let Err(failure) = self.record(&version, &first) {
            // The database has no note of the files, so they would be migrations that it lacks.
            for migration in migrations.iter().rev() {
                let snapshot = migration.snapshot.path();
                let _ = remove(&self.history.folder, migration.name(), &snapshot);
            }
            self.remove_empty_folders();
            return Err(failure);
        }
        self.report(&migrations, &steps);
        Ok(())
    }

    /// Removes the folders that were made for files which are gone. Whatever else is in one keeps it.
    fn remove_empty_folders(&self) {
        let folder = &self.history.folder;
        for name in [
            Dialect::Sqlite.as_str(),
            Dialect::Postgres.as_str(),
            "snapshots",
            "",
        ] {
            let _ = fs::remove_dir(folder.join(name));
        }
    }

    fn record(&self, versions: &[String], schema: &Schema) -> Result<(), Failure> {
        let database = self.project.database_to_change(self.place)?;
        Ok(database.adopt_first(versions, schema)?)
    }

    fn report(&self, migrations: &[Migration], steps: &[Operation]) {
        let folder = output::display_path(&self.history.folder);
        let written = migrations[0].name();
        output::line(&format!(
            "wrote {written} below {folder}: the table as it is"
        ));
        output::line(&format!(
            "noted as applied up to {written} in {}",
            self.named
        ));
        if let Some(second) = migrations.get(1) {
            for step in steps {
                output::line(&format!("- {step}"));
            }
            let second = second.name();
            output::line(&format!("wrote {second}: what wallow.toml changes"));
        }
    }

    /// The schema that the table has after adoption.
    fn schema(&self, hints: &Hints) -> Result<Schema, Failure> {
        let declared = &self.project.schema;
        let known = Known {
            schema: declared,
            renames: &hints.renames,
        };
        let mut schema = inferred(&self.table, self.database.dialect(), Some(known))?.schema;
        if self.database.adopts_defaults(&self.table, &schema) {
            for field in schema.identifying.iter_mut().chain(&mut schema.annotating) {
                let declared = declared.field(&field.name);
                let declared = declared.filter(|declared| declared.ty == field.ty);
                let default = declared.and_then(|declared| declared.default.clone());
                field.default = field.default.take().or(default);
            }
        }
        Ok(schema)
    }

    /// The steps from the table to wallow.toml; none if its schema cannot be read off it, which is reported before.
    fn compare(&self, hints: &Hints) -> Result<Vec<Operation>, Refusals> {
        match self.schema(hints) {
            Ok(schema) => diff(Some(&schema), &self.project.schema, hints),
            Err(_) => Ok(Vec::new()),
        }
    }

    /// Notes the newest migration that leaves the table as it is, and those before it.
    fn note(&self) -> Result<(), Failure> {
        let Self {
            history,
            database,
            table,
            named,
            ..
        } = self;
        let mut entries = history.entries.iter().enumerate().rev();
        let fitting = entries.find_map(|(index, entry)| {
            let schema = history.schema_at(Some(&entry.name))?;
            let fits = database.differences_left(table, schema).is_empty();
            fits.then_some((index, entry, schema))
        });
        let Some((index, entry, schema)) = fitting else {
            let schema = history.head_schema().unwrap_or(&self.project.schema);
            let differences = database.differences_left(table, schema);
            return Err(Failure::finding(format!(
                "no migration leaves the table `runs` as it is in {named}, and nothing was changed; it differs from what \
                 the newest one leaves:\n  {}\nbring it to wallow.toml with `wallow migrate push` first, then adopt it",
                differences.join("\n  ")
            )));
        };
        let versions = history.entries[..=index].iter();
        let versions = versions.map(|entry| entry.version.clone());
        self.record(&versions.collect::<Vec<_>>(), schema)?;
        output::line(&format!("noted as applied up to {} in {named}", entry.name));
        Ok(())
    }
}

/// The migration that makes the table as it is, and the one that changes it, if anything changes.
fn migrations(
    first: &Schema,
    declared: &Schema,
    steps: &[Operation],
    adopt: &Adopt,
) -> Result<Vec<Migration>, Failure> {
    let [one, two] = match &adopt.message {
        Some(message) => [message.as_str(); 2],
        None => ["adopted", "what changed"],
    };
    let name = |version, message: &str| {
        Name::new(version, message).map_err(|error| Failure::usage(error.to_string()))
    };
    let begun = Version::next(Utc::now(), None);
    let creation = diff(None, first, &Hints::default())
        .map_err(|refusals| Failure::finding(refusals.to_string()))?;
    let creation = Migration::new(name(begun, one)?, None, first, &creation);
    if steps.is_empty() {
        return Ok(vec![creation]);
    }
    let version = Version::next(Utc::now(), Some(begun));
    let head = Some(&creation.snapshot);
    let change = Migration::new(name(version, two)?, head, declared, steps);
    Ok(vec![creation, change])
}
