//! `wallow work`: executes a command for each run of the queue.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use wallow_runtime::ClaimOptions;
use wallow_runtime::dynamic::{Row, Store};
use wallow_schema::{FieldType, LIFECYCLE, Schema};

use super::claim::{claim_options, warn_of_given_up};
use crate::advice::shell_word;
use crate::args::{Filter, Place, duration, positive, refuse_database, some_time};
use crate::artefacts;
use crate::output::{self, Failure, Status};
use crate::project::{Project, warn_of_hidden};
use crate::store_warnings;
use crate::work::{self, Gpus, Options, Template, display_limit};

/// Below its help.
pub(crate) const HELP: &str = "\
Examples:
  wallow work -- python3 train.py {args:=}
  wallow work --slots 4 --timeout 2h -- ./simulate --lr {learning_rate} --out {dir}
  wallow work --gpus auto --slots 8 --need 30m -- python3 train.py --params {params}

Placeholders: {FIELD} for each identifying field, {uuid} {id} {attempt} {slot} {dir}, and {params}, the path
of a JSON object of the identifying fields. {args:=} alone becomes `--FIELD=VALUE` for each of them, {args:hydra}
`FIELD=VALUE`, {args} `--FIELD VALUE`, which many programs refuse if a value begins with `-`. {{ and }} are braces.
No shell is involved.

The command appends JSON objects of annotating fields to the file $WALLOW_RESULT; one with `step` is a point
of the curve. Exit status 0 is completed, 75 puts the run back, any other is failed. `wallow init --python`
writes a module that does this for Python programs.";

/// `wallow work`.
#[derive(Debug, clap::Args)]
pub(crate) struct Work {
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

    /// Execute N runs at the same time [default: one, or one for each device]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub(crate) slots: Option<u32>,

    /// Give each slot a device: auto, none, or a list such as 0,1
    #[arg(long, value_name = "auto|none|IDS", default_value = "none")]
    pub(crate) gpus: Gpus,

    /// End a run that takes longer than this: 90s, 10m, 2h
    #[arg(long, value_name = "DURATION", value_parser = some_time)]
    pub(crate) timeout: Option<Duration>,

    /// The time between TERM and KILL
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "30s")]
    pub(crate) grace: Duration,

    /// Start no run if the Slurm job ends sooner than this
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) need: Option<Duration>,

    /// Take over runs without a heartbeat for longer than this
    #[arg(long, value_name = "DURATION", value_parser = some_time, default_value = "5m")]
    pub(crate) stale: Duration,

    /// Clear what an earlier attempt left in the annotating fields that may be NULL
    #[arg(long)]
    pub(crate) reset: bool,

    /// Claim a run at most N times [default: no limit; a run that fails is not tried again in the same call]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub(crate) max_attempts: Option<u32>,

    /// End after N runs
    #[arg(long, value_name = "N", value_parser = positive)]
    pub(crate) max_runs: Option<u32>,

    /// Stay while other workers are at work, to take over their runs if they crash
    #[arg(long)]
    pub(crate) wait: bool,

    /// Start no further run after N failures
    #[arg(long, value_name = "N", value_parser = positive)]
    pub(crate) fail_fast: Option<u32>,

    /// A run that does not report these fields is failed
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    pub(crate) require: Vec<String>,

    /// The json field for lines with `step` [default: the only json field of the schema]
    #[arg(long, value_name = "FIELD")]
    pub(crate) curve: Option<String>,

    /// The folder of all artefacts [default: `artefacts_root` of the schema, else `artefacts`, beside it]
    #[arg(long, value_name = "DIR")]
    pub(crate) artefacts: Option<PathBuf>,

    /// The command, with placeholders
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

/// A slot is a thread, a process and some open files.
const MOST_SLOTS: u32 = 4096;

pub(crate) fn run(place: &Place, work: &Work) -> Result<Status, Failure> {
    let project = Project::find(place)?;
    let schema = &project.schema;
    let template = Template::read(schema, &work.command)?;
    let options = options(&project, work)?;
    project.look_at_queue(place)?;
    // One connection for all slots, and one for their heartbeats.
    let named = project.database(place)?;
    store_warnings::print_all(named.to_string());
    let store = project.open_store_with(place, &Store::options().pool_size(1))?;
    warn_of_hidden(store.hides_rows()?);
    let argv = work.command.iter();
    let argv = argv.map(|argument| argument.to_string_lossy().into_owned());
    let argv = argv.collect::<Vec<_>>();
    store.set_command(Some(&argv), Some(template.program()), None);
    if let Some(curve) = &options.curve {
        store.expect_large(curve);
    }
    output::line(&format!("the queue of {named}"));
    let (counts, stopped) = work::work(&store, &template, &options)?;
    warn_of_given_up(counts.given_up);
    output::line(&counts.to_string());
    Ok(match stopped? {
        Some(status) => Status::Stopped(status),
        None if counts.failed + counts.given_up > 0 => Status::Finding,
        None => Status::Fine,
    })
}

