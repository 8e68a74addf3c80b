//! The migrations of a project, in the form in which the commands need them.

use std::path::PathBuf;

use wallow_runtime::migrate::{Database, Script, State};
use wallow_schema::Schema;
use wallow_schema::ddl::Dialect;
use wallow_schema::migration::{self, MigrationsError, Name, Problem, Scripts};
use wallow_schema::snapshot::Snapshot;

use crate::args::Place;
use crate::output::{Failure, visible};
use crate::progress::Progress;
use crate::project::Project;

/// Every migration, oldest first.
pub(crate) struct History {
    pub(crate) folder: PathBuf,
    pub(crate) entries: Vec<Entry>,
    files: migration::History,
}

/// One migration.
pub(crate) struct Entry {
    /// The name of its folder.
    pub(crate) name: String,
    /// Its version, as databases record it.
    pub(crate) version: String,
    /// Its scripts for SQLite and PostgreSQL.
    scripts: [(Dialect, Scripts); 2],
    /// Its files that have been edited since they were generated.
    pub(crate) edited: Vec<String>,
}

impl Entry {
    /// Its script for a kind of database.
    pub(crate) fn script(&self, dialect: Dialect) -> Script {
        let scripts = self.scripts.iter().find(|(kind, _)| *kind == dialect);
        let text = |read: fn(&Scripts) -> &String| {
            scripts.map_or_else(String::new, |(_, scripts)| read(scripts).clone())
        };
        Script {
            version: self.version.clone().into(),
            name: self.name.clone().into(),
            up: text(|scripts| &scripts.up).into(),
            down: text(|scripts| &scripts.down).into(),
        }
    }
}

impl History {
    /// Reads the migrations. `place` names the database that is only opened if there are two heads, to see which one it
    /// has.
    pub(crate) fn load(project: &Project, place: &Place) -> Result<Self, Failure> {
        let folder = project.migrations();
        let files = migration::load(&folder).map_err(|error| unreadable(project, place, &error))?;
        let entries = files.migrations().iter().map(|entry| Entry {
            name: entry.name().to_string(),
            version: entry.name().version().diesel(),
            scripts: Dialect::ALL.map(|dialect| (dialect, entry.scripts(dialect).clone())),
            edited: entry.edited(),
        });
        Ok(History {
            folder,
            entries: entries.collect(),
            files,
        })
    }

    /// Applies those of the first `end` migrations that the database lacks; `each` receives the name of each one that
    /// is applied.
    pub(crate) fn apply(
        &self,
        database: &Database,
        end: usize,
        mut each: impl FnMut(&str),
    ) -> Result<(), Failure> {
        let mut after = None;
        for entry in &self.entries[..end] {
            let script = entry.script(database.dialect());
            let progress = Progress::of("applying a migration");
            let is_applied = database.apply(&script, after.as_ref())?;
            drop(progress);
            if is_applied {
                each(&entry.name);
            }
            after = Some(script);
        }
        Ok(())
    }

    pub(crate) fn head(&self) -> Option<&Entry> {
        self.entries.last()
    }

    /// The name of the migration before the newest one.
    pub(crate) fn before_head(&self) -> Option<&str> {
        let before = self.entries.iter().rev().nth(1);
        before.map(|entry| entry.name.as_str())
    }

    /// The path of the newest snapshot below the migrations folder.
    pub(crate) fn snapshot_path(&self) -> String {
        let name = self.snapshot().map(|snapshot| &snapshot.name);
        let path = name.and_then(|name| self.files.snapshot_path(name));
        path.unwrap_or_default().to_owned()
    }

    pub(crate) fn snapshot(&self) -> Option<&Snapshot> {
        self.files.head()
    }

    pub(crate) fn head_schema(&self) -> Option<&Schema> {
        self.snapshot().map(|snapshot| &snapshot.schema)
    }

    /// The schema after the migration of this name.
    pub(crate) fn schema_at(&self, name: Option<&str>) -> Option<&Schema> {
        let name = name?;
        let entry = self
            .files
            .migrations()
            .iter()
            .find(|entry| entry.name().to_string() == name)?;
        Some(&entry.snapshot.schema)
    }

