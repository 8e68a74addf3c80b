//! A value that was asked for, and the distance of another value from it.

use wallow_runtime::dynamic::Value;
use wallow_schema::{Field, FieldType, Schema};

use crate::field_value;
use crate::output::Failure;

/// A value of an identifying field.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) name: String,
    pub(super) value: Value,
}

impl Setting {
    pub(super) fn read(schema: &Schema, name: &str, text: &str) -> Result<Self, Failure> {
        let mut fields = schema.identifying.iter();
        let Some(field) = fields.find(|field| field.name == name) else {
            return Err(Failure::usage(format!(
                "`{name}` is no identifying field; the schema has: {}",
                names(&schema.identifying)
            )));
        };
        let precision = schema.project.float_precision;
        let value = match quoted(text).map_err(Failure::usage)? {
            // In quotes, an empty text is a text, not the absence of one.
            Some(text) if text.is_empty() && field.ty == FieldType::String => {
                Value::Text(String::new())
            }
            Some(text) => field_value::read(field, &text, precision).map_err(Failure::usage)?,
            None => field_value::read(field, text, precision).map_err(Failure::usage)?,
        };
        Ok(Setting {
            name: name.to_owned(),
            value,
        })
    }

    /// The distance of a value from this one: zero if they are equal; for numbers their difference in proportion to the
    /// larger one; for anything else 1.
    pub(super) fn distance(&self, value: Option<&Value>) -> Option<f64> {
        let value = value?;
        if *value == self.value {
            return None;
        }
        Some(match (&self.value, value) {
            (Value::Float(asked), Value::Float(found)) => proportion(*asked, *found),
            (Value::Int(asked), Value::Int(found)) => {
                proportion(as_float(*asked), as_float(*found))
            }
            _ => 1.0,
        })
    }
}

/// The text in quotes, as in the lists of `wallow enqueue`; `None` if it does not begin with a quote.
fn quoted(text: &str) -> Result<Option<String>, String> {
    if !text.starts_with('"') {
        return Ok(None);
    }
    serde_json::from_str(text).map(Some).map_err(|_| {
        format!(
            "{text}: a value that begins with a quote is a JSON string, and this one is not closed or not valid; write \
             `\"a \\\"b\\\"\"`"
        )
    })
}

/// Limits a distance to 1.
fn proportion(one: f64, other: f64) -> f64 {
    let difference = (one - other).abs() / one.abs().max(other.abs());
    if difference.is_finite() {
        difference.min(1.0)
    } else {
        1.0
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a distance is a measure for people"
)]
fn as_float(value: i64) -> f64 {
    value as f64
}

pub(super) fn refuse_twice(settings: &[Setting]) -> Result<(), Failure> {
    for (index, setting) in settings.iter().enumerate() {
        if settings[..index]
            .iter()
            .any(|other| other.name == setting.name)
        {
            return Err(Failure::usage(format!(
                "`{}` is given twice; give it once",
                setting.name
            )));
        }
    }
    Ok(())
}

fn names(fields: &[Field]) -> String {
    let names = fields.iter().map(|field| field.name.as_str());
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_near_in_proportion() {
        let distance = |asked: Value, found: Value| {
            let name = "x".into();
            Setting { name, value: asked }.distance(Some(&found))
        };
        assert_eq!(distance(1.0.into(), 1.0.into()), None);
        assert_eq!(distance(1e-3.into(), 2e-3.into()), Some(0.5));
        assert_eq!(distance(1.0.into(), (-1.0).into()), Some(1.0));
        assert_eq!(distance(0.0.into(), 1.0.into()), Some(1.0));
        assert_eq!(distance(f64::INFINITY.into(), 1.0.into()), Some(1.0));
        assert_eq!(distance(4.into(), 3.into()), Some(0.25));
        assert_eq!(distance(i64::MIN.into(), i64::MAX.into()), Some(1.0));
        assert_eq!(distance("a".into(), "b".into()), Some(1.0));
    }
}
