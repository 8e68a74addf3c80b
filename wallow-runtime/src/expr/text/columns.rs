//! The columns of a schema, as texts name them.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;
use wallow_schema::{FieldType, Role, Schema};

use crate::expr::node::ColumnRef;

/// Every column of the schema, as expressions refer to them.
pub(crate) fn columns(schema: &Schema) -> Vec<ColumnRef> {
    let built_in = [
        ("id", FieldType::Int),
        ("uuid", FieldType::String),
        ("created_at", FieldType::Datetime),
        ("updated_at", FieldType::Datetime),
    ];
    let built_in = built_in.into_iter().map(|(name, ty)| ColumnRef {
        name: Cow::Borrowed(name),
        ty,
        nullable: false,
        precision: None,
        values: Vec::new(),
        is_closed: false,
    });
    let fields = schema.fields().map(|field| ColumnRef {
        name: Cow::Owned(field.name.clone()),
        ty: field.ty,
        nullable: field.nullable,
        precision: (field.role == Role::Identifying && field.ty == FieldType::Float)
            .then_some(schema.project.float_precision),
        values: field.values.clone(),
        is_closed: !field.values.is_empty(),
    });
    built_in.chain(fields).collect()
}

/// Whether a column has this name. Names of a schema are in Unicode normal form C, but a typed name may be in another
/// form.
pub(crate) fn is_named(column: &str, name: &str) -> bool {
    column == name || (!name.is_ascii() && name.nfc().eq(column.chars()))
}

/// Every name, after `head`.
pub(super) fn known(columns: &[ColumnRef], head: &str) -> String {
    let names = columns.iter().map(|column| column.name.as_ref());
    format!("{head}{}", names.collect::<Vec<_>>().join(", "))
}

/// "Did you mean …", or a list of all names.
pub(crate) fn near(columns: &[ColumnRef], name: &str) -> String {
    let names = columns.iter().map(|column| column.name.as_ref());
    match wallow_schema::near(name, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => known(columns, "the schema has: "),
    }
}
