//! Expressions as values.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{BitAnd, BitOr, Not};
use std::sync::Arc;

use super::Node;

/// A condition on runs of `R`: made by the methods of [`Field`](crate::fields::Field), combined with
/// `&`, `|` and `!`.
///
/// It is a value: build it at run time, keep it in a `Vec`, fold it, print it. Its
/// [`Display`](fmt::Display) is text that parses back to it. It is also a diesel expression, for
/// `.filter(…)` on the emitted table.
///
/// A comparison with a field that is `NULL` is neither true nor false, as in SQL: neither `e` nor
/// `!e` selects the run.
#[must_use = "an expression does nothing until it filters a query"]
pub struct Expr<R> {
    pub(super) node: Arc<Node>,
    marker: PhantomData<fn() -> R>,
}

impl<R> Expr<R> {
    pub(crate) fn new(node: Node) -> Self {
        Expr {
            node: Arc::new(node),
            marker: PhantomData,
        }
    }

    /// True where every one of `expressions` is; of none: always.
    pub fn all(expressions: impl IntoIterator<Item = Expr<R>>) -> Self {
        let nodes = expressions.into_iter().map(Expr::into_node);
        Expr::new(nodes.fold(Node::Constant(true), Node::and))
    }

    /// True where at least one of `expressions` is; of none: never.
    pub fn any(expressions: impl IntoIterator<Item = Expr<R>>) -> Self {
        let nodes = expressions.into_iter().map(Expr::into_node);
        Expr::new(nodes.fold(Node::Constant(false), Node::or))
    }

    pub(crate) fn into_node(self) -> Node {
        Arc::try_unwrap(self.node).unwrap_or_else(|shared| (*shared).clone())
    }
}

impl<R> Clone for Expr<R> {
    fn clone(&self) -> Self {
        Expr {
            node: Arc::clone(&self.node),
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
        Expr::new(self.into_node().and(other.into_node()))
    }
}

impl<R> BitOr for Expr<R> {
    type Output = Expr<R>;

    fn bitor(self, other: Self) -> Self {
        Expr::new(self.into_node().or(other.into_node()))
    }
}

impl<R> Not for Expr<R> {
    type Output = Expr<R>;

    fn not(self) -> Self {
        Expr::new(self.into_node().negate())
    }
}
