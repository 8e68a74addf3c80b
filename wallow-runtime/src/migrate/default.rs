//! Defaults of columns as SQL, in which one value can be written in many ways.
//!
//! PostgreSQL returns `'adamw'::text` for what was written as `'adamw'`, `SQLAlchemy` puts quotes around numbers, and
//! JSON may have its members in another order. The server could compare them, but not a standby, where nothing can be
//! created.

use chrono::NaiveDateTime;
use serde_json::Value as Json;
use wallow_schema::{DefaultValue, FieldType};

/// The value of a default of this type; `None` for an expression, and for a text that is no such value.
pub(super) fn value(sql: &str, ty: FieldType) -> Option<DefaultValue> {
    let text = constant(sql)?;
    Some(match ty {
        FieldType::Int => DefaultValue::Int(text.parse().ok()?),
        FieldType::Float => {
            let value = text.parse::<f64>().ok();
            DefaultValue::Float(value.filter(|value| !value.is_nan())?)
        }
        FieldType::String => DefaultValue::String(text),
        FieldType::Path => DefaultValue::Path(text),
        FieldType::Bool => DefaultValue::Bool(truth(&text)?),
        FieldType::Json => DefaultValue::Json(serde_json::from_str(&text).ok()?),
        FieldType::Datetime => DefaultValue::Datetime(time(&text)?.and_utc()),
    })
}

/// Whether it is the default NULL, which is the same as none.
pub(super) fn is_null(sql: &str) -> bool {
    constant(sql).is_some_and(|text| text.eq_ignore_ascii_case("null")) && !sql.contains('\'')
}

/// Whether two defaults give a run the same value of this type.
pub(super) fn are_same(one: &str, other: &str, ty: FieldType) -> bool {
    one == other
        || constant(one)
            .zip(constant(other))
            .is_some_and(|(one, other)| are_same_constants(&one, &other, ty))
}

fn are_same_constants(one: &str, other: &str, ty: FieldType) -> bool {
    fn agree<T: PartialEq>(one: Option<T>, other: Option<T>) -> bool {
        one.zip(other).is_some_and(|(one, other)| one == other)
    }
    one == other
        || match ty {
            FieldType::Int | FieldType::Float => match (one.parse::<i64>(), other.parse::<i64>()) {
                (Ok(one), Ok(other)) => one == other,
                _ => agree(one.parse::<f64>().ok(), other.parse().ok()),
            },
            FieldType::Bool => agree(truth(one), truth(other)),
            FieldType::Datetime => agree(time(one), time(other)),
            FieldType::Json => match (serde_json::from_str(one), serde_json::from_str(other)) {
                (Ok(one), Ok(other)) => are_same_json(&one, &other),
                _ => false,
            },
            FieldType::String | FieldType::Path => false,
        }
}

/// The text of a constant without its quotes, the surrounding parentheses, and casts; `None` for any other expression.
fn constant(sql: &str) -> Option<String> {
    let mut sql = sql.trim();
    loop {
        let shorter = without_parentheses(sql).or_else(|| without_cast(sql));
        match shorter {
            Some(shorter) => sql = shorter.trim(),
            None => break,
        }
    }
    if let Some(inner) = sql.strip_prefix('\'') {
        return unquoted(inner);
    }
    // wallow writes no escape except a doubled backslash.
    if let Some(inner) = sql.strip_prefix("E'") {
        return Some(unquoted(inner)?.replace("\\\\", "\\"));
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
    sql.chars().all(is_plain).then(|| sql.to_owned())
}

/// The text before a closing quote.
fn unquoted(sql: &str) -> Option<String> {
    let inner = sql.strip_suffix('\'')?.replace("''", "\u{0}");
    (!inner.contains('\'')).then(|| inner.replace('\u{0}', "'"))
}

/// The text within a pair of matching parentheses.
fn without_parentheses(sql: &str) -> Option<&str> {
    let inner = sql.strip_prefix('(')?.strip_suffix(')')?;
    let (mut depth, mut quoted) = (0, false);
    for c in inner.chars() {
        match c {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return None;
        }
    }
    Some(inner)
}

fn without_cast(sql: &str) -> Option<&str> {
    let (value, ty) = sql.rsplit_once("::")?;
    let is_type = |c: char| c.is_ascii_alphanumeric() || " _(),.\"".contains(c);
    // Within quotes `::` is text.
    (ty.chars().all(is_type) && value.matches('\'').count().is_multiple_of(2)).then_some(value)
}

fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "1" => Some(true),
        "false" | "f" | "0" => Some(false),
        _ => None,
    }
}

