//! What the database computes over many runs.

use serde_json::{Map, Value as Json, json};
use wallow_runtime::dynamic::{Function, Groups, Measure, Row, Value};
use wallow_runtime::{Error, ErrorKind, Query};
use wallow_schema::FieldType;

use super::Shown;
use super::answer::{Answer, Refusal};
use super::parameters::Parameters;
use crate::args::Filter;
use crate::commands::importance;
use crate::open::{misused, name_run};
use crate::page::scalar;

/// The most groups in an answer.
const MOST: usize = 4_000;

/// Importance is that of at most about this many runs, which takes less than a second.
const WEIGHED: u64 = 100_000;

/// The most fields by which groups are made.
const KEYS: usize = 64;

fn json_of(value: Option<&Value>) -> Json {
    value.map_or(Json::Null, |value| {
        serde_json::from_str(&scalar(value)).unwrap_or(Json::Null)
    })
}

/// For each scalar field: how many runs have a value, its extremes, and whether it varies.
pub(super) fn facts(shown: &Shown, parameters: &Parameters) -> Result<Answer, Refusal> {
    let query = shown.query(parameters.condition())?;
    let fields = shown.reading.store.schema().fields();
    let fields = fields.filter(|field| field.ty != FieldType::Json);
    let fields = fields
        .map(|field| (field.name.as_str(), field.ty))
        .collect::<Vec<_>>();
    let mut measures = Vec::new();
    for (name, ty) in &fields {
        measures.push(Measure::new(Function::Count, *name));
        if *ty != FieldType::Bool {
            measures.push(Measure::new(Function::Min, *name));
            measures.push(Measure::new(Function::Max, *name));
        }
    }
    let all = match query.group::<&str>(&[], &measures) {
        Ok(groups) => groups.rows.into_iter().next(),
        // One value that cannot be read does not take the facts of all other fields: each is asked for alone.
        Err(error) if error.kind() == ErrorKind::Database => None,
        Err(error) => return Err(error.into()),
    };
    let runs = match &all {
        Some(all) => number(Some(all), "runs"),
        None => i64::try_from(query.count()?).unwrap_or(i64::MAX),
    };
    let mut facts = Map::new();
    for (name, ty) in fields {
        let fact = match fact(&query, name, ty, runs, &measures, all.as_ref()) {
            Ok(fact) => fact,
            Err(error) if error.kind() == ErrorKind::Database => {
                json!({ "n": runs, "min": null, "max": null, "varies": true })
            }
            Err(error) => return Err(error.into()),
        };
        facts.insert(name.to_owned(), fact);
    }
    Ok(Answer::json(&json!({ "runs": runs, "facts": facts })))
}

/// What is known of a field, from the answer for all fields if there is one.
fn fact(
    query: &Query<Row>,
    name: &str,
    ty: FieldType,
    runs: i64,
    measures: &[Measure],
    all: Option<&Row>,
) -> Result<Json, Error> {
    let alone = if all.is_none() {
        let of_field = measures.iter().filter(|measure| measure.field == name);
        let of_field = of_field.cloned().collect::<Vec<_>>();
        query.group::<&str>(&[], &of_field)?.rows.into_iter().next()
    } else {
        None
    };
    let all = all.or(alone.as_ref());
    let count = number(all, &format!("n:{name}"));
    let (low, high, differ) = if ty == FieldType::Bool {
        // Booleans have no extremes, but few groups.
        let Groups { rows, .. } = query.group(&[name], &[])?;
        let values = rows.iter().filter_map(|row| row.get(name));
        let values = values.filter(|value| **value != Value::Null);
        let values = values.collect::<Vec<_>>();
        let (low, high) = (values.first().copied(), values.last().copied());
        (json_of(low), json_of(high), low != high)
    } else {
        let extreme = |function: &str| all.and_then(|row| row.get(&format!("{function}:{name}")));
        let (low, high) = (extreme("min"), extreme("max"));
        (json_of(low), json_of(high), low != high)
    };
    let is_partly_absent = count > 0 && count < runs;
    Ok(json!({ "n": count, "min": low, "max": high, "varies": differ || is_partly_absent }))
}

/// How much each field matters for a number, or why that is not known.
pub(super) fn importance(shown: &Shown, parameters: &Parameters) -> Result<Answer, Refusal> {
    let condition = parameters.condition();
    // A mistake in the expression is reported with its place.
    let _ = shown.query(condition)?;
    let filter = Filter::of(condition);
    let metric = parameters.required("metric")?;
    let shares = importance::shares(&shown.reading, &filter, metric, Some(WEIGHED));
    let shares = shares.unwrap_or_else(|failure| json!({ "refused": failure.to_string() }));
    Ok(Answer::json(&shares))
}

fn number(row: Option<&Row>, name: &str) -> i64 {
    match row.and_then(|row| row.get(name)) {
        Some(Value::Int(number)) => *number,
        _ => 0,
    }
}

/// The groups by some fields, each with its number of runs and measures of one field; the best come first if it is said
/// whether low or high is good.
pub(super) fn groups(shown: &Shown, parameters: &Parameters) -> Result<Answer, Refusal> {
    const FUNCTIONS: [Function; 5] = [
        Function::Count,
        Function::Mean,
        Function::StdDev,
        Function::Min,
        Function::Max,
    ];
    let keys = parameters.list("keys", KEYS)?;
    let limit = parameters.number("limit", MOST)?;
    let metric = parameters.get("metric").filter(|metric| !metric.is_empty());
    let query = shown.query(parameters.condition())?;
    let measures = metric.iter().flat_map(|metric| {
        let measure = |function| Measure::new(function, *metric);
        FUNCTIONS.map(measure)
    });
    let measures = measures.collect::<Vec<_>>();
    let lowest = parameters.get("lowest").filter(|_| metric.is_some());
    let by = lowest.map(|lowest| (1, lowest != "true"));
    let fields = keys.iter().map(String::as_str).chain(metric);
    let fields = fields.collect::<Vec<_>>();
    let best = |query: &Query<Row>| {
        let found = query.best_groups(&keys, &measures, by, limit + 1);
        found.map_err(|error| misused(name_run(query, error)))
    };
    let (found, damaged) = shown.reading.of_readable(&query, &fields, best)?;
    let of = found.rows.len();
    let rows = found.rows.iter().take(limit);
    let groups = rows.map(|row| {
        let values = row.iter().map(|(_, value)| value).collect::<Vec<_>>();
        let of_keys = values.iter().take(keys.len());
        let of_keys = of_keys.map(|value| json_of(Some(value)));
        let measure = |index: usize| json_of(values.get(keys.len() + index).copied());
        json!({
            "keys": of_keys.collect::<Vec<_>>(),
            "runs": measure(0),
            "n": if metric.is_some() { measure(1) } else { json!(0) },
            "mean": measure(2),
            "std": measure(3),
            "min": measure(4),
            "max": measure(5),
        })
    });
    let groups = groups.collect::<Vec<_>>();
    let damaged = damaged.as_json();
    Ok(Answer::json(
        &json!({ "groups": groups, "of": of, "damaged": damaged }),
    ))
}
