//! What a migration does to the runs in a table, without a database.

use wallow_schema::operation::{Column, Operation};
use wallow_schema::{DefaultValue, FieldType, KeyField, Role, canonical_float};

use crate::pairs::Row;

/// The runs after these steps, or `None` if a script must stop.
pub(crate) fn apply(rows: &[Row], steps: &[Operation], float_precision: u32) -> Option<Vec<Row>> {
    let mut rows = rows.to_vec();
    for step in steps {
        for row in &mut rows {
            change(row, step, float_precision)?;
        }
        if let Operation::ChangeKey { to, .. } = step
            && has_twins(&rows, to)
        {
            return None;
        }
    }
    Some(rows)
}

fn change(row: &mut Row, step: &Operation, float_precision: u32) -> Option<()> {
    match step {
        Operation::RenameField { from, to, .. } => {
            let value = row.remove(from)?;
            row.insert(to.clone(), value);
        }
        Operation::AddField(column) => {
            row.insert(column.name.clone(), new_value(column));
        }
        Operation::DropField(column) => {
            row.remove(&column.name)?;
        }
        Operation::AlterField { from, to } => {
            let value = row.remove(&to.name)?;
            let stays_in_key = from.role == Role::Identifying && to.role == Role::Identifying;
            let value = match altered(value, from, to, float_precision)? {
                // Absent is a value of its own, for which no default stands.
                None if !to.nullable && stays_in_key => return None,
                None if !to.nullable => Some(to.default.clone()?),
                value => value,
            };
            row.insert(to.name.clone(), value);
        }
        _ => {}
    }
    Some(())
}

fn new_value(column: &Column) -> Option<DefaultValue> {
    if column.nullable || column.default.is_some() {
        return column.default.clone();
    }
    Some(match column.ty {
        FieldType::Int => DefaultValue::Int(0),
        FieldType::Float => DefaultValue::Float(0.0),
        FieldType::String => DefaultValue::String(String::new()),
        FieldType::Bool => DefaultValue::Bool(false),
        FieldType::Json => DefaultValue::Json(serde_json::Value::Null),
        FieldType::Datetime => DefaultValue::Datetime(chrono::DateTime::UNIX_EPOCH),
        FieldType::Path => DefaultValue::Path(String::new()),
    })
}

/// The value in its new type; `None` if it would be a different value.
#[expect(clippy::option_option, reason = "NULL, and none at all")]
fn altered(
    value: Option<DefaultValue>,
    from: &Column,
    to: &Column,
    float_precision: u32,
) -> Option<Option<DefaultValue>> {
    let joins = from.role == Role::Annotating && to.role == Role::Identifying;
    Some(Some(match (value, to.ty) {
        (None, _) => return Some(None),
        (Some(DefaultValue::Int(value)), FieldType::Float) => {
            let digits = match to.role {
                Role::Identifying => 10_i128.pow(float_precision),
                Role::Annotating => i128::MAX,
            };
            let bound = digits.min(1 << 53);
            let is_exact = (-bound..=bound).contains(&i128::from(value));
            #[expect(clippy::cast_precision_loss, reason = "it was looked at")]
            is_exact.then_some(DefaultValue::Float(value as f64))?
        }
        (Some(DefaultValue::Float(value)), FieldType::Int) => {
            let is_exact = value.fract() == 0.0 && (-9.3e18..9.2e18).contains(&value);
            #[expect(clippy::cast_possible_truncation, reason = "it was looked at")]
            is_exact.then_some(DefaultValue::Int(value as i64))?
        }
        #[expect(clippy::float_cmp, reason = "canonical or not")]
        (Some(DefaultValue::Float(value)), FieldType::Float) if joins => {
            let canonical = canonical_float(value, float_precision);
            (canonical == value).then_some(DefaultValue::Float(value))?
        }
        (Some(DefaultValue::Path(text)), FieldType::String) => DefaultValue::String(text),
        (Some(DefaultValue::String(text)), FieldType::Path) => DefaultValue::Path(text),
        (Some(value), _) => value,
    }))
}

fn has_twins(rows: &[Row], key: &[KeyField]) -> bool {
    rows.iter().enumerate().any(|(index, row)| {
        let is_twin = |other: &Row| {
            key.iter()
                .all(|field| other[&field.name] == row[&field.name])
        };
        rows[..index].iter().any(is_twin)
    })
}
