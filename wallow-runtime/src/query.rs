//! Queries: which runs are read, and what is read of them.
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
