//! Values of other programs as values of a field.
//!
//! Programs disagree on types: CSV has text alone, pandas makes floats of integers beside a NULL, Python writes NaN into
//! JSON. What can only be meant in one way is taken; what would have to be guessed is refused, with the value.

use serde_json::Value as Json;
use wallow_runtime::dynamic::Value;
use wallow_runtime::value::parse_time;
use wallow_schema::FieldType;

/// The largest integer up to which floats hold every one.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A value for a field, and whether it lost a NaN on its way: no database of ours holds one.
#[derive(Debug, PartialEq)]
pub(super) struct Converted {
    pub(super) value: Value,
    pub(super) lost_nan: bool,
}

impl From<Value> for Converted {
    fn from(value: Value) -> Self {
        let lost_nan = false;
        Converted { value, lost_nan }
    }
}

/// Takes a value for a field of this type; else says what is wrong.
pub(super) fn convert(ty: FieldType, value: Value) -> Result<Converted, String> {
    if ty == FieldType::Json {
        return to_json(value);
    }
    let value = scalar(value)?;
    if matches!(value, Value::Null) {
        return Ok(value.into());
    }
    let taken = match ty {
        FieldType::Int => int(&value).map(Value::Int),
        FieldType::Float => match float(&value) {
            Some(value) if value.is_nan() => {
                return Ok(Converted {
                    value: Value::Null,
                    lost_nan: true,
                });
            }
            value => value.map(Value::Float),
        },
        FieldType::Bool => bool(&value).map(Value::Bool),
        FieldType::Datetime => time(&value).map(Value::Time),
        FieldType::String | FieldType::Path | FieldType::Json => match value {
            Value::Text(_) => return Ok(value.into()),
            _ => None,
        },
    };
    taken
        .map(Converted::from)
        .ok_or_else(|| format!("{} is no {}", shown(&value), ty.as_str()))
}

/// A value without JSON around it.
fn scalar(value: Value) -> Result<Value, String> {
    let Value::Json(value) = value else {
        return Ok(value);
    };
    Ok(match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(value),
        Json::String(text) => Value::Text(text),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(value), _) => Value::Int(value),
            (None, Some(value)) => Value::Float(value),
            (None, None) => Value::Text(number.to_string()),
        },
        Json::Array(_) => return Err("an array stands where one value belongs".into()),
        Json::Object(_) => return Err("an object stands where one value belongs".into()),
    })
}

fn int(value: &Value) -> Option<i64> {
    match value {
        Value::Int(value) => Some(*value),
        Value::Float(value) => whole(*value),
        Value::Text(text) => {
            let text = text.trim();
            text.parse().ok().or_else(|| whole(text.parse().ok()?))
        }
        _ => None,
    }
}

