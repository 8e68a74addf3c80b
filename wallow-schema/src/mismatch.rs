//! A value of the wrong type: one message, and how to repair it, for keys and for defaults alike.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::raw::Value;
use crate::source::Spanned;

/// The type that is expected at a place of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    String,
    Integer,
    Float,
    Boolean,
    Datetime,
}

impl Wanted {
    const fn as_str(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Integer => "an integer",
            Self::Float => "a float",
            Self::Boolean => "a boolean",
            Self::Datetime => "a datetime",
        }
    }
}

/// Reports that `what` has the wrong type.
pub(crate) fn report<'out>(
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
    let help = repair(wanted, &found.value, &written);
    out.error(found.span, message).help(help)
}

fn repair(wanted: Wanted, found: &Value, written: &str) -> String {
    if let Value::String(text) = found
        && is_literal(wanted, text)
    {
        return format!("remove the quotes: `{text}`");
    }
    let help = match (wanted, found) {
        (Wanted::String, Value::Array(_) | Value::Table(_)) => "write text in quotes",
        (Wanted::String, _) => return format!("put it in quotes: `\"{written}\"`"),
        (Wanted::Integer, _) => "write a whole number, like `12`",
        (Wanted::Float, _) => "write a number, like `0.001` or `1e-3`",
        (Wanted::Boolean, _) => "write `true` or `false`",
        (Wanted::Datetime, _) => DATETIME_HELP,
    };
    help.to_owned()
}

/// Whether the text of a string would have the expected type without its quotes.
fn is_literal(wanted: Wanted, text: &str) -> bool {
    text.parse().is_ok_and(|value: toml::Value| match wanted {
        Wanted::Integer => value.is_integer(),
        Wanted::Float => value.is_integer() || value.is_float(),
        Wanted::Boolean => value.is_bool(),
        Wanted::String | Wanted::Datetime => false,
    })
}

/// How a moment is written.
pub(crate) const DATETIME_HELP: &str =
    "write a moment with its offset from UTC, like `2026-01-31T12:00:00Z`";
