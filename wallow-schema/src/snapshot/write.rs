//! Writes a snapshot as text: the same text for the same snapshot.

use serde_json::Value as Json;
use toml::Value as Toml;

use super::Snapshot;
use crate::checksum::checksum;
use crate::schema::{DefaultValue, Field, Schema};

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
    if schema.has_optional_key() { 2 } else { 1 }
}

fn body(snapshot: &Snapshot) -> String {
    let mut tables = vec![migration(snapshot)];
    if !snapshot.checksums.is_empty() {
        let lines = snapshot.checksums.iter();
        let lines = lines.map(|(path, sum)| format!("{} = {}\n", text(path), text(sum)));
        tables.push(format!("[checksums]\n{}", lines.collect::<String>()));
    }
    let project = &snapshot.schema.project;
    tables.push(format!(
        "[project]\nname = {}\nfloat_precision = {}\n",
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

/// An identifier as a key: TOML requires quotes around letters that are not ASCII.
fn key(name: &str) -> String {
    if name.is_ascii() {
        name.to_owned()
    } else {
        format!("\"{name}\"")
    }
}

fn default(value: &DefaultValue) -> String {
    match value {
        DefaultValue::String(value) | DefaultValue::Path(value) => text(value),
        DefaultValue::Json(json) => toml(json).to_string(),
        other => other.to_string(),
    }
}

/// A text in quotes, on one line.
fn text(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.extend(format!("\\U{:08X}", u32::from(c)).chars()),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// The TOML that `check` reads as this JSON. A default was read from TOML, so it contains no null.
fn toml(json: &Json) -> Toml {
    match json {
        Json::Null => Toml::String(String::new()),
        Json::Bool(truth) => Toml::Boolean(*truth),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Toml::Integer(number),
            None => Toml::Float(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Toml::String(text.clone()),
        Json::Array(items) => Toml::Array(items.iter().map(toml).collect()),
        Json::Object(members) => {
            let members = members.iter();
            Toml::Table(
                members
                    .map(|(key, value)| (key.clone(), toml(value)))
                    .collect(),
            )
        }
    }
}
