//! Runs as a stream.

use std::marker::PhantomData;

use crate::codegen_support::Queried;
use crate::engine::Stream;
use crate::error::Error;

/// The runs of a query, one by one; made by [`Query::iter`](crate::Query::iter). Dropping it leaves
/// nothing behind.
///
/// # Go through all runs in bounded memory
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// # let store = registry::Store::open(":memory:")?;
/// # let key = |seed| registry::Identifying::builder().model("mlp").learning_rate(0.1).seed(seed).build();
/// store.enqueue((0..3).map(key))?;
/// let mut seeds = 0;
/// for run in store.query().iter() {
///     seeds += run?.seed;
/// }
/// assert_eq!(seeds, 3);
/// # Ok::<(), wallow::Error>(())
/// ```
#[derive(Debug)]
pub struct Iter<R> {
    stream: Stream,
    run: PhantomData<fn() -> R>,
}

impl<R> Iter<R> {
    pub(super) fn new(stream: Stream) -> Self {
        Iter {
            stream,
            run: PhantomData,
        }
    }
}

impl<R: Queried> Iterator for Iter<R> {
    type Item = Result<R, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.stream.next()
    }
}
