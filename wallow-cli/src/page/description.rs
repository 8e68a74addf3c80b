//! What the page has to know before it shows runs: the project, its columns, the database.

use serde_json::{Map, Value as Json, json};
use wallow_runtime::dynamic::Column;
use wallow_schema::{Role, Schema};

/// The members that every page begins with; `partial` are the json columns of which only curves are there.
pub(crate) fn of(
    schema: &Schema,
    columns: &[Column],
    database: &str,
    partial: &[&str],
) -> Map<String, Json> {
    let project = &schema.project;
    let columns = columns
        .iter()
        .map(|column| described(schema, column, partial.contains(&column.name.as_str())));
    let members = [
        ("wallow", env!("CARGO_PKG_VERSION").into()),
        (
            "project",
            json!({ "name": project.name, "description": project.description }),
        ),
        ("database", database.into()),
        ("precision", project.float_precision.into()),
        ("lifecycle", schema.has_lifecycle().into()),
        ("columns", columns.collect::<Vec<_>>().into()),
    ];
    let members = members.into_iter();
    members
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn described(schema: &Schema, column: &Column, is_partial: bool) -> Json {
    let field = schema.field(&column.name);
    let role = match field.map(|field| field.role) {
        None => "built_in",
        Some(Role::Identifying) => "identifying",
        Some(Role::Annotating) => "annotating",
    };
    json!({
        "name": column.name,
        "type": column.ty.to_string(),
        "role": role,
        "nullable": column.nullable,
        "values": column.values,
        "doc": field.and_then(|field| field.doc.as_deref()),
        "partial": is_partial,
    })
}
