//! `wallow migrate stamp`: records migrations as applied without running them.

use wallow_runtime::migrate::State;

use crate::args::Place;
use crate::history::History;
use crate::output::{self, Failure, Status};
use crate::project::Project;

pub(crate) fn run(project: &Project, place: &Place, revision: &str) -> Result<Status, Failure> {
    project.refuse_other(place)?;
    let history = History::load(project, place)?;
    if history.entries.is_empty() && revision != "base" {
        return Err(Failure::finding(
            "there are no migrations yet; describe the table in wallow.toml and write the first with \
             `wallow migrate generate \"baseline\"`",
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
        project.look_at_runs(place)?.check_adoptable(schema)?;
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
            output::line(&format!("noted as applied up to {}", entry.name));
            let table = database.table()?.unwrap_or_default();
            if !database.differences(&table, schema).is_empty() {
                output::line(
                    "the table is another than this migration leaves: see `wallow status`",
                );
            }
        }
        None => output::line("noted: no migration is applied"),
    }
    if !unknown.is_empty() {
        output::line(&left(&unknown));
    }
    Ok(Status::Fine)
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
