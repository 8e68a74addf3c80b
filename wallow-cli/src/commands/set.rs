//! `wallow set`: annotates a run.

use wallow_runtime::RunStatus;
use wallow_runtime::dynamic::{self, Fields};
use wallow_schema::Schema;

use super::fenced::{Results, given};
use crate::args::Place;
use crate::import::result_values::Writer;
use crate::open::find_run;
use crate::output::{Failure, Status};
use crate::project::Project;

/// Below its help.
pub(crate) const HELP: &str = "\
Examples:
  wallow set 17 note='outlier: loss spike'
  wallow set 8fa740691a0a --json result.json
  wallow set 17 status=completed

An empty value clears a field (`note=` clears a field that is no text). `status` is pending, completed
or failed, and is only changed if the run is not at work.";

/// `wallow set`.
#[derive(Debug, clap::Args)]
pub(crate) struct Set {
    /// The id or the uuid of the run
    pub(crate) run: String,

    #[command(flatten)]
    pub(crate) results: Results,
}

const STATUS: &str = "status";

pub(crate) fn run(place: &Place, set: &Set) -> Result<Status, Failure> {
    let names = set.results.values.iter().map(|(name, _)| name);
    let knows = |schema: &Schema| names.clone().all(|name| schema.field(name).is_some());
    let project = Project::find(place)?.changing_runs(place, knows)?;
    project.look_at_runs(place)?;
    let url = project.url(place)?;
    let store = project.open_store(place)?;
    let row = find_run(&store, &set.run, &url.to_string())?;
    let (mut annotating, status) = given(&store, &set.results, Writer::Person)?;
    let status = status.as_deref().map(settable).transpose()?;
    // The condition is part of the statement, so a worker that claims the run meanwhile keeps it.
    let mut condition = format!("uuid == \"{}\"", row.uuid());
    if let Some(status) = status {
        annotating = annotating.with(STATUS, status.as_str());
        condition += " and (status is null or status != \"running\")";
    }
    if annotating == Fields::new() {
        return Err(Failure::usage(
            "there is nothing to set; write `FIELD=VALUE`, or `--json FILE`",
        ));
    }
    let condition = dynamic::parse(store.schema(), &condition).map_err(Failure::expression)?;
    if store.update_where(condition, &annotating)? == 0 {
        return Err(Failure::finding(format!(
            "run {} is at work, and its status belongs to its worker; nothing was changed: wait for its end, or if its \
             worker is gone, use `wallow retry --where 'uuid == \"{}\"' --stale 10m`",
            row.uuid(),
            row.uuid(),
        )));
    }
    let row = find_run(&store, row.uuid(), &url.to_string())?;
    super::fenced::print(place, &row)?;
    Ok(Status::Fine)
}

/// The status that a word means, if a person can set it.
fn settable(word: &str) -> Result<RunStatus, Failure> {
    match RunStatus::of(word) {
        Some(RunStatus::Running) => Err(Failure::usage(
            "a run is `running` while a worker holds its claim; use `wallow claim`",
        )),
        Some(status) => Ok(status),
        None => Err(Failure::usage(format!(
            "`{word}` is no status; write pending, completed or failed"
        ))),
    }
}
