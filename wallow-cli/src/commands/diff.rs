//! `wallow diff`: the fields in which two runs differ.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Map, Value as Json, json};
use wallow_runtime::dynamic::{Row, Value};
use wallow_schema::BUILT_IN;

use super::show::value_as_json;
use crate::args::Place;
use crate::output::{self, Failure, Status};
use crate::reading::Reading;
use crate::screen::Screen;
use crate::sparkline;
use crate::table::{Cell, Heading, Look, Table};
use crate::terminal;

/// `wallow diff`.
#[derive(Debug, clap::Args)]
pub(crate) struct Diff {
    /// The id or the uuid of a run
    pub(crate) one: String,

    /// The id or the uuid of another
    pub(crate) other: String,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(place: &Place, diff: &Diff) -> Result<Status, Failure> {
    let reading = Reading::open(place)?;
    let (one, other) = (reading.run(&diff.one)?, reading.run(&diff.other)?);
    let differences = differences(&one, &other);
    if diff.json {
        output::json(&as_json(&one, &other, &differences));
        return Ok(Status::Fine);
    }
    if differences.is_empty() {
        output::line("no field differs");
        return Ok(Status::Fine);
    }
    let headings = [
        Heading::text("field"),
        value(&one),
        value(&other),
        Heading::text("by"),
    ];
    let mut table = Table::new(headings.into(), Screen::stdout(), terminal::stdout());
    for Difference { field, one, other } in &differences {
        let by = Cell::from(change(one, other).unwrap_or_default());
        let field = output::visible(field).into();
        table.row(vec![field, cell(one), cell(other), by])?;
    }
    table.finish()?;
    Ok(Status::Fine)
}

/// The heading of a run's values.
fn value(row: &Row) -> Heading {
    Heading::text(output::visible(row.uuid()))
}

/// A field, or a part of a json field, in which two runs differ.
#[derive(Debug, PartialEq)]
struct Difference {
    field: String,
    one: Value,
    other: Value,
}

/// Every difference, except in columns that differ in all runs: id, uuid and times.
fn differences(one: &Row, other: &Row) -> Vec<Difference> {
    let mut found = Vec::new();
    let fields = one.iter().zip(other.iter());
    for ((field, one), (_, other)) in fields {
        match (one, other) {
            _ if BUILT_IN.contains(&field) || same(one, other) => {}
            (Value::Json(one), Value::Json(other)) => parts(field, one, other, &mut found),
            (one, other) => found.push(Difference {
                field: field.to_owned(),
                one: one.clone(),
                other: other.clone(),
            }),
        }
    }
    found
}

/// NaN equals NaN here: a person would not call that a difference.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Float(one), Value::Float(other)) => {
            one.partial_cmp(other) == Some(Ordering::Equal) || (one.is_nan() && other.is_nan())
        }
        (one, other) => one == other,
    }
}

/// The differences between two json values: members of objects one by one, and so are the curves of a log; anything
/// else is compared as a whole.
fn parts(path: &str, one: &Json, other: &Json, found: &mut Vec<Difference>) {
    if one == other {
        return;
    }
    match (members(one), members(other)) {
        (Some((dot, one)), Some((other_dot, other))) if dot == other_dot => {
            pairs(&one, &other, |key, one, other| {
                let path = format!("{path}{dot}{key}");
                match (one, other) {
                    (Some(one), Some(other)) => parts(&path, one, other, found),
                    (one, other) => found.push(Difference::new(path, one, other)),
                }
            });
        }
        _ => found.push(Difference::new(path.to_owned(), Some(one), Some(other))),
    }
}

/// The members of an object, or the curves of a log, and how the path continues to each of them.
fn members(value: &Json) -> Option<(&'static str, Cow<'_, Map<String, Json>>)> {
    match value {
        Json::Object(members) => Some((".", Cow::Borrowed(members))),
        Json::Array(rows) => Some(("[].", Cow::Owned(sparkline::columns(rows)?))),
        _ => None,
    }
}

/// Each key that either object has, with the values of both, if these differ.
fn pairs<'v>(
    one: &'v Map<String, Json>,
    other: &'v Map<String, Json>,
    mut take: impl FnMut(&str, Option<&'v Json>, Option<&'v Json>),
) {
    let added = other.keys().filter(|key| !one.contains_key(*key));
    for key in one.keys().chain(added) {
        let (one, other) = (one.get(key), other.get(key));
        if one != other {
            take(key, one, other);
        }
    }
}

impl Difference {
    /// A value of json; a missing value is NULL.
    fn new(field: String, one: Option<&Json>, other: Option<&Json>) -> Self {
        let value = |json: Option<&Json>| json.cloned().map_or(Value::Null, Value::Json);
        Difference {
            field,
            one: value(one),
            other: value(other),
        }
    }
}

/// A value in the table: a curve as a line.
fn cell(value: &Value) -> Cell {
    let numbers = match value {
        Value::Json(json) => sparkline::numbers(json),
        _ => None,
    };
    match numbers {
        Some(values) if values.len() > FEW => sparkline::sketch(&values, CURVE).into(),
        _ => Look::WHOLE.cell(value, true),
    }
}

/// A curve of at most this many numbers is printed, because numbers are easier to read than blocks.
const FEW: usize = 4;

/// The width of a curve.
const CURVE: usize = 16;

/// The difference of two numbers, with its sign.
fn change(one: &Value, other: &Value) -> Option<String> {
    let number = |value: &Value| match value {
        Value::Float(value) => Some(*value),
        Value::Json(value) => value.as_f64(),
        _ => None,
    };
    if let (Value::Int(one), Value::Int(other)) = (one, other) {
        return Some(format!("{:+}", i128::from(*other) - i128::from(*one)));
    }
    let distance = number(other)? - number(one)?;
    // Only the first digits of a difference have a meaning.
    let digits = format!("{distance:.3e}").parse::<f64>().ok()?;
    distance.is_finite().then(|| format!("{digits:+?}"))
}

fn as_json(one: &Row, other: &Row, differences: &[Difference]) -> Json {
    let fields = differences.iter().map(|difference| {
        let values = [&difference.one, &difference.other].map(value_as_json);
        (difference.field.clone(), Json::from(values.to_vec()))
    });
    json!({
        "uuids": [one.uuid(), other.uuid()],
        "differences": fields.collect::<Map<_, _>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_differ_by_a_number() {
        for (one, other, expected) in [
            (Value::Int(7), Value::Int(5), Some("-2")),
            (
                Value::Int(i64::MIN),
                Value::Int(i64::MAX),
                Some("+18446744073709551615"),
            ),
            (Value::Float(0.1), Value::Float(0.3), Some("+0.2")),
            (Value::Float(0.1), Value::Float(f64::NAN), None),
            (Value::Float(0.1), Value::Null, None),
            (Value::Json(json!(1)), Value::Json(json!(0.5)), Some("-0.5")),
            (Value::Text("a".into()), Value::Text("b".into()), None),
        ] {
            assert_eq!(change(&one, &other).as_deref(), expected);
        }
    }

    #[test]
    fn json_differs_in_its_members() {
        let mut found = Vec::new();
        let one = json!({"a": {"b": 1, "c": 2}, "d": [1]});
        let other = json!({"a": {"b": 1, "c": 3}, "e": null});
        parts("x", &one, &other, &mut found);
        let fields = found.iter().map(|difference| difference.field.as_str());
        assert_eq!(fields.collect::<Vec<_>>(), ["x.a.c", "x.d", "x.e"]);
    }
}
