//! Keys, patches and runs with serde. Fields are read by name, and unknown or repeated names are refused; in formats
//! that write a struct as an array, they are read by position.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::ser::SerializeMap;
use serde::{Deserializer, de};

use super::portable::{Portable, ToWrite};
use crate::value::Slot;

/// A set of fields that is read from a map.
pub trait ReadFields<'de>: Default {
    /// The value that the fields make.
    type Output;
    /// What is read, for messages.
    const WHAT: &'static str;
    /// The names of the fields.
    const NAMES: &'static [&'static str];

    /// Reads the value of the field at `index`.
    ///
    /// # Errors
    /// If the value does not fit.
    fn read<A: MapAccess<'de>>(&mut self, index: usize, map: &mut A) -> Result<(), A::Error>;

    /// Makes the value, after all of the map was read.
    ///
    /// # Errors
    /// If a field is missing, or its value is not valid.
    fn finish<E: de::Error>(self) -> Result<Self::Output, E>;
}

/// Reads a set of fields that was written as a struct.
///
/// # Errors
/// If a name is unknown, occurs twice or is missing, or a value does not fit.
pub fn read_fields<'de, T: ReadFields<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T::Output, D::Error> {
    let visitor = FieldsVisitor::<T> {
        takes_arrays: !deserializer.is_human_readable(),
        fields: PhantomData,
    };
    deserializer.deserialize_struct(T::WHAT, T::NAMES, visitor)
}

/// Reads a set of fields that was written as a map, which has only some of them.
///
/// # Errors
/// As [`read_fields`].
pub fn read_map<'de, T: ReadFields<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T::Output, D::Error> {
    deserializer.deserialize_map(MapVisitor::<T>(PhantomData))
}

/// The value of a required field.
///
/// # Errors
/// If it is missing; the error names the field.
pub fn required<T, E: de::Error>(value: Option<T>, name: &'static str) -> Result<T, E> {
    value.ok_or_else(|| E::missing_field(name))
}

/// Refuses NaN, which no key can have.
///
/// # Errors
/// If the value is NaN; the error names the field.
pub fn not_nan<E: de::Error>(value: f64, name: &'static str) -> Result<f64, E> {
    if value.is_nan() {
        return Err(E::custom(format_args!(
            "field `{name}`: NaN identifies nothing; give it a number"
        )));
    }
    Ok(value)
}

struct FieldsVisitor<T> {
    /// Whether an array is accepted: formats for programs may write a struct as one, while a person writes names.
    takes_arrays: bool,
    fields: PhantomData<T>,
}

impl<'de, T: ReadFields<'de>> Visitor<'de> for FieldsVisitor<T> {
    type Value = T::Output;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the fields of {}", T::WHAT)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T::Output, A::Error> {
        by_name::<T, A>(map, NameOf::Struct)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<T::Output, A::Error> {
        if !self.takes_arrays {
            return Err(A::Error::invalid_type(Unexpected::Seq, &self));
        }
        let mut elements = Elements(elements);
        let mut fields = T::default();
        for (index, name) in T::NAMES.iter().enumerate() {
            fields
                .read(index, &mut elements)
                .map_err(|error| A::Error::custom(format_args!("field `{name}`: {error}")))?;
        }
        if elements.0.next_element::<IgnoredAny>()?.is_some() {
            return Err(A::Error::invalid_length(T::NAMES.len() + 1, &self));
        }
        fields.finish()
    }
}

/// The fields of a set that was written as a map.
struct MapVisitor<T>(PhantomData<T>);

impl<'de, T: ReadFields<'de>> Visitor<'de> for MapVisitor<T> {
    type Value = T::Output;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a map of the fields of {}", T::WHAT)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T::Output, A::Error> {
        by_name::<T, A>(map, NameOf::Map)
    }
}

