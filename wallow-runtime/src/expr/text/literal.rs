//! Literals: which tokens are values of which type.

use chrono::{DateTime, NaiveDate, Utc};
use wallow_schema::FieldType;

use super::token::Token;
use crate::expr::node::Operand;
use crate::sql::Bind;

/// The value of a token that is compared with a part of a JSON column.
pub(super) fn json_literal(token: &Token) -> Option<Bind<'static>> {
    match token {
        Token::Int(value) => Some(Bind::Int(Some(*value))),
        Token::Float(value) => Some(Bind::Float(Some(*value))),
        Token::Text(text) => Some(Bind::Text(Some(text.clone().into()))),
        Token::Word(word) => boolean(word),
        _ => None,
    }
}

/// The value of a token that is compared with a column of this type.
#[expect(
    clippy::cast_precision_loss,
    reason = "as `1` is a float for a float field in wallow.toml"
)]
pub(super) fn column_literal(ty: FieldType, token: &Token) -> Option<Bind<'static>> {
    match (ty, token) {
        (FieldType::Int, Token::Int(value)) => Some(Bind::Int(Some(*value))),
        (FieldType::Float, Token::Int(value)) => Some(Bind::Float(Some(*value as f64))),
        (FieldType::Float, Token::Float(value)) => Some(Bind::Float(Some(*value))),
        (FieldType::Float, Token::Word(word)) if word == "nan" => Some(Bind::Float(Some(f64::NAN))),
        (FieldType::Bool, Token::Word(word)) => boolean(word),
        (FieldType::String | FieldType::Path, Token::Text(text)) => {
            Some(Bind::Text(Some(text.clone().into())))
        }
        (FieldType::Datetime, Token::Text(text)) => time(text).map(|time| Bind::Time(Some(time))),
        _ => None,
    }
}

fn boolean(word: &str) -> Option<Bind<'static>> {
    word.parse().ok().map(|value| Bind::Bool(Some(value)))
}

/// A time, or the first moment of a day, UTC.
fn time(text: &str) -> Option<DateTime<Utc>> {
    crate::value::parse_time(text).or_else(|| {
        let day: NaiveDate = text.trim().parse().ok()?;
        Some(day.and_hms_opt(0, 0, 0)?.and_utc())
    })
}

/// The operand and its type, for messages.
pub(super) fn type_of(operand: &Operand) -> String {
    match operand {
        Operand::Column(column) => format!("`{}` ({})", column.name, column.ty),
        Operand::Json { .. } => format!("`{operand}` (json)"),
    }
}

/// What to write instead.
pub(super) fn value_help(operand: &Operand) -> &'static str {
    match operand {
        Operand::Json { .. } => "write a number, a text in quotes, true or false",
        Operand::Column(column) => match column.ty {
            FieldType::Int => "write a whole number such as 32",
            FieldType::Float => "write a number such as 0.3 or 1e-3",
            FieldType::Bool => "write true or false",
            FieldType::String | FieldType::Path => "write a text in quotes: \"adam\"",
            FieldType::Datetime => {
                "write a time in quotes: \"2026-11-25T13:00:00Z\" or \"2026-11-25\", UTC"
            }
            FieldType::Json => "compare a part of it: `curve.key == 1`; or `is null`",
        },
    }
}
