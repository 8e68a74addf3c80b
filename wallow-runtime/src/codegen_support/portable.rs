//! Values of fields in serde: the same value comes back from every format.
//!
//! What enters: values of the types that a field can have. What leaves: values that every format can hold. A format for
//! people (JSON, TOML) gets numbers, texts and JSON as they are, but infinities as words, because JSON has none. Other
//! formats (postcard, bincode) may not record the kind of a value, so they get a json field as its text. A nullable
//! value is an `Option`.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

use super::float::WrittenFloat;
use crate::value::{AnyInt, ClosedSet, listed_value, too_large};

/// A type that a field can have.
pub trait Portable: Sized {
    /// Writes the value.
    ///
    /// # Errors
    /// The error of the serializer.
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Reads a value.
    ///
    /// # Errors
    /// If it does not fit.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

/// A value to write.
#[derive(Debug)]
pub struct ToWrite<'a, T>(pub &'a T);

impl<T: Portable> Serialize for ToWrite<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

/// A value that was read.
#[derive(Debug)]
pub struct WasRead<T>(pub T);

impl<'de, T: Portable> Deserialize<'de> for WasRead<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(WasRead)
    }
}

macro_rules! as_they_are {
    ($($ty:ty),+) => {$(
        impl Portable for $ty {
            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.serialize(serializer)
            }

            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <$ty>::deserialize(deserializer)
            }
        }
    )+};
}

as_they_are!(i64, bool, String, PathBuf, DateTime<Utc>);

impl Portable for AnyInt {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.fitting() {
            Ok(value) => serializer.serialize_i64(value),
            Err(value) => Err(serde::ser::Error::custom(too_large(value))),
        }
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::deserialize(deserializer).map(AnyInt::new)
    }
}

impl<T: ClosedSet> Portable for T {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        listed_value(&text).map_err(D::Error::custom)
    }
}

impl Portable for f64 {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        WrittenFloat(*self).serialize(serializer)
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        WrittenFloat::deserialize(deserializer).map(|float| float.0)
    }
}

impl Portable for serde_json::Value {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            self.serialize(serializer)
        } else {
            serializer.collect_str(self)
        }
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return Self::deserialize(deserializer);
        }
        let text = String::deserialize(deserializer)?;
        serde_json::from_str(&text).map_err(D::Error::custom)
    }
}

impl<T: Portable> Portable for Option<T> {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().map(ToWrite).serialize(serializer)
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Option::<WasRead<T>>::deserialize(deserializer)?;
        Ok(read.map(|value| value.0))
    }
}
