//! What is computed for a group of runs: their number, and mean, spread, percentiles and extremes of numeric fields.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use wallow_schema::FieldType;

use super::columns::Nullability;
use super::literal::{Kind, Numeric};
use super::node::Operand;
use crate::fields::Field;
use crate::value::{CellError, Cells, FromCell};

/// What is computed from the values of a field. `NULL`s do not count.
///
/// Nothing overflows on the way, and values that are large beside their spread keep it: means are exact but for the last
/// rounding. A mean or a spread that does not exist, because there are both infinities or a NaN among the values, is NaN on both
/// databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Function {
    /// How many runs have a value: `n`.
    Count,
    /// The arithmetic mean: `mean`.
    Mean,
    /// The standard deviation of the sample (n − 1), `NULL` for fewer than two values: `std`.
    StdDev,
    /// The standard error of the mean, `NULL` for fewer than two values: `sem`.
    Sem,
    /// Half of the width of the 95 % confidence interval of the mean, by Student's t distribution; `NULL` for fewer than
    /// two values: `ci`. The interval is `mean ± ci`.
    Ci,
    /// The smallest: `min`.
    Min,
    /// The value that half of the others do not exceed, halfway between two neighbours if the number of values is even:
    /// `median`.
    Median,
    /// The largest: `max`.
    Max,
    /// A percentile from 0 to 100: `p95`. Between two neighbours it is interpolated linearly, as numpy and pandas do: it
    /// is at the position (n − 1) · p / 100 of the sorted values, from 0.
    Percentile(u8),
    /// The sum: `sum`.
    Sum,
}

impl Function {
    /// Every function with a name of its own, without the percentiles.
    const NAMED: [(Self, &str); 9] = [
        (Self::Count, "n"),
        (Self::Mean, "mean"),
        (Self::StdDev, "std"),
        (Self::Sem, "sem"),
        (Self::Ci, "ci"),
        (Self::Min, "min"),
        (Self::Median, "median"),
        (Self::Max, "max"),
        (Self::Sum, "sum"),
    ];

    /// Every name, for a message.
    pub(crate) fn names() -> String {
        let names = Self::NAMED.map(|(_, name)| name);
        format!("{}, and p0 to p100", names.join(", "))
    }

    /// The type of the result for a field of type `ty`; `None` if the function has no meaning for it.
    pub(crate) fn of(self, ty: FieldType) -> Option<FieldType> {
        let numeric = matches!(ty, FieldType::Int | FieldType::Float);
        let ordered = !matches!(ty, FieldType::Bool | FieldType::Json);
        match self {
            Self::Count => Some(FieldType::Int),
            Self::Mean
            | Self::StdDev
            | Self::Sem
            | Self::Ci
            | Self::Median
            | Self::Percentile(_) => numeric.then_some(FieldType::Float),
            Self::Sum => numeric.then_some(ty),
            Self::Min | Self::Max => ordered.then_some(ty),
        }
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Percentile(percent) = self {
            return write!(f, "p{percent}");
        }
        let mut named = Self::NAMED.iter();
        let name = named.find(|(function, _)| function == self);
        f.write_str(name.map_or("", |(_, name)| name))
    }
}

impl FromStr for Function {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut named = Self::NAMED.iter();
        if let Some((function, _)) = named.find(|(_, name)| *name == text) {
            return Ok(*function);
        }
        let digits = text.strip_prefix('p');
        let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
        match digits.and_then(|digits| digits.parse().ok()) {
            Some(percent @ 0..=100) => Ok(Self::Percentile(percent)),
            _ => Err(format!(
                "`{text}` is no function; there are {}",
                Self::names()
            )),
        }
    }
}

/// A function, and the column or the part of a JSON column that it is computed of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measured {
    pub(crate) function: Function,
    pub(crate) operand: Option<Operand>,
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
            operand: None,
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
        let operand = Some(Operand::Column(self.column()));
        Measure {
            measured: Measured { function, operand },
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

    /// The standard error of the mean over the runs of a group that have a value: the standard deviation of the sample by
    /// the root of their number; `None` for fewer than two.
    pub fn sem(self) -> Measure<R, f64>
    where
        T: Numeric,
    {
        self.measure(Function::Sem)
    }

    /// Half of the width of the 95 % confidence interval of the mean, by Student's t distribution; `None` for fewer than
    /// two values.
    ///
    /// # A mean with its interval
    ///
    /// ```
    /// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
    /// # let store = registry::Store::open(":memory:")?;
    /// # let key = |seed| registry::Identifying::builder().model("mlp").learning_rate(0.1).seed(seed).build();
    /// use registry::{Annotating, fields};
    /// use wallow::OnDuplicate;
    ///
    /// for (seed, loss) in [(0, 0.2), (1, 0.4), (2, 0.3)] {
    ///     store.register(&key(seed), &Annotating::new().val_loss(loss), OnDuplicate::Error)?;
    /// }
    /// let groups = store
    ///     .query()
    ///     .group_by(fields::model)
    ///     .aggregate((fields::val_loss.mean(), fields::val_loss.ci(), fields::val_loss.median()))?;
    /// let (model, (mean, ci, median)) = &groups[0];
    /// println!("{model}: {mean:?} ± {ci:?}");
    /// assert!((ci.unwrap_or_default() - 0.248414).abs() < 1e-6);
    /// assert_eq!(*median, Some(0.3));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn ci(self) -> Measure<R, f64>
    where
        T: Numeric,
    {
        self.measure(Function::Ci)
    }

    /// The median of a group: halfway between two neighbours if the number of values is even.
    pub fn median(self) -> Measure<R, f64>
    where
        T: Numeric,
    {
        self.measure(Function::Median)
    }

    /// A percentile of a group, from 0 to 100, linear between two neighbours as in numpy: it is at the position
    /// (n − 1) · `percent` / 100 of the sorted values, from 0. A larger number is an error of `aggregate`.
    pub fn percentile(self, percent: u8) -> Measure<R, f64>
    where
        T: Numeric,
    {
        self.measure(Function::Percentile(percent))
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

    /// The sum of the values of a group. A sum of ints that is beyond the largest int is an error of `aggregate`.
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
