//! The journals of workers: each worker appends lines to a file of its own, and the judge reads all of them.
//!
//! Invariants: a line is one write, so that a worker that is killed leaves whole lines behind; and the time is counted
//! since the start of the machine, which is the same for all processes.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use rustix::time::{ClockId, clock_gettime};

use crate::crew::Member;
use crate::sweep::{Store, fields};

/// Nanoseconds since the machine was started.
pub(crate) fn now() -> i64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// The journal of one worker.
pub(crate) struct Journal(File);

impl Journal {
    /// Begins the journal of this process.
    pub(crate) fn new(folder: &Path) -> Self {
        let path = path(folder, std::process::id());
        let file = File::options().create_new(true).append(true).open(path);
        Journal(file.unwrap())
    }

    pub(crate) fn begins(&self, run: i64, attempt: i64) {
        self.write("begins", run, attempt);
    }

    pub(crate) fn ends(&self, run: i64, attempt: i64) {
        self.write("ends", run, attempt);
    }

    fn write(&self, what: &str, run: i64, attempt: i64) {
        let line = format!("{what} {run} {attempt} {}\n", now());
        (&self.0).write_all(line.as_bytes()).unwrap();
    }
}

/// One worker at one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Execution {
    pub(crate) run: i64,
    pub(crate) attempt: i64,
    pub(crate) worker: u32,
    pub(crate) begin: i64,
    /// `None` if the worker did not come to its end.
    pub(crate) end: Option<i64>,
}

/// The executions of every worker, by run and attempt.
pub(crate) fn executions(
    folder: &Path,
    workers: impl IntoIterator<Item = u32>,
) -> BTreeMap<i64, Vec<Execution>> {
    let mut runs = BTreeMap::<i64, Vec<Execution>>::new();
    for worker in workers {
        // A worker that was killed early has written nothing.
        let text = fs::read_to_string(path(folder, worker)).unwrap_or_default();
        for execution in of_worker(worker, &text) {
            runs.entry(execution.run).or_default().push(execution);
        }
    }
    for executions in runs.values_mut() {
        executions.sort_by_key(|execution| execution.attempt);
    }
    runs
}

/// A worker with several threads does several runs at once, each with its own attempt.
fn of_worker(worker: u32, text: &str) -> Vec<Execution> {
    let mut executions = Vec::<Execution>::new();
    for line in text.lines() {
        let words = line.split(' ').collect::<Vec<_>>();
        let [what, run, attempt, time] = words[..] else {
            panic!("half a line: {line}");
        };
        let (run, attempt, time) = (number(run), number(attempt), number(time));
        if what == "begins" {
            executions.push(Execution {
                run,
                attempt,
                worker,
                begin: time,
                end: None,
            });
        } else {
            let is_this =
                |execution: &&mut Execution| (execution.run, execution.attempt) == (run, attempt);
            let open = executions.iter_mut().rfind(is_this).unwrap();
            assert_eq!(open.end, None, "{line}");
            open.end = Some(time);
        }
    }
    executions
}

/// The verdict on a crew in which nobody died: each of the runs was executed once, by one worker, and has the result of
/// that worker.
pub(crate) fn judge(store: &Store, folder: &Path, crew: &[Member], runs: i64) {
    let rows = store.filter(fields::status.eq("completed")).all().unwrap();
    assert_eq!(i64::try_from(rows.len()).unwrap(), runs);
    let executions = executions(folder, crew.iter().map(Member::id));
    for row in rows {
        let [execution] = executions[&row.seed][..] else {
            panic!("{:?}", executions[&row.seed]);
        };
        assert!(execution.end.is_some());
        // An attempt may be missing: if the answer of a claim was lost, the worker never began it.
        let result = format!("{} {}", execution.worker, execution.attempt);
        assert_eq!(row.host, Some(result), "{execution:?}");
    }
}

fn number<T: FromStr<Err: std::fmt::Debug>>(word: &str) -> T {
    word.parse().unwrap()
}

fn path(folder: &Path, worker: u32) -> PathBuf {
    folder.join(format!("worker-{worker}.log"))
}
