//! `wallow migrate apply`.

use wallow_runtime::migrate::{Database, State, TableState, check_appliable};
use wallow_schema::ddl::losses;

use super::consent::Change;
use super::{at_work, recognise};
use crate::args::Place;
use crate::commands::grants::warn_of_roles;
use crate::history::{Entry, History};
use crate::output::{self, Failure, Status};
use crate::project::{Named, Project, refuse_vanished};

/// `wallow migrate apply`.
#[derive(Debug, clap::Args)]
pub(crate) struct Apply {
    /// Stop after this migration
    #[arg(long, value_name = "REV")]
    pub(crate) target: Option<String>,

    /// Do not ask, even if data is lost or programs at work are stopped
    #[arg(long)]
    pub(crate) yes: bool,
}

pub(crate) fn run(project: &Project, place: &Place, apply: &Apply) -> Result<Status, Failure> {
    let named = project.database(place)?;
    project.refuse_other(place)?;
    let history = History::load(project, place)?;
    if let Some(database) = project.look_at_database(place)? {
        if apply.target.as_deref() != Some("base") {
            recognise::first_migration(project, place, &history, &database)?;
        }
        project.refuse_unmanaged(&database, place)?;
        refuse_vanished(&database)?;
    }
    if history.entries.is_empty() {
        return Err(Failure::finding(
            "there are no migrations yet; write the first with `wallow migrate generate \"initial\"`",
        ));
    }
    let end = match &apply.target {
        None => history.entries.len(),
        Some(target) => history.position(target)?,
    };
    let database = project.open_database(place)?;
    match database.state()? {
        // A database that this command has just created is not checked here, but when its migrations are applied.
        State::Unmanaged { .. } | State::Empty => {}
        State::Managed { applied } => {
            history.refuse_unknown(&applied)?;
            let scripts = history.entries.iter();
            let scripts = scripts.map(|entry| entry.script(database.dialect()));
            check_appliable(&applied, &scripts.collect::<Vec<_>>())?;
            // A target that is applied already changes nothing.
            let lacks = |entry: &Entry| !applied.contains(&entry.version);
            if history.entries[..end].iter().any(lacks) {
                let change = Change {
                    what: format!("applying migrations to {named},"),
                    done: "applied",
                    verb: "Apply",
                    stopped: at_work::stopped(&database, &history, &applied, end),
                    lost: lost(&history, end, &database, &applied)?,
                };
                change.agreed(Some(&database), apply.yes)?;
            }
        }
    }
    let mut count = 0;
    history.apply(&database, end, |name| {
        output::line(&format!("applied {name} to {named}"));
        count += 1;
    })?;
    if count == 0 {
        refuse_drift(project, &database, &named)?;
        output::line(&format!("nothing to apply to {named}"));
    }
    warn_of_roles(&database)?;
    Ok(Status::Fine)
}

/// What the migrations that the database lacks lose for good. Without runs, nothing is lost.
fn lost(
    history: &History,
    end: usize,
    database: &Database,
    applied: &[String],
) -> Result<Vec<String>, Failure> {
    if database.has_no_runs()? {
        return Ok(Vec::new());
    }
    let lacking = history.entries[..end].iter();
    let lacking = lacking.filter(|entry| !applied.contains(&entry.version));
    let lines = lacking.flat_map(|entry| {
        let up = entry.script(database.dialect()).up;
        let losses = losses(&up).into_iter();
        let losses = losses.map(|loss| format!("{}: {loss}", entry.name));
        losses.collect::<Vec<_>>()
    });
    Ok(lines.collect())
}

/// An error if the table is not what the applied migrations leave. Then "nothing to apply" would be true and misleading:
/// for example, another branch may have applied another migration under the same version.
fn refuse_drift(project: &Project, database: &Database, named: &Named) -> Result<(), Failure> {
    let situation = project.situation(Some(database))?;
    if situation.table != TableState::Different || !situation.applied {
        return Ok(());
    }
    Err(Failure::finding(format!(
        "there is nothing to apply to {named}, but its table is not what the applied migrations leave; `wallow status` \
         names the differences and the next step"
    )))
}
