//! A configuration as its leaves: members of members are joined by `_`, enums are their names.

use serde::ser::{self, Serialize, Serializer};

use super::leaf::{ConfigError, Leaf, LeafValue};
use crate::value::IntoFloat as _;

/// The leaves, in the order in which serde writes them.
pub(super) fn flatten(config: &impl Serialize) -> Result<Vec<Leaf>, ConfigError> {
    let mut leaves = Vec::new();
    config.serialize(Flatten {
        leaves: &mut leaves,
        path: String::new(),
        in_variant: false,
    })?;
    Ok(leaves)
}

/// Writes what stands at a path.
struct Flatten<'l> {
    leaves: &'l mut Vec<Leaf>,
    path: String,
    /// Whether it is what a variant holds: the path itself is the leaf that names the variant.
    in_variant: bool,
}

impl<'l> Flatten<'l> {
    fn leaf(self, value: LeafValue) -> Result<(), ConfigError> {
        if self.path.is_empty() {
            return Err(ConfigError(
                "it is no struct or map with named values".into(),
            ));
        }
        let path = self.path();
        let name = path.replace('.', "_");
        self.leaves.push(Leaf { path, name, value });
        Ok(())
    }

    /// The path of a leaf that stands here.
    fn path(&self) -> String {
        if self.in_variant {
            format!("{}.value", self.path)
        } else {
            self.path.clone()
        }
    }

    /// What a variant holds: its name is a leaf by itself.
    fn variant(self, variant: &str) -> Result<Flatten<'l>, ConfigError> {
        let path = self.path();
        let Flatten { leaves, .. } = self;
        let named = Flatten {
            leaves: &mut *leaves,
            path: path.clone(),
            in_variant: false,
        };
        named.leaf(LeafValue::Text(variant.to_owned()))?;
        Ok(Flatten {
            leaves,
            path,
            in_variant: true,
        })
    }

    fn members(self) -> Members<'l> {
        Members {
            leaves: self.leaves,
            path: self.path,
            key: None,
        }
    }
}

/// Writes the members of a struct or a map.
struct Members<'l> {
    leaves: &'l mut Vec<Leaf>,
    path: String,
    key: Option<String>,
}

impl Members<'_> {
    fn member<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), ConfigError> {
        let path = if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        };
        value.serialize(Flatten {
            leaves: self.leaves,
            path,
            in_variant: false,
        })
    }
}

macro_rules! integers {
    ($($method:ident: $ty:ty),+) => {$(
        fn $method(self, value: $ty) -> Result<(), ConfigError> {
            self.leaf(LeafValue::Int(i128::from(value)))
        }
    )+};
}

impl<'l> Serializer for Flatten<'l> {
    type Ok = ();
    type Error = ConfigError;
    type SerializeSeq = Ignored;
    type SerializeTuple = Ignored;
    type SerializeTupleStruct = Ignored;
    type SerializeTupleVariant = Ignored;
    type SerializeMap = Members<'l>;
    type SerializeStruct = Members<'l>;
    type SerializeStructVariant = Members<'l>;

    integers!(
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64
    );

    fn serialize_u128(self, value: u128) -> Result<(), ConfigError> {
        self.leaf(LeafValue::Int(i128::try_from(value).unwrap_or(i128::MAX)))
    }

    fn serialize_bool(self, value: bool) -> Result<(), ConfigError> {
        self.leaf(LeafValue::Bool(value))
    }

    fn serialize_f32(self, value: f32) -> Result<(), ConfigError> {
        self.leaf(LeafValue::Float(value.into_float()))
    }

    fn serialize_f64(self, value: f64) -> Result<(), ConfigError> {
        self.leaf(LeafValue::Float(value))
    }

    fn serialize_char(self, value: char) -> Result<(), ConfigError> {
        self.leaf(LeafValue::Text(value.to_string()))
    }

    fn serialize_str(self, value: &str) -> Result<(), ConfigError> {
        self.leaf(LeafValue::Text(value.to_owned()))
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), ConfigError> {
        self.leaf(LeafValue::Unfit("bytes"))
    }

    fn serialize_none(self) -> Result<(), ConfigError> {
        self.leaf(LeafValue::None)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), ConfigError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), ConfigError> {
        self.leaf(LeafValue::None)
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<(), ConfigError> {
        self.leaf(LeafValue::Text(name.to_owned()))
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), ConfigError> {
        self.leaf(LeafValue::Text(variant.to_owned()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), ConfigError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), ConfigError> {
        value.serialize(self.variant(variant)?)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Ignored, ConfigError> {
        self.leaf(LeafValue::Unfit("a list")).map(|()| Ignored)
    }

    fn serialize_tuple(self, _: usize) -> Result<Ignored, ConfigError> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Ignored, ConfigError> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Ignored, ConfigError> {
        self.variant(variant)?.serialize_seq(None)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members<'l>, ConfigError> {
        Ok(self.members())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members<'l>, ConfigError> {
        Ok(self.members())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members<'l>, ConfigError> {
        Ok(self.variant(variant)?.members())
    }
}

impl ser::SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = ConfigError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), ConfigError> {
        self.member(name, value)
    }

    fn end(self) -> Result<(), ConfigError> {
        Ok(())
    }
}

impl ser::SerializeStructVariant for Members<'_> {
    type Ok = ();
    type Error = ConfigError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), ConfigError> {
        self.member(name, value)
    }

    fn end(self) -> Result<(), ConfigError> {
        Ok(())
    }
}

impl ser::SerializeMap for Members<'_> {
    type Ok = ();
    type Error = ConfigError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), ConfigError> {
        let mut leaves = Vec::new();
        // A key is written as the one leaf of a path of its own.
        key.serialize(Flatten {
            leaves: &mut leaves,
            path: "key".into(),
            in_variant: false,
        })?;
        self.key = Some(match leaves.pop().map(|leaf| leaf.value) {
            Some(LeafValue::Text(key)) => key,
            Some(LeafValue::Int(key)) => key.to_string(),
            Some(LeafValue::Bool(key)) => key.to_string(),
            _ => {
                return Err(ConfigError(format!(
                    "a key of the map `{}` is no text",
                    self.path
                )));
            }
        });
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ConfigError> {
        let key = self.key.take().unwrap_or_default();
        self.member(&key, value)
    }

    fn end(self) -> Result<(), ConfigError> {
        Ok(())
    }
}

/// The elements of a list, which is one leaf as a whole.
pub(super) struct Ignored;

macro_rules! ignored {
    ($($of:ident: $method:ident),+) => {$(
        impl ser::$of for Ignored {
            type Ok = ();
            type Error = ConfigError;

            fn $method<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), ConfigError> {
                Ok(())
            }

            fn end(self) -> Result<(), ConfigError> {
                Ok(())
            }
        }
    )+};
}

ignored!(
    SerializeSeq: serialize_element,
    SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field,
    SerializeTupleVariant: serialize_field
);
