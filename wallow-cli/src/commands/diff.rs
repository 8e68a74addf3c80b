//! `wallow diff`: the fields in which two or more runs differ.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};
use wallow_runtime::dynamic::{Column, Row, Value};
use wallow_schema::{BUILT_IN, FieldType};

use super::show::value_as_json;
use crate::args::{Delivery, Form, Place, Selection, name};
use crate::damaged::Damaged;
use crate::listing::{self, Listing, NO_RUNS, REASON};
use crate::open::{Reading, misused};
use crate::output::{self, Failure, Status};
use crate::screen::Screen;
use crate::sparkline;
use crate::table::{Cell, Heading, Look, Table};
use crate::terminal;

/// `wallow diff`.
#[derive(Debug, clap::Args)]
pub(crate) struct Diff {
    /// The ids or uuids of two or more runs; none: those that --where selects
    #[arg(value_name = "RUN")]
    pub(crate) runs: Vec<String>,

    #[command(flatten)]
    pub(crate) selection: Selection,

    /// Compare only these fields
    #[arg(long, value_name = "FIELDS", value_delimiter = ',', value_parser = name)]
    pub(crate) columns: Vec<String>,

    #[command(flatten)]
    pub(crate) delivery: Delivery,

    /// Print JSON, with a part for each run; `--format` prints the same rows as elsewhere
    #[arg(long, conflicts_with = "format", hide = true)]
    pub(crate) json: bool,
}

/// How many of the selected runs are compared if nobody says.
const TEN: usize = 10;

pub(crate) fn run(place: &Place, diff: &Diff) -> Result<Status, Failure> {
    let form = listing::form(&diff.delivery)?;
    let reading = Reading::open(place)?;
    let mut damaged = Damaged::default();
    let runs = runs(&reading, diff, &mut damaged)?;
    if runs.len() < 2 {
        // Then the reason is that one of the runs cannot be read, if there is such a one.
        damaged.report()?;
        let found = output::counted(runs.len(), "run");
        return Err(Failure::finding(format!(
            "{found} cannot differ; name two runs by id or uuid, or select more with `--where EXPR`"
        )));
    }
    let differences = differences(&runs);
    if diff.json {
        output::json(&as_json(&runs, &differences));
    } else if form != Form::Table {
        let listing = listing(&runs, &differences);
        return listing.deliver_without(damaged, &reading, &diff.delivery);
    } else if differences.is_empty() {
        output::line("no field differs");
    } else {
        tabulate(diff, &runs, &differences)?;
    }
    damaged.report()?;
    Ok(Status::Fine)
}

/// Prints a line for each field, with a column for each run.
fn tabulate(diff: &Diff, runs: &[Row], differences: &[Difference]) -> Result<(), Failure> {
    // A difference in numbers is between two.
    let is_pair = runs.len() == 2;
    let mut headings = vec![Heading::text("field")];
    headings.extend(runs.iter().map(heading));
    headings.extend(is_pair.then(|| Heading::text("by")));
    let mut table = Table::new(headings, Screen::stdout(), terminal::paged(&diff.delivery));
    for Difference { field, values } in differences {
        let mut cells = vec![Cell::from(output::visible(field))];
        cells.extend(values.iter().map(cell));
        if let ([one, other], true) = (&values[..], is_pair) {
            cells.push(change(one, other).unwrap_or_default().into());
        }
        table.row(cells)?;
    }
    table.finish()?;
    Ok(())
}

/// The runs that were named, otherwise those that are selected.
fn runs(reading: &Reading, diff: &Diff, damaged: &mut Damaged) -> Result<Vec<Row>, Failure> {
    let selection = &diff.selection;
    let is_selected = selection.filter.condition.is_some()
        || selection.limit.is_some()
        || !selection.sort.is_empty();
    let runs = match (diff.runs.is_empty(), is_selected) {
        (false, false) => reading.runs(&diff.runs, damaged)?,
        (true, true) => {
            let query = reading.selection(selection)?;
            let query = query.limit(selection.limit.unwrap_or(TEN));
            damaged.all(&query).map_err(misused)?
        }
        (true, false) => {
            return Err(Failure::usage(
                "name two runs by id or uuid, or select them: `wallow diff --where EXPR`",
            ));
        }
        (false, true) => {
            return Err(Failure::usage(
                "runs are named and selected; leave out the names, or `--where`, `--sort` and `-n`",
            ));
        }
    };
    if diff.columns.is_empty() {
        return Ok(runs);
    }
    let names = diff.columns.iter().cloned().collect::<Arc<[String]>>();
    let runs = runs.into_iter().map(|run| {
        let values = names.iter().map(|name| {
            let value = run.get(name).cloned();
            // Wrong usage, with the nearest name.
            value.ok_or_else(|| match reading.store.query().columns(&[name]) {
                Err(error) => misused(error),
                Ok(_) => Failure::usage(format!("`{name}` is a part of a field; name the field")),
            })
        });
        let mut names = names.to_vec();
        let mut values = values.collect::<Result<Vec<_>, _>>()?;
        names.push("uuid".into());
        values.push(run.uuid().into());
        Ok(Row::new(names.into(), values))
    });
    runs.collect()
}

