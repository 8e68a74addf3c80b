//! Writes a snapshot as text: the same text for the same snapshot.

use super::Snapshot;
use crate::checksum::checksum;
use crate::schema::{Field, Schema};
use crate::toml_text::{default, key, text};

/// The text of a snapshot: valid TOML, fields in the order of the schema.
pub fn to_text(snapshot: &Snapshot) -> String {
    let body = body(snapshot);
    format!(
        "# Written by wallow; do not edit. The schema as it was after the migration `{}`.\n\
         # Form {}, checksum {}.\n{body}",
        snapshot.name,
        form(&snapshot.schema),
        checksum(&body),
    )
}

/// The oldest version of the format that has everything of the schema.
fn form(schema: &Schema) -> u32 {
    match (schema.project.attempts, schema.has_optional_key()) {
        (true, _) => 3,
        (false, true) => 2,
        (false, false) => 1,
    }
}

fn body(snapshot: &Snapshot) -> String {
    let mut tables = vec![migration(snapshot)];
    if !snapshot.checksums.is_empty() {
        let lines = snapshot.checksums.iter();
        let lines = lines.map(|(path, sum)| format!("{} = {}\n", text(path), text(sum)));
        tables.push(format!("[checksums]\n{}", lines.collect::<String>()));
    }
    let project = &snapshot.schema.project;
    let attempts = if project.attempts {
        "attempts = true\n"
    } else {
        ""
    };
    tables.push(format!(
        "[project]\nname = {}\nfloat_precision = {}\n{attempts}",
        text(&project.name),
        project.float_precision
    ));
    tables.extend(snapshot.schema.fields().map(field));
    let tables = tables.into_iter().map(|table| format!("\n{table}"));
    tables.collect()
}

fn migration(snapshot: &Snapshot) -> String {
    let name = format!("[migration]\nname = \"{}\"\n", snapshot.name);
    match snapshot.parent {
        Some(parent) => format!("{name}parent = \"{parent}\"\n"),
        None => name,
    }
}

fn field(field: &Field) -> String {
    let default = match &field.default {
        Some(value) => format!("default = {}\n", default(value)),
        None => String::new(),
    };
    let nullable = if field.is_optional() {
        "optional = true".to_owned()
    } else {
        format!("nullable = {}", field.nullable)
    };
    format!(
        "[{}.{}]\ntype = \"{}\"\nindexed = {}\n{nullable}\n{default}",
        field.role,
        key(&field.name),
        field.ty,
        field.indexed,
    )
}
