//! Orders.

use std::fmt;
use std::marker::PhantomData;

use wallow_schema::ddl::Dialect;

use super::node::{ColumnRef, Operand};

/// One term of an order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Term {
    pub(crate) operand: Operand,
    pub(crate) descending: bool,
}

impl Term {
    /// The smallest first.
    pub(crate) fn ascending(operand: Operand) -> Self {
        Term {
            operand,
            descending: false,
        }
    }

    /// The term as SQL, `NULL` last in both directions.
    pub(crate) fn sql(&self, dialect: Dialect) -> String {
        let columns = self.operand.ordered(dialect).into_iter();
        let nullable = match &self.operand {
            Operand::Column(column) => column.nullable,
            Operand::Json { .. } => true,
        };
        let terms = columns.map(|column| match (self.descending, nullable) {
            (true, false) => format!("{column} DESC"),
            (true, true) => format!("{column} DESC NULLS LAST"),
            (false, false) => column,
            (false, true) => format!("{column} ASC NULLS LAST"),
        });
        terms.collect::<Vec<_>>().join(", ")
    }
}

/// An order of the runs of `R`: `fields::val_loss.asc()`.
///
/// # The best first, then the oldest
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// # let store = registry::Store::open(":memory:")?;
/// use registry::{Run, fields};
/// use wallow::Order;
///
/// let order: [Order<Run>; 2] = [fields::val_loss.asc(), fields::created_at.asc()];
/// let query = order.into_iter().fold(store.query(), |query, order| query.order_by(order));
/// assert!(query.all()?.is_empty());
/// # Ok::<(), wallow::Error>(())
/// ```
#[must_use = "an order does nothing until it is given to a query"]
pub struct Order<R> {
    pub(crate) term: Term,
    marker: PhantomData<fn() -> R>,
}

impl<R> Order<R> {
    pub(crate) fn new(column: ColumnRef, descending: bool) -> Self {
        Order::of(Operand::Column(column), descending)
    }

    pub(crate) fn of(operand: Operand, descending: bool) -> Self {
        Order {
            term: Term {
                operand,
                descending,
            },
            marker: PhantomData,
        }
    }
}

impl<R> Order<R> {
    pub(crate) fn into_term(self) -> Term {
        self.term
    }
}

impl<R> Clone for Order<R> {
    fn clone(&self) -> Self {
        Order {
            term: self.term.clone(),
            marker: PhantomData,
        }
    }
}

impl<R> fmt::Display for Order<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.term.descending { "-" } else { "" };
        match &self.term.operand {
            Operand::Column(column) => write!(f, "{sign}{}", column.name),
            part @ Operand::Json { .. } => write!(f, "{sign}{part}"),
        }
    }
}

impl<R> fmt::Debug for Order<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Order({self})")
    }
}
