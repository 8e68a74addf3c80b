//! Expressions: conditions on runs as values.
//!
//! What enters: typed constants, or text and a schema known at run time. What leaves: one tree (`Node`) for both,
//! rendered as SQL in one place. Invariants: literals in a tree are checked and canonical; no value ever becomes SQL
//! text; an expression means the same on every database, as in SQL with `NULL` as "unknown".

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
mod columns;
mod diesel;
mod json_path;
mod literal;
mod node;
mod operators;
mod order;
mod problem;
mod render;
mod text;

use std::fmt;
use std::marker::PhantomData;
use std::ops::{BitAnd, BitOr, Not};
use std::sync::Arc;

use node::{DEEPEST, too_deep};

pub use aggregate::{Aggregate, Aggregates, Count, Measure, count};
pub use columns::{Column, Columns};
pub use json_path::{IntoJsonPath, IntoJsonScalar, JsonField};
pub use literal::{IntoLiteral, Kind, Numeric, Sortable, Textual};
pub use order::Order;

pub use aggregate::Function;
pub(crate) use aggregate::{MeasureRef, Measured};
pub(crate) use columns::ColumnName;
pub(crate) use node::{ColumnRef, Comparison, Node, Operand};
pub(crate) use order::Term;
pub(crate) use text::{columns, is_named, near, parse_node, parse_operand};
pub use text::{path_key, unquoted_key};

/// A condition on runs of `R`: made by the methods of [`Field`](crate::fields::Field), combined with
/// `&`, `|` and `!`.
///
/// It is a value: build it at run time, keep it in a `Vec`, fold it, print it. Its
/// [`Display`](fmt::Display) is text that parses back to it. It is also a diesel expression, for
/// `.filter(…)` on the emitted table.
///
/// A comparison with a field that is `NULL` is neither true nor false, as in SQL: neither `e` nor
/// `!e` selects the run.
///
/// # Build a condition at run time, or read it from text
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// # let store = registry::Store::open(":memory:")?;
/// # let key = |seed| registry::Identifying::builder().model("mlp").learning_rate(0.1).seed(seed).build();
/// use registry::{Run, fields};
/// use wallow::Expr;
///
/// store.enqueue((0..4).map(key))?;
/// let mut conditions = vec![fields::status.eq("pending")];
/// conditions.push(!fields::seed.eq(0));
/// let both = Expr::all(conditions);
/// assert_eq!(store.filter(both.clone()).count()?, 3);
///
/// let text = r#"status == "pending" and not (seed == 0)"#;
/// assert_eq!(Expr::<Run>::parse(text)?, both);
/// assert_eq!(both.to_string(), text);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "an expression does nothing until it filters a query"]
pub struct Expr<R> {
    pub(super) node: Arc<Node>,
    /// How deeply operators are nested. It is stored, because counting it again for each added operator would take time
    /// that grows with the square of the expression.
    depth: usize,
    marker: PhantomData<fn() -> R>,
}

impl<R> Expr<R> {
    pub(crate) fn new(node: Node) -> Self {
        let depth = node.depth();
        Expr::of_depth(node, depth)
    }

    /// Makes an expression, or an invalid one if it is too deep: all code that reads an expression is recursive, so a
    /// deeper one could exhaust the stack.
    fn of_depth(node: Node, depth: usize) -> Self {
        let (node, depth) = if depth > DEEPEST {
            (Node::Invalid(too_deep()), 0)
        } else {
            (node, depth)
        };
        Expr {
            node: Arc::new(node),
            depth,
            marker: PhantomData,
        }
    }

    /// True if all of `expressions` are true; always true for an empty list.
    pub fn all(expressions: impl IntoIterator<Item = Expr<R>>) -> Self {
        let expressions = expressions.into_iter();
        expressions.fold(Expr::new(Node::Constant(true)), Expr::bitand)
    }

    /// True if at least one of `expressions` is true; never true for an empty list.
    pub fn any(expressions: impl IntoIterator<Item = Expr<R>>) -> Self {
        let expressions = expressions.into_iter();
        expressions.fold(Expr::new(Node::Constant(false)), Expr::bitor)
    }

    /// How deep the expression is as a part of an `and` or `or`, which is flat: an operand with the same operator adds
    /// no depth.
    fn depth_within(&self, joins: fn(&Node) -> bool) -> usize {
        match &*self.node {
            Node::Constant(_) => 0,
            node if joins(node) => self.depth,
            _ => self.depth + 1,
        }
    }

    pub(crate) fn into_node(self) -> Node {
        Arc::try_unwrap(self.node).unwrap_or_else(|shared| (*shared).clone())
    }
}

impl<R> Clone for Expr<R> {
    fn clone(&self) -> Self {
        Expr {
            node: Arc::clone(&self.node),
            depth: self.depth,
            marker: PhantomData,
        }
    }
}

impl<R> PartialEq for Expr<R> {
    fn eq(&self, other: &Self) -> bool {
        self.node == other.node
    }
}

impl<R> fmt::Display for Expr<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node.fmt(f)
    }
}

impl<R> fmt::Debug for Expr<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expr({self})")
    }
}

impl<R> BitAnd for Expr<R> {
    type Output = Expr<R>;

    fn bitand(self, other: Self) -> Self {
        let joins = |node: &Node| matches!(node, Node::And(_));
        let depth = self.depth_within(joins).max(other.depth_within(joins));
        Expr::of_depth(self.into_node().and(other.into_node()), depth)
    }
}

impl<R> BitOr for Expr<R> {
    type Output = Expr<R>;

    fn bitor(self, other: Self) -> Self {
        let joins = |node: &Node| matches!(node, Node::Or(_));
        let depth = self.depth_within(joins).max(other.depth_within(joins));
        Expr::of_depth(self.into_node().or(other.into_node()), depth)
    }
}

impl<R> Not for Expr<R> {
    type Output = Expr<R>;

    fn not(self) -> Self {
        let depth = match &*self.node {
            Node::Not(_) => self.depth - 1,
            Node::Constant(_) => 0,
            _ => self.depth + 1,
        };
        Expr::of_depth(self.into_node().negate(), depth)
    }
}
