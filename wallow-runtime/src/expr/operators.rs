//! The methods of typed constants. Which ones a constant has depends on the type of the field.

use super::columns::Nullability;
use super::literal::{IntoLiteral, Kind, Sortable, Textual};
use super::node::{ColumnRef, Comparison, Operand, Place};
use super::{Expr, Node, Order};
use crate::fields::Field;

impl<R, T: Kind, N: Nullability> Field<R, T, N> {
    pub(super) fn column(&self) -> ColumnRef {
        ColumnRef {
            name: self.name().into(),
            ty: T::TYPE,
            nullable: N::NULLABLE,
            precision: self.precision(),
            values: Vec::new(),
            is_closed: T::IS_CLOSED,
        }
    }

    fn operand(&self) -> Operand {
        Operand::Column(self.column())
    }

    fn compare(&self, comparison: Comparison, value: impl IntoLiteral<T>) -> Expr<R> {
        Expr::new(Node::compare(
            self.operand(),
            comparison,
            value.into_literal(),
        ))
    }

    fn listed<V: IntoLiteral<T>>(
        &self,
        values: impl IntoIterator<Item = V>,
        negated: bool,
    ) -> Expr<R> {
        let values = values.into_iter().map(IntoLiteral::into_literal);
        Expr::new(Node::is_in(self.operand(), values, negated))
    }

    fn matches(&self, place: Place, text: impl Into<String>) -> Expr<R> {
        Expr::new(Node::matches(self.column(), place, text.into()))
    }

    /// Equal. An identifying float is compared with the canonical form of `value`.
    pub fn eq(self, value: impl IntoLiteral<T>) -> Expr<R> {
        self.compare(Comparison::Eq, value)
    }

    /// Not equal.
    pub fn ne(self, value: impl IntoLiteral<T>) -> Expr<R> {
        self.compare(Comparison::Ne, value)
    }

    /// Less than.
    pub fn lt(self, value: impl IntoLiteral<T>) -> Expr<R> {
        self.compare(Comparison::Lt, value)
    }

    /// Less than or equal.
    pub fn le(self, value: impl IntoLiteral<T>) -> Expr<R> {
        self.compare(Comparison::Le, value)
    }

    /// Greater than.
    pub fn gt(self, value: impl IntoLiteral<T>) -> Expr<R> {
        self.compare(Comparison::Gt, value)
    }

    /// Greater than or equal.
    pub fn ge(self, value: impl IntoLiteral<T>) -> Expr<R> {
        self.compare(Comparison::Ge, value)
    }

    /// From `low` to `high`, both included.
    pub fn between(self, low: impl IntoLiteral<T>, high: impl IntoLiteral<T>) -> Expr<R> {
        Expr::new(Node::between(
            self.operand(),
            low.into_literal(),
            high.into_literal(),
        ))
    }

    /// Equal to one of `values`; never true for an empty list.
    ///
    /// # Some of the values, or none
    ///
    /// ```
    /// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
    /// # let store = registry::Store::open(":memory:")?;
    /// # let key = |seed| registry::Identifying::builder().model("mlp").learning_rate(0.1).seed(seed).build();
    /// use registry::fields;
    ///
    /// store.enqueue((0..4).map(key))?;
    /// assert_eq!(store.filter(fields::seed.is_in([1, 2, 9])).count()?, 2);
    /// assert_eq!(store.filter(fields::model.is_in(Vec::<String>::new())).count()?, 0);
    /// # Ok::<(), wallow::Error>(())
    /// ```
    pub fn is_in<V: IntoLiteral<T>>(self, values: impl IntoIterator<Item = V>) -> Expr<R> {
        self.listed(values, false)
    }

    /// Equal to none of `values`; always true for an empty list.
    pub fn not_in<V: IntoLiteral<T>>(self, values: impl IntoIterator<Item = V>) -> Expr<R> {
        self.listed(values, true)
    }

    /// `NULL`.
    pub fn is_null(self) -> Expr<R> {
        Expr::new(Node::Null {
            operand: self.operand(),
            negated: false,
        })
    }

    /// Not `NULL`.
    pub fn is_not_null(self) -> Expr<R> {
        Expr::new(Node::Null {
            operand: self.operand(),
            negated: true,
        })
    }

    /// Contains `text`, literally and case-sensitively.
    ///
    /// # A literal part of a text
    ///
    /// ```
    /// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
    /// # let store = registry::Store::open(":memory:")?;
    /// # let key = registry::Identifying::builder().model("mlp").learning_rate(0.1).build();
    /// use registry::fields;
    ///
    /// store.enqueue([&key])?;
    /// assert_eq!(store.filter(fields::model.contains("lp")).count()?, 1);
    /// assert_eq!(store.filter(fields::model.contains("%")).count()?, 0); // no wildcard
    /// # Ok::<(), wallow::Error>(())
    /// ```
    pub fn contains(self, text: impl Into<String>) -> Expr<R>
    where
        T: Textual,
    {
        self.matches(Place::Anywhere, text)
    }

    /// Begins with `text`, literally and case-sensitively.
    pub fn starts_with(self, text: impl Into<String>) -> Expr<R>
    where
        T: Textual,
    {
        self.matches(Place::Start, text)
    }

    /// Ends with `text`, literally and case-sensitively.
    pub fn ends_with(self, text: impl Into<String>) -> Expr<R>
    where
        T: Textual,
    {
        self.matches(Place::End, text)
    }

    /// The smallest value first, `NULL` last.
    pub fn asc(self) -> Order<R>
    where
        T: Sortable,
    {
        Order::new(self.column(), false)
    }

    /// The largest value first, `NULL` last.
    pub fn desc(self) -> Order<R>
    where
        T: Sortable,
    {
        Order::new(self.column(), true)
    }
}
