//! Runs as a stream.

use std::collections::VecDeque;
use std::sync::mpsc::Receiver;

use crate::error::Error;

/// How many rows go from the reading thread to the program at once, and how many such batches may
/// wait: so many rows are in memory at the most.
pub(crate) const BATCH: usize = 256;
pub(crate) const BATCHES: usize = 4;

/// The runs of a query, one by one; made by [`Query::iter`](crate::Query::iter).
///
/// A thread of its own reads ahead a little. Dropping the iterator stops it.
#[derive(Debug)]
pub struct Iter<R> {
    ready: VecDeque<Result<R, Error>>,
    more: Option<Receiver<Vec<Result<R, Error>>>>,
}

impl<R> Iter<R> {
    pub(crate) fn new(more: Receiver<Vec<Result<R, Error>>>) -> Self {
        Iter {
            ready: VecDeque::new(),
            more: Some(more),
        }
    }

    pub(crate) fn failed(error: Error) -> Self {
        Iter {
            ready: VecDeque::from([Err(error)]),
            more: None,
        }
    }

    pub(crate) fn of(runs: Vec<R>) -> Self {
        Iter {
            ready: runs.into_iter().map(Ok).collect(),
            more: None,
        }
    }
}

impl<R> Iterator for Iter<R> {
    type Item = Result<R, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ready.is_empty() {
            match self.more.as_ref()?.recv() {
                Ok(batch) => self.ready.extend(batch),
                Err(_) => self.more = None,
            }
        }
        self.ready.pop_front()
    }
}
