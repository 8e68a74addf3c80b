//! Runs as a stream.

use std::collections::VecDeque;
use std::sync::mpsc::Receiver;

use crate::engine::Pages;
use crate::error::Error;
use crate::record::Queried;

/// How many rows go from a reading thread to the program at once, and how many such batches may
/// wait: so many rows are in memory at the most.
pub(crate) const BATCH: usize = 256;
pub(crate) const BATCHES: usize = 4;

/// The runs of a query, one by one; made by [`Query::iter`](crate::Query::iter). Dropping it leaves
/// nothing behind.
#[derive(Debug)]
pub struct Iter<R> {
    ready: VecDeque<Result<R, Error>>,
    more: More<R>,
}

/// Where more runs come from.
#[derive(Debug)]
enum More<R> {
    Nowhere,
    /// The next page.
    Pages(Box<Pages>),
    /// A thread that reads ahead a little.
    Thread(Receiver<Vec<Result<R, Error>>>),
}

impl<R> Iter<R> {
    fn from(ready: VecDeque<Result<R, Error>>, more: More<R>) -> Self {
        Iter { ready, more }
    }

    pub(crate) fn new(thread: Receiver<Vec<Result<R, Error>>>) -> Self {
        Iter::from(VecDeque::new(), More::Thread(thread))
    }

    pub(crate) fn pages(pages: Pages) -> Self {
        Iter::from(VecDeque::new(), More::Pages(Box::new(pages)))
    }

    pub(crate) fn failed(error: Error) -> Self {
        Iter::from(VecDeque::from([Err(error)]), More::Nowhere)
    }

    pub(crate) fn of(runs: Vec<R>) -> Self {
        Iter::from(runs.into_iter().map(Ok).collect(), More::Nowhere)
    }
}

impl<R: Queried> Iterator for Iter<R> {
    type Item = Result<R, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ready.is_empty() {
            let follows = match &mut self.more {
                More::Nowhere => false,
                More::Pages(pages) => pages.read(&mut self.ready).unwrap_or_else(|error| {
                    self.ready.push_back(Err(error));
                    false
                }),
                More::Thread(thread) => match thread.recv() {
                    Ok(batch) => {
                        self.ready.extend(batch);
                        true
                    }
                    Err(_) => false,
                },
            };
            if !follows {
                self.more = More::Nowhere;
            }
        }
        self.ready.pop_front()
    }
}
