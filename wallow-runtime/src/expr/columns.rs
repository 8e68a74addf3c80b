//! Columns of a result: one typed constant, or a tuple of them.

use super::literal::Kind;
use super::node::ColumnRef;
use crate::fields::{Field, NotNull, Nullable};
use crate::value::{CellError, Cells, FromCell};

/// Whether a column may be `NULL`, in the type system.
pub trait Nullability {
    /// Whether it may.
    #[doc(hidden)]
    const NULLABLE: bool;
    /// The type of a value: `T`, or `Option<T>`.
    type Of<T>;

    #[doc(hidden)]
    fn read<T: FromCell>(cells: &impl Cells, index: usize) -> Result<Self::Of<T>, CellError>;
}

impl Nullability for NotNull {
    const NULLABLE: bool = false;
    type Of<T> = T;

    fn read<T: FromCell>(cells: &impl Cells, index: usize) -> Result<T, CellError> {
        cells.required(index)
    }
}

impl Nullability for Nullable {
    const NULLABLE: bool = true;
    type Of<T> = Option<T>;

    fn read<T: FromCell>(cells: &impl Cells, index: usize) -> Result<Option<T>, CellError> {
        cells.nullable(index)
    }
}

/// One column of a result.
pub trait Column<R> {
    /// The type of its values: `T`, or `Option<T>` if it is nullable.
    type Output;

    #[doc(hidden)]
    fn reference(&self) -> ColumnName;
    #[doc(hidden)]
    fn read(cells: &impl Cells, index: usize) -> Result<Self::Output, CellError>;
}

/// A column's reference, opaque outside.
#[derive(Debug, Clone)]
pub struct ColumnName(pub(crate) ColumnRef);

impl<R, T: Kind + FromCell, N: Nullability> Column<R> for Field<R, T, N> {
    type Output = N::Of<T>;

    fn reference(&self) -> ColumnName {
        ColumnName(self.column())
    }

    fn read(cells: &impl Cells, index: usize) -> Result<Self::Output, CellError> {
        N::read(cells, index)
    }
}

/// Columns of a result: one constant, or a tuple of up to eight.
pub trait Columns<R> {
    /// The type of a row of them.
    type Output;
    /// The number of columns.
    #[doc(hidden)]
    const COUNT: usize;

    #[doc(hidden)]
    fn references(&self) -> Vec<ColumnName>;
    #[doc(hidden)]
    fn read(cells: &impl Cells, start: usize) -> Result<Self::Output, CellError>;
}

impl<R, T: Kind + FromCell, N: Nullability> Columns<R> for Field<R, T, N> {
    type Output = N::Of<T>;
    const COUNT: usize = 1;

    fn references(&self) -> Vec<ColumnName> {
        vec![self.reference()]
    }

    fn read(cells: &impl Cells, start: usize) -> Result<Self::Output, CellError> {
        N::read(cells, start)
    }
}

macro_rules! tuples {
    ($($name:ident $index:tt),+) => {
        impl<R, $($name: Column<R>),+> Columns<R> for ($($name,)+) {
            type Output = ($($name::Output,)+);
            const COUNT: usize = [$($index),+].len();

            fn references(&self) -> Vec<ColumnName> {
                vec![$(self.$index.reference()),+]
            }

            fn read(cells: &impl Cells, start: usize) -> Result<Self::Output, CellError> {
                Ok(($($name::read(cells, start + $index)?,)+))
            }
        }
    };
}

up_to_eight!(tuples);
