//! `wallow heartbeat`, `complete`, `fail` and `release`: what a driver writes for a run that `wallow claim` gave it.
//!
//! Every write has the attempt in its condition. If the run was given to another worker, nothing is changed.

use std::io::{self, Read as _};

use wallow_runtime::ErrorKind;
use wallow_runtime::dynamic::{Claim, Fields, Row, Store};

use super::show::as_json;
use crate::args::{Place, assignment};
use crate::import::result_values::{ResultValues, Writer};
use crate::output::{self, Failure, Status};
use crate::project::Project;

/// A claim that `wallow claim` made.
#[derive(Debug, clap::Args)]
pub(crate) struct Held {
    /// The uuid that `wallow claim` printed
    #[arg(value_name = "UUID")]
    pub(crate) uuid: String,

    /// The attempt that `wallow claim` printed
    #[arg(long, value_name = "N")]
    pub(crate) attempt: i64,
}

/// Results of a run.
#[derive(Debug, clap::Args)]
pub(crate) struct Results {
    /// Values of annotating fields
    #[arg(value_name = "FIELD=VALUE", value_parser = assignment)]
    pub(crate) values: Vec<(String, String)>,

    /// Read the values from a JSON object: a file, or `-` for stdin
    #[arg(long, value_name = "FILE", conflicts_with = "values")]
    pub(crate) json: Option<String>,
}

/// `wallow heartbeat`.
#[derive(Debug, clap::Args)]
pub(crate) struct Heartbeat {
    #[command(flatten)]
    pub(crate) held: Held,

    #[command(flatten)]
    pub(crate) results: Results,
}

/// `wallow complete`.
#[derive(Debug, clap::Args)]
pub(crate) struct Complete {
    #[command(flatten)]
    pub(crate) held: Held,

    #[command(flatten)]
    pub(crate) results: Results,
}

/// `wallow fail`.
#[derive(Debug, clap::Args)]
pub(crate) struct Fail {
    #[command(flatten)]
    pub(crate) held: Held,

    #[command(flatten)]
    pub(crate) results: Results,

    /// Why it failed; the first 1,000 characters are kept
    #[arg(long, value_name = "TEXT", default_value = "the driver gave no reason")]
    pub(crate) reason: String,
}

pub(crate) fn heartbeat(place: &Place, heartbeat: &Heartbeat) -> Result<Status, Failure> {
    let store = store(place)?;
    let fields = fields(&store, &heartbeat.results)?;
    let (claim, now) = borrow(&store, &heartbeat.held)?;
    annotate(&claim, &fields)?;
    output::line(&now.to_rfc3339_opts(chrono::SecondsFormat::Micros, true));
    Ok(Status::Fine)
}

pub(crate) fn complete(place: &Place, complete: &Complete) -> Result<Status, Failure> {
    let store = store(place)?;
    let fields = fields(&store, &complete.results)?;
    let (claim, _) = borrow(&store, &complete.held)?;
    let run = claim.complete(&fields)?;
    print(place, &run)?;
    Ok(Status::Fine)
}

pub(crate) fn fail(place: &Place, fail: &Fail) -> Result<Status, Failure> {
    let store = store(place)?;
    let fields = fields(&store, &fail.results)?;
    let (claim, _) = borrow(&store, &fail.held)?;
    annotate(&claim, &fields)?;
    let run = claim.fail(&fail.reason)?;
    print(place, &run)?;
    Ok(Status::Fine)
}

pub(crate) fn release(place: &Place, held: &Held) -> Result<Status, Failure> {
    let store = store(place)?;
    let (claim, _) = borrow(&store, held)?;
    let run = claim.release()?;
    print(place, &run)?;
    Ok(Status::Fine)
}

/// Prints a run that was written, and the database that has it.
pub(super) fn print(place: &Place, run: &Row) -> Result<(), Failure> {
    let url = Project::find(place)?.url(place)?;
    let mut run = as_json(run);
    if let serde_json::Value::Object(run) = &mut run {
        // No field can have this name.
        run.insert("_wallow_database".into(), url.to_string().into());
    }
    output::json(&run);
    Ok(())
}

fn store(place: &Place) -> Result<Store, Failure> {
    let project = Project::find(place)?;
    project.look_at_runs(place)?;
    project.open_store_of_claim(place)
}

fn borrow(store: &Store, held: &Held) -> Result<(Claim, chrono::DateTime<chrono::Utc>), Failure> {
    store
        .borrow_claim(&held.uuid, held.attempt)
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => Failure::finding(format!(
                "{error}; give the uuid and the attempt that `wallow claim` printed"
            )),
            _ => error.into(),
        })
}

fn annotate(claim: &Claim, fields: &Fields) -> Result<(), Failure> {
    if *fields != Fields::new() {
        claim.annotate(fields)?;
    }
    Ok(())
}

/// The values that were given. One that does not fit is refused before anything is written.
fn fields(store: &Store, results: &Results) -> Result<Fields, Failure> {
    let (fields, _) = given(store, results, Writer::Worker)?;
    Ok(fields)
}

/// The values that were given, and the status if a person may set it.
pub(super) fn given(
    store: &Store,
    results: &Results,
    writer: Writer,
) -> Result<(Fields, Option<String>), Failure> {
    let schema = store.schema();
    let read = match &results.json {
        None => ResultValues::of_texts(schema, &results.values, writer),
        Some(source) => {
            let text = read(source)
                .map_err(|error| {
                    Failure::finding(format!(
                        "nothing was written: `{source}` cannot be read: {error}; name a file with a JSON object, or `-` for \
                         stdin"
                    ))
                })?;
            ResultValues::of_json(schema, &text, writer).map_err(|reason| {
                Failure::usage(format!(
                    "{reason}; write an object of fields, such as {{\"val_loss\": 0.3}}"
                ))
            })?
        }
    };
    for altered in &read.alterations {
        output::warning(altered);
    }
    let mut faults = [read.strangers, read.faults].concat();
    let values = read.values.into_iter().collect::<Fields>();
    let refused = store.refused_texts(&values)?;
    faults.extend(refused.iter().map(ToString::to_string));
    if faults.is_empty() {
        return Ok((values, read.status));
    }
    Err(Failure::usage(format!(
        "nothing was written: {}",
        faults.join("; ")
    )))
}

fn read(source: &str) -> io::Result<Vec<u8>> {
    if source != "-" {
        return std::fs::read(source);
    }
    let mut text = Vec::new();
    io::stdin().lock().read_to_end(&mut text)?;
    Ok(text)
}
