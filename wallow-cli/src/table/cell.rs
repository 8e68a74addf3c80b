//! A value as text for a person, without characters that a terminal would interpret.

use std::io::{self, Write};

use anstyle::Style;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::Value as Json;
use wallow_runtime::dynamic::Value;

use crate::output::visible;
use crate::sparkline;

/// One cell of a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) style: Style,
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell {
            text,
            style: Style::new(),
        }
    }
}

impl Cell {
    /// The text for a missing value.
    pub(crate) fn null() -> Self {
        Cell {
            text: "-".into(),
            style: Style::new().dimmed(),
        }
    }
}

/// How to display values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// Display times relative to this time.
    pub(crate) relative_to: Option<DateTime<Utc>>,
    /// Shorten values: a few digits of a measured float, the beginning of a long text, a curve as a line.
    pub(crate) short: bool,
}

/// A cell has at most this many characters: no terminal shows more.
const SHORT: usize = 300;

/// The width of a curve in a table.
const CURVE: usize = 16;

/// The number of digits that are shown of a measured float.
const DIGITS: usize = 6;

impl Look {
    /// Shows everything, to the last digit.
    pub(crate) const WHOLE: Self = Look {
        relative_to: None,
        short: false,
    };

    /// The cell of a value. A float of a key is shown exactly, because a person may type it again.
    pub(crate) fn cell(self, value: &Value, exact: bool) -> Cell {
        let text = match value {
            Value::Null => return Cell::null(),
            Value::Int(value) => value.to_string(),
            Value::Float(value) if self.short && !exact => rounded(*value),
            Value::Float(value) => format!("{value:?}"),
            Value::Bool(value) => value.to_string(),
            Value::Text(value) if self.short => visible(beginning(value)),
            Value::Text(value) => visible(value),
            Value::Json(Json::Number(value)) if self.short && !exact => value
                .as_f64()
                .filter(|_| value.is_f64())
                .map_or_else(|| value.to_string(), rounded),
            Value::Json(value) if self.short => short_json(value),
            Value::Json(value) => visible(&value.to_string()),
            Value::Time(value) => match self.relative_to {
                Some(now) => ago(now - value),
                None => value.to_rfc3339_opts(SecondsFormat::AutoSi, true),
            },
        };
        text.into()
    }
}

fn beginning(text: &str) -> &str {
    match text.char_indices().nth(SHORT) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

/// A number with few digits, in its shortest form.
pub(crate) fn rounded(value: f64) -> String {
    let whole = format!("{value:?}");
    if whole.len() <= DIGITS + 2 || !value.is_finite() {
        return whole;
    }
    let digits = format!("{value:.*e}", DIGITS - 1).parse::<f64>();
    digits.map_or(whole, |value| format!("{value:?}"))
}

/// A curve as a line, otherwise the beginning of the text.
fn short_json(value: &Json) -> String {
    if let Some(values) = sparkline::numbers(value) {
        return sparkline::line(&values, CURVE);
    }
    let mut text = Beginning(Vec::new());
    // A full buffer is not an error here.
    let _ = serde_json::to_writer(&mut text, value);
    visible(beginning(&String::from_utf8_lossy(&text.0)))
}

/// Accepts the first bytes and refuses the rest, so that a large value is not formatted to its end.
struct Beginning(Vec<u8>);

impl Write for Beginning {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() > 4 * SHORT {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// `5 min ago`; a future time is shown as it is.
fn ago(distance: TimeDelta) -> String {
    if distance < TimeDelta::zero() {
        format!("in {}", age(-distance))
    } else {
        format!("{} ago", age(distance))
    }
}

/// A duration in its largest unit: `12 s`, `5 min`, `3 h`, `12 d`, `14 months`.
pub(crate) fn age(duration: TimeDelta) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    const MONTH: i64 = 30 * DAY;
    let seconds = duration.num_seconds().max(0);
    match seconds {
        ..MINUTE => format!("{seconds} s"),
        MINUTE..HOUR => format!("{} min", seconds / MINUTE),
        HOUR.. if seconds < 2 * DAY => format!("{} h", seconds / HOUR),
        _ if seconds < 2 * MONTH => format!("{} d", seconds / DAY),
        _ => format!("{} months", seconds / MONTH),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn durations_are_reported_in_their_largest_unit() {
        for (seconds, expected) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3599, "59 min"),
            (3600, "1 h"),
            (47 * 3600, "47 h"),
            (48 * 3600, "2 d"),
            (59 * 86400, "59 d"),
            (60 * 86400, "2 months"),
            (-5, "0 s"),
        ] {
            assert_eq!(age(TimeDelta::seconds(seconds)), expected);
        }
        assert_eq!(ago(TimeDelta::seconds(-90)), "in 1 min");
    }

    #[test]
    fn measured_floats_are_short() {
        for (value, expected) in [
            (0.1, "0.1"),
            (0.123_456_789, "0.123457"),
            (1.234_567_89e-10, "1.23457e-10"),
            (123_456_789.0, "123457000.0"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::MAX, "1.79769e308"),
        ] {
            assert_eq!(rounded(value), expected);
        }
    }

    #[test]
    fn large_values_are_not_written_to_their_end() {
        let look = Look {
            short: true,
            ..Look::WHOLE
        };
        let display = |value: Json| look.cell(&Value::Json(value), false).text;
        assert_eq!(
            display(json!({"a": [1, "\u{9b}"]})),
            r#"{"a":[1,"\u{9b}"]}"#
        );
        assert!(display(json!(vec!["x"; 100_000])).len() < 1000);
        assert_eq!(display(json!([1, 2, 3])), "▁▅█");
        let text = look.cell(&Value::Text("x".repeat(100_000)), false).text;
        assert!(text.len() < 1000);
    }
}
