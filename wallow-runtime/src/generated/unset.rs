//! The state of a required field in the builder of a key.

/// A required field without a value.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unset;

/// A required field with its value.
#[derive(Debug, Clone, Copy)]
pub struct Set<T>(pub T);
