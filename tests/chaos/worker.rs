//! A worker that tells in its journal which runs it begins and ends.

use std::thread;
use std::time::Duration;

use wallow::{Reclaim, WorkOptions};

use crate::crew::{Part, answer};
use crate::journal::Journal;
use crate::sweep::{Annotating, Store};

/// How it works.
pub(crate) struct Worker {
    /// After so long, another one is taken for dead.
    pub(crate) stale: Duration,
    /// So long a run takes.
    pub(crate) run: Duration,
}

impl Worker {
    /// Works until all is done; answers how its runs ended, or the error it was shown.
    pub(crate) fn work(&self, part: &Part) {
        let journal = Journal::new(part.folder());
        let worker = std::process::id();
        let done = Store::open(&part.database()).and_then(|store| {
            let options = WorkOptions::new(Reclaim::WhenStale(self.stale)).wait_for_others(true);
            store.work(options, |claim| {
                let (run, attempt) = (claim.run().seed, claim.attempt());
                journal.begins(run, attempt);
                thread::sleep(self.run);
                journal.ends(run, attempt);
                Ok::<_, wallow::Error>(Annotating::new().host(format!("{worker} {attempt}")))
            })
        });
        match done {
            Ok(counts) => answer(format!("{} failed, {} lost", counts.failed, counts.lost)),
            Err(error) => answer(format!("error: {error}")),
        }
    }
}
