//! Common mistakes in TOML, explained for people who do not know its grammar.

use super::Problem;
use crate::diagnostic::quoted;
use crate::mismatch::DATETIME_HELP;
use crate::source::{Source, Span};

/// Our text for an error of the parser.
pub(super) struct Advice {
    pub(super) message: String,
    pub(super) help: String,
}

/// The beginning of the parser's message, our message if we have a better one, and what to do.
const KNOWN: [(&str, Option<&str>, &str); 13] = [
    (
        "unclosed table",
        Some("unclosed table header"),
        "end it with `]`; a name in it has letters, digits, `_` and `-`, or stands in quotes",
    ),
    (
        "invalid basic string",
        Some("unclosed string"),
        "end it with `\"` on the same line",
    ),
    (
        "invalid literal string",
        Some("unclosed string"),
        "end it with `'` on the same line",
    ),
    (
        "invalid mantissa",
        Some("float without a digit before the point"),
        "write it, like `0.5`",
    ),
    (
        "invalid fraction",
        Some("float without a digit after the point"),
        "write it, like `5.0`",
    ),
    (
        "unexpected leading zero",
        Some("number with a leading zero"),
        "remove the zero",
    ),
    (
        "missing escaped value",
        Some("unknown escape in a string"),
        r"write a backslash as `\\`, or put the text in single quotes",
    ),
    (
        "unexpected key or value",
        Some("unexpected text at the end of a line"),
        "end the line here; what follows begins a new one",
    ),
    (
        "key with no value",
        Some("key without a value"),
        "a line is a key, `=` and a value, like `type = \"float\"`",
    ),
    (
        "cannot extend value",
        None,
        "a key with a dot goes on from a table; this one has a value already",
    ),
    ("invalid date", None, DATETIME_HELP),
    ("invalid time", None, DATETIME_HELP),
    // Any other message.
    (
        "",
        None,
        "the syntax of TOML is described at https://toml.io",
    ),
];

/// The parser's error in our words, or in its own if we have no better ones.
pub(super) fn on(problem: Problem<'_>, source: &Source) -> Advice {
    let text = source.slice(problem.span);
    if is_bare_value(problem, source) {
        return bare_value(text);
    }
    if problem.message.starts_with("invalid unquoted key") {
        return unquoted_key(text);
    }
    let known = KNOWN
        .iter()
        .find(|(start, ..)| problem.message.starts_with(start));
    let (message, help) = known.map_or((None, ""), |&(_, message, help)| (message, help));
    Advice {
        message: message.unwrap_or(problem.message).to_owned(),
        help: help.to_owned(),
    }
}

/// Whether the error is about a bare word. The parser guesses from the first letter what it should be, so it reports
/// `float` as a broken `false`.
fn is_bare_value(problem: Problem<'_>, source: &Source) -> bool {
    const MISREADINGS: [&str; 4] = [
        "string values must be quoted",
        "invalid boolean",
        "invalid float",
        "invalid integer",
    ];
    let before = source.slice(Span::from(0..problem.span.start)).trim_end();
    let text = source.slice(problem.span);
    MISREADINGS
        .iter()
        .any(|start| problem.message.starts_with(start))
        && before.ends_with(['=', '[', ','])
        && !text.starts_with(|c: char| c.is_ascii_digit() || c == '+' || c == '-')
}

fn bare_value(text: &str) -> Advice {
    if text.is_empty() {
        return Advice {
            message: "missing value".to_owned(),
            help: "write a value after `=`, or remove the line".to_owned(),
        };
    }
    let help = match text.to_lowercase().as_str() {
        word @ ("true" | "false" | "inf" | "nan") => format!("write `{word}` in lower case"),
        "yes" | "on" => "write `true`".to_owned(),
        "no" | "off" => "write `false`".to_owned(),
        "infinity" => "write `inf`".to_owned(),
        "none" | "null" | "nil" => {
            "TOML has no null; leave the line out where there is no value".to_owned()
        }
        _ => format!("put text in quotes: `\"{}\"`", text.escape_debug()),
    };
    Advice {
        message: format!("{} is not a TOML value", quoted(text)),
        help,
    }
}

fn unquoted_key(text: &str) -> Advice {
    let help = if text.starts_with("//") {
        "a comment begins with `#`"
    } else if text.starts_with(':') {
        "a key and its value are joined by `=`"
    } else if text.chars().all(char::is_alphabetic) {
        "put a name with such letters in quotes"
    } else {
        "a name has letters, digits, `_` and `-`, or stands in quotes"
    };
    Advice {
        message: format!("{} cannot stand in a name without quotes", quoted(text)),
        help: help.to_owned(),
    }
}
