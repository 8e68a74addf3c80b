//! Runs as a stream.

use std::marker::PhantomData;

use crate::codegen_support::Queried;
use crate::engine::Stream;
use crate::error::Error;

/// The runs of a query, one by one; made by [`Query::iter`](crate::Query::iter). Dropping it leaves
/// nothing behind.
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
