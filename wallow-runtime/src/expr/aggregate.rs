//! What is computed for a group of runs: their number, and mean, spread and extremes of numeric fields.

use std::marker::PhantomData;

use wallow_schema::FieldType;

use super::columns::Nullability;
use super::literal::{Kind, Numeric};
use super::node::ColumnRef;
use crate::fields::Field;
use crate::value::{CellError, Cells, FromCell};

/// What is computed from the values of a field. `NULL`s do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// How many runs have a value: `n`.
    Count,
    /// The arithmetic mean: `mean`.
    Mean,
    /// The standard deviation of the sample (n − 1), `NULL` for fewer than two values: `std`.
    StdDev,
    /// The smallest: `min`.
    Min,
    /// The largest: `max`.
    Max,
    /// The sum: `sum`.
    Sum,
}

impl Function {
    /// Every function.
    pub const ALL: [Self; 6] = [
        Self::Count,
        Self::Mean,
        Self::StdDev,
        Self::Min,
        Self::Max,
        Self::Sum,
    ];

    /// Its name in the text of a measure.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Count => "n",
            Self::Mean => "mean",
            Self::StdDev => "std",
            Self::Min => "min",
            Self::Max => "max",
            Self::Sum => "sum",
        }
    }

    /// The type of the result for a field of type `ty`; `None` if the function has no meaning for it.
    pub(crate) fn of(self, ty: FieldType) -> Option<FieldType> {
        let numeric = matches!(ty, FieldType::Int | FieldType::Float);
        let ordered = !matches!(ty, FieldType::Bool | FieldType::Json);
        match self {
            Self::Count => Some(FieldType::Int),
            Self::Mean | Self::StdDev => numeric.then_some(FieldType::Float),
            Self::Sum => numeric.then_some(ty),
            Self::Min | Self::Max => ordered.then_some(ty),
        }
    }
}

/// A function and its column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measured {
    pub(crate) function: Function,
    pub(crate) column: Option<ColumnRef>,
}

/// Opaque outside.
#[derive(Debug, Clone)]
pub struct MeasureRef(pub(crate) Measured);

/// One aggregate of a group.
pub trait Aggregate<R> {
    /// The type of its value.
    type Output;

    #[doc(hidden)]
    fn reference(&self) -> MeasureRef;
    #[doc(hidden)]
    fn read(cells: &impl Cells, index: usize) -> Result<Self::Output, CellError>;
}

/// How many runs the group has. See [`count`].
#[derive(Debug, Clone, Copy)]
pub struct Count;

/// How many runs a group has.
///
/// # How many seeds each setting has
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// # let store = registry::Store::open(":memory:")?;
/// # let key = |seed| registry::Identifying::builder().model("mlp").learning_rate(0.1).seed(seed).build();
/// use registry::fields;
///
/// store.enqueue((0..3).map(key))?;
/// let counts = store
///     .query()
///     .group_by((fields::model, fields::learning_rate))
///     .aggregate(wallow::count())?;
/// assert_eq!(counts, [(("mlp".to_owned(), 0.1), 3)]);
/// # Ok::<(), wallow::Error>(())
/// ```
pub const fn count() -> Count {
    Count
}

impl<R> Aggregate<R> for Count {
    type Output = i64;

    fn reference(&self) -> MeasureRef {
        MeasureRef(Measured {
            function: Function::Count,
            column: None,
        })
    }

    fn read(cells: &impl Cells, index: usize) -> Result<i64, CellError> {
        cells.required(index)
    }
}

