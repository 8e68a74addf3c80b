//! Queries: what the runs that an expression keeps are asked for.
//!
//! What enters: expressions, orders, columns. What leaves: runs, typed columns, groups.

mod builder;
mod group_by;
mod iter;
mod parse;
mod select;

pub use builder::Query;
pub use group_by::{GroupBy, Groups};
pub use iter::Iter;
pub use select::{Select, SelectIter};

pub use crate::expr::{
    Aggregate, Aggregates, Column, Columns, Count, Expr, IntoJsonPath, IntoJsonScalar, IntoLiteral,
    JsonField, Kind, Measure, Numeric, Order, Sortable, Textual, count,
};
