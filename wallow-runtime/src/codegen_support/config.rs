//! Keys from the configuration of a program, and back.
//!
//! What enters: any value that serde can write. What leaves: a key, made of the leaves of that value by their names.
//! Invariant: no leaf is left out in silence. One that is no identifying field is an error, unless the schema lists it as
//! ignored: a hyperparameter that is forgotten in the schema would make different experiments one run.

mod flatten;
mod leaf;
mod nest;

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::de::value::MapDeserializer;
use wallow_schema::Schema;

use super::{Key, Record};
use crate::error::{Error, ErrorKind};
use flatten::flatten;
use leaf::{ConfigError, Leaf, LeafValue};
use nest::Nested;

/// The key that a configuration is.
///
/// # Errors
/// [`ErrorKind::Validation`] if the configuration has leaves that are no identifying fields, all of which it names; if a
/// field without a default has no value; or if a value does not fit.
pub fn from_config<R: Record>(config: &impl Serialize) -> Result<R::Identifying, Error> {
    let schema = R::schema().get()?;
    let leaves = flatten(config).map_err(|error| refused(&error.to_string()))?;
    check(schema, &leaves)?;
    let set = leaves.into_iter().filter(|leaf| {
        leaf.value != LeafValue::None
            && schema
                .identifying
                .iter()
                .any(|field| field.name == leaf.name)
    });
    let entries = set.map(|leaf| (leaf.name, leaf.value));
    let read = <R::Identifying as serde::Deserialize>::deserialize(MapDeserializer::new(entries));
    read.map_err(|error: ConfigError| refused(&error.to_string()))
}

/// The configuration that a key is.
///
/// # Errors
/// [`ErrorKind::Validation`] if the type wants a value that the key does not have.
pub fn config<R: Record, T: DeserializeOwned>(key: &R::Identifying) -> Result<T, Error> {
    let schema = R::schema().get()?;
    let values = key.values();
    let fields = schema.identifying.iter().zip(&values);
    let leaves = fields.map(|(field, value)| (field.name.as_str(), *value));
    let leaves = leaves.collect::<BTreeMap<_, _>>();
    T::deserialize(Nested::root(&leaves)).map_err(|error| {
        let message = format!("the run does not make this configuration: {error}");
        Error::new(ErrorKind::Validation, message)
    })
}

fn refused(reason: &str) -> Error {
    Error::new(
        ErrorKind::Validation,
        format!("the configuration makes no key: {reason}"),
    )
}

/// Refuses leaves that are no identifying fields, and names that two leaves have.
fn check(schema: &Schema, leaves: &[Leaf]) -> Result<(), Error> {
    let mut strange = Vec::new();
    let mut seen = BTreeMap::new();
    for leaf in leaves {
        if schema
            .identifying
            .iter()
            .all(|field| field.name != leaf.name)
        {
            if !is_ignored(schema, &leaf.path) {
                strange.push(leaf);
            }
            continue;
        }
        if let Some(other) = seen.insert(&leaf.name, &leaf.path) {
            let reason = format!(
                "`{other}` and `{}` would both be the field `{}`",
                leaf.path, leaf.name
            );
            return Err(refused(&reason).with_field(&leaf.name));
        }
        if let LeafValue::Unfit(what) = &leaf.value {
            let reason = format!(
                "`{}` is {what}, which no identifying field can have",
                leaf.path
            );
            return Err(refused(&reason).with_field(&leaf.name));
        }
    }
    let Some(first) = strange.first() else {
        return Ok(());
    };
    let named = strange.iter().map(|Leaf { path, name, .. }| {
        if path == name {
            format!("`{path}`")
        } else {
            format!("`{path}` (the field `{name}`)")
        }
    });
    let reason = format!(
        "it has values that are no identifying fields: {}; declare them under `[identifying]` in the schema, or, if they \
         do not matter for the result, list them: `[project]` `ignored = [\"{}\"]`",
        named.collect::<Vec<_>>().join(", "),
        first.path,
    );
    Err(refused(&reason).with_field(&first.name))
}

/// Whether the schema ignores this leaf, or something that it is a part of.
fn is_ignored(schema: &Schema, path: &str) -> bool {
    schema.project.ignored.iter().any(|ignored| {
        let rest = path.strip_prefix(ignored.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}