/// The integer that a float is.
#[expect(
    clippy::cast_possible_truncation,
    reason = "it is whole and small enough"
)]
fn whole(value: f64) -> Option<i64> {
    (value.fract() == 0.0 && value.abs() <= EXACT).then_some(value as i64)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "as `1` in wallow.toml is a float"
)]
fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Float(value) => Some(*value),
        Value::Int(value) => Some(*value as f64),
        Value::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn bool(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::Int(0) => Some(false),
        Value::Int(1) => Some(true),
        Value::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A time as wallow reads it, or a date alone.
fn time(value: &Value) -> Option<chrono::DateTime<chrono::Utc>> {
    match value {
        Value::Time(time) => Some(*time),
        Value::Text(text) => parse_time(text).or_else(|| {
            let date = text.trim().parse::<chrono::NaiveDate>().ok()?;
            Some(date.and_hms_opt(0, 0, 0)?.and_utc())
        }),
        _ => None,
    }
}

fn to_json(value: Value) -> Result<Converted, String> {
    let (value, lost_nan) = match value {
        Value::Null => return Ok(Value::Null.into()),
        Value::Json(value) => (value, false),
        Value::Text(text) => json(&text)?,
        Value::Int(value) => (value.into(), false),
        Value::Bool(value) => (value.into(), false),
        Value::Float(value) => (value.into(), value.is_nan()),
        Value::Time(value) => (value.to_rfc3339().into(), false),
    };
    let value = match value {
        Json::Null => Value::Null,
        value => Value::Json(value),
    };
    Ok(Converted { value, lost_nan })
}

/// Reads JSON, also what Python makes of it: `NaN` and `Infinity`, which JSON has not, are `null`, and told.
pub(super) fn json(text: &str) -> Result<(Json, bool), String> {
    match serde_json::from_str(text) {
        Ok(value) => Ok((value, false)),
        Err(error) => match serde_json::from_str(&without_nan(text)) {
            Ok(value) => Ok((value, true)),
            Err(_) => Err(format!("{} is no JSON: {error}", quoted(text))),
        },
    }
}

/// The text with `null` for every `NaN` and `Infinity` outside of a string.
fn without_nan(text: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(['"', 'N', 'I', '-']) {
        replaced.push_str(&rest[..start]);
        rest = &rest[start..];
        let word = ["NaN", "-Infinity", "Infinity"]
            .into_iter()
            .find(|word| rest.starts_with(word));
        let taken = match word {
            Some(word) => {
                replaced.push_str("null");
                rest = &rest[word.len()..];
                continue;
            }
            None if rest.starts_with('"') => string_length(rest),
            None => 1,
        };
        replaced.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    replaced + rest
}

/// How long the JSON string is that a text begins with, in bytes.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

/// A value in an error.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "NULL".into(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => format!("{value:?}"),
        Value::Bool(value) => value.to_string(),
        Value::Text(text) => quoted(text),
        Value::Json(value) => quoted(&value.to_string()),
        Value::Time(value) => format!("the time {value}"),
    }
}

/// The first characters of a text, quoted.
fn quoted(text: &str) -> String {
    const KEPT: usize = 40;
    match text.char_indices().nth(KEPT) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_python_writes_into_json_is_null() {
        let text = r#"{"a": [NaN, -Infinity, Infinity, -1], "NaN": "Infinity \" NaN", "b": "\\"}"#;
        let expected = r#"{"a": [null, null, null, -1], "NaN": "Infinity \" NaN", "b": "\\"}"#;
        assert_eq!(without_nan(text), expected);
        assert_eq!(json(text).map(|(_, lost)| lost), Ok(true));
        assert!(json("[1, Nan]").is_err());
        assert!(json("\"NaN").is_err());
    }

    #[test]
    fn what_can_be_meant_in_one_way_is_taken() {
        let int = |value: Value| convert(FieldType::Int, value).map(|taken| taken.value);
        assert_eq!(int("7".into()), Ok(7.into()));
        assert_eq!(int(7.0.into()), Ok(7.into()));
        assert_eq!(int(" 7.0".into()), Ok(7.into()));
        assert_eq!(int(Json::from(7).into()), Ok(7.into()));
        assert_eq!(int("9223372036854775807".into()), Ok(i64::MAX.into()));
        assert_eq!(int(7.5.into()), Err("7.5 is no int".into()));
        assert_eq!(int(1e300.into()), Err("1e300 is no int".into()));
        assert_eq!(int(true.into()), Err("true is no int".into()));
        assert_eq!(int("seven".into()), Err("\"seven\" is no int".into()));
        let bool = |value: Value| convert(FieldType::Bool, value).map(|taken| taken.value);
        assert_eq!(bool("True".into()), Ok(true.into()));
        assert_eq!(bool(0.into()), Ok(false.into()));
        assert_eq!(bool(2.into()), Err("2 is no bool".into()));
        let text = |value: Value| convert(FieldType::String, value).map(|taken| taken.value);
        assert_eq!(text(1.into()), Err("1 is no string".into()));
        let float = |value: Value| convert(FieldType::Float, value);
        assert_eq!(
            float("-inf".into()),
            Ok(Value::from(f64::NEG_INFINITY).into())
        );
        assert_eq!(
            float("-Infinity".into()),
            Ok(Value::from(f64::NEG_INFINITY).into())
        );
        assert!(float("nan".into()).is_ok_and(|taken| taken.lost_nan));
    }
}
