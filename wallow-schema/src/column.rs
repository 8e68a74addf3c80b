//! A field from the side of a database.

use chrono::DateTime;

use crate::canonical::canonical_float;
use crate::schema::{DefaultValue, Field, FieldType, Role, Schema};

/// What a database knows of a field: no docs, and the default as it is stored in a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The name of field and column.
    pub name: String,
    /// Whether it is part of the key.
    pub role: Role,
    /// The type of its values.
    pub ty: FieldType,
    /// The value of a run for which none is given. A float of the key is canonical.
    pub default: Option<DefaultValue>,
    /// Whether it may be NULL.
    pub nullable: bool,
}

impl Column {
    /// The column of a field, in a project of this precision.
    pub fn of(field: &Field, float_precision: u32) -> Self {
        let default = match (field.role, field.default.clone()) {
            (Role::Identifying, Some(DefaultValue::Float(value))) => {
                Some(DefaultValue::Float(canonical_float(value, float_precision)))
            }
            (_, default) => default,
        };
        Self {
            name: field.name.clone(),
            role: field.role,
            ty: field.ty,
            default,
            nullable: field.nullable,
        }
    }

    /// The declared columns of a schema, in its order.
    pub(crate) fn all(schema: &Schema) -> impl Iterator<Item = Self> {
        let precision = schema.project.float_precision;
        schema.fields().map(move |field| Self::of(field, precision))
    }

    /// The value of existing runs in a new column: the default, else NULL, else the empty value of its type.
    pub(crate) fn filler(&self) -> Option<DefaultValue> {
        if self.default.is_some() || self.nullable {
            return self.default.clone();
        }
        Some(match self.ty {
            FieldType::Int => DefaultValue::Int(0),
            FieldType::Float => DefaultValue::Float(0.0),
            FieldType::String => DefaultValue::String(String::new()),
            FieldType::Bool => DefaultValue::Bool(false),
            FieldType::Json => DefaultValue::Json(serde_json::Value::Null),
            FieldType::Datetime => DefaultValue::Datetime(DateTime::UNIX_EPOCH),
            FieldType::Path => DefaultValue::Path(String::new()),
        })
    }

    /// Whether it is a field of the key that a run may lack.
    pub(crate) const fn is_optional(&self) -> bool {
        matches!(self.role, Role::Identifying) && self.nullable
    }

    /// Whether both have the same definition in `CREATE TABLE`.
    pub(crate) fn is_stored_like(&self, other: &Self) -> bool {
        are_stored_alike(self.ty, other.ty)
            && self.nullable == other.nullable
            && self.has_default_of(other)
    }

    /// Whether both have the same default, including the sign of a zero.
    pub(crate) fn has_default_of(&self, other: &Self) -> bool {
        let text = |column: &Self| column.default.as_ref().map(ToString::to_string);
        text(self) == text(other)
    }
}

/// Whether both databases store values of these two types in the same way, so that a column can change its type without
/// changing its values.
pub(crate) const fn are_stored_alike(one: FieldType, other: FieldType) -> bool {
    const fn storage(ty: FieldType) -> u8 {
        match ty {
            FieldType::Int => 0,
            FieldType::Float => 1,
            FieldType::String | FieldType::Path => 2,
            FieldType::Bool => 3,
            FieldType::Json => 4,
            FieldType::Datetime => 5,
        }
    }
    storage(one) == storage(other)
}
