//! Values, fields and rows with serde.
//!
//! A format for people (JSON, TOML) gets values as they are; a time is written as a text, and read back as a text. Any
//! other format gets each value with its kind, so that the same values come back even from a format that does not tell
//! numbers from texts.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::Fields;
use crate::codegen_support::WrittenFloat;
use crate::engine::Row;
use crate::value::owned::Value;

/// A value with its kind. JSON is its text.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename = "Value")]
enum Tagged {
    Null,
    Int(i64),
    Float(f64),
    Bool(bool),
    Text(String),
    Json(String),
    Time(DateTime<Utc>),
}

impl From<&Value> for Tagged {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Tagged::Null,
            Value::Int(value) => Tagged::Int(*value),
            Value::Float(value) => Tagged::Float(*value),
            Value::Bool(value) => Tagged::Bool(*value),
            Value::Text(value) => Tagged::Text(value.clone()),
            Value::Json(value) => Tagged::Json(value.to_string()),
            Value::Time(value) => Tagged::Time(*value),
        }
    }
}

impl TryFrom<Tagged> for Value {
    type Error = serde_json::Error;

    fn try_from(value: Tagged) -> Result<Self, serde_json::Error> {
        Ok(match value {
            Tagged::Null => Value::Null,
            Tagged::Int(value) => Value::Int(value),
            Tagged::Float(value) => Value::Float(value),
            Tagged::Bool(value) => Value::Bool(value),
            Tagged::Text(value) => Value::Text(value),
            Tagged::Json(text) => Value::Json(serde_json::from_str(&text)?),
            Tagged::Time(value) => Value::Time(value),
        })
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return Tagged::from(self).serialize(serializer);
        }
        match self {
            Value::Null => serializer.serialize_none(),
            Value::Int(value) => serializer.serialize_i64(*value),
            Value::Float(value) => WrittenFloat(*value).serialize(serializer),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Text(value) => serializer.serialize_str(value),
            Value::Json(value) => value.serialize(serializer),
            Value::Time(value) => value.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return deserializer.deserialize_any(ValueVisitor);
        }
        let tagged = Tagged::deserialize(deserializer)?;
        Value::try_from(tagged).map_err(D::Error::custom)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        let int = i64::try_from(value).map(Value::Int);
        int.map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &"an integer of 64 bits"))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Value, A::Error> {
        let json = serde_json::Value::deserialize(SeqAccessDeserializer::new(items));
        json.map(Value::Json)
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Value, A::Error> {
        let json = serde_json::Value::deserialize(MapAccessDeserializer::new(entries));
        json.map(Value::Json)
    }
}

fn write<'a, S: Serializer>(
    entries: impl ExactSizeIterator<Item = (&'a str, &'a Value)>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(entries.len()))?;
    for (name, value) in entries {
        map.serialize_entry(name, value)?;
    }
    map.end()
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names = self.names.iter().map(String::as_str);
        write(names.zip(&self.values), serializer)
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entries = self.0.iter().map(|(name, value)| (name.as_str(), value));
        write(entries, serializer)
    }
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (names, values): (Vec<_>, Vec<_>) = deserializer
            .deserialize_map(EntriesVisitor)?
            .into_iter()
            .unzip();
        Ok(Row::new(names.into(), values))
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = deserializer.deserialize_map(EntriesVisitor)?;
        Ok(Fields(entries.into_iter().collect::<BTreeMap<_, _>>()))
    }
}

/// Reads names and values in their order. A name that occurs twice is refused.
struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Vec<(String, Value)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of fields")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries: Self::Value = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if entries.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
            }
            entries.push((name, value));
        }
        Ok(entries)
    }
}
