//! Programs that are at work on the runs while the table is changed.
//!
//! A change that only adds disturbs none of them. Any other stops them: their next write is refused, so the results of
//! what they are doing are lost. That is said before, and somebody has to agree.

use std::time::Duration;

use wallow_runtime::migrate::{AtWork, Database, stops};

use crate::bulk::{agree, runs as counted};
use crate::history::History;
use crate::output::{self, Failure};

/// A run whose last heartbeat is longer ago is not at work any more: the stale time that workers usually have.
const STALE: Duration = Duration::from_secs(300);

/// The words for a change.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    pub(super) done: &'static str,
    pub(super) question: &'static str,
}

/// Asks before a change stops programs that are at work. `stopped` is what stops them, one line each.
pub(super) fn consent(
    database: &Database,
    stopped: &[String],
    words: Words,
    yes: bool,
) -> Result<(), Failure> {
    if stopped.is_empty() {
        return Ok(());
    }
    let at_work = database.at_work(STALE)?;
    if at_work.runs == 0 {
        return Ok(());
    }
    let warning = format!(
        "{} at work{}, and the programs that work on {} cannot write any more once this is {}: {}; let them end \
         first, or stop them",
        are(at_work.runs),
        on(&at_work),
        if at_work.runs == 1 { "it" } else { "them" },
        words.done,
        stopped.join("; ")
    );
    if yes {
        output::warning(&output::visible(&warning));
        return Ok(());
    }
    agree(
        &format!(
            "{}. {} nevertheless?",
            output::visible(&warning),
            words.question
        ),
        &format!("{}; nothing was changed", output::visible(&warning)),
    )
}

/// What stops a program that fits the database as it is, once the first `end` migrations are applied.
pub(super) fn stopped(
    database: &Database,
    history: &History,
    applied: &[String],
    end: usize,
) -> Vec<String> {
    let pending = &history.entries[..end];
    let before = pending
        .iter()
        .rev()
        .find(|entry| applied.contains(&entry.version));
    let schema = |entry: &crate::history::Entry| history.schema_at(Some(&entry.name));
    let before = before.and_then(schema);
    let after = pending.last().and_then(schema);
    match (before, after) {
        (Some(before), Some(after)) => stops(before, after, database.dialect()),
        _ => Vec::new(),
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
