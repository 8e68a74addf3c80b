//! Queries: expressions as values, and what they select.
//!
//! What enters: typed constants, or text and a schema known at run time. What leaves: one tree
//! (`Node`) for both, rendered as SQL in one place. Invariants: literals are checked and
//! canonical once they stand in a tree; no value ever becomes SQL text; the meaning is that of SQL
//! with `NULL` as "unknown", the same on every database.

/// Calls a macro for each number of items that a tuple can have.
macro_rules! up_to_eight {
    ($tuples:ident) => {
        $tuples!(A 0);
        $tuples!(A 0, B 1);
        $tuples!(A 0, B 1, C 2);
        $tuples!(A 0, B 1, C 2, D 3);
        $tuples!(A 0, B 1, C 2, D 3, E 4);
        $tuples!(A 0, B 1, C 2, D 3, E 4, F 5);
        $tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
        $tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
    };
}

mod aggregate;
mod builder;
mod expr;
mod fragment;
mod iter;
mod json_path;
mod literal;
mod node;
mod operators;
mod order;
mod projection;
mod render;
mod select;
mod text;

pub use aggregate::{Aggregate, Aggregates, Count, GroupBy, Groups, Measure, count};
pub use builder::Query;
pub use expr::Expr;
pub use iter::Iter;
pub use json_path::{IntoJsonPath, IntoJsonScalar, JsonField};
pub use literal::{IntoLiteral, Kind, Numeric, Sortable, Textual};
pub use order::Order;
pub use projection::{Column, Columns};
pub use select::{Select, SelectIter};

pub(crate) use aggregate::{Function, Measured};
pub(crate) use node::{ColumnRef, Comparison, Node, Operand};
pub(crate) use order::Term;
pub(crate) use render::Statement;
pub(crate) use text::{columns, near, parse_node};
