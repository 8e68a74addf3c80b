//! A value of an identifying field that a person types.

use wallow_runtime::dynamic::{Column, Value};
use wallow_schema::{Field, FieldType, canonical_float};

use crate::import::typed_float;

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
    let value = parse(field.ty, text, precision).map_err(|lost| match lost {
        Some(lost) => format!("`{text}` is no value for `{}`: {lost}", field.name),
        None => format!(
            "`{text}` is no value for `{}`, which is of type {}{}",
            field.name,
            field.ty,
            if field.ty == FieldType::Bool {
                ": write true or false"
            } else {
                ""
            }
        ),
    })?;
    if let Value::Text(text) = &value
        && let Some(refusal) = Column::from(field).refusal(text)
    {
        return Err(format!("`{}`: {refusal}", field.name));
    }
    Ok(value)
}

/// The value, or what a number would lose; no reason if the text is no value of this type.
fn parse(ty: FieldType, text: &str, precision: u32) -> Result<Value, Option<&'static str>> {
    match ty {
        FieldType::Int => text.parse().map(Value::Int).map_err(|_| None),
        FieldType::Bool => text.parse().map(Value::Bool).map_err(|_| None),
        // As in an import: a number that became infinite, zero or its neighbour would be another experiment.
        FieldType::Float => match typed_float(text) {
            Some(value) => {
                let value = value.map_err(Some)?;
                Ok(Value::Float(canonical_float(value, precision)))
            }
            None => Err(None),
        },
        // No other type is identifying.
        _ => Ok(Value::Text(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_as_its_field_stores_it() {
        assert_eq!(parse(FieldType::Int, "-3", 12), Ok(Value::Int(-3)));
        assert_eq!(parse(FieldType::Bool, "true", 12), Ok(Value::Bool(true)));
        assert_eq!(
            parse(FieldType::Float, "0.30000000000000004", 12),
            Ok(Value::Float(0.3))
        );
        assert_eq!(
            parse(FieldType::Float, "-inf", 12),
            Ok(Value::Float(f64::NEG_INFINITY))
        );
        for (ty, text) in [
            (FieldType::Int, "1.0"),
            (FieldType::Int, ""),
            (FieldType::Bool, "yes"),
            (FieldType::Float, "nan"),
            (FieldType::Float, "0,1"),
        ] {
            assert_eq!(parse(ty, text, 12), Err(None), "{text}");
        }
        for text in ["1e400", "1e-400", "-1e-400", "9007199254740993"] {
            let lost = parse(FieldType::Float, text, 12);
            assert!(matches!(lost, Err(Some(_))), "{text}: {lost:?}");
        }
    }
}
