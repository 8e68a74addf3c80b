//! Converts values of other programs into values of a field.
//!
//! Programs disagree on types: CSV has only text, pandas turns integers into floats beside a NULL, Python writes NaN
//! into JSON. A value with only one possible meaning is accepted, and any loss is noted; a value whose meaning would
//! have to be guessed is refused, and the error quotes it.

use chrono::{DateTime, Datelike as _, NaiveDate, Timelike as _, Utc};
use serde_json::Value as Json;
use wallow_runtime::dynamic::Value;
use wallow_runtime::value::parse_time;
use wallow_schema::FieldType;

use super::Cell;
use super::alteration::{Alteration, Alterations};
use super::decimal::{Decimal, EXACT};
use super::json::{self, Node};

/// A value for a field, and what it lost in the conversion.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Converted {
    pub(super) value: Value,
    pub(super) altered: Alterations,
}

impl From<Value> for Converted {
    fn from(value: Value) -> Self {
        let altered = Alterations::default();
        Converted { value, altered }
    }
}

impl Converted {
    fn altered(value: Value, alteration: Alteration) -> Self {
        let altered = Some(alteration).into();
        Converted { value, altered }
    }
}

/// Converts a value for a field of this type; otherwise says what is wrong.
pub(super) fn convert(ty: FieldType, cell: Cell) -> Result<Converted, String> {
    let (cell, altered) = match cell {
        Cell::Altered(value, altered) => (Cell::Value(value), altered),
        Cell::Padded { text, .. } => (text.into(), Alterations::default()),
        cell => (cell, Alterations::default()),
    };
    let mut converted = if ty == FieldType::Json {
        to_json(cell)?
    } else {
        scalar(ty, unwrapped(cell)?)?
    };
    converted.altered.extend(altered);
    Ok(converted)
}

/// The value inside a JSON scalar.
fn unwrapped(cell: Cell) -> Result<Cell, String> {
    let Cell::Value(Value::Json(value)) = cell else {
        return Ok(cell);
    };
    Ok(match value {
        Json::Null => Cell::Value(Value::Null),
        Json::Bool(value) => Cell::Value(Value::Bool(value)),
        Json::String(text) => Cell::Value(Value::Text(text)),
        Json::Number(number) => Cell::Number(number.to_string()),
        Json::Array(_) => return Err("an array stands where one value belongs".into()),
        Json::Object(_) => return Err("an object stands where one value belongs".into()),
    })
}

fn scalar(ty: FieldType, cell: Cell) -> Result<Converted, String> {
    let taken = match (ty, &cell) {
        (_, Cell::Unsupported(reason)) => return Err(reason.clone()),
        (_, Cell::Empty | Cell::EmptyText | Cell::Value(Value::Null)) => {
            return Ok(Value::Null.into());
        }
        (FieldType::String | FieldType::Path, Cell::Value(Value::Text(_))) => match cell {
            Cell::Value(value) => return Ok(value.into()),
            _ => None,
        },
        // No supported database stores a NaN, and pandas writes it for a missing integer.
        (FieldType::Float | FieldType::Int | FieldType::Bool | FieldType::Datetime, cell)
            if is_nan(cell) =>
        {
            return Ok(Converted::altered(Value::Null, Alteration::Nan));
        }
        (FieldType::Int, cell) => int(cell).map(|value| Value::Int(value).into()),
        (FieldType::Float, cell) => float(cell),
        (FieldType::Bool, cell) => bool(cell).map(|value| Value::Bool(value).into()),
        (FieldType::Datetime, cell) => time(cell).transpose()?,
        (FieldType::String | FieldType::Path | FieldType::Json, _) => None,
    };
    taken.ok_or_else(|| {
        format!(
            "{} is no {}{}",
            display_cell(&cell),
            ty.as_str(),
            advice(ty, &cell)
        )
    })
}

fn is_nan(cell: &Cell) -> bool {
    match cell {
        Cell::Value(Value::Float(value)) | Cell::Narrow { value, .. } => value.is_nan(),
        Cell::Value(Value::Text(text)) => {
            let text = text.trim();
            text.trim_start_matches(['+', '-'])
                .eq_ignore_ascii_case("nan")
        }
        _ => false,
    }
}

