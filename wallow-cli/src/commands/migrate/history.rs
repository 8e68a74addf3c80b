//! `wallow migrate history`.

use wallow_runtime::migrate::State;

use crate::advice;
use crate::args::Place;
use crate::history::History;
use crate::output::{self, Failure, Status};
use crate::project::Project;

pub(crate) fn run(project: &Project, place: &Place) -> Result<Status, Failure> {
    let history = History::load(project, place)?;
    if history.entries.is_empty() {
        output::line(&advice::complete(
            "no migrations yet; `wallow migrate generate \"initial\"` writes the first",
        ));
        return Ok(Status::Fine);
    }
    let applied = applied(project, place)?;
    for entry in &history.entries {
        let mark = match &applied {
            Some(applied) if applied.contains(&entry.version) => "applied",
            Some(_) => "pending",
            None => "",
        };
        output::line(&format!("{:7}  {}", mark, entry.name));
    }
    for version in history.unknown(&applied.unwrap_or_default()) {
        output::line(&format!("unknown  {version}, which is not among the files"));
    }
    Ok(Status::Fine)
}

/// The applied migrations, if there is a database; the files can be listed without one.
fn applied(project: &Project, place: &Place) -> Result<Option<Vec<String>>, Failure> {
    let Some(database) = project.look_at_database(place)? else {
        return Ok(None);
    };
    Ok(match database.state()? {
        State::Managed { applied } => Some(applied),
        State::Empty | State::Unmanaged { .. } => None,
    })
}