fn time(text: &str) -> Option<NaiveDateTime> {
    let formats = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"];
    let mut read = formats
        .iter()
        .map(|format| NaiveDateTime::parse_from_str(text, format));
    read.find_map(Result::ok)
}

/// JSON in the form in which PostgreSQL compares it: numbers by value, members in any order.
fn are_same_json(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| are_same_json(one, other))
        }
        (Json::Object(one), Json::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, one)| {
                    other
                        .get(name)
                        .is_some_and(|other| are_same_json(one, other))
                })
        }
        (one, other) => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_value_is_written_in_many_ways() {
        for (ty, one, other) in [
            (FieldType::Int, "0", "'0'"),
            (FieldType::Int, "-5", "'-5'::integer"),
            (FieldType::Int, "-5", "(-5)::bigint"),
            (
                FieldType::Int,
                "9223372036854775807",
                "'9223372036854775807'::bigint",
            ),
            (FieldType::Float, "1e-5", "0.00001"),
            (FieldType::Float, "-0.5", "'-0.5'::numeric"),
            (FieldType::Float, "1.0", "'1'"),
            (FieldType::Float, "'Infinity'::double precision", "9e999"),
            (FieldType::Bool, "TRUE", "true"),
            (FieldType::Bool, "0", "FALSE"),
            (
                FieldType::String,
                "'it''s ::x'",
                "'it''s ::x'::character varying(9)",
            ),
            (FieldType::Path, "'a'", "('a'::text)"),
            (FieldType::Path, r"E'C:\\it''s'", r"'C:\it''s'::text"),
            (FieldType::Float, "-0.5", "(-0.5)::numeric(3,1)"),
            (
                FieldType::Json,
                "'{\"a\": 1.0, \"b\": [2]}'",
                "'{\"b\": [2], \"a\": 1}'::jsonb",
            ),
            (
                FieldType::Datetime,
                "'2026-01-02 03:04:05.000000'",
                "'2026-01-02 03:04:05'::timestamp without time zone",
            ),
        ] {
            assert!(are_same(one, other, ty), "{one} {other}");
        }
    }

    #[test]
    fn a_default_is_read_in_whatever_way_it_is_written() {
        for (sql, ty, expected) in [
            ("'0.0'", FieldType::Float, "0.0"),
            ("1", FieldType::Float, "1.0"),
            ("9e999", FieldType::Float, "inf"),
            ("'-Infinity'::double precision", FieldType::Float, "-inf"),
            ("'-5'::integer", FieldType::Int, "-5"),
            ("'adamw'::text", FieldType::String, "\"adamw\""),
            ("E'C:\\\\x'", FieldType::Path, "'C:\\x'"),
            ("true", FieldType::Bool, "true"),
            ("'{\"a\": 1}'::jsonb", FieldType::Json, "{\"a\":1}"),
            (
                "'2026-01-02 03:04:05'::timestamp without time zone",
                FieldType::Datetime,
                "2026-01-02T03:04:05Z",
            ),
        ] {
            let read = value(sql, ty).map(|value| value.to_string());
            assert_eq!(read.as_deref(), Some(expected), "{sql}");
        }
        for (sql, ty) in [
            ("now()", FieldType::Datetime),
            ("'NaN'::double precision", FieldType::Float),
            ("'1.5'", FieldType::Int),
            ("nextval('s'::regclass)", FieldType::Int),
        ] {
            assert_eq!(value(sql, ty), None, "{sql}");
        }
        assert!(is_null("NULL") && is_null("NULL::text") && !is_null("'NULL'"));
    }

    #[test]
    fn other_values_are_other_values() {
        for (ty, one, other) in [
            (FieldType::Int, "0", "1"),
            (FieldType::Int, "9223372036854775807", "9223372036854775806"),
            (FieldType::String, "'1'", "'1.0'"),
            (FieldType::String, "'a'", "'a::text'"),
            (FieldType::Json, "'[1]'", "'[1, 1]'"),
            (FieldType::Datetime, "'2026-01-02 03:04:05'", "now()"),
            (FieldType::Int, "0", "nextval('s'::regclass)"),
        ] {
            assert!(!are_same(one, other, ty), "{one} {other}");
        }
    }
}
