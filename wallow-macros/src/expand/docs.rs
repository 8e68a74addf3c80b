//! The docs of the items of a field: what an editor shows on hover.

use wallow_schema::{DefaultValue, Field, Role};

use super::{Column, Context};

impl Context<'_> {
    /// The `doc` of the field, then what wallow.toml declares, and in which line.
    pub(super) fn field_docs(&self, field: &Field) -> String {
        let role = match field.role {
            Role::Identifying if field.is_optional() => "identifying, optional",
            Role::Identifying => "identifying",
            Role::Annotating if field.nullable => "annotating, nullable",
            Role::Annotating => "annotating, not nullable",
        };
        let default = match &field.default {
            None => String::new(),
            Some(default) => format!(", default `{}`", written(default)),
        };
        let values = field.values.iter().map(|value| format!("`{value}`"));
        let values = match values.collect::<Vec<_>>().join(", ") {
            none if none.is_empty() => none,
            values => format!(", one of {values}"),
        };
        let facts = format!(
            "`{}` · {role} · `{}`{values}{default} · {}:{}",
            field.name, field.ty, self.origin, field.line,
        );
        match &field.doc {
            Some(doc) => format!("{}\n\n{facts}", doc.trim()),
            None => facts,
        }
    }

    pub(super) fn column_docs(&self, column: &Column<'_>) -> String {
        match (column.field, column.name) {
            (Some(field), _) => self.field_docs(field),
            (None, "id") => "The number of the row, given by the database.".into(),
            (None, "uuid") => "12 hexadecimal characters that name the run for ever.".into(),
            (None, "created_at") => "When the run was registered, UTC.".into(),
            (None, _) => "When the run was last written, UTC. It never moves backwards.".into(),
        }
    }
}

/// A default, as it is written in wallow.toml.
fn written(default: &DefaultValue) -> String {
    match default {
        DefaultValue::Int(value) => value.to_string(),
        DefaultValue::Float(value) => format!("{value:?}"),
        DefaultValue::Bool(value) => value.to_string(),
        DefaultValue::String(value) | DefaultValue::Path(value) => format!("{value:?}"),
        DefaultValue::Json(value) => value.to_string(),
        DefaultValue::Datetime(value) => value.to_rfc3339(),
    }
}