/// A function of a numeric field, read as `Option<T>`: `None` if no run of the group has a
/// value.
///
/// # Mean and spread over seeds
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// # let store = registry::Store::open(":memory:")?;
/// # let key = |seed| registry::Identifying::builder().model("mlp").learning_rate(0.1).seed(seed).build();
/// use registry::{Annotating, fields};
/// use wallow::OnDuplicate;
///
/// for (seed, loss) in [(0, 0.2), (1, 0.4)] {
///     store.register(&key(seed), &Annotating::new().val_loss(loss), OnDuplicate::Error)?;
/// }
/// let groups = store
///     .query()
///     .group_by(fields::model)
///     .aggregate((fields::val_loss.mean(), fields::val_loss.min(), fields::val_loss.std_dev()))?;
/// let (model, (mean, least, spread)) = &groups[0];
/// assert_eq!(model, "mlp");
/// assert!((mean.unwrap_or_default() - 0.3).abs() < 1e-9 && *least == Some(0.2));
/// assert!((spread.unwrap_or_default() - 0.02_f64.sqrt()).abs() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Measure<R, T> {
    measured: Measured,
    marker: PhantomData<fn() -> (R, T)>,
}

impl<R, T: FromCell> Aggregate<R> for Measure<R, T> {
    type Output = Option<T>;

    fn reference(&self) -> MeasureRef {
        MeasureRef(self.measured.clone())
    }

    fn read(cells: &impl Cells, index: usize) -> Result<Option<T>, CellError> {
        cells.nullable(index)
    }
}

impl<R, T: Kind, N: Nullability> Field<R, T, N> {
    fn measure<O>(&self, function: Function) -> Measure<R, O> {
        let column = Some(self.column());
        Measure {
            measured: Measured { function, column },
            marker: PhantomData,
        }
    }

    /// The arithmetic mean over the runs of a group that have a value.
    pub fn mean(self) -> Measure<R, f64>
    where
        T: Numeric,
    {
        self.measure(Function::Mean)
    }

    /// The standard deviation of the sample (n − 1) over the runs of a group that have a value; `None` for fewer than
    /// two.
    pub fn std_dev(self) -> Measure<R, f64>
    where
        T: Numeric,
    {
        self.measure(Function::StdDev)
    }

    /// The smallest value of a group.
    pub fn min(self) -> Measure<R, T>
    where
        T: Numeric,
    {
        self.measure(Function::Min)
    }

    /// The largest value of a group.
    pub fn max(self) -> Measure<R, T>
    where
        T: Numeric,
    {
        self.measure(Function::Max)
    }

    /// The sum of the values of a group.
    pub fn sum(self) -> Measure<R, T>
    where
        T: Numeric,
    {
        self.measure(Function::Sum)
    }
}

/// Aggregates of a group: one, or a tuple of up to eight.
pub trait Aggregates<R> {
    /// The type of their values.
    type Output;

    #[doc(hidden)]
    fn references(&self) -> Vec<MeasureRef>;
    #[doc(hidden)]
    fn read(cells: &impl Cells, start: usize) -> Result<Self::Output, CellError>;
}

macro_rules! single {
    ($([$($generics:tt)*] $ty:ty),+) => {$(
        impl<R, $($generics)*> Aggregates<R> for $ty {
            type Output = <Self as Aggregate<R>>::Output;

            fn references(&self) -> Vec<MeasureRef> {
                vec![Aggregate::<R>::reference(self)]
            }

            fn read(cells: &impl Cells, start: usize) -> Result<Self::Output, CellError> {
                <Self as Aggregate<R>>::read(cells, start)
            }
        }
    )+};
}

single!([] Count, [T: FromCell] Measure<R, T>);

macro_rules! tuples {
    ($($name:ident $index:tt),+) => {
        impl<R, $($name: Aggregate<R>),+> Aggregates<R> for ($($name,)+) {
            type Output = ($($name::Output,)+);

            fn references(&self) -> Vec<MeasureRef> {
                vec![$(self.$index.reference()),+]
            }

            fn read(cells: &impl Cells, start: usize) -> Result<Self::Output, CellError> {
                Ok(($($name::read(cells, start + $index)?,)+))
            }
        }
    };
}

up_to_eight!(tuples);
