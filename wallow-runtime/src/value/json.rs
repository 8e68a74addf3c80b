//! JSON as text.

/// From here on a JSON value is worth a warning: such data belongs in a file of the run's artefacts.
pub const LARGE_JSON: usize = 1_000_000;

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
