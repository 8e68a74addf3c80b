//! A value of the wrong type: one message, and how to repair it, for keys and for defaults alike.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::raw::Value;
use crate::source::Spanned;

/// What a place of the file takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    String,
    Integer,
    Float,
    Boolean,
    Datetime,
    Anything,
}

impl Wanted {
    const fn as_str(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Integer => "an integer",
            Self::Float => "a float",
            Self::Boolean => "a boolean",
            Self::Datetime => "a datetime",
            Self::Anything => "a value",
        }
    }
}

/// Tells that `what` is not what it must be.
pub(crate) fn tell<'out>(
    what: &str,
    wanted: Wanted,
    found: &Spanned<Value>,
    out: &'out mut Diagnostics,
) -> &'out mut Diagnostic {
    let written = out.source().slice(found.span).to_owned();
    let message = format!(
        "{what} must be {}, found {}",
        wanted.as_str(),
        found.value.kind()
    );
    let problem = out.error(found.span, message);
    match repair(wanted, &found.value, &written) {
        Some(help) => problem.help(help),
        None => problem,
    }
}

fn repair(wanted: Wanted, found: &Value, written: &str) -> Option<String> {
    match (wanted, found) {
        (
            Wanted::String,
            Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_),
        ) => Some(format!("put it in quotes: `\"{written}\"`")),
        (Wanted::String, _) => Some("write text in quotes, like `\"text\"`".to_owned()),
        (Wanted::Integer, Value::Float(float)) => Some(format!(
            "write a whole number, like `{:.0}`",
            float.clamp(-1e9, 1e9)
        )),
        (Wanted::Integer, Value::String(text)) if text.parse::<i64>().is_ok() => {
            Some(format!("remove the quotes: `{text}`"))
        }
        (Wanted::Integer, _) => Some("write a whole number, like `12`".to_owned()),
        (Wanted::Float, Value::String(text)) if text.parse::<f64>().is_ok() => {
            Some(format!("remove the quotes: `{text}`"))
        }
        (Wanted::Float, _) => Some("write a number, like `0.001` or `1e-3`".to_owned()),
        (Wanted::Boolean, Value::String(text)) if text == "true" || text == "false" => {
            Some(format!("remove the quotes: `{text}`"))
        }
        (Wanted::Boolean, _) => Some("write `true` or `false`".to_owned()),
        (Wanted::Datetime, _) => Some(DATETIME_HELP.to_owned()),
        (Wanted::Anything, _) => None,
    }
}

/// How a moment is written.
pub(crate) const DATETIME_HELP: &str =
    "write a moment with its offset from UTC, like `2026-01-31T12:00:00Z`";
