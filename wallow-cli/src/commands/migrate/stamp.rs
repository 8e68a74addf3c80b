//! `wallow migrate stamp`: records migrations as applied without running them.

use wallow_runtime::migrate::{Database, State};
use wallow_schema::Schema;

use crate::args::Place;
use crate::history::History;
use crate::output::{self, Failure, Status};
use crate::project::{Named, Project};

/// `wallow migrate stamp`.
#[derive(Debug, clap::Args)]
pub(crate) struct Stamp {
    /// Record all migrations up to this one; `head` is the newest, `base` is before the first
    pub(crate) revision: String,

    /// Record them even if the table is not what the migration leaves
    #[arg(long)]
    pub(crate) force: bool,
}

pub(crate) fn run(project: &Project, place: &Place, stamp: &Stamp) -> Result<Status, Failure> {
    let revision = stamp.revision.as_str();
    let named = project.database(place)?;
    project.refuse_other(place)?;
    let history = History::load(project, place)?;
    if history.entries.is_empty() && revision != "base" {
        return Err(Failure::finding(
            "there are no migrations yet; `wallow migrate adopt` writes the first as the table is, and notes it",
        ));
    }
    let end = history.position(revision)?;
    let versions = history.entries[..end]
        .iter()
        .map(|entry| entry.version.clone());
    let versions = versions.collect::<Vec<_>>();
    let stamped = history.entries[..end].last();
    let schema = history
        .schema_at(stamped.map(|entry| entry.name.as_str()))
        .unwrap_or(&project.schema);
    if end > 0 {
        // A note on a missing or foreign table would be false, and `apply` would rely on it.
        let database = project.look_at_runs(place)?;
        database.check_adoptable(schema)?;
        if let (Some(entry), false) = (stamped, stamp.force) {
            refuse_different(&database, schema, &entry.name, &named)?;
        }
    }
    let database = project.database_to_change(place)?;
    let unknown = match database.state()? {
        State::Managed { applied } => {
            let unknown = history.unknown(&applied);
            if end == 0 && !unknown.is_empty() && unknown.len() == applied.len() {
                // The notes are of another project's migrations, or of a newer state of this one.
                history.refuse_unknown(&applied)?;
            }
            unknown
        }
        State::Empty | State::Unmanaged { .. } => Vec::new(),
    };
    let known = history.entries.iter().map(|entry| entry.version.clone());
    database.adopt(&versions, &known.collect::<Vec<_>>(), schema)?;
    match stamped {
        Some(entry) => {
            output::line(&format!("noted as applied up to {} in {named}", entry.name));
            let table = database.table()?.unwrap_or_default();
            if !database.differences(&table, schema).is_empty() {
                output::line(
                    "the table is another than this migration leaves: see `wallow status`",
                );
            }
        }
        None => output::line(&format!("noted in {named}: no migration is applied")),
    }
    if !unknown.is_empty() {
        output::line(&left(&unknown));
    }
    Ok(Status::Fine)
}

/// An error if the table is not what a migration leaves: later migrations would rely on the note.
fn refuse_different(
    database: &Database,
    schema: &Schema,
    name: &str,
    named: &Named,
) -> Result<(), Failure> {
    let table = database.table()?.unwrap_or_default();
    let differences = database.differences_left(&table, schema);
    if differences.is_empty() {
        return Ok(());
    }
    Err(Failure::finding(format!(
        "the table `runs` of {named}, is not what {name} leaves, and nothing was changed:\n  {}\n`wallow migrate adopt` \
         finds the migration that leaves it so, or says what to do; `--force` notes this one nevertheless",
        differences.join("\n  ")
    )))
}

/// What is said of notes that belong to no migration here.
fn left(unknown: &[String]) -> String {
    let listed = unknown
        .iter()
        .map(|version| format!("`{}`", output::visible(version)));
    format!(
        "kept the notes on migrations that are not among the files: {}; if they are another program's, name the folder \
         of its migrations as `other_migrations` in `[database]` of wallow.toml",
        listed.collect::<Vec<_>>().join(", ")
    )
}
