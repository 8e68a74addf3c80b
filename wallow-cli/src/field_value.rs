//! A value of an identifying field that a person types.

use wallow_runtime::dynamic::{Column, Value};
use wallow_schema::{Field, FieldType, canonical_float};

/// The value in the form in which the database stores it, or what is wrong with the text. An empty text of an optional
/// field is absent.
pub(crate) fn read(field: &Field, text: &str, precision: u32) -> Result<Value, String> {
    if field.is_optional() && text.is_empty() {
        return Ok(Value::Null);
    }
    if text.contains('\0') {
        return Err(format!(
            "the character U+0000 is in a value for `{}`, and not every database can store it",
            field.name
        ));
    }
    let value = parse(field.ty, text, precision).ok_or_else(|| {
        format!(
            "`{text}` is no value for `{}`, which is of type {}",
            field.name, field.ty
        )
    })?;
    if let Value::Text(text) = &value
        && let Some(refusal) = Column::from(field).refusal(text)
    {
        return Err(format!("`{}`: {refusal}", field.name));
    }
    Ok(value)
}

fn parse(ty: FieldType, text: &str, precision: u32) -> Option<Value> {
    match ty {
        FieldType::Int => text.parse().ok().map(Value::Int),
        FieldType::Bool => text.parse().ok().map(Value::Bool),
        FieldType::Float => {
            let value = text.parse::<f64>().ok().filter(|value| !value.is_nan());
            // A number beyond the largest float would become infinite, and be another experiment.
            let is_named = text.to_ascii_lowercase().contains("inf");
            let value = value.filter(|value| value.is_finite() || is_named);
            value.map(|value| Value::Float(canonical_float(value, precision)))
        }
        // No other type is identifying.
        _ => Some(Value::Text(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_as_its_field_stores_it() {
        assert_eq!(parse(FieldType::Int, "-3", 12), Some(Value::Int(-3)));
        assert_eq!(parse(FieldType::Bool, "true", 12), Some(Value::Bool(true)));
        assert_eq!(
            parse(FieldType::Float, "0.30000000000000004", 12),
            Some(Value::Float(0.3))
        );
        assert_eq!(
            parse(FieldType::Float, "-inf", 12),
            Some(Value::Float(f64::NEG_INFINITY))
        );
        for (ty, text) in [
            (FieldType::Int, "1.0"),
            (FieldType::Int, ""),
            (FieldType::Bool, "yes"),
            (FieldType::Float, "nan"),
            (FieldType::Float, "1e400"),
            (FieldType::Float, "0,1"),
        ] {
            assert_eq!(parse(ty, text, 12), None, "{text}");
        }
    }
}