fn by_name<'de, T: ReadFields<'de>, A: MapAccess<'de>>(
    mut map: A,
    name_of: NameOf,
) -> Result<T::Output, A::Error> {
    let mut fields = T::default();
    let mut seen = vec![false; T::NAMES.len()];
    while let Some(index) = map.next_key_seed(Name(T::NAMES, name_of))? {
        if std::mem::replace(&mut seen[index], true) {
            return Err(A::Error::duplicate_field(T::NAMES[index]));
        }
        fields.read(index, &mut map).map_err(|error| {
            A::Error::custom(format_args!("field `{}`: {error}", T::NAMES[index]))
        })?;
    }
    fields.finish()
}

/// The elements of an array, for a reader that takes values out of a map.
struct Elements<A>(A);

impl<'de, A: SeqAccess<'de>> MapAccess<'de> for Elements<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        _: K,
    ) -> Result<Option<K::Value>, A::Error> {
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        let element = self.0.next_element_seed(seed)?;
        element.ok_or_else(|| A::Error::custom("the array is too short"))
    }
}

/// Whether a name is that of a struct's field or a key of a map: formats may write the two in different ways.
#[derive(Debug, Clone, Copy)]
enum NameOf {
    Struct,
    Map,
}

/// Reads a name as its position.
struct Name(&'static [&'static str], NameOf);

impl<'de> DeserializeSeed<'de> for Name {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        match self.1 {
            NameOf::Struct => deserializer.deserialize_identifier(self),
            NameOf::Map => deserializer.deserialize_str(self),
        }
    }
}

impl Visitor<'_> for Name {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_u64<E: de::Error>(self, position: u64) -> Result<usize, E> {
        let index = usize::try_from(position).ok();
        let index = index.filter(|index| *index < self.0.len());
        index.ok_or_else(|| E::custom(format_args!("there is no field at position {position}")))
    }

    fn visit_bytes<E: de::Error>(self, name: &[u8]) -> Result<usize, E> {
        self.visit_str(&String::from_utf8_lossy(name))
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<usize, E> {
        self.0
            .iter()
            .position(|known| *known == name)
            .ok_or_else(|| match wallow_schema::near(name, self.0.iter().copied()) {
                Some(near) => E::custom(format_args!(
                    "unknown field `{name}`, did you mean `{near}`?"
                )),
                None => E::unknown_field(name, self.0),
            })
    }
}

/// Counts the fields of a patch that are set or cleared.
pub fn count_said(fields: &[bool]) -> usize {
    fields.iter().filter(|is_said| **is_said).count()
}

impl<T: Portable> Slot<T> {
    /// Whether the field is set or cleared.
    pub fn is_said(&self) -> bool {
        !matches!(self, Slot::Unset)
    }

    /// Writes a field that always has a value, if it is set.
    ///
    /// # Errors
    /// The error of the serializer.
    pub fn serialize_entry<M: SerializeMap>(
        &self,
        name: &str,
        map: &mut M,
    ) -> Result<(), M::Error> {
        match self {
            Slot::Unset => Ok(()),
            Slot::Null => map.serialize_entry(name, &()),
            Slot::Set(value) => map.serialize_entry(name, &ToWrite(value)),
        }
    }

    /// Writes a nullable field, if it is set or cleared.
    ///
    /// # Errors
    /// The error of the serializer.
    pub fn serialize_nullable<M: SerializeMap>(
        &self,
        name: &str,
        map: &mut M,
    ) -> Result<(), M::Error> {
        match self {
            Slot::Unset => Ok(()),
            Slot::Null => map.serialize_entry(name, &None::<ToWrite<'_, T>>),
            Slot::Set(value) => map.serialize_entry(name, &Some(ToWrite(value))),
        }
    }
}

impl<T> From<Option<T>> for Slot<T> {
    /// What a nullable field says: a value, or `NULL`.
    fn from(value: Option<T>) -> Self {
        value.map_or(Slot::Null, Slot::Set)
    }
}
