//! The state of a required field in the builder of a key.

/// A required field without a value.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unset;

/// A required field with its value.
#[derive(Debug, Clone, Copy)]
pub struct Set<T>(pub T);

/// The bound of `build()` for a required field. `Field` is a type with the name of the field's constant, so that the
/// compiler's error names the field.
#[diagnostic::on_unimplemented(
    message = "the identifying field `{Field}` is not set",
    label = "`{Field}` is missing",
    note = "set it before `.build()`, or give it a `default` in the schema"
)]
pub trait IsSet<Field, T> {
    /// The value that was set.
    fn given(self) -> T;
}

impl<Field, T> IsSet<Field, T> for Set<T> {
    fn given(self) -> T {
        self.0
    }
}
