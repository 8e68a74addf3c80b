//! A worker that writes in its journal which runs it begins and ends.

use std::path::Path;
use std::thread;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use wallow::{Environment, Reclaim, WorkOptions};

use crate::crew::{Part, answer};
use crate::journal::Journal;
use crate::sweep::{Annotating, Store};

/// How it works.
pub(crate) struct Worker {
    /// After this time without a heartbeat, another worker counts as dead.
    pub(crate) stale: Duration,
    pub(crate) run: Run,
    pub(crate) threads: usize,
    /// A run that was claimed this many times is not claimed again.
    pub(crate) max_attempts: Option<u32>,
}

/// How long a run takes.
pub(crate) enum Run {
    For(Duration),
    /// Until the file `released` exists. The worker answers when it begins.
    UntilTold,
}

impl Worker {
    pub(crate) const fn new(stale: Duration, run: Run) -> Self {
        Worker {
            stale,
            run,
            threads: 1,
            max_attempts: None,
        }
    }

    /// Answers when it has opened the store. Then it works until all is done, and answers with how its runs ended, or
    /// with the error.
    pub(crate) fn work(&self, part: &Part) {
        let journal = Journal::new(part.folder());
        let worker = std::process::id();
        let folder = part.folder().to_owned();
        let store =
            Store::options().environment(Environment::default().with_clock(move || clock(&folder)));
        let done = store.open(part.database()).and_then(|store| {
            answer("open");
            let reclaim = Reclaim::WhenStale(self.stale);
            let mut options = WorkOptions::new(reclaim)
                .threads(self.threads)
                .wait_for_others(true);
            if let Some(attempts) = self.max_attempts {
                options = options.max_attempts(attempts);
            }
            store.work(options, |claim| {
                let (run, attempt) = (claim.run().seed, claim.attempt());
                journal.begins(run, attempt);
                match self.run {
                    Run::For(time) => thread::sleep(time),
                    Run::UntilTold => {
                        answer(format!("holds {run}"));
                        while !part.is_released() && !claim.is_lost() {
                            thread::sleep(Duration::from_millis(10));
                        }
                    }
                }
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

/// The clock of a worker, ahead by the number of seconds in the file `ahead`. A PostgreSQL server uses its own clock
/// instead.
fn clock(folder: &Path) -> DateTime<Utc> {
    let ahead = std::fs::read_to_string(folder.join("ahead")).unwrap_or_default();
    Utc::now() + TimeDelta::seconds(ahead.parse().unwrap_or_default())
}
