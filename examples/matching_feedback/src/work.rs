//! Goes through all keys of the grid, and does the work and writes the files of each.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::dispatch::{Dispatched, dispatch};
use crate::grid;
use crate::registry::{Annotating, Identifying, Run, Store};
use crate::search::search;

/// The file with the rule in a run's artefacts.
const RULE: &str = "rule.json";

/// The result of the whole grid. Its text is the last line of the program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Done this time.
    pub(crate) new: usize,
    /// Done before.
    pub(crate) done: usize,
    /// Held by another program, or by one that died a short time ago.
    pub(crate) elsewhere: usize,
    /// Tried this time, without success.
    pub(crate) failed: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            new,
            done,
            elsewhere,
            failed,
        } = self;
        let runs = new + done + elsewhere + failed;
        write!(f, "{runs} runs: {new} new, {done} already done")?;
        for (count, what) in [(elsewhere, "in other hands"), (failed, "failed")] {
            if *count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        Ok(())
    }
}

/// Goes through the grid and does the runs that are not done.
///
/// # Errors
/// If the registry cannot be read or written. A run that fails is counted, and the next one follows.
pub(crate) fn work(
    store: &Store,
    keys: &[Identifying],
    stale_after: Duration,
) -> Result<Summary, wallow::Error> {
    let origin = origin();
    let mut summary = Summary::default();
    for key in keys {
        match dispatch(store, key, &origin, stale_after, |run| one(store, run, key))? {
            Dispatched::New => summary.new += 1,
            Dispatched::AlreadyDone => summary.done += 1,
            Dispatched::Elsewhere => summary.elsewhere += 1,
            Dispatched::Failed(reason) => {
                summary.failed += 1;
                eprintln!("failed: {}: {reason}", grid::describe(key));
            }
        }
    }
    Ok(summary)
}

/// Searches for one run and writes its files; returns the values to record.
fn one(store: &Store, run: &Run, key: &Identifying) -> Result<Annotating, String> {
    let task = grid::task(key)?;
    let folder = store
        .create_artefacts_dir(run)
        .map_err(|error| error.to_string())?;
    let found = search(&task);
    let rows = json!(found.rule.rows);
    let file = json!({"uuid": run.uuid, "identifying": key, "rows": rows});
    write_atomically(&folder.join(RULE), &format!("{file:#}\n"))
        .map_err(|error| format!("cannot write {RULE} in {}: {error}", folder.display()))?;
    Ok(Annotating::new()
        .val_loss(found.validation.loss)
        .val_accuracy(found.validation.accuracy)
        .artefacts_dir(folder)
        .structural_traj(found.trajectory())
        .discovered_T(json!({"rows": rows})))
}

/// Writes under another name first, so that nobody reads half a file.
fn write_atomically(path: &Path, text: &str) -> io::Result<()> {
    let unfinished = path.with_extension("tmp");
    fs::write(&unfinished, text)?;
    fs::rename(&unfinished, path)
}

/// Where the runs come from: machine and commit, as far as they can be found out.
fn origin() -> Annotating {
    let mut origin = Annotating::new();
    if let Some(host) = first_line("hostname", &[]) {
        origin = origin.host(host);
    }
    if let Some(commit) = first_line("git", &["rev-parse", "HEAD"]) {
        origin = origin.git_commit(commit);
    }
    origin
}

/// The first line a command prints; `None` if it cannot be run, fails or prints nothing.
fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let line = text.lines().next()?.trim();
    (output.status.success() && !line.is_empty()).then(|| line.to_owned())
}
