//! Queries.

use std::fmt;
use std::marker::PhantomData;

use super::{GroupBy, Iter};
use crate::codegen_support::{Patch, Queried, Record};
use crate::engine::{Engine, Selection};
use crate::error::{Error, ErrorKind};
use crate::expr::{Columns, Expr, Node, Order};
use crate::value::Value;

/// A query on the runs of a store: filtered and ordered step by step, then executed.
///
/// Without `order_by`, runs come in the order of their registration. With it, that order decides between equal runs.
///
/// # The ten best runs
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// # let store = registry::Store::open(":memory:")?;
/// # let key = |seed| registry::Identifying::builder().model("mlp").learning_rate(0.1).seed(seed).build();
/// use registry::{Annotating, fields};
/// use wallow::OnDuplicate;
///
/// for seed in 0..20 {
///     let done = Annotating::new().status("completed").val_loss(1.0 / (1.0 + seed as f64));
///     store.register(&key(seed), &done, OnDuplicate::Error)?;
/// }
/// let completed = store.filter(fields::status.eq("completed"));
/// let best = completed.clone().order_by(fields::val_loss.asc()).limit(10).all()?;
/// assert_eq!((best.len(), best[0].seed), (10, 19));
/// assert_eq!(completed.count()?, 20);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a query does nothing until `all`, `first`, `one`, `count`, `exists`, `iter`, `update` or `delete`"]
pub struct Query<R> {
    engine: Engine,
    selection: Selection,
    record: PhantomData<fn() -> R>,
}

impl<R> Clone for Query<R> {
    fn clone(&self) -> Self {
        Query {
            engine: self.engine.clone(),
            selection: self.selection.clone(),
            record: PhantomData,
        }
    }
}

impl<R> fmt::Debug for Query<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("filter", &self.selection.filter.to_string())
            .field("limit", &self.selection.limit)
            .field("offset", &self.selection.offset)
            .finish_non_exhaustive()
    }
}

impl<R: Queried> Query<R> {
    pub(crate) fn new(engine: Engine) -> Self {
        Query {
            engine,
            selection: Selection::default(),
            record: PhantomData,
        }
    }