/// An integer, if the number is exactly an integer.
fn int(cell: &Cell) -> Option<i64> {
    match cell {
        Cell::Value(Value::Int(value)) => Some(*value),
        Cell::Value(Value::Float(value)) => whole(*value, EXACT),
        Cell::Narrow { value, exact } => whole(*value, *exact),
        Cell::Value(Value::Text(text)) | Cell::Number(text) => Decimal::parse(text.trim())?.int(),
        _ => None,
    }
}

/// The integer that a float represents. From `exact` on, another integer may have been rounded to this one before.
#[expect(
    clippy::cast_possible_truncation,
    reason = "it is whole and small enough"
)]
fn whole(value: f64, exact: f64) -> Option<i64> {
    (value.fract() == 0.0 && value.abs() < exact).then_some(value as i64)
}

fn float(cell: &Cell) -> Option<Converted> {
    let text = match cell {
        Cell::Value(Value::Float(value)) | Cell::Narrow { value, .. } => {
            return Some(Value::Float(*value).into());
        }
        Cell::Value(Value::Int(value)) => &value.to_string(),
        Cell::Value(Value::Text(text)) | Cell::Number(text) => text.trim(),
        _ => return None,
    };
    if let Some(value) = infinity(text) {
        return Some(Value::Float(value).into());
    }
    let (value, lost) = Decimal::parse(text)?.float();
    let altered = lost.into();
    let value = Value::Float(value);
    Some(Converted { value, altered })
}

/// The float that a person types for a key: exactly, or what it would lose. `None` if the text is no number.
pub(crate) fn typed_float(text: &str) -> Option<Result<f64, &'static str>> {
    if let Some(value) = infinity(text) {
        return Some(Ok(value));
    }
    let (value, lost) = Decimal::parse(text)?.float();
    Some(match lost {
        None => Ok(value),
        Some(lost) => Err(lost.refusal()),
    })
}

/// Infinity written as a word, in the spellings of Python, Rust and databases.
fn infinity(text: &str) -> Option<f64> {
    let (sign, word) = match text.strip_prefix('-') {
        Some(word) => (-1.0, word),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let is_word = ["inf", "infinity"]
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known));
    is_word.then_some(sign * f64::INFINITY)
}

fn bool(cell: &Cell) -> Option<bool> {
    if let Cell::Value(Value::Bool(value)) = cell {
        return Some(*value);
    }
    if let Cell::Value(Value::Text(text)) = cell {
        match text.trim().to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" => return Some(true),
            "false" | "f" | "no" => return Some(false),
            _ => {}
        }
    }
    match int(cell)? {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

/// A time in the formats that wallow reads, or only a date: then midnight UTC.
fn time(cell: &Cell) -> Option<Result<Converted, String>> {
    let time = match cell {
        Cell::Value(Value::Time(time)) => *time,
        Cell::Value(Value::Text(text)) => {
            let time = parse_time(text).or_else(|| {
                let date = text.trim().parse::<NaiveDate>().ok()?;
                Some(date.and_hms_opt(0, 0, 0)?.and_utc())
            });
            match time {
                Some(time) => time,
                None => return impossible::time(text).map(Err),
            }
        }
        _ => return None,
    };
    Some(kept(time))
}

/// A time in the precision in which it can be stored.
fn kept(time: DateTime<Utc>) -> Result<Converted, String> {
    const SECOND: u32 = 1_000_000_000;
    if !(1..=9999).contains(&time.year()) {
        return Err(format!("the time {time} is outside the years 1 to 9999"));
    }
    let nanos = time.nanosecond();
    let (kept, lost) = if nanos >= SECOND {
        (SECOND - 1000, Some(Alteration::LeapSecond))
    } else if !nanos.is_multiple_of(1000) {
        (nanos - nanos % 1000, Some(Alteration::Nanoseconds))
    } else {
        (nanos, None)
    };
    let altered = lost.into();
    let value = Value::Time(time.with_nanosecond(kept).unwrap_or(time));
    Ok(Converted { value, altered })
}

fn to_json(cell: Cell) -> Result<Converted, String> {
    let mut altered = Alterations::default();
    let value = match cell {
        Cell::Unsupported(reason) => return Err(reason),
        Cell::Empty | Cell::EmptyText | Cell::Value(Value::Null) => Json::Null,
        Cell::Number(text) => json::number(&text, &mut altered),
        Cell::Value(Value::Text(text)) | Cell::Padded { text, .. } => {
            let node = Node::parse(&text);
            let node = node.map_err(|reason| format!("{} is no JSON: {reason}", quoted(&text)))?;
            let (value, lost) = node.json();
            altered = lost;
            value
        }
        Cell::Value(value) => json_value(value, &mut altered),
        Cell::Narrow { value, .. } => json_value(Value::Float(value), &mut altered),
        Cell::Altered(value, lost) => {
            altered = lost;
            json_value(value, &mut altered)
        }
    };
    let value = match value {
        Json::Null => Value::Null,
        value => Value::Json(value),
    };
    Ok(Converted { value, altered })
}

/// A value within JSON; a text becomes a JSON string.
pub(super) fn json_value(value: Value, altered: &mut Alterations) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Int(value) => value.into(),
        Value::Bool(value) => value.into(),
        Value::Text(text) => text.into(),
        Value::Json(value) => value,
        Value::Time(value) => value.to_rfc3339().into(),
        Value::Float(value) if value.is_finite() => value.into(),
        Value::Float(value) => {
            let lost = if value.is_nan() {
                Alteration::Nan
            } else {
                Alteration::Infinite
            };
            altered.add(lost);
            Json::Null
        }
    }
}

