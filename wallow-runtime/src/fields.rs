//! Typed constants for the columns of a schema.

use std::fmt;
use std::marker::PhantomData;

/// A column of `R` whose values are of type `T`: what the module `fields` that `wallow_schema!`
/// emits is made of.
pub struct Field<R, T> {
    name: &'static str,
    marker: PhantomData<fn() -> (R, T)>,
}

impl<R, T> Field<R, T> {
    /// For generated code.
    #[doc(hidden)]
    pub const fn new(name: &'static str) -> Self {
        Field {
            name,
            marker: PhantomData,
        }
    }

    /// The name, as in wallow.toml and in the database.
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl<R, T> Clone for Field<R, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, T> Copy for Field<R, T> {}

impl<R, T> fmt::Debug for Field<R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Field").field(&self.name).finish()
    }
}

impl<R, T> fmt::Display for Field<R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
