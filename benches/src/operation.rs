//! The operations, and batches of them on one side.

use std::hint::black_box;
use std::ops::Range;

use clap::ValueEnum;

use crate::database::WAITING;
use crate::measure::Plan;
use crate::run::{Combination, Results};
use crate::{Result, Side};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Operation {
    /// Read a run by its key.
    Find,
    /// Register an existing run, and get it back.
    RegisterDuplicate,
    /// Move `updated_at`.
    Heartbeat,
    /// Write the results of an existing run.
    Overwrite,
    /// Register a new run.
    RegisterNew,
    /// Register many new runs with one call.
    RegisterMany,
    /// Register many runs that exist.
    RegisterManyAgain,
    /// Put many runs into the queue with one call.
    Enqueue,
    /// Claim a run that waits, by its key, and put it back.
    Claim,
    /// Claim the next run that waits, and put it back.
    ClaimNext,
    /// The ten best of the completed runs with a low loss.
    TopTen,
    /// The number of these runs.
    Count,
    /// Every run, one by one.
    Stream,
    /// Stream every run, the best first.
    StreamOrdered,
    /// Three small columns of every run.
    Listing,
}

impl Operation {
    /// All of them, in an order in which only the last one makes the table grow.
    pub const ALL: [Operation; 12] = [
        Operation::TopTen,
        Operation::Count,
        Operation::Stream,
        Operation::StreamOrdered,
        Operation::Listing,
        Operation::Find,
        Operation::RegisterDuplicate,
        Operation::Heartbeat,
        Operation::Overwrite,
        Operation::Claim,
        Operation::ClaimNext,
        Operation::RegisterNew,
    ];

    /// The operations with one call for many runs, which have a database of their own.
    pub const BULK: [Operation; 3] = [
        Operation::RegisterMany,
        Operation::RegisterManyAgain,
        Operation::Enqueue,
    ];

    /// Its name in tables and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Operation::Find => "find",
            Operation::RegisterDuplicate => "register-duplicate",
            Operation::Heartbeat => "heartbeat",
            Operation::Overwrite => "overwrite",
            Operation::RegisterNew => "register-new",
            Operation::RegisterMany => "register-many",
            Operation::RegisterManyAgain => "register-many-again",
            Operation::Enqueue => "enqueue",
            Operation::Claim => "claim",
            Operation::ClaimNext => "claim-next",
            Operation::TopTen => "top-ten",
            Operation::Count => "count",
            Operation::Stream => "stream",
            Operation::StreamOrdered => "stream-ordered",
            Operation::Listing => "listing",
        }
    }

    /// Whether it reads all rows, so that more rows take longer.
    pub fn reads_all(self) -> bool {
        matches!(
            self,
            Operation::TopTen
                | Operation::Count
                | Operation::Stream
                | Operation::StreamOrdered
                | Operation::Listing
        )
    }

    /// How much is measured of it.
    pub fn plan(self) -> Plan {
        let (batch, rounds) = match self {
            Operation::Find | Operation::RegisterDuplicate => (200, 600),
            Operation::Heartbeat => (100, 400),
            Operation::Overwrite
            | Operation::RegisterNew
            | Operation::Claim
            | Operation::ClaimNext => (40, 250),
            Operation::TopTen | Operation::Count => (1, 40),
            Operation::Stream | Operation::StreamOrdered | Operation::Listing => (1, 20),
            Operation::RegisterMany | Operation::RegisterManyAgain | Operation::Enqueue => {
                (5_000, 20)
            }
        };
        Plan { batch, rounds }
    }

    /// A batch on one side. [`Batch::prepare`] prepares what it needs.
    pub fn batch<S: Side>(self, side: &S, rows: usize) -> Batch<'_, S> {
        Batch {
            side,
            operation: self,
            rows,
            ready: Vec::new(),
            range: 0..0,
        }
    }

    /// The run of the n-th operation: an existing one, in scattered order, or a new one.
    fn combination(self, n: usize, rows: usize) -> Combination {
        match self {
            Operation::RegisterNew => Combination::nth(rows + n),
            Operation::Claim => Combination::waiting(n % WAITING),
            _ => Combination::nth(n.wrapping_mul(7919) % rows),
        }
    }
}

/// An operation on one side, with the keys and the patches of the next ones.
#[derive(Debug)]
pub struct Batch<'s, S: Side> {
    side: &'s S,
    operation: Operation,
    rows: usize,
    ready: Vec<(S::Key, S::Patch)>,
    range: Range<usize>,
}

impl<S: Side> Batch<'_, S> {
    /// Prepares what the operations of the range need, which is not measured.
    pub fn prepare(&mut self, operations: Range<usize>) {
        self.range = operations.clone();
        self.ready.clear();
        if Operation::BULK.contains(&self.operation) {
            return;
        }
        self.ready.extend(operations.map(|n| {
            let results = Results::nth(n);
            let patch = match self.operation {
                Operation::Overwrite => S::finish(&results),
                _ => S::start(&results),
            };
            (S::key(&self.operation.combination(n, self.rows)), patch)
        }));
    }

    /// Runs the prepared operations. It is not inlined, so that a profiler can count what happens in it alone.
    ///
    /// # Errors
    /// The first error of an operation.
    #[inline(never)]
    pub fn run(&self) -> Result<()> {
        let side = self.side;
        match self.operation {
            Operation::RegisterMany | Operation::RegisterManyAgain => {
                black_box(side.register_many(self.range.clone())?);
            }
            Operation::Enqueue => {
                black_box(side.enqueue(self.range.clone())?);
            }
            _ => {}
        }
        for (key, patch) in &self.ready {
            match self.operation {
                Operation::Find => drop(black_box(side.find(key)?)),
                Operation::RegisterDuplicate => {
                    drop(black_box(side.register_duplicate(key, patch)?));
                }
                Operation::RegisterNew => drop(black_box(side.register_new(key, patch)?)),
                Operation::Overwrite => drop(black_box(side.overwrite(key, patch)?)),
                Operation::Heartbeat => {
                    black_box(side.heartbeat(key)?);
                }
                // These are not done run by run.
                Operation::RegisterMany | Operation::RegisterManyAgain | Operation::Enqueue => {}
                Operation::Claim => drop(black_box(side.claim(key)?)),
                Operation::ClaimNext => drop(black_box(side.claim_next()?)),
                Operation::TopTen => drop(black_box(side.top_ten()?)),
                Operation::Count => {
                    black_box(side.count()?);
                }
                Operation::Stream => {
                    black_box(side.stream()?);
                }
                Operation::StreamOrdered => {
                    black_box(side.stream_ordered()?);
                }
                Operation::Listing => drop(black_box(side.listing()?)),
            }
        }
        Ok(())
    }
}
