//! `wallow migrate apply`.

use wallow_runtime::migrate::{Database, State, check_appliable};

use crate::args::Place;
use crate::history::History;
use crate::output::{self, Failure, Status};
use crate::project::Project;

pub(crate) fn run(
    project: &Project,
    place: &Place,
    target: Option<&str>,
) -> Result<Status, Failure> {
    project.refuse_other(place)?;
    let history = History::load(project, place)?;
    if let Some(database) = project.look_at_database(place)?
        && is_disowned(&database)?
    {
        return Err(adopt(&history));
    }
    if history.entries.is_empty() {
        return Err(Failure::finding(
            "there are no migrations yet; write the first with `wallow migrate generate \"initial\"`",
        ));
    }
    let end = match target {
        None => history.entries.len(),
        Some(target) => history.position(target)?,
    };
    let database = project.open_database(&project.url(place)?)?;
    match database.state()? {
        // One that was made a moment ago is looked at when its migrations are applied.
        State::Unmanaged { .. } | State::Empty => {}
        State::Managed { applied } => {
            history.refuse_unknown(&applied)?;
            let scripts = history.entries.iter();
            let scripts = scripts.map(|entry| entry.script(database.dialect()));
            check_appliable(&applied, &scripts.collect::<Vec<_>>())?;
        }
    }
    let mut count = 0;
    history.apply(&database, end, |name| {
        output::line(&format!("applied {name}"));
        count += 1;
    })?;
    if count == 0 {
        output::line("nothing to apply");
    }
    Ok(Status::Fine)
}

/// Whether there is a table of runs, and no note on a migration that made it.
fn is_disowned(database: &Database) -> Result<bool, Failure> {
    let noted = match database.state()? {
        State::Empty => true,
        State::Unmanaged { .. } => false,
        State::Managed { applied } => !applied.is_empty(),
    };
    Ok(!noted && database.table()?.is_some())
}

/// A table that no migration made: applying to it would guess what is there.
fn adopt(history: &History) -> Failure {
    let first = history
        .entries
        .first()
        .map_or("REVISION", |entry| entry.name.as_str());
    Failure::finding(format!(
        "the table `runs` is there, but no notes on migrations, and nothing was changed; to adopt it: \
         make wallow.toml describe the table as it is, write that down with \
         `wallow migrate generate \"baseline\"` unless a migration does, and note it as applied with \
         `wallow migrate stamp {first}`",
    ))
}
