//! Values of fields whose type is wrong in the schema.

/// A placeholder for a value of type `T`.
///
/// The code that `wallow_schema!` emits beside the errors of a schema accepts any value for such a field, so that a
/// wrong type in the schema is one error and not one for each use of the field. Such a program does not compile, so
/// nothing here is ever called.
pub trait Fallback<T> {
    /// Never returns.
    fn fallback(self) -> T;
}

impl<A, T> Fallback<T> for A {
    fn fallback(self) -> T {
        unreachable!("a program whose schema has errors does not compile")
    }
}
