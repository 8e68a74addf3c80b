//! `wallow migrate apply`.

use wallow_runtime::migrate::{State, check_appliable};

use super::{at_work, recognise};
use crate::args::Place;
use crate::history::History;
use crate::output::{self, Failure, Status};
use crate::project::{Project, refuse_vanished};

pub(crate) fn run(
    project: &Project,
    place: &Place,
    target: Option<&str>,
    yes: bool,
) -> Result<Status, Failure> {
    project.refuse_other(place)?;
    let history = History::load(project, place)?;
    if let Some(database) = project.look_at_database(place)? {
        if target != Some("base") {
            recognise::first_migration(project, place, &history, &database)?;
        }
        history.refuse_disowned(&database)?;
        refuse_vanished(&database)?;
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
        // A database that this command has just created is not checked here, but when its migrations are applied.
        State::Unmanaged { .. } | State::Empty => {}
        State::Managed { applied } => {
            history.refuse_unknown(&applied)?;
            let scripts = history.entries.iter();
            let scripts = scripts.map(|entry| entry.script(database.dialect()));
            check_appliable(&applied, &scripts.collect::<Vec<_>>())?;
            at_work::consent(&database, &history, &applied, end, yes)?;
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
