//! `wallow migrate discard`: removes the newest migration, as long as no database has applied it.

use wallow_runtime::migrate::State;
use wallow_schema::migration::remove;

use crate::args::Place;
use crate::files;
use crate::history::History;
use crate::output::{self, Failure, Status};
use crate::project::{Named, Project};

pub(crate) fn run(project: &Project, place: &Place) -> Result<Status, Failure> {
    let history = History::load(project, place)?;
    let Some((entry, snapshot)) = history.head().zip(history.snapshot()) else {
        return Err(Failure::finding(
            "there are no migrations, so there is nothing to discard",
        ));
    };
    let databases = project.databases(place)?;
    for (index, named) in databases.iter().enumerate() {
        if has_applied(project, named, &entry.version)? {
            // The first one is meant without an option, too.
            let option = match index {
                0 => String::new(),
                _ => format!(" --db {}", named.to_type()),
            };
            return Err(Failure::finding(format!(
                "{named}, has applied {}, and nothing was removed; take it back with `wallow migrate downgrade \
                 {}{option}` first, or change the schema once more with `wallow migrate generate`",
                entry.name,
                history.before_head().unwrap_or("base"),
            )));
        }
    }
    remove(&history.folder, &snapshot.name, &history.snapshot_path()).map_err(|error| {
        Failure::finding(format!(
            "{} was not removed: {error}{}",
            entry.name,
            files::advice(&error)
        ))
    })?;
    project.touch();
    let databases = databases.iter().map(ToString::to_string);
    output::line(&format!(
        "removed {}, which is not applied to {}",
        entry.name,
        databases.collect::<Vec<_>>().join("; nor to "),
    ));
    Ok(Status::Fine)
}

/// Whether a database notes this version.
fn has_applied(project: &Project, named: &Named, version: &String) -> Result<bool, Failure> {
    let looked = project.look_at(&named.url).and_then(|database| {
        let state = database.map(|database| database.state()).transpose()?;
        Ok(matches!(state, Some(State::Managed { applied }) if applied.contains(version)))
    });
    looked.map_err(|failure| {
        Failure::finding(format!(
            "whether {named}, has applied the migration cannot be seen, and nothing was removed: {failure}; every database \
             that the project names is asked, so let it be reached, or take its name away"
        ))
    })
}
