//! Groups of runs.

use std::fmt;
use std::marker::PhantomData;

use crate::engine::{Engine, ReadRow, Selection};
use crate::error::Error;
use crate::expr::{Aggregates, ColumnName, Columns, Expr, MeasureRef, Node, Operand};
use crate::value::{CellError, Cells};

/// The rows of a grouped query: keys and aggregates of each group.
pub type Groups<R, K, A> = Vec<(<K as Columns<R>>::Output, <A as Aggregates<R>>::Output)>;

/// A grouped query; made by [`Query::group_by`](crate::Query::group_by).
///
/// # Group by two fields
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// # let store = registry::Store::open(":memory:")?;
/// # let key = |seed| registry::Identifying::builder().model("mlp").learning_rate(0.1).seed(seed).build();
/// use registry::fields;
///
/// store.enqueue((0..3).map(key))?;
/// let groups = store
///     .query()
///     .group_by((fields::model, fields::status))
///     .aggregate((wallow::count(), fields::val_loss.mean()))?;
/// for ((model, status), (runs, mean)) in groups {
///     println!("{model} {status:?}: {runs} runs, mean loss {mean:?}");
/// }
/// # Ok::<(), wallow::Error>(())
/// ```
#[must_use = "a grouped query asks nothing until `aggregate`"]
pub struct GroupBy<R, K> {
    engine: Engine,
    selection: Selection,
    keys: K,
    record: PhantomData<fn() -> R>,
}

impl<R, K> fmt::Debug for GroupBy<R, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let filter = self.selection.filter.to_string();
        f.debug_struct("GroupBy")
            .field("filter", &filter)
            .finish_non_exhaustive()
    }
}

impl<R, K: Columns<R>> GroupBy<R, K> {
    pub(super) fn new(engine: Engine, selection: Selection, keys: K) -> Self {
        GroupBy {
            engine,
            selection,
            keys,
            record: PhantomData,
        }
    }

    /// Keeps the runs for which `expression` is true, before they are grouped.
    pub fn filter(mut self, expression: Expr<R>) -> Self {
        let before = std::mem::replace(&mut self.selection.filter, Node::Constant(true));
        self.selection.filter = before.and(expression.into_node());
        self
    }

    /// Returns one row for each group, ordered by the keys: the keys, and the aggregates.
    ///
    /// # Errors
    /// As [`Query::all`](crate::Query::all).
    #[expect(
        clippy::needless_pass_by_value,
        reason = "constants and their tuples are given by value"
    )]
    pub fn aggregate<A: Aggregates<R>>(&self, aggregates: A) -> Result<Groups<R, K, A>, Error> {
        let keys = self
            .keys
            .references()
            .into_iter()
            .map(|ColumnName(column)| Operand::Column(column));
        let measures = aggregates
            .references()
            .into_iter()
            .map(|MeasureRef(measured)| measured);
        self.engine.group(
            &self.selection.filter,
            &keys.collect::<Vec<_>>(),
            &measures.collect::<Vec<_>>(),
            &Group(PhantomData::<(R, K, A)>),
            None,
        )
    }
}

/// How a typed group is read.
struct Group<R, K, A>(PhantomData<(R, K, A)>);

impl<R, K: Columns<R>, A: Aggregates<R>> ReadRow for Group<R, K, A> {
    type Row = (K::Output, A::Output);

    fn read(&self, cells: &impl Cells) -> Result<Self::Row, CellError> {
        Ok((K::read(cells, 0)?, A::read(cells, K::COUNT)?))
    }
}
