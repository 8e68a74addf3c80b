//! The leaves of a configuration, and how serde reads their values.

use std::fmt;

use serde::de::{self, IntoDeserializer, Visitor};
use serde::ser;

/// A value in a configuration, and where it stands.
#[derive(Debug)]
pub(super) struct Leaf {
    /// `optim.lr`
    pub(super) path: String,
    /// `optim_lr`
    pub(super) name: String,
    pub(super) value: LeafValue,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum LeafValue {
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    /// What no field of a key has: a list, bytes.
    Unfit(&'static str),
}

/// What serde reports.
#[derive(Debug)]
pub(super) struct ConfigError(pub(super) String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

impl ser::Error for ConfigError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        ConfigError(message.to_string())
    }
}

impl de::Error for ConfigError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        ConfigError(message.to_string())
    }
}

impl IntoDeserializer<'_, ConfigError> for LeafValue {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> de::Deserializer<'de> for LeafValue {
    type Error = ConfigError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ConfigError> {
        match self {
            LeafValue::None => visitor.visit_none(),
            LeafValue::Bool(value) => visitor.visit_bool(value),
            LeafValue::Int(value) => match i64::try_from(value) {
                Ok(value) => visitor.visit_i64(value),
                Err(_) => visitor.visit_i128(value),
            },
            LeafValue::Float(value) => visitor.visit_f64(value),
            LeafValue::Text(value) => visitor.visit_string(value),
            LeafValue::Unfit(what) => Err(de::Error::custom(format_args!("{what} is no value"))),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ConfigError> {
        match self {
            LeafValue::None => visitor.visit_none(),
            value => visitor.visit_some(value),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
