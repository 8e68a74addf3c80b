//! `wallow migrate history`.

use wallow_runtime::migrate::{Database, State};

use crate::args::Place;
use crate::history::History;
use crate::output::{self, Failure, Status};
use crate::project::Project;

pub(crate) fn run(project: &Project, place: &Place) -> Result<Status, Failure> {
    let history = History::load(project)?;
    if history.entries.is_empty() {
        output::line("no migrations yet; `wallow migrate generate \"initial\"` writes the first");
        return Ok(Status::Fine);
    }
    let applied = applied(&project.url(place));
    for entry in &history.entries {
        let mark = match &applied {
            Some(applied) if applied.contains(&entry.version) => "applied",
            Some(_) => "pending",
            None => "",
        };
        output::line(&format!("{:7}  {}", mark, entry.name));
    }
    Ok(Status::Fine)
}

/// What the database has, where there is one; the list of the files needs none.
fn applied(url: &str) -> Option<Vec<String>> {
    match Database::open_read_only(url).ok()?.state().ok()? {
        State::Managed { applied } => Some(applied),
        State::Empty | State::Unmanaged { .. } => None,
    }
}
