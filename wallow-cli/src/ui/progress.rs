//! How far a sweep is: what `wallow watch` shows, with more of the runs at work.

use chrono::{SecondsFormat, Utc};
use serde_json::{Map, Value as Json, json};
use wallow_runtime::dynamic::{self, Row};
use wallow_schema::FieldType;

use super::Shown;
use super::answer::{Answer, Refusal};
use super::parameters::Parameters;
use super::runs::readable;
use crate::args::Filter;
use crate::commands::watch::Progress;
use crate::damaged::Damaged;
use crate::page::{self, scalar};

/// At most this many runs at work, those without a heartbeat for longest.
const WORKERS: usize = 50;

/// At most this many failures, the last ones.
const FAILURES: usize = 5;

/// What is shown of a run, if the schema has these fields.
const OWN: [&str; 3] = ["host", "started_at", "error_excerpt"];

pub(super) fn progress(shown: &Shown, parameters: &Parameters) -> Result<Answer, Refusal> {
    let condition = parameters.condition();
    // A mistake in the expression is reported with its place.
    let _ = shown.query(condition)?;
    let now = Utc::now();
    let schema = shown.reading.store.schema();
    let written = now.to_rfc3339_opts(SecondsFormat::Micros, true);
    let is_known = schema
        .field("status")
        .is_some_and(|field| field.ty == FieldType::String);
    if !is_known {
        return Ok(Answer::json(&json!({
            "statuses": null, "running": [], "failures": [], "rate": null, "now": written,
        })));
    }
    let filter = Filter::of(condition);
    let progress = Progress::take(&shown.reading, &filter, now)?;
    let (running, mut damaged) = some(shown, condition, "running", "updated_at", WORKERS)?;
    let (failures, unreadable) = some(shown, condition, "failed", "-updated_at", FAILURES)?;
    damaged.extend(unreadable);
    Ok(Answer::json(&json!({
        "statuses": {
            "completed": progress.completed,
            "running": progress.running,
            "failed": progress.failed,
            "pending": progress.pending,
            "other": progress.other,
        },
        "rate": progress.rate,
        "now": written,
        "running": running,
        "failures": failures,
        "damaged": damaged.as_json(),
    })))
}

/// The first runs with a status, in this order, each with its last attempt if the schema keeps a history.
fn some(
    shown: &Shown,
    condition: &str,
    status: &str,
    order: &str,
    most: usize,
) -> Result<(Vec<Json>, Damaged), Refusal> {
    let store = &shown.reading.store;
    let schema = store.schema();
    let own = OWN.into_iter().filter(|name| schema.field(name).is_some());
    let names = ["uuid", "updated_at"].into_iter().chain(own);
    let names = names.collect::<Vec<_>>();
    let condition_of_status =
        dynamic::parse(schema, &format!("status between '{status}' and '{status}'"))?;
    let query = shown.query(condition)?.filter(condition_of_status);
    let query = query.order_by(dynamic::order(schema, order)?);
    let (rows, damaged) = readable(query.columns(&names)?, most)?;
    let uuids = rows.iter().map(Row::uuid).collect::<Vec<_>>();
    let uuids = dynamic::parse(schema, &format!("uuid in {}", Json::from(uuids)))?;
    // The view of a run reports an attempt that cannot be read; here the run is shown without it.
    let mut attempts = page::attempts::of(store, uuids)?.by_run;
    let runs = rows.iter().map(|row| {
        let last = attempts.remove(row.uuid()).and_then(|mut all| all.pop());
        as_json(row, last)
    });
    Ok((runs.collect(), damaged))
}

fn as_json(row: &Row, attempt: Option<Json>) -> Json {
    let members = row.iter().map(|(name, value)| {
        let value = serde_json::from_str(&scalar(value)).unwrap_or(Json::Null);
        (name.to_owned(), value)
    });
    let mut members = members.collect::<Map<_, _>>();
    for name in OWN {
        members.entry(name).or_insert(Json::Null);
    }
    members.insert("last_attempt".into(), attempt.unwrap_or(Json::Null));
    Json::Object(members)
}