    /// This query, executed by another engine.
    pub(crate) fn asked_of(self, engine: Engine) -> Self {
        Query { engine, ..self }
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(crate) fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Keeps the runs for which `expression` is true; further calls are combined with AND.
    pub fn filter(mut self, expression: Expr<R>) -> Self {
        let before = std::mem::replace(&mut self.selection.filter, Node::Constant(true));
        self.selection.filter = before.and(expression.into_node());
        self
    }

    /// Orders the runs; further calls order the runs that are equal so far.
    pub fn order_by(mut self, order: Order<R>) -> Self {
        self.selection.order.push(order.term);
        self
    }

    /// Returns at most `limit` runs.
    pub fn limit(mut self, limit: usize) -> Self {
        self.selection.limit = Some(limit);
        self
    }

    /// Skips the first `offset` runs.
    pub fn offset(mut self, offset: usize) -> Self {
        self.selection.offset = offset;
        self
    }

    /// Every run of the query.
    ///
    /// # Errors
    /// [`Validation`](ErrorKind::Validation) if the expression cannot be evaluated (NaN, a malformed json path);
    /// [`Database`](ErrorKind::Database) if a row cannot be read; the error names the row and the field.
    pub fn all(&self) -> Result<Vec<R>, Error> {
        self.engine.select(&self.selection)
    }

    /// The first run of the query.
    ///
    /// # Errors
    /// As [`all`](Query::all).
    pub fn first(&self) -> Result<Option<R>, Error> {
        Ok(self.at_most(1)?.into_iter().next())
    }

    /// The only run of the query.
    ///
    /// # A run that there is once
    ///
    /// ```
    /// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
    /// # let store = registry::Store::open(":memory:")?;
    /// # let key = |seed| registry::Identifying::builder().model("mlp").learning_rate(0.1).seed(seed).build();
    /// use registry::fields;
    /// use wallow::ErrorKind;
    ///
    /// store.enqueue((0..2).map(key))?;
    /// assert_eq!(store.filter(fields::seed.eq(1)).one()?.seed, 1);
    /// let error = store.query().one().unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::MultipleFound);
    /// # Ok::<(), wallow::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if there is none,
    /// [`MultipleFound`](ErrorKind::MultipleFound) if there are several; else as
    /// [`all`](Query::all).
    pub fn one(&self) -> Result<R, Error> {
        let mut runs = self.at_most(2)?.into_iter();
        match (runs.next(), runs.next()) {
            (Some(run), None) => Ok(run),
            (None, _) => Err(Error::new(
                ErrorKind::NotFound,
                format!("no run where {}", self.selection.filter),
            )),
            (Some(first), Some(second)) => Err(Error::new(
                ErrorKind::MultipleFound,
                format!(
                    "several runs where {}, among them {} and {}; narrow the filter, or use `first`",
                    self.selection.filter,
                    first.uuid(),
                    second.uuid(),
                ),
            )),
        }
    }

    fn at_most(&self, count: usize) -> Result<Vec<R>, Error> {
        let mut selection = self.selection.clone();
        selection.limit = Some(selection.limit.map_or(count, |limit| limit.min(count)));
        self.engine.select(&selection)
    }

    /// The number of runs that the filter selects; limit and offset are ignored.
    ///
    /// # Errors
    /// As [`all`](Query::all).
    pub fn count(&self) -> Result<u64, Error> {
        self.engine.count(&self.selection.filter)
    }

    /// Whether the filter selects any run.
    ///
    /// # Errors
    /// As [`all`](Query::all).
    pub fn exists(&self) -> Result<bool, Error> {
        self.engine.any(&self.selection.filter)
    }

    /// The runs one by one, in bounded memory: those that existed when the iterator was made. The store can be used
    /// meanwhile, and the iterator can be dropped at any time. A run that cannot be read is an error in its place, and the
    /// next runs follow; an error of the query is the last item.
    pub fn iter(&self) -> Iter<R> {
        Iter::new(self.engine.stream(&self.selection))
    }

    /// The plan of the database for this query, a line for each step: it shows, for example, whether an index is used.
    ///
    /// # Errors
    /// As [`all`](Query::all).
    pub fn explain(&self) -> Result<Vec<String>, Error> {
        self.engine.explain(&self.selection)
    }

    /// Deletes every run of the query, in one statement; returns the number of runs. With a limit or an offset it deletes
    /// the runs that [`all`](Query::all) would return. Their artefacts stay.
    ///
    /// A run that is being worked on is deleted, too, and its worker can write nothing more
    /// ([`ClaimLost`](ErrorKind::ClaimLost)). To spare such runs, filter by the status.
    ///
    /// # Delete what failed
    ///
    /// ```
    /// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
    /// # let store = registry::Store::open(":memory:")?;
    /// # let key = |seed| registry::Identifying::builder().model("mlp").learning_rate(0.1).seed(seed).build();
    /// use registry::{Annotating, fields};
    /// use wallow::{OnDuplicate, RunStatus};
    ///
    /// store.register(&key(0), &Annotating::new().status(RunStatus::Failed), OnDuplicate::Error)?;
    /// store.enqueue([key(1)])?;
    /// assert_eq!(store.filter(fields::status.eq(RunStatus::Failed)).delete()?, 1);
    /// assert_eq!(store.count()?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`count`](Query::count); [`DatabaseAhead`](ErrorKind::DatabaseAhead) if the table has changed since the program
    /// was compiled. Nothing is deleted then.
    pub fn delete(&self) -> Result<u64, Error> {
        self.engine.delete_selected(&self.selection)
    }

    /// Writes values to every run of the query, in one statement; returns the number of runs.
    pub(crate) fn update_values(&self, patch: &[Option<Value<'_>>]) -> Result<u64, Error> {
        self.engine.update_selected(&self.selection, patch)
    }

    /// Groups the runs by one column, or by a tuple of up to eight.
    pub fn group_by<K: Columns<R>>(self, keys: K) -> GroupBy<R, K> {
        GroupBy::new(self.engine, self.selection, keys)
    }
}

impl<R: Record> Query<R> {
    /// Writes the fields that the patch sets to every run of the query, in one statement; returns the number of runs. With
    /// a limit or an offset it writes to the runs that [`all`](Query::all) would return.
    ///
    /// `updated_at` moves, also if the patch sets nothing. A claim on such a run goes on, as with
    /// [`Store::update`](crate::Store::update).
    ///
    /// # Set a field of many runs
    ///
    /// ```
    /// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
    /// # let store = registry::Store::open(":memory:")?;
    /// # let key = |seed| registry::Identifying::builder().model("mlp").learning_rate(0.1).seed(seed).build();
    /// use registry::{Annotating, fields};
    ///
    /// store.enqueue((0..4).map(key))?;
    /// let changed = store.filter(fields::seed.lt(3)).update(&Annotating::new().host("lab"))?;
    /// assert_eq!(changed, 3);
    /// # Ok::<(), wallow::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Validation`](ErrorKind::Validation) if a value cannot be stored or the expression cannot be evaluated;
    /// [`DatabaseAhead`](ErrorKind::DatabaseAhead) if the table has changed since the program was compiled. Nothing is
    /// written then.
    pub fn update(&self, annotating: &R::Annotating) -> Result<u64, Error> {
        annotating.with_values(|patch| self.update_values(patch))
    }
}

impl<R: Queried> IntoIterator for &Query<R> {
    type Item = Result<R, Error>;
    type IntoIter = Iter<R>;

    fn into_iter(self) -> Iter<R> {
        self.iter()
    }
}
