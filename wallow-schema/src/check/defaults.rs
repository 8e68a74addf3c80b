//! The default of a field is a value of the field's type. Types are strict: no value is converted from another type,
//! except that an integer is accepted as a float.

use chrono::{DateTime, Utc};
use serde_json::{Map, Number, Value as Json};

use super::datetime::{self, InvalidDatetime};
use crate::diagnostic::{Diagnostics, Reported, quoted};
use crate::mismatch::{self, DATETIME_HELP, Wanted};
use crate::raw::{Field, Table, Value};
use crate::schema::{DefaultValue, FieldType};
use crate::source::{Span, Spanned};

/// The default, if the field has one.
pub(super) fn default_value(
    field: &Field,
    out: &mut Diagnostics,
) -> Result<Option<DefaultValue>, Reported> {
    let Some(written) = &field.default else {
        return Ok(None);
    };
    let ty = field.ty?;
    let span = written.span;
    let default = match (ty.value, &written.value) {
        (FieldType::Int, Value::Integer(number)) => DefaultValue::Int(*number),
        (FieldType::Float, Value::Integer(number)) => DefaultValue::Float(widened(*number)),
        (FieldType::Float, Value::Float(number)) => {
            DefaultValue::Float(not_nan(*number, field, span, out)?)
        }
        (FieldType::Bool, Value::Boolean(truth)) => DefaultValue::Bool(*truth),
        (FieldType::String, Value::String(text)) => {
            DefaultValue::String(without_nul(text, field, span, out)?)
        }
        (FieldType::Path, Value::String(text)) => {
            DefaultValue::Path(without_nul(text, field, span, out)?)
        }
        (FieldType::Datetime, Value::Datetime(written)) => {
            DefaultValue::Datetime(storable(datetime::from_toml(written), field, span, out)?)
        }
        (FieldType::Datetime, Value::String(text)) => {
            DefaultValue::Datetime(storable(datetime::from_text(text), field, span, out)?)
        }
        (FieldType::Json, value) => DefaultValue::Json(json(value, field, span, out)?),
        (FieldType::Int, _) => return Err(mismatch(field, Wanted::Integer, written, out)),
        (FieldType::Float, _) => return Err(mismatch(field, Wanted::Float, written, out)),
        (FieldType::Bool, _) => return Err(mismatch(field, Wanted::Boolean, written, out)),
        (FieldType::Datetime, _) => return Err(mismatch(field, Wanted::Datetime, written, out)),
        (FieldType::String | FieldType::Path, _) => {
            return Err(mismatch(field, Wanted::String, written, out));
        }
    };
    Ok(Some(default))
}

fn mismatch(
    field: &Field,
    wanted: Wanted,
    written: &Spanned<Value>,
    out: &mut Diagnostics,
) -> Reported {
    let problem = mismatch::report(&of(field), wanted, written, out);
    if let Ok(ty) = field.ty {
        problem.label(ty.span, "declared here");
    }
    problem.reported()
}

fn of(field: &Field) -> String {
    format!("default of {}", quoted(&field.name.value))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "as for a decimal number with many digits, the nearest float is meant"
)]
const fn widened(number: i64) -> f64 {
    number as f64
}

/// NaN is not equal to itself, so a run with it would not be found again. SQLite stores it as NULL.
fn not_nan(number: f64, field: &Field, span: Span, out: &mut Diagnostics) -> Result<f64, Reported> {
    if !number.is_nan() {
        return Ok(number);
    }
    let message = format!("{} cannot be NaN", of(field));
    let problem = out.error(span, message);
    problem.help("remove the line, or write a number");
    Err(problem.reported())
}

/// PostgreSQL refuses the character NUL in text, and SQLite's own functions cut the text off there.
fn without_nul(
    text: &str,
    field: &Field,
    span: Span,
    out: &mut Diagnostics,
) -> Result<String, Reported> {
    if !text.contains('\0') {
        return Ok(text.to_owned());
    }
    let message = format!("{} contains a NUL character", of(field));
    let problem = out.error(span, message);
    problem.help(r"remove `\u0000`: databases do not keep it");
    Err(problem.reported())
}

/// Reports why it cannot be stored. A time without an offset would be another one on every machine.
fn storable(
    datetime: Result<DateTime<Utc>, InvalidDatetime>,
    field: &Field,
    span: Span,
    out: &mut Diagnostics,
) -> Result<DateTime<Utc>, Reported> {
    datetime.map_err(|reason| {
        let (complaint, help) = match reason {
            InvalidDatetime::Unreadable => ("is not a datetime", DATETIME_HELP),
            InvalidDatetime::Half => ("needs a date, a time and an offset from UTC", DATETIME_HELP),
            InvalidDatetime::NoOffset => (
                "has no offset from UTC",
                "add `Z` at its end if it is UTC, or an offset like `+01:00`",
            ),
            InvalidDatetime::LeapSecond => {
                ("is a leap second", "databases do not keep it; write `:59`")
            }
            InvalidDatetime::OutOfRange => (
                "is out of range",
                "databases keep the years 1 to 9999 of UTC",
            ),
        };
        let problem = out.error(span, format!("{} {complaint}", of(field)));
        problem.help(help).reported()
    })
}

/// Every TOML value is valid JSON except NaN, infinities and NUL characters. A date or time becomes its text.
fn json(value: &Value, field: &Field, span: Span, out: &mut Diagnostics) -> Result<Json, Reported> {
    Ok(match value {
        Value::String(text) => Json::String(without_nul(text, field, span, out)?),
        Value::Integer(number) => Json::Number((*number).into()),
        Value::Float(number) => Json::Number(json_number(*number, field, span, out)?),
        Value::Boolean(truth) => Json::Bool(*truth),
        Value::Datetime(datetime) => Json::String(datetime.to_string()),
        Value::Array(items) => {
            let items: Vec<_> = items
                .iter()
                .map(|Spanned { value, span }| json(value, field, *span, out))
                .collect();
            Json::Array(items.into_iter().collect::<Result<_, _>>()?)
        }
        Value::Table(table) => Json::Object(json_object(table, field, out)?),
    })
}

fn json_number(
    number: f64,
    field: &Field,
    span: Span,
    out: &mut Diagnostics,
) -> Result<Number, Reported> {
    Number::from_f64(number).ok_or_else(|| {
        let message = format!(
            "{} contains {number}, which is not a JSON number",
            of(field)
        );
        let problem = out.error(span, message);
        problem.help("JSON has finite numbers only; leave it out, or write it as text");
        problem.reported()
    })
}

/// Members are sorted by name, so that the text is the same whatever features `serde_json` is built with.
fn json_object(
    table: &Table,
    field: &Field,
    out: &mut Diagnostics,
) -> Result<Map<String, Json>, Reported> {
    let members: Vec<_> = table
        .0
        .iter()
        .map(|entry| {
            let key = without_nul(&entry.key.value, field, entry.key.span, out)?;
            let Spanned { value, span } = entry.value.as_ref().map_err(|&reported| reported)?;
            Ok((key, json(value, field, *span, out)?))
        })
        .collect();
    let mut members: Vec<(String, Json)> = members.into_iter().collect::<Result<_, _>>()?;
    members.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(members.into_iter().collect())
}
