//! Floats of keys.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use serde::ser::{Serialize, Serializer};

/// A canonical float, compared by its bits: two are equal if and only if they are equal in the database, and they have
/// a total order. It may be NaN until a store refuses it.
#[derive(Clone, Copy)]
pub struct KeyFloat(f64);

impl KeyFloat {
    /// The canonical form of `value` with this many significant digits.
    pub fn new(value: f64, precision: u32) -> Self {
        KeyFloat(wallow_schema::canonical_float(value, precision))
    }

    /// The value.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl fmt::Debug for KeyFloat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl PartialEq for KeyFloat {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for KeyFloat {}

impl Hash for KeyFloat {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl PartialOrd for KeyFloat {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for KeyFloat {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Serialize for KeyFloat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        WrittenFloat(self.0).serialize(serializer)
    }
}

/// A float for serde: a number, or a word for what JSON cannot write as a number.
#[derive(Debug, Clone, Copy)]
pub struct WrittenFloat(pub f64);

/// JSON has neither infinities nor NaN, so in formats for people they are words.
impl Serialize for WrittenFloat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() || !serializer.is_human_readable() {
            serializer.serialize_f64(self.0)
        } else {
            serializer.collect_str(&self.0)
        }
    }
}

impl<'de> Deserialize<'de> for WrittenFloat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(WrittenFloatVisitor)
        } else {
            deserializer.deserialize_f64(WrittenFloatVisitor)
        }
    }
}

struct WrittenFloatVisitor;

impl Visitor<'_> for WrittenFloatVisitor {
    type Value = WrittenFloat;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, `inf` or `-inf`")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<WrittenFloat, E> {
        Ok(WrittenFloat(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "the nearest float is meant")]
    fn visit_i64<E: Error>(self, value: i64) -> Result<WrittenFloat, E> {
        self.visit_f64(value as f64)
    }

    #[expect(clippy::cast_precision_loss, reason = "the nearest float is meant")]
    fn visit_u64<E: Error>(self, value: u64) -> Result<WrittenFloat, E> {
        self.visit_f64(value as f64)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<WrittenFloat, E> {
        match value {
            "inf" => self.visit_f64(f64::INFINITY),
            "-inf" => self.visit_f64(f64::NEG_INFINITY),
            "NaN" => self.visit_f64(f64::NAN),
            _ => Err(E::invalid_value(Unexpected::Str(value), &self)),
        }
    }
}
