//! `wallow migrate downgrade`.

use wallow_runtime::migrate::State;
use wallow_schema::ddl::{Dialect, losses};

use crate::args::Place;
use crate::history::{Entry, History};
use crate::output::{self, Failure, Status};
use crate::project::Project;

pub(crate) fn run(
    project: &Project,
    place: &Place,
    revision: &str,
    yes: bool,
) -> Result<Status, Failure> {
    project.refuse_other(place)?;
    let history = History::load(project, place)?;
    let keep = history.position(revision)?;
    let database = project.database_to_change(place)?;
    let State::Managed { applied } = database.state()? else {
        return Err(Failure::finding(
            "the database has no notes on migrations, so there is nothing to go back from; see `wallow status`",
        ));
    };
    history.refuse_unknown(&applied)?;
    let going = history.entries[keep..].iter().rev();
    let going = going
        .filter(|entry| applied.contains(&entry.version))
        .collect::<Vec<_>>();
    let lost = lost(&going, database.dialect());
    if !lost.is_empty() && !yes {
        return Err(Failure::finding(format!(
            "going back loses data:\n  {}\nnothing was changed; say `--yes` if that is meant",
            lost.join("\n  ")
        )));
    }
    for entry in &going {
        if database.revert(&entry.script(database.dialect()))? {
            output::line(&format!("reverted {}", entry.name));
        }
    }
    if going.is_empty() {
        output::line("nothing to revert");
    }
    Ok(Status::Fine)
}

fn lost(going: &[&Entry], dialect: Dialect) -> Vec<String> {
    let lines = going.iter().flat_map(|entry| {
        let down = entry.script(dialect).down;
        let losses = losses(&down).into_iter();
        let losses = losses.map(|loss| format!("{}: {loss}", entry.name));
        losses.collect::<Vec<_>>()
    });
    lines.collect()
}
