//! `wallow migrate stamp`: notes without running anything.

use wallow_runtime::migrate::Database;

use crate::args::Place;
use crate::history::History;
use crate::output::{self, Failure, Status};
use crate::project::Project;

pub(crate) fn run(project: &Project, place: &Place, revision: &str) -> Result<Status, Failure> {
    let history = History::load(project)?;
    let end = history.position(revision)?;
    let database = Database::open(&project.url(place))?;
    let versions = history.entries[..end]
        .iter()
        .map(|entry| entry.version.clone());
    let versions = versions.collect::<Vec<_>>();
    database.adopt(&versions)?;
    match history.entries[..end].last() {
        Some(entry) => output::line(&format!("noted as applied up to {}", entry.name)),
        None => output::line("noted: no migration is applied"),
    }
    Ok(Status::Fine)
}