/// Advice for a value that is almost in the right form.
fn advice(ty: FieldType, cell: &Cell) -> String {
    let text = match cell {
        Cell::Value(Value::Text(text)) | Cell::Number(text) => text.trim().to_owned(),
        Cell::Value(value @ (Value::Int(_) | Value::Float(_))) => {
            display_cell(&Cell::Value(value.clone()))
        }
        _ => return String::new(),
    };
    match ty {
        FieldType::Datetime if Decimal::parse(&text).is_some() => {
            "; it may be seconds or milliseconds, so write it as `2024-03-10T02:30:00Z`".into()
        }
        FieldType::Datetime => {
            "; write it as `2024-03-10T02:30:00Z`, `2024-03-10 02:30+01:00` or `2024-03-10` (UTC without a zone)"
                .into()
        }
        FieldType::Int | FieldType::Float if separated::advice(&text).is_some() => {
            separated::advice(&text).unwrap_or_default()
        }
        FieldType::Int => match Decimal::parse(&text) {
            Some(number) if number.is_whole() => {
                format!("; an int goes from {} to {}{}", i64::MIN, i64::MAX, rounded(cell))
            }
            _ => impossible::digits(&text).into(),
        },
        FieldType::Float => impossible::digits(&text).into(),
        FieldType::Bool => "; write true or false (also t, yes, 1, f, no, 0)".into(),
        _ => String::new(),
    }
}

fn rounded(cell: &Cell) -> &'static str {
    match cell {
        Cell::Value(Value::Float(_)) => ", and a float is exact below 2^53 only",
        _ => "",
    }
}

/// A value in an error.
pub(super) fn display_cell(cell: &Cell) -> String {
    match cell {
        Cell::Empty | Cell::EmptyText => "an empty cell".into(),
        Cell::Unsupported(reason) => reason.clone(),
        Cell::Padded { text, .. } => quoted(text),
        Cell::Number(text) => shortened(text, text),
        Cell::Narrow { value, .. } | Cell::Value(Value::Float(value)) => format!("{value:?}"),
        Cell::Value(value) | Cell::Altered(value, _) => match value {
            Value::Null => "NULL".into(),
            Value::Int(value) => value.to_string(),
            Value::Float(value) => format!("{value:?}"),
            Value::Bool(value) => value.to_string(),
            Value::Text(text) | Value::Json(Json::String(text)) => quoted(text),
            Value::Json(value) => quoted(&value.to_string()),
            Value::Time(value) => format!("the time {value}"),
        },
    }
}

/// The first characters of a text, in quotes.
pub(super) fn quoted(text: &str) -> String {
    shortened(text, &format!("{text:?}"))
}

/// A text in quotes, shortened if it is long.
fn shortened(text: &str, displayed: &str) -> String {
    const KEPT: usize = 40;
    match text.char_indices().nth(KEPT) {
        None => displayed.to_owned(),
        Some((end, _)) => format!("{:?}…", &text[..end]),
    }
}

mod impossible;
mod separated;
#[cfg(test)]
mod tests;