fn options(project: &Project, work: &Work) -> Result<Options, Failure> {
    let schema = &project.schema;
    for name in &work.require {
        annotating(schema, name, "--require")?;
    }
    if let Some(folder) = &work.artefacts {
        refuse_database("--artefacts", "folder", folder)?;
    }
    if let Some(slots) = work.slots.filter(|slots| *slots > MOST_SLOTS) {
        return Err(Failure::usage(format!(
            "`--slots {slots}`: at most {MOST_SLOTS} runs are executed at the same time, because each one is a thread and \
             a process; for more, start `wallow work` on several machines"
        )));
    }
    let devices = work.gpus.devices()?;
    let slots = match (work.slots, &devices) {
        (Some(slots), _) => usize::try_from(slots).unwrap_or(usize::MAX),
        (None, Some(devices)) => devices.len(),
        (None, None) => 1,
    };
    if let Some(devices) = devices.as_ref().filter(|devices| devices.len() < slots) {
        return Err(Failure::usage(format!(
            "there are {slots} slots and {}; each slot has a device of its own: use `--slots {}`",
            output::counted(devices.len(), "GPU"),
            devices.len(),
        )));
    }
    Ok(Options {
        claim: claim(schema, work)?,
        slots,
        devices,
        timeout: work.timeout,
        grace: work.grace,
        need: work.need,
        max_runs: work.max_runs.map(u64::from),
        fail_fast: work.fail_fast.map(u64::from),
        wait: work.wait,
        required: once(&work.require),
        curve: curve(schema, work.curve.as_deref())?,
        retry: retry(work),
        root: artefacts::root(project, work.artefacts.as_deref()),
    })
}

/// The command that puts back those of its runs that are `running` and silent.
fn retry(work: &Work) -> String {
    const RUNNING: &str = "status == \"running\"";
    let condition = match &work.filter.condition {
        Some(condition) => format!("({condition}) and {RUNNING}"),
        None => RUNNING.to_owned(),
    };
    let stale = display_limit(work.stale);
    format!(
        "wallow retry --where {} --stale {stale}",
        shell_word(&condition)
    )
}

/// Names without repetitions, in their order.
fn once(names: &[String]) -> Vec<String> {
    let mut once = Vec::<String>::new();
    for name in names {
        if !once.contains(name) {
            once.push(name.clone());
        }
    }
    once
}

fn claim(schema: &Schema, work: &Work) -> Result<ClaimOptions<Row>, Failure> {
    let options = claim_options(schema, &work.filter, &work.sort, work.stale)?;
    Ok(options
        .max_attempts(work.max_attempts.unwrap_or(u32::MAX))
        .reset(work.reset))
}

/// The field of curves: the one that was named, else the only json field.
fn curve(schema: &Schema, named: Option<&str>) -> Result<Option<String>, Failure> {
    if let Some(name) = named {
        let ty = annotating(schema, name, "--curve")?;
        return if ty == FieldType::Json {
            Ok(Some(name.to_owned()))
        } else {
            Err(Failure::usage(format!(
                "`--curve {name}`: the field is of type {ty}, and a curve needs one of type json"
            )))
        };
    }
    let mut json = schema
        .annotating
        .iter()
        .filter(|field| field.ty == FieldType::Json);
    Ok(match (json.next(), json.next()) {
        (Some(only), None) => Some(only.name.clone()),
        _ => None,
    })
}

/// The type of an annotating field that an option names.
fn annotating(schema: &Schema, name: &str, option: &str) -> Result<FieldType, Failure> {
    let is_owned = LIFECYCLE.iter().any(|(owned, _)| *owned == name);
    if is_owned && schema.has_lifecycle() {
        return Err(Failure::usage(format!(
            "`{option} {name}`: wallow writes this field itself, so no command reports it"
        )));
    }
    let mut fields = schema.annotating.iter();
    if let Some(field) = fields.find(|field| field.name == name) {
        return Ok(field.ty);
    }
    let known = schema.annotating.iter().map(|field| field.name.as_str());
    let help = match wallow_schema::near(name, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the schema has: {}", known.collect::<Vec<_>>().join(", ")),
    };
    Err(Failure::usage(format!(
        "`{option} {name}`: no annotating field has this name; {help}"
    )))
}
