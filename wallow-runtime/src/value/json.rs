//! JSON as text.

/// From here on a JSON value is worth a warning: such data belongs in a file of the run's artefacts.
pub const LARGE_JSON: usize = 1_000_000;

/// So many arrays and objects may stand within each other: what is deeper, the reader refuses, so that no text can
/// exhaust its stack.
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

/// The text that is stored for a JSON value; a warning through `tracing` where it is over
/// [`LARGE_JSON`] bytes.
///
/// ```
/// let value = serde_json::json!({"loss": [1.0, 0.5]});
/// assert_eq!(wallow_runtime::value::json_text("curve", &value), r#"{"loss":[1.0,0.5]}"#);
/// ```
pub fn to_text(field: &str, value: &serde_json::Value) -> String {
    let text = value.to_string();
    if text.len() > LARGE_JSON {
        tracing::warn!(
            field,
            bytes = text.len(),
            "json value over 1 MB; consider writing it to a file in the run's artefacts folder",
        );
    }
    text
}
