//! `wallow claim`: takes the next run of the queue for a driver in any language.

use std::thread;
use std::time::Duration;

use serde_json::json;
use wallow_runtime::dynamic::{self, Row, Store};
use wallow_runtime::{ClaimOptions, Reclaim};
use wallow_schema::Schema;

use super::show::as_json;
use crate::args::{Filter, Place, positive, some_time};
use crate::bulk::runs;
use crate::output::{self, Failure, Status};
use crate::project::Project;

/// Below its help.
pub(crate) const HELP: &str = "\
Examples:
  wallow claim --json
  wallow claim --where 'optimiser == \"adamw\"' --sort seed --stale 10m --json

The driver calls `wallow heartbeat UUID --attempt N` at least three times in the stale time, and at the end
`wallow complete`, `fail` or `release` with the same uuid and attempt. Each of them exits with 1 and changes
nothing if the run was given to another worker meanwhile.
The exit status is 1 if there is nothing to claim.";

/// `wallow claim`.
#[derive(Debug, clap::Args)]
pub(crate) struct Claim {
    #[command(flatten)]
    pub(crate) filter: Filter,

    /// Which run comes first: fields, `-` before a name for the highest first [default: the oldest]
    #[arg(
        long,
        value_name = "FIELDS",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    pub(crate) sort: Vec<String>,

    /// Take over runs without a heartbeat for longer than this: 90s, 10m, 2h
    #[arg(long, value_name = "DURATION", value_parser = some_time, default_value = "5m")]
    pub(crate) stale: Duration,

    /// Claim failed runs again, up to this number of claims
    #[arg(long, value_name = "N", value_parser = positive)]
    pub(crate) max_attempts: Option<u32>,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// How often a run that seems silent is looked at.
const LOOK: Duration = Duration::from_millis(200);

pub(crate) fn run(place: &Place, claim: &Claim) -> Result<Status, Failure> {
    let project = Project::find(place)?;
    project.look_at_queue(place)?;
    let store = project.open_store(place)?;
    store.set_command(None, None, driver());
    let options = claim_options(store.schema(), &claim.filter, &claim.sort, claim.stale)?;
    let options = match claim.max_attempts {
        Some(attempts) => options.max_attempts(attempts),
        None => options,
    };
    loop {
        match store.claim_or_wait(&options)? {
            Ok(claimed) => {
                let attempt = claimed.attempt();
                print(&store, &claimed.leave(), attempt, claim.json);
                return Ok(Status::Fine);
            }
            Err(waiting) => {
                warn_of_given_up(waiting.given_up);
                // A run seems silent. It is watched for a third of the stale time before it is taken from its worker.
                if waiting.soon {
                    thread::sleep(LOOK.min(claim.stale));
                    continue;
                }
                let others = if waiting.others_at_work {
                    "; others are at work, and their runs may come back"
                } else {
                    ""
                };
                if let Some(unknown) = output::unknown(store.count_unknown(&options)?) {
                    output::warning(&unknown);
                }
                return Err(Failure::finding(format!("no run is pending{others}")));
            }
        }
    }
}

/// Warns of runs that are failed because their workers went silent as often as allowed: nobody else reports them.
pub(super) fn warn_of_given_up(count: u64) {
    if count > 0 {
        output::warning(&format!(
            "{} failed: the last worker went silent, and `--max-attempts` allows no other attempt",
            runs(count)
        ));
    }
}

/// The process that called the command, which goes on with the run.
fn driver() -> Option<u32> {
    #[cfg(unix)]
    let parent =
        rustix::process::getppid().and_then(|parent| parent.as_raw_nonzero().get().try_into().ok());
    #[cfg(not(unix))]
    let parent = None;
    parent
}

/// Which runs of the queue a command claims, and in which order; silent ones after the stale time.
pub(super) fn claim_options(
    schema: &Schema,
    filter: &Filter,
    sort: &[String],
    stale: Duration,
) -> Result<ClaimOptions<Row>, Failure> {
    let mut options = ClaimOptions::new(Reclaim::WhenStale(stale));
    if let Some(text) = &filter.condition {
        options = options.filter(dynamic::parse(schema, text).map_err(Failure::expression)?);
    }
    for term in sort {
        let order = dynamic::order(schema, term.trim());
        options = options.order_by(order.map_err(|error| Failure::usage(error.to_string()))?);
    }
    Ok(options)
}

fn print(store: &Store, run: &Row, attempt: i64, json: bool) {
    let whole = as_json(run);
    let key = store.schema().identifying.iter();
    let key = key.map(|field| (field.name.clone(), whole[&field.name].clone()));
    let params = serde_json::Value::Object(key.collect());
    if json {
        output::json(&json!({
            "uuid": run.uuid(),
            "id": whole["id"],
            "attempt": attempt,
            "params": params,
            "run": whole,
        }));
    } else {
        output::line(&format!("{} --attempt {attempt}", run.uuid()));
        output::line(&params.to_string());
    }
}
