//! Programs that are at work on the runs while the table is changed.
//!
//! A change that only adds disturbs none of them. Any other stops them: their next write is refused, so the results of
//! what they are doing are lost. That is said before, and somebody has to agree.

use std::time::Duration;

use wallow_runtime::migrate::{AtWork, Database, stops};

use crate::bulk::runs as counted;
use crate::history::{Entry, History};
use crate::output::{self, Failure};

/// A run whose last heartbeat is longer ago is not at work any more: the stale time that workers usually have.
const STALE: Duration = Duration::from_secs(300);

/// What is said of programs at work, if there are any and a change stops them. `stopped` is what stops them, one line
/// each; `done` is the change: `applied`.
pub(super) fn warning(
    database: &Database,
    stopped: &[String],
    done: &str,
) -> Result<Option<String>, Failure> {
    if stopped.is_empty() {
        return Ok(None);
    }
    let at_work = database.at_work(STALE)?;
    if at_work.runs == 0 {
        return Ok(None);
    }
    let warning = format!(
        "{} at work{}, and the programs that work on {} cannot write any more once this is {done}: {}; let them end \
         first, or stop them",
        are(at_work.runs),
        on(&at_work),
        if at_work.runs == 1 { "it" } else { "them" },
        stopped.join("; ")
    );
    Ok(Some(output::visible(&warning)))
}

/// What stops a program that fits the database as it is, once the first `end` migrations are applied and the others are
/// not.
pub(super) fn stopped(
    database: &Database,
    history: &History,
    applied: &[String],
    end: usize,
) -> Vec<String> {
    let schema = |entry: &Entry| history.schema_at(Some(&entry.name));
    let mut entries = history.entries.iter().rev();
    let before = entries.find(|entry| applied.contains(&entry.version));
    let after = history.entries[..end].last();
    match (before.and_then(schema), after.and_then(schema)) {
        (Some(before), Some(after)) => stops(before, after, database.dialect()),
        (Some(_), None) => vec!["the table `runs` is missing".to_owned()],
        (None, _) => Vec::new(),
    }
}

/// `1 run is`, `2 runs are`.
fn are(count: u64) -> String {
    let verb = if count == 1 { "is" } else { "are" };
    format!("{} {verb}", counted(count))
}

/// The hosts of the runs, as far as they name them.
fn on(at_work: &AtWork) -> String {
    let hosts = at_work.hosts.iter();
    let hosts = hosts.map(|(host, count)| format!("{count} on `{host}`"));
    let hosts = hosts.collect::<Vec<_>>();
    if hosts.is_empty() {
        String::new()
    } else {
        format!(" ({})", hosts.join(", "))
    }
}
