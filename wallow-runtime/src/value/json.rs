//! JSON as text.

use std::io;

use serde::Serialize as _;
use wallow_schema::ddl::Dialect;

/// A JSON value with more bytes causes a warning: such data belongs in a file of the run's artefacts.
pub const LARGE_JSON: usize = 1_000_000;

/// How deeply arrays and objects may be nested. The reader refuses deeper values, so that no text can exhaust its
/// stack.
pub const DEEPEST_JSON: usize = 127;

/// Whether the text of a JSON value can be read again.
///
/// ```
/// use serde_json::json;
/// use wallow_runtime::value::{DEEPEST_JSON, json_is_readable};
///
/// let nested = |depth| (0..depth).fold(json!(1), |inner, _| json!([inner]));
/// assert!(json_is_readable(&nested(DEEPEST_JSON)));
/// assert!(!json_is_readable(&nested(DEEPEST_JSON + 1)));
/// ```
pub fn is_readable(value: &serde_json::Value) -> bool {
    is_within(value, DEEPEST_JSON)
}

fn is_within(value: &serde_json::Value, levels: usize) -> bool {
    use serde_json::Value::{Array, Object};
    let Some(below) = levels.checked_sub(1) else {
        return !matches!(value, Array(_) | Object(_));
    };
    match value {
        Array(items) => items.iter().all(|item| is_within(item, below)),
        Object(members) => members.values().all(|member| is_within(member, below)),
        _ => true,
    }
}

/// Whether a text or a key in a JSON value has the character U+0000.
pub(crate) fn has_nul(value: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Object, String};
    match value {
        String(text) => text.contains('\0'),
        Array(items) => items.iter().any(has_nul),
        Object(members) => members
            .iter()
            .any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}

/// What can keep the text of a JSON value from being stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct TextScan {
    /// How deeply arrays and objects are nested.
    pub(crate) depth: usize,
    /// Whether a text in it has the character U+0000.
    pub(crate) has_nul: bool,
}

impl TextScan {
    /// Reads a text that is JSON.
    pub(crate) fn of(text: &str) -> Self {
        let mut scan = TextScan::default();
        let (mut depth, mut is_text) = (0_usize, false);
        let mut rest = text.as_bytes();
        while let Some((byte, behind)) = rest.split_first() {
            rest = behind;
            match (byte, is_text) {
                (b'"', _) => is_text = !is_text,
                (b'\\', true) => {
                    scan.has_nul |= rest.starts_with(b"u0000");
                    rest = rest.get(1..).unwrap_or_default();
                }
                (b'[' | b'{', false) => {
                    depth += 1;
                    scan.depth = scan.depth.max(depth);
                }
                (b']' | b'}', false) => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        scan
    }
}

/// The text of a JSON value as this kind of database gets it.
#[doc(hidden)]
pub fn text_for(dialect: Dialect, value: &serde_json::Value) -> String {
    match dialect {
        Dialect::Sqlite => value.to_string(),
        Dialect::Postgres => with_points(value),
    }
}

/// The text that is stored for a JSON value; a warning through `tracing` if it is over
/// [`LARGE_JSON`] bytes, unless that is expected.
pub(crate) fn to_text(
    dialect: Dialect,
    field: &str,
    value: &serde_json::Value,
    may_be_large: bool,
) -> String {
    let text = text_for(dialect, value);
    if text.len() > LARGE_JSON && !may_be_large {
        tracing::warn!(
            field,
            bytes = text.len(),
            "json value over 1 MB; consider writing it to a file in the run's artefacts folder",
        );
    }
    text
}

/// The text with each float written out in all its digits. `JSONB` stores numbers as decimals, without exponents, so
/// `1e16` would come back as an integer.
fn with_points(value: &serde_json::Value) -> String {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, Points);
    match value.serialize(&mut serializer) {
        Ok(()) => String::from_utf8_lossy(&bytes).into_owned(),
        // Writing to memory cannot fail.
        Err(_) => value.to_string(),
    }
}

struct Points;

impl serde_json::ser::Formatter for Points {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        // Below this, the shortest form of a float has a decimal point, or a negative exponent.
        if value.abs() >= 1e15 {
            write!(writer, "{value:.1}")
        } else {
            write!(writer, "{value:?}")
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn floats_stay_floats_without_exponents() {
        for value in [1e15, 1e16, -1.5e300, 0.1, 1.0, 5e-324, f64::MAX] {
            let text = to_text(Dialect::Postgres, "field", &json!({ "a": [value] }), false);
            let read: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(read, json!({ "a": [value] }), "{text}");
            assert!(value.abs() < 1.0 || !text.contains('e'), "{text}");
        }
    }

    #[test]
    fn a_text_is_scanned_like_its_value() {
        for value in [
            json!(1),
            json!([[], {"a": [1]}]),
            json!({"a]": "[{", "b": "\\\"["}),
            json!(["\0"]),
            json!({"a\0": 1}),
            json!(["\\u0000", "\\"]),
        ] {
            let scan = TextScan::of(&value.to_string());
            assert_eq!(scan.has_nul, has_nul(&value), "{value}");
            assert!(is_within(&value, scan.depth), "{value}");
            assert!(
                scan.depth == 0 || !is_within(&value, scan.depth - 1),
                "{value}"
            );
        }
    }

    #[test]
    fn the_warning_does_not_change_the_text() {
        let value = json!({"loss": [1.0, 0.5]});
        let text = to_text(Dialect::Sqlite, "curve", &value, false);
        assert_eq!(text, r#"{"loss":[1.0,0.5]}"#);
    }
}
