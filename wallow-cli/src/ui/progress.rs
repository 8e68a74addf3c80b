//! How far a sweep is: what `wallow watch` shows, with more of the runs at work.

use chrono::{SecondsFormat, Utc};
use serde_json::{Map, Value as Json, json};
use wallow_runtime::dynamic::{self, Row};
use wallow_schema::FieldType;

use super::Shown;
use super::answer::{Answer, Refusal};
use super::parameters::Parameters;
use crate::args::Filter;
use crate::commands::watch::Progress;
use crate::page::scalar;

/// At most this many runs at work, those without a heartbeat for longest.
const WORKERS: usize = 50;

/// At most this many failures, the last ones.
const FAILURES: usize = 5;

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
    let progress = Progress::take(&shown.reading, &filter, now)
        .map_err(|failure| Refusal::new(500, failure.to_string(), ""))?;
    let running = some(shown, condition, "running", "updated_at", WORKERS)?;
    let failures = some(shown, condition, "failed", "-updated_at", FAILURES)?;
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
    })))
}

/// The first runs with a status, in this order.
fn some(
    shown: &Shown,
    condition: &str,
    status: &str,
    order: &str,
    most: usize,
) -> Result<Vec<Json>, Refusal> {
    let schema = shown.reading.store.schema();
    let own = ["host", "started_at", "error_excerpt"];
    let own = own.into_iter().filter(|name| schema.field(name).is_some());
    let names = ["uuid", "updated_at"].into_iter().chain(own);
    let names = names.collect::<Vec<_>>();
    let condition_of_status =
        dynamic::parse(schema, &format!("status between '{status}' and '{status}'"))?;
    let query = shown.query(condition)?.filter(condition_of_status);
    let query = query.order_by(dynamic::order(schema, order)?).limit(most);
    let rows = query.columns(&names)?.all()?;
    Ok(rows.iter().map(as_json).collect())
}

fn as_json(row: &Row) -> Json {
    let members = row.iter().map(|(name, value)| {
        let value = serde_json::from_str(&scalar(value)).unwrap_or(Json::Null);
        (name.to_owned(), value)
    });
    let mut members = members.collect::<Map<_, _>>();
    for name in ["host", "started_at", "error_excerpt"] {
        members.entry(name).or_insert(Json::Null);
    }
    Json::Object(members)
}