    /// The number of migrations up to and including a revision.
    pub(crate) fn position(&self, revision: &str) -> Result<usize, Failure> {
        match revision {
            "base" => return Ok(0),
            "head" => return Ok(self.entries.len()),
            _ => {}
        }
        let matches = |entry: &Entry| {
            entry.name == revision
                || entry.version == revision
                || entry.name.starts_with(&format!("{revision}_"))
        };
        let found = self.entries.iter().position(matches);
        found.map(|index| index + 1).ok_or_else(|| {
            let names = self
                .entries
                .iter()
                .map(|entry| entry.name.as_str())
                .collect::<Vec<_>>();
            Failure::usage(format!(
                "there is no migration `{revision}`; give `base`, `head`, or one of: {}",
                names.join(", ")
            ))
        })
    }

    /// The names of the migrations that a database with these versions lacks.
    pub(crate) fn pending(&self, applied: &[String]) -> Vec<String> {
        let lacking = self
            .entries
            .iter()
            .filter(|entry| !applied.contains(&entry.version));
        lacking.map(|entry| entry.name.clone()).collect()
    }

    /// The versions for which there are no files here.
    pub(crate) fn unknown(&self, applied: &[String]) -> Vec<String> {
        let known = |version: &&String| self.entries.iter().any(|entry| entry.version == **version);
        applied
            .iter()
            .filter(|version| !known(version))
            .cloned()
            .collect()
    }

    /// Refuses a database with migrations for which there are no files: nobody here knows how they changed the table.
    pub(crate) fn refuse_unknown(&self, applied: &[String]) -> Result<(), Failure> {
        match self.unknown(applied).first() {
            None => Ok(()),
            Some(version) => Err(Failure::finding(format!(
                "the database has migration {version}, which is not among the files, and nothing was \
                 changed; get the sources that have it, and go on, or take it back, from there",
            ))),
        }
    }

    /// The files of applied migrations that were edited since they were written.
    pub(crate) fn edited(&self, applied: &[String]) -> Vec<String> {
        let applied = self
            .entries
            .iter()
            .filter(|entry| applied.contains(&entry.version));
        applied
            .flat_map(|entry| {
                entry
                    .edited
                    .iter()
                    .map(|place| format!("{} ({place})", entry.name))
            })
            .collect()
    }

    /// The newest migration that a database with these versions has applied.
    pub(crate) fn current(&self, applied: &[String]) -> Option<String> {
        let known = self
            .entries
            .iter()
            .rev()
            .find(|entry| applied.contains(&entry.version));
        known.map(|entry| entry.name.clone())
    }
}

/// The error of reading the migrations. If there are two heads, it says which of them the database has, because that
/// one should be kept.
pub(crate) fn unreadable(project: &Project, place: &Place, error: &MigrationsError) -> Failure {
    let mut text = error.to_string();
    match error {
        MigrationsError::Io { source, .. } => text = format!("{text}: {source}"),
        MigrationsError::Invalid(problems) => {
            for problem in problems {
                if let Problem::TwoHeads { heads, .. } = problem {
                    text.extend(applied_of(project, place, heads));
                }
            }
        }
    }
    Failure::finding(text)
}

/// Says which of these migrations the database has, if it can be asked.
fn applied_of(project: &Project, place: &Place, heads: &[Name]) -> Option<String> {
    let database = project.look_at_database(place).ok()??;
    let State::Managed { applied } = database.state().ok()? else {
        return None;
    };
    let url = visible(&project.url(place).ok()?.to_string());
    let there = heads.iter();
    let there = there.filter(|name| applied.contains(&name.version().diesel()));
    let there = there.collect::<Vec<_>>();
    Some(match there[..] {
        [] => format!("\n`{url}` has none of them"),
        [name] => format!("\n`{url}` has `{name}`"),
        // A database records only the version.
        [one, ..] if there.iter().all(|name| name.version() == one.version()) => format!(
            "\n`{url}` has one of them, and does not say which, because both have the version {}: keep the one whose \
             columns the table has",
            one.version()
        ),
        _ => format!(
            "\n`{url}` has more than one of them; take one back with the sources that have it"
        ),
    })
}
