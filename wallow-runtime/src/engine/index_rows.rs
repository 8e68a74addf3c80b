//! Texts that are too long for an index of PostgreSQL: the server's error names at most the index; ours names the
//! field.

use super::statements::TableStatements;
use crate::error::Error;
use crate::value::Value;

/// If the error says that an index row is too long, adds the field that is the cause; any other error is unchanged.
pub(in crate::engine) fn named(
    table: &TableStatements,
    error: Error,
    key: &[Value<'_>],
    annotating: &[Option<Value<'_>>],
) -> Error {
    let message = error.to_string();
    if error.field().is_some() || !message.contains("index row ") {
        return error;
    }
    let of_key = table.key().iter().zip(key.iter().copied().map(Some));
    let of_others = table.annotating().iter().zip(annotating.iter().copied());
    let is_indexed = |name: &str| {
        let mut fields = table.schema.annotating.iter();
        fields.any(|field| field.name == name && field.indexed)
    };
    // If the message does not name the index over the key, any index may be meant. The longest text is assumed to be
    // the cause.
    let is_of_key = message.contains("\"uq_runs_identifying\"");
    let of_others = of_others.filter(|(column, _)| !is_of_key && is_indexed(&column.name));
    let texts = of_key
        .chain(of_others)
        .filter_map(|(column, value)| match value {
            Some(Value::Text(text)) => Some((text.len(), &column.name)),
            _ => None,
        });
    match texts.max_by_key(|(length, _)| *length) {
        Some((_, field)) => error
            .context(format_args!("field `{field}`"))
            .with_field(field),
        None => error,
    }
}