/// The heading of a run's values.
fn heading(row: &Row) -> Heading {
    Heading::text(output::visible(row.uuid()))
}

/// A field, or a part of a json field, in which runs differ, with the value of each.
#[derive(Debug, PartialEq)]
struct Difference {
    field: String,
    values: Vec<Value>,
}

/// Every difference, except in columns that differ in all runs: id, uuid and times.
fn differences(runs: &[Row]) -> Vec<Difference> {
    let mut found = Vec::new();
    let Some(first) = runs.first() else {
        return found;
    };
    for (index, (field, _)) in first.iter().enumerate() {
        let values = runs.iter().filter_map(|run| run.iter().nth(index));
        let values = values.map(|(_, value)| value).collect::<Vec<_>>();
        if BUILT_IN.contains(&field) || values.windows(2).all(|pair| same(pair[0], pair[1])) {
            continue;
        }
        let json = values.iter().map(|value| match value {
            Value::Json(json) => Some(json),
            _ => None,
        });
        match json.collect::<Option<Vec<_>>>() {
            Some(json) => {
                let json = json.into_iter().map(Some).collect::<Vec<_>>();
                parts(field, &json, &mut found);
            }
            None => found.push(Difference {
                field: field.to_owned(),
                values: values.into_iter().cloned().collect(),
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

/// The differences between json values: members of objects one by one, and so are the curves of a log; anything else is
/// compared as a whole.
fn parts(path: &str, values: &[Option<&Json>], found: &mut Vec<Difference>) {
    if values.windows(2).all(|pair| pair[0] == pair[1]) {
        return;
    }
    let all = values.iter().map(|value| members((*value)?));
    let all = all.collect::<Option<Vec<_>>>();
    let dot = all
        .as_ref()
        .and_then(|all| all.first())
        .map(|(dot, _)| *dot);
    match (all, dot) {
        (Some(all), Some(dot)) if all.iter().all(|(other, _)| *other == dot) => {
            let mut keys = Vec::<&str>::new();
            for key in all.iter().flat_map(|(_, members)| members.keys()) {
                if !keys.contains(&key.as_str()) {
                    keys.push(key);
                }
            }
            for key in keys {
                let values = all.iter().map(|(_, members)| members.get(key));
                parts(
                    &format!("{path}{dot}{key}"),
                    &values.collect::<Vec<_>>(),
                    found,
                );
            }
        }
        _ => found.push(Difference {
            field: path.to_owned(),
            values: values.iter().map(|value| of_json(*value)).collect(),
        }),
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

/// A value of json; a missing value is NULL.
fn of_json(json: Option<&Json>) -> Value {
    json.cloned().map_or(Value::Null, Value::Json)
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

fn as_json(runs: &[Row], differences: &[Difference]) -> Json {
    let fields = differences.iter().map(|difference| {
        let values = difference.values.iter().map(value_as_json);
        (difference.field.clone(), values.collect::<Json>())
    });
    json!({
        "uuids": runs.iter().map(Row::uuid).collect::<Vec<_>>(),
        "differences": fields.collect::<Map<_, _>>(),
    })
}

/// The differences for a program: the values as text, because one column has values of several fields.
fn listing(runs: &[Row], differences: &[Difference]) -> Listing {
    let text = |name: &str| Column::new(name, FieldType::String, true);
    let mut columns = vec![text("field")];
    columns.extend(runs.iter().map(|run| text(run.uuid())));
    let names = columns.iter().map(|column| column.name.clone());
    let names = names.collect::<Arc<[String]>>();
    let rows = differences.iter().map(|difference| {
        let mut values = vec![Value::Text(difference.field.clone())];
        values.extend(difference.values.iter().map(|value| match value {
            Value::Null => Value::Null,
            value => Value::Text(plain(value)),
        }));
        Ok(Row::new(Arc::clone(&names), values))
    });
    Listing {
        asked: columns.len(),
        columns,
        rows: Box::new(rows.collect::<Vec<_>>().into_iter()),
        nothing: NO_RUNS,
        reason: REASON,
    }
}

/// A value as text, exactly.
fn plain(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Json(json) => json.to_string(),
        value => Look::WHOLE.cell(value, true).text,
    }
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
        parts("x", &[Some(&one), Some(&other)], &mut found);
        let fields = found.iter().map(|difference| difference.field.as_str());
        assert_eq!(fields.collect::<Vec<_>>(), ["x.a.c", "x.d", "x.e"]);
    }
}
