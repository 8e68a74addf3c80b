//! Typed constants for the columns of a schema.

use std::fmt;
use std::marker::PhantomData;

/// Marks a column that always has a value.
#[derive(Debug, Clone, Copy)]
pub enum NotNull {}

/// Marks a column that may be `NULL`.
#[derive(Debug, Clone, Copy)]
pub enum Nullable {}

type Marker<R, T, N> = PhantomData<fn() -> (R, T, N)>;

/// A column of `R` whose values have the type `T`: the constants in the module `fields` that `wallow_schema!` emits. `N`
/// is [`NotNull`] or [`Nullable`].
///
/// Its methods make expressions ([`Expr`](crate::Expr)), orders and aggregates. Which methods it has depends on `T`, so
/// that a text operator on a number does not compile.
///
/// # Conditions, orders and aggregates
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// # let store = registry::Store::open(":memory:")?;
/// # let key = |seed| registry::Identifying::builder().model("mlp").learning_rate(0.1).seed(seed).build();
/// use registry::fields;
///
/// store.enqueue((0..4).map(key))?;
/// let some = store.filter(fields::seed.between(1, 2) & fields::model.starts_with("m"));
/// let runs = some.clone().order_by(fields::seed.desc()).all()?;
/// assert_eq!(runs.iter().map(|run| run.seed).collect::<Vec<_>>(), [2, 1]);
///
/// let means = some.group_by(fields::model).aggregate(fields::seed.mean())?;
/// assert_eq!(means, [("mlp".to_owned(), Some(1.5))]);
/// assert_eq!(fields::learning_rate.name(), "learning_rate");
/// # Ok::<(), wallow::Error>(())
/// ```
pub struct Field<R, T, N = NotNull> {
    name: &'static str,
    /// Significant digits, if the values are canonical floats.
    precision: Option<u32>,
    marker: Marker<R, T, N>,
}

impl<R, T, N> Field<R, T, N> {
    /// For generated code.
    #[doc(hidden)]
    pub const fn new(name: &'static str) -> Self {
        Field {
            name,
            precision: None,
            marker: PhantomData,
        }
    }

    /// For generated code: an identifying float, canonical with `precision` significant digits.
    #[doc(hidden)]
    pub const fn canonical(name: &'static str, precision: u32) -> Self {
        Field {
            name,
            precision: Some(precision),
            marker: PhantomData,
        }
    }

    /// The name, as in wallow.toml and in the database.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) const fn precision(&self) -> Option<u32> {
        self.precision
    }
}

impl<R, T, N> Clone for Field<R, T, N> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, T, N> Copy for Field<R, T, N> {}

impl<R, T, N> fmt::Debug for Field<R, T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Field").field(&self.name).finish()
    }
}

impl<R, T, N> fmt::Display for Field<R, T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
