//! Some columns of the runs of a query, as typed tuples.
//!
//! What enters: a query, and one typed constant or a tuple of them. What leaves: their values. Invariant: of the
//! columns that are not asked for, only id and uuid are read, which an error needs to name a damaged run.

use std::fmt;
use std::marker::PhantomData;

use super::Query;
use crate::codegen_support::{Decode, Queried};
use crate::engine::{Engine, Selection, Stream};
use crate::error::Error;
use crate::expr::Columns;
use crate::value::{CellError, Cells, RowLayout};

/// Some columns of the runs of a query; made by [`Query::select`].
///
/// # Read two columns
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// # let store = registry::Store::open(":memory:")?;
/// # let key = |seed| registry::Identifying::builder().model("mlp").learning_rate(0.1).seed(seed).build();
/// use registry::fields;
///
/// store.enqueue((0..3).map(key))?;
/// let rows: Vec<(i64, Option<f64>)> =
///     store.query().select((fields::seed, fields::val_loss)).all()?;
/// assert_eq!(rows[2], (2, None));
/// # Ok::<(), wallow::Error>(())
/// ```
pub struct Select<R, C> {
    engine: Engine,
    selection: Selection,
    columns: PhantomData<fn() -> (R, C)>,
}

impl<R, C> fmt::Debug for Select<R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Select")
            .field("filter", &self.selection.filter.to_string())
            .field("limit", &self.selection.limit)
            .field("offset", &self.selection.offset)
            .finish_non_exhaustive()
    }
}

/// The values of the columns, in the order of a projection.
struct Picked<R, C: Columns<R>>(C::Output);

impl<R, C: Columns<R>> Decode for Picked<R, C> {
    fn decode(layout: &RowLayout, cells: &impl Cells) -> Result<Self, CellError> {
        C::read(cells, layout.hidden()).map(Picked)
    }
}

impl<R: Queried> Query<R> {
    /// Reads one column, or a tuple of up to eight, instead of whole runs: so a listing need not read long curves. Call
    /// filter, order and limit before.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a tuple is made where it is used"
    )]
    pub fn select<C: Columns<R>>(self, columns: C) -> Select<R, C> {
        let table = self.engine().table();
        let wanted = columns.references().into_iter().filter_map(|wanted| {
            let mut columns = table.columns().iter();
            columns.find(|column| column.name == wanted.0.name).cloned()
        });
        Select {
            engine: self.engine().projected(&wanted.collect::<Vec<_>>()),
            selection: self.selection().clone(),
            columns: PhantomData,
        }
    }
}

impl<R: Queried, C: Columns<R>> Select<R, C> {
    /// Every row.
    ///
    /// # Errors
    /// As [`Query::all`]; a damaged value in a column that was not asked for is no error.
    pub fn all(&self) -> Result<Vec<C::Output>, Error> {
        self.rows(&self.selection)
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// As [`all`](Select::all).
    pub fn first(&self) -> Result<Option<C::Output>, Error> {
        let mut selection = self.selection.clone();
        selection.limit = Some(selection.limit.map_or(1, |limit| limit.min(1)));
        Ok(self.rows(&selection)?.into_iter().next())
    }

    /// The rows one by one, as [`Query::iter`] gives the runs.
    pub fn iter(&self) -> SelectIter<R, C> {
        SelectIter {
            stream: self.engine.stream(&self.selection),
            columns: PhantomData,
        }
    }

    fn rows(&self, selection: &Selection) -> Result<Vec<C::Output>, Error> {
        let rows = self.engine.select::<Picked<R, C>>(selection)?;
        Ok(rows.into_iter().map(|Picked(values)| values).collect())
    }
}

impl<R: Queried, C: Columns<R>> IntoIterator for &Select<R, C> {
    type Item = Result<C::Output, Error>;
    type IntoIter = SelectIter<R, C>;

    fn into_iter(self) -> SelectIter<R, C> {
        self.iter()
    }
}

/// The rows of a [`Select`], one by one.
#[derive(Debug)]
pub struct SelectIter<R, C> {
    stream: Stream,
    columns: PhantomData<fn() -> (R, C)>,
}

impl<R: Queried, C: Columns<R>> Iterator for SelectIter<R, C> {
    type Item = Result<C::Output, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.stream.next::<Picked<R, C>>()?;
        Some(row.map(|Picked(values)| values))
    }
}
