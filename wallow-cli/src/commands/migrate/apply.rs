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
    let history = History::load(project)?;
    if history.entries.is_empty() {
        return Err(Failure::finding(
            "there are no migrations yet; write the first with `wallow migrate generate \"initial\"`",
        ));
    }
    let end = match target {
        None => history.entries.len(),
        Some(target) => history.position(target)?,
    };
    let database = Database::open(&project.url(place))?;
    match database.state()? {
        State::Unmanaged { .. } => return Err(adopt(&history)),
        State::Empty => {}
        State::Managed { applied } => {
            history.refuse_unknown(&applied)?;
            let scripts = history.entries.iter();
            let scripts = scripts.map(|entry| entry.script(database.dialect()));
            check_appliable(&applied, &scripts.collect::<Vec<_>>())?;
        }
    }
    let mut count = 0;
    for entry in &history.entries[..end] {
        if database.apply(&entry.script(database.dialect()))? {
            output::line(&format!("applied {}", entry.name));
            count += 1;
        }
    }
    if count == 0 {
        output::line("nothing to apply");
    }
    Ok(Status::Fine)
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
