//! Floats of keys.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A canonical float, compared by its bits: equal exactly where the database says so, and with a
/// total order. NaN may stand in it until a store refuses it.
#[derive(Clone, Copy)]
pub struct KeyFloat(f64);

impl KeyFloat {
    /// The canonical form of `value` with so many significant digits.
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

impl serde::Serialize for KeyFloat {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0)
    }
}
