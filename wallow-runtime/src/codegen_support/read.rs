//! Keys and patches with serde: by field name, unknown and doubled names refused.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Error as _, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap};
use serde::{Deserializer, de};

use crate::value::Slot;

/// A set of fields that is read from a map.
pub trait ReadFields<'de>: Default {
    /// What becomes of the fields.
    type Output;
    /// What is read, for messages.
    const WHAT: &'static str;
    /// The names of the fields.
    const NAMES: &'static [&'static str];

    /// Reads the value of the field at `index`.
    ///
    /// # Errors
    /// Where the value does not fit.
    fn read<A: MapAccess<'de>>(&mut self, index: usize, map: &mut A) -> Result<(), A::Error>;

    /// What the fields make, when all of the map is read.
    ///
    /// # Errors
    /// Where a field is missing, or its value is none.
    fn finish<E: de::Error>(self) -> Result<Self::Output, E>;
}

/// Reads a set of fields.
///
/// # Errors
/// Where a name is unknown, comes twice or is missing, or a value does not fit.
pub fn read_fields<'de, T: ReadFields<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T::Output, D::Error> {
    deserializer.deserialize_struct(T::WHAT, T::NAMES, FieldsVisitor::<T>(PhantomData))
}

/// The value of a field that has to be there.
///
/// # Errors
/// Where it is not, naming it.
pub fn required<T, E: de::Error>(value: Option<T>, name: &'static str) -> Result<T, E> {
    value.ok_or_else(|| E::missing_field(name))
}

/// Refuses NaN, which no key can have.
///
/// # Errors
/// Where the value is NaN, naming the field.
pub fn not_nan<E: de::Error>(value: f64, name: &'static str) -> Result<f64, E> {
    if value.is_nan() {
        return Err(E::custom(format_args!(
            "field `{name}`: NaN identifies nothing; give it a number"
        )));
    }
    Ok(value)
}

struct FieldsVisitor<T>(PhantomData<T>);

impl<'de, T: ReadFields<'de>> Visitor<'de> for FieldsVisitor<T> {
    type Value = T::Output;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the fields of {}", T::WHAT)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T::Output, A::Error> {
        let mut fields = T::default();
        let mut seen = vec![false; T::NAMES.len()];
        while let Some(index) = map.next_key_seed(Name(T::NAMES))? {
            if std::mem::replace(&mut seen[index], true) {
                return Err(A::Error::duplicate_field(T::NAMES[index]));
            }
            fields.read(index, &mut map).map_err(|error| {
                A::Error::custom(format_args!("field `{}`: {error}", T::NAMES[index]))
            })?;
        }
        fields.finish()
    }
}

/// Reads a name as its position.
struct Name(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Name {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Name {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<usize, E> {
        self.0
            .iter()
            .position(|known| *known == name)
            .ok_or_else(|| {
                let near = self
                    .0
                    .iter()
                    .map(|known| (strsim::damerau_levenshtein(known, name), *known))
                    .filter(|(distance, known)| *distance <= known.len() / 3)
                    .min();
                match near {
                    Some((_, near)) => E::custom(format_args!(
                        "unknown field `{name}`, did you mean `{near}`?"
                    )),
                    None => E::unknown_field(name, self.0),
                }
            })
    }
}

impl<T: Serialize> Slot<T> {
    /// Writes the field where it is set or cleared.
    ///
    /// # Errors
    /// What the serializer says.
    pub fn serialize_entry<M: SerializeMap>(
        &self,
        name: &str,
        map: &mut M,
    ) -> Result<(), M::Error> {
        match self {
            Slot::Unset => Ok(()),
            Slot::Null => map.serialize_entry(name, &()),
            Slot::Set(value) => map.serialize_entry(name, value),
        }
    }
}

impl<T> From<Option<T>> for Slot<T> {
    /// What a nullable field says: a value, or `NULL`.
    fn from(value: Option<T>) -> Self {
        value.map_or(Slot::Null, Slot::Set)
    }
}
