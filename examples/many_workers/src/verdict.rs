//! Whether every run was completed exactly once, according to the output of the workers and the registry.
//!
//! A live worker completes what it begins. So a run may be begun a second time only if it was the last one that a
//! killed worker had begun, and the registry has to name the worker that began it last.

use std::collections::BTreeMap;
use std::fmt;

use crate::registry::Run;

/// What one worker did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Account {
    /// The runs it began, in order.
    pub(crate) begun: Vec<Begun>,
    pub(crate) killed: bool,
}

/// A worker began a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Begun {
    uuid: String,
    attempt: i64,
    worker: String,
}

impl Begun {
    /// Reads the line of a worker; `None` if it is about something else.
    pub(crate) fn read(line: &str) -> Option<Self> {
        let (words, _) = line.split_once(": ")?;
        let [uuid, "attempt", attempt, "by", worker] = words.split(' ').collect::<Vec<_>>()[..]
        else {
            return None;
        };
        Some(Begun {
            uuid: uuid.to_owned(),
            attempt: attempt.parse().ok()?,
            worker: worker.to_owned(),
        })
    }
}

/// The result of a sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    planned: usize,
    completed: usize,
    killed: usize,
    begun: usize,
    repeated: usize,
    /// What should not have happened.
    pub(crate) faults: Vec<String>,
}

/// Compares the output of the workers with the completed runs of the sweep.
pub(crate) fn judge(planned: usize, completed: &[Run], accounts: &[Account]) -> Verdict {
    let mut faults = Vec::new();
    let mut begun = BTreeMap::<&str, Vec<(&Begun, bool)>>::new();
    for account in accounts {
        for (place, one) in account.begun.iter().enumerate() {
            let cut_short = account.killed && place + 1 == account.begun.len();
            begun.entry(&one.uuid).or_default().push((one, cut_short));
        }
    }
    for (uuid, attempts) in &mut begun {
        attempts.sort_by_key(|(one, _)| one.attempt);
        for (one, cut_short) in &attempts[..attempts.len() - 1] {
            if !cut_short {
                faults.push(format!(
                    "{uuid} was begun again after attempt {} of {}, which was alive",
                    one.attempt, one.worker
                ));
            }
        }
    }
    for run in completed {
        let last = begun
            .get(run.uuid.as_str())
            .and_then(|attempts| attempts.last());
        if let Some((last, _)) = last
            && run.worker.as_deref() != Some(&last.worker)
        {
            faults.push(format!(
                "{} has the result of another worker than the last, {}",
                run.uuid, last.worker
            ));
        }
    }
    if completed.len() != planned {
        faults.push(format!(
            "{} runs are not completed",
            planned.abs_diff(completed.len())
        ));
    }
    let attempts = begun.values().map(Vec::len).sum();
    Verdict {
        planned,
        completed: completed.len(),
        killed: accounts.iter().filter(|account| account.killed).count(),
        begun: attempts,
        repeated: attempts - begun.len(),
        faults,
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Verdict {
            planned,
            completed,
            killed,
            begun,
            repeated,
            faults,
        } = self;
        writeln!(
            f,
            "workers killed: {killed}; runs begun: {begun}, of these again: {repeated}"
        )?;
        for fault in faults {
            writeln!(f, "fault: {fault}")?;
        }
        let once = if faults.is_empty() {
            ", each exactly once"
        } else {
            ""
        };
        write!(f, "{completed} of {planned} runs completed{once}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid;
    use crate::registry::{Annotating, Store};
    use wallow::OnDuplicate;

    /// Two completed runs, of workers `a` and `b`.
    fn completed() -> Vec<Run> {
        let store = Store::open(":memory:").unwrap();
        let runs = grid::keys().zip(["a", "b"]).map(|(key, worker)| {
            let patch = Annotating::new().status("completed").worker(worker);
            let outcome = store.register(&key, &patch, OnDuplicate::Error).unwrap();
            outcome.into_run().unwrap()
        });
        runs.collect()
    }

    fn account(killed: bool, lines: &[String]) -> Account {
        Account {
            begun: lines
                .iter()
                .map(|line| Begun::read(line).unwrap())
                .collect(),
            killed,
        }
    }

    fn line(run: &Run, attempt: i64, worker: &str) -> String {
        format!("{} attempt {attempt} by {worker}: lattice=16", run.uuid)
    }

    #[test]
    fn a_run_that_was_cut_short_is_begun_again() {
        let runs = completed();
        let killed = account(true, &[line(&runs[0], 1, "a"), line(&runs[1], 1, "a")]);
        let alive = account(false, &[line(&runs[1], 2, "b")]);
        let verdict = judge(2, &runs, &[killed, alive]);
        assert_eq!(verdict.faults, Vec::<String>::new());
        assert_eq!(
            verdict.to_string(),
            "workers killed: 1; runs begun: 3, of these again: 1\n2 of 2 runs completed, each exactly once"
        );
    }

    #[test]
    fn every_fault_is_found() {
        let runs = completed();
        let twice = [
            account(false, &[line(&runs[0], 1, "b")]),
            account(false, &[line(&runs[0], 2, "a")]),
        ];
        assert_eq!(judge(2, &runs, &twice).faults.len(), 1);
        // The killed worker had completed its first run, so nobody may begin it again.
        let killed = account(true, &[line(&runs[0], 1, "b"), line(&runs[1], 1, "b")]);
        let again = account(false, &[line(&runs[0], 2, "a")]);
        assert_eq!(judge(2, &runs, &[killed, again]).faults.len(), 1);
        let other = account(false, &[line(&runs[0], 1, "c")]);
        assert_eq!(judge(2, &runs, &[other]).faults.len(), 1);
        assert_eq!(judge(3, &runs, &[]).faults.len(), 1);
    }
}
