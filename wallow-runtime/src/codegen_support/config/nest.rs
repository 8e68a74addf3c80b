//! The values of a key as a configuration: a member of a member has the names of both, joined by `_`.

use std::collections::BTreeMap;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, VariantAccess, Visitor,
};

use super::leaf::ConfigError;
use crate::value::Value;

type Values<'v> = BTreeMap<&'v str, Value<'v>>;

/// What stands at a name, and below it.
#[derive(Clone)]
pub(super) struct Nested<'v> {
    values: &'v Values<'v>,
    /// Empty at the top.
    name: String,
    /// Whether it is what a variant holds.
    in_variant: bool,
}

impl<'v> Nested<'v> {
    pub(super) fn root(values: &'v Values<'v>) -> Self {
        Nested {
            values,
            name: String::new(),
            in_variant: false,
        }
    }

    /// The member with this name.
    fn member(&self, name: &str) -> Self {
        let name = if self.name.is_empty() {
            name.to_owned()
        } else {
            format!("{}_{name}", self.name)
        };
        Nested {
            values: self.values,
            name,
            in_variant: false,
        }
    }

    /// The name of a value that stands here.
    fn own_name(&self) -> String {
        if self.in_variant {
            format!("{}_value", self.name)
        } else {
            self.name.clone()
        }
    }

    fn value(&self) -> Option<Value<'v>> {
        self.values.get(self.own_name().as_str()).copied()
    }

    /// What comes after `name_` in the names of values below.
    fn below(&self) -> impl Iterator<Item = &'v str> + '_ {
        let names = self.values.keys().copied();
        names.filter_map(|name| {
            if self.name.is_empty() {
                return Some(name);
            }
            name.strip_prefix(self.name.as_str())?.strip_prefix('_')
        })
    }

    /// Whether there is a value at this name or below it. An absent one is none.
    fn is_there(&self) -> bool {
        let is_some = |value: Option<Value<'_>>| value.is_some_and(|value| value != Value::Null);
        is_some(self.value()) || self.below().any(|name| is_some(self.member(name).value()))
    }

    fn visit<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, ConfigError> {
        match self.value() {
            Some(Value::Int(value)) => visitor.visit_i64(value),
            Some(Value::TooLarge(value)) => visitor.visit_i128(value),
            Some(Value::Float(value)) => visitor.visit_f64(value),
            Some(Value::Bool(value)) => visitor.visit_bool(value),
            Some(Value::Text(value)) => visitor.visit_str(value),
            Some(Value::Null) => visitor.visit_none(),
            // No identifying field has another type.
            Some(_) | None => visitor.visit_map(Members {
                of: self.clone(),
                names: self.below().collect::<Vec<_>>().into_iter(),
                at: None,
            }),
        }
    }
}

impl<'de> Deserializer<'de> for Nested<'_> {
    type Error = ConfigError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ConfigError> {
        self.visit(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ConfigError> {
        if self.is_there() {
            visitor.visit_some(self)
        } else {
            visitor.visit_none()
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ConfigError> {
        visitor.visit_newtype_struct(self)
    }

    /// A struct has no end of its own among the names: its fields say what belongs to it.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ConfigError> {
        let there = fields
            .iter()
            .copied()
            .filter(|name| self.member(name).is_there());
        let names = there.collect::<Vec<_>>().into_iter();
        visitor.visit_map(Members {
            of: self,
            names,
            at: None,
        })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ConfigError> {
        let names = self.below().collect::<Vec<_>>().into_iter();
        visitor.visit_map(Members {
            of: self,
            names,
            at: None,
        })
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ConfigError> {
        visitor.visit_unit()
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ConfigError> {
        visitor.visit_enum(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit seq tuple tuple_struct
        identifier ignored_any
    }
}

/// Some members of what stands at a name.
struct Members<'v, I> {
    of: Nested<'v>,
    names: I,
    at: Option<&'v str>,
}

impl<'de, 'v, I: Iterator<Item = &'v str>> MapAccess<'de> for Members<'v, I> {
    type Error = ConfigError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ConfigError> {
        self.at = self.names.next();
        self.at
            .map(|name| seed.deserialize(StrDeserializer::new(name)))
            .transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, ConfigError> {
        let member = self.of.member(self.at.unwrap_or_default());
        let name = member.name.clone();
        let read = seed.deserialize(member);
        read.map_err(|error| match error.to_string() {
            // The innermost name is the whole one.
            named if named.starts_with("field `") => ConfigError::custom(named),
            reason => ConfigError::custom(format_args!("field `{name}`: {reason}")),
        })
    }
}

impl<'de, 'v> EnumAccess<'de> for Nested<'v> {
    type Error = ConfigError;
    type Variant = Nested<'v>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Nested<'v>), ConfigError> {
        let Some(Value::Text(variant)) = self.value() else {
            return Err(ConfigError::custom(format_args!(
                "`{}` has no text that names a variant",
                self.name
            )));
        };
        let variant = seed.deserialize(StrDeserializer::<ConfigError>::new(variant))?;
        Ok((
            variant,
            Nested {
                in_variant: true,
                name: self.own_name(),
                ..self
            },
        ))
    }
}

impl<'de> VariantAccess<'de> for Nested<'_> {
    type Error = ConfigError;

    fn unit_variant(self) -> Result<(), ConfigError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, ConfigError> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, ConfigError> {
        Err(ConfigError::custom("no key holds a list"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ConfigError> {
        self.deserialize_struct("", fields, visitor)
    }
}
