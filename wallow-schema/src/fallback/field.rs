//! One field, as far as it can be read.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;

use crate::check::{is_identifier, nearest_identifier};
use crate::parse::FIELD_KEYS;
use crate::raw::{Entry, Table, Value};
use crate::schema::{BUILT_IN, DefaultValue, Field, FieldType, RESERVED_PREFIX, Role, camel_case};
use crate::source::{Source, Spanned};
use crate::suggest;

/// A field, and whether its type is what the file says.
pub(super) struct Read {
    pub(super) field: Field,
    pub(super) typed: bool,
}

/// Reads a field; `None` if its name cannot be made a Rust identifier.
pub(super) fn read(role: Role, entry: &Entry, source: &Source) -> Option<Read> {
    let name = rust_name(&entry.key.value)?;
    let written = entry.value.as_ref().ok();
    let table = written.and_then(|written| match &written.value {
        Value::Table(table) => Some(table),
        _ => None,
    });
    let default = table.and_then(|table| find(table, "default"));
    let written = match table {
        Some(table) => find(table, "type").and_then(|entry| entry.value.as_ref().ok()),
        // `seed = "int"`
        None => written,
    };
    let column = built_in(&name).filter(|_| role == Role::Identifying);
    let ty = written
        .and_then(|written| field_type(written, source))
        .filter(|ty| role == Role::Annotating || ty.may_identify())
        .filter(|_| column.is_none());
    let typed = ty.is_some();
    let ty = ty.or(column).unwrap_or_else(|| like(default));
    if role == Role::Identifying && !ty.may_identify() {
        return None;
    }
    Some(Read {
        field: Field {
            role,
            ty,
            default: default.map(|_| some(ty)),
            doc: table.and_then(|table| doc(find(table, "doc")?)),
            indexed: false,
            nullable: match role {
                Role::Identifying => default.is_none() && says(table, "optional", false),
                Role::Annotating => says(table, "nullable", true),
            },
            values: table
                .filter(|_| ty == FieldType::String)
                .and_then(|table| find(table, "values"))
                .map(values)
                .unwrap_or_default(),
            line: source.position(entry.key.span.start).line,
            name,
        },
        typed,
    })
}

/// The name that the program can have used for the field.
fn rust_name(written: &str) -> Option<String> {
    let normal: String = written.nfc().collect();
    let name = if is_identifier(&normal) {
        Some(normal)
    } else {
        nearest_identifier(&normal)
    };
    name.filter(|name| !name.to_lowercase().starts_with(RESERVED_PREFIX))
}

/// The entry with this key, or one that was meant to have it.
fn find<'t>(table: &'t Table, key: &str) -> Option<&'t Entry> {
    let exact = table.0.iter().find(|entry| entry.key.value == key);
    exact.or_else(|| {
        let near = |entry: &&Entry| suggest::near_key(&entry.key.value, FIELD_KEYS) == Some(key);
        table.0.iter().find(near)
    })
}

/// A type, even if it is misspelt or has no quotes.
fn field_type(written: &Spanned<Value>, source: &Source) -> Option<FieldType> {
    let name = match &written.value {
        Value::String(name) => name.as_str(),
        Value::Array(_) | Value::Table(_) => return None,
        _ => source.slice(written.span),
    };
    name.parse().ok().or_else(|| suggest::near_type(name))
}

/// The type of wallow's own column of this name, because that is the one in `Run`.
fn built_in(name: &str) -> Option<FieldType> {
    BUILT_IN.contains(&name).then_some(match name {
        "id" => FieldType::Int,
        "uuid" => FieldType::String,
        _ => FieldType::Datetime,
    })
}

/// The type of a default, if the field has no `type`.
fn like(default: Option<&Entry>) -> FieldType {
    let value = default.and_then(|entry| entry.value.as_ref().ok());
    match value.map(|value| &value.value) {
        Some(Value::Integer(_)) => FieldType::Int,
        Some(Value::Float(_)) => FieldType::Float,
        Some(Value::Boolean(_)) => FieldType::Bool,
        _ => FieldType::String,
    }
}

/// Some value of the type.
fn some(ty: FieldType) -> DefaultValue {
    match ty {
        FieldType::Int => DefaultValue::Int(0),
        FieldType::Float => DefaultValue::Float(0.0),
        FieldType::String => DefaultValue::String(String::new()),
        FieldType::Bool => DefaultValue::Bool(false),
        FieldType::Json => DefaultValue::Json(serde_json::Value::Null),
        FieldType::Datetime => DefaultValue::Datetime(chrono::DateTime::UNIX_EPOCH),
        FieldType::Path => DefaultValue::Path(String::new()),
    }
}

/// The values of a closed set that can become variants.
fn values(entry: &Entry) -> Vec<String> {
    let Some(Value::Array(elements)) = entry.value.as_ref().ok().map(|value| &value.value) else {
        return Vec::new();
    };
    let mut variants = BTreeSet::new();
    let texts = elements.iter().filter_map(|element| match &element.value {
        Value::String(text) => Some(text.clone()),
        _ => None,
    });
    texts
        .filter(|text| is_identifier(&camel_case(text)) && variants.insert(camel_case(text)))
        .collect()
}

fn doc(entry: &Entry) -> Option<String> {
    match &entry.value.as_ref().ok()?.value {
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// What a table says with a key that is true or false.
fn says(table: Option<&Table>, key: &str, otherwise: bool) -> bool {
    table
        .and_then(|table| truth(find(table, key)?))
        .unwrap_or(otherwise)
}

fn truth(entry: &Entry) -> Option<bool> {
    match entry.value.as_ref().ok()?.value {
        Value::Boolean(truth) => Some(truth),
        _ => None,
    }
}
