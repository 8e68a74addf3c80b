//! Many runs at once.
//!
//! What enters: any number of keys, one after the other. What leaves: counts. Invariants: what was counted is
//! committed, whatever happens afterwards; at most a thousand keys are in memory at once.

use std::borrow::Borrow;
use std::ops::ControlFlow;

use super::Store;
use crate::codegen_support::{Key, Lifecycle, Patch, Record};
use crate::engine::{OnDuplicate, Refused, RegisterCounts};
use crate::error::{Error, RegisterError};

/// How many runs go into one transaction.
const CHUNK: usize = 1000;

impl<R: Record> Store<R> {
    /// Registers many runs as [`register`](Store::register) does, but in transactions of a thousand, which is much faster
    /// for a large grid. A key that occurs twice is a duplicate the second time.
    ///
    /// # Register a grid
    ///
    /// ```
    /// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
    /// # let store = registry::Store::open(":memory:")?;
    /// # let key = |seed| registry::Identifying::builder().model("mlp").learning_rate(0.1).seed(seed).build();
    /// use registry::Annotating;
    /// use wallow::OnDuplicate;
    ///
    /// let grid = (0..100).map(|seed| (key(seed), Annotating::new().host("lab")));
    /// let counts = store.register_many(grid, OnDuplicate::Skip)?;
    /// assert_eq!((counts.inserted, counts.skipped), (100, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`register`](Store::register), with the number of the pair. The transaction with that pair is not written;
    /// those before it are.
    pub fn register_many(
        &self,
        pairs: impl IntoIterator<Item = (R::Identifying, R::Annotating)>,
        policy: OnDuplicate,
    ) -> Result<RegisterCounts, RegisterError<R>> {
        self.register_many_with(pairs, policy, |_| ControlFlow::Continue(()))
    }

    /// Registers as [`register_many`](Store::register_many) does, and reports the counts so far after every transaction.
    /// What is reported is committed: it stays even if the program is killed right afterwards. If `progress` returns
    /// [`ControlFlow::Break`], no further transaction begins, and the counts so far are returned.
    ///
    /// # Errors
    /// As [`register_many`](Store::register_many).
    pub fn register_many_with(
        &self,
        pairs: impl IntoIterator<Item = (R::Identifying, R::Annotating)>,
        policy: OnDuplicate,
        progress: impl FnMut(&RegisterCounts) -> ControlFlow<()>,
    ) -> Result<RegisterCounts, RegisterError<R>> {
        let register = |chunk: &[(R::Identifying, R::Annotating)], done: usize| {
            let values = chunk
                .iter()
                .map(|(key, patch)| (key.values(), patch.values()))
                .collect::<Vec<_>>();
            let registered = self.engine.register_chunk::<R>(&values, policy);
            registered.map_err(|Refused { index, reason }| {
                let error = match reason {
                    Ok(run) => {
                        let uuid = run.uuid().to_owned();
                        RegisterError::duplicate(run, &uuid)
                    }
                    Err(error) => error.into(),
                };
                error.context(format_args!(
                    "pair {} (the first {done} are registered)",
                    done + index + 1
                ))
            })
        };
        by_chunks(pairs, register, progress)
    }

    /// Adds new runs as `pending`; runs that exist stay as they are. Keys may be borrowed.
    ///
    /// # Fill the queue
    ///
    /// ```
    /// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
    /// # let store = registry::Store::open(":memory:")?;
    /// # let key = |seed| registry::Identifying::builder().model("mlp").learning_rate(0.1).seed(seed).build();
    /// assert_eq!(store.enqueue((0..3).map(key))?.inserted, 3);
    /// assert_eq!(store.enqueue((0..5).map(key))?.inserted, 2); // the others are there already
    /// # Ok::<(), wallow::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`register_many`](Store::register_many).
    pub fn enqueue<K: Borrow<R::Identifying>>(
        &self,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<RegisterCounts, Error>
    where
        R: Lifecycle,
    {
        self.enqueue_with(keys, |_| ControlFlow::Continue(()))
    }

    /// Adds runs as [`enqueue`](Store::enqueue) does, and reports the counts so far after every transaction, as
    /// [`register_many_with`](Store::register_many_with) does.
    ///
    /// # Errors
    /// As [`register_many`](Store::register_many).
    pub fn enqueue_with<K: Borrow<R::Identifying>>(
        &self,
        keys: impl IntoIterator<Item = K>,
        progress: impl FnMut(&RegisterCounts) -> ControlFlow<()>,
    ) -> Result<RegisterCounts, Error>
    where
        R: Lifecycle,
    {
        let enqueue = |chunk: &[K], _| {
            let keys = chunk.iter().map(Borrow::<R::Identifying>::borrow);
            self.engine.enqueue_chunk(keys.map(Key::values).collect())
        };
        by_chunks(keys, enqueue, progress)
    }
}

/// Does `work` on one chunk after the other, each with the number of items before it, until none is left or `progress`
/// breaks off.
pub(crate) fn by_chunks<T, E>(
    items: impl IntoIterator<Item = T>,
    work: impl Fn(&[T], usize) -> Result<RegisterCounts, E>,
    mut progress: impl FnMut(&RegisterCounts) -> ControlFlow<()>,
) -> Result<RegisterCounts, E> {
    let mut items = items.into_iter();
    let mut chunk = Vec::with_capacity(CHUNK);
    let mut counts = RegisterCounts::default();
    let mut done = 0;
    loop {
        chunk.clear();
        chunk.extend(items.by_ref().take(CHUNK));
        if chunk.is_empty() {
            return Ok(counts);
        }
        counts += work(&chunk, done)?;
        done += chunk.len();
        if progress(&counts).is_break() {
            return Ok(counts);
        }
    }
}
