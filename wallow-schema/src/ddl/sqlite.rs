//! Types and values in the words of SQLite.

use super::{quote_moment, quote_text};
use crate::schema::{DefaultValue, FieldType};

/// The columns of every table. `NOT NULL` beside the key is for tools that read the text.
pub(super) const BUILT_IN: [(&str, &str); 4] = [
    ("id", "INTEGER PRIMARY KEY NOT NULL"),
    ("uuid", "TEXT NOT NULL"),
    ("created_at", "DATETIME NOT NULL"),
    ("updated_at", "DATETIME NOT NULL"),
];

pub(super) const fn column_type(ty: FieldType) -> &'static str {
    match ty {
        FieldType::Int => "INTEGER",
        FieldType::Float => "REAL",
        FieldType::String | FieldType::Json | FieldType::Path => "TEXT",
        FieldType::Bool => "BOOLEAN",
        FieldType::Datetime => "DATETIME",
    }
}

pub(super) fn literal(value: &DefaultValue) -> String {
    match value {
        DefaultValue::Int(number) => number.to_string(),
        DefaultValue::Float(number) => float(*number),
        DefaultValue::String(text) | DefaultValue::Path(text) => quote_text(text),
        DefaultValue::Bool(truth) => u8::from(*truth).to_string(),
        DefaultValue::Json(json) => quote_text(&json.to_string()),
        DefaultValue::Datetime(moment) => quote_moment(moment),
    }
}

/// SQLite has no word for infinity, but reads a number that is too large as one.
fn float(number: f64) -> String {
    match number {
        f64::INFINITY => "9e999".to_owned(),
        f64::NEG_INFINITY => "-9e999".to_owned(),
        finite => format!("{finite:?}"),
    }
}
