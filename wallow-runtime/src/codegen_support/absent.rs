//! Optional fields of keys.

use std::fmt;

/// The value of an optional field in the text of a key: as it is, or `none`. A text has quotes there, so `none` is no
/// text.
pub struct OrNone<T>(pub Option<T>);

impl<T: fmt::Debug> fmt::Debug for OrNone<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("none"),
        }
    }
}
