//! Names and values as TOML, for everything that writes a schema.

use serde_json::Value as Json;
use toml::Value as Toml;

use crate::schema::DefaultValue;

/// An identifier as a key: TOML requires quotes around letters that are not ASCII.
pub(crate) fn key(name: &str) -> String {
    if name.is_ascii() {
        name.to_owned()
    } else {
        format!("\"{name}\"")
    }
}

/// The value of a default.
pub(crate) fn default(value: &DefaultValue) -> String {
    match value {
        DefaultValue::String(value) | DefaultValue::Path(value) => text(value),
        DefaultValue::Json(json) => toml(json).to_string(),
        other => other.to_string(),
    }
}

/// A text in quotes, on one line.
pub(crate) fn text(text: &str) -> String {
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
