//! What the person who started the work should know: which runs are left alone, and why it ends.

use std::time::Duration;

use chrono::TimeDelta;
use wallow_runtime::dynamic::{Row, Store};
use wallow_runtime::{ClaimOptions, Error, ErrorKind};

use super::end::display_limit;
use super::options::Options;
use crate::bulk::runs;
use crate::output::{self, Failure};
use crate::table::age;

/// Warns of the runs among these that no worker claims, if there are any.
pub(super) fn warn_of_unknown(store: &Store, claim: &ClaimOptions<Row>) -> Result<(), Failure> {
    if let Some(unknown) = output::unknown(store.count_unknown(claim)?) {
        output::warning(&unknown);
    }
    Ok(())
}

/// Says how many of these runs others leave `running` when nothing else is left to claim.
pub(super) fn note_of_running(store: &Store, options: &Options) -> Result<(), Failure> {
    let running = store.count_running(&options.claim)?;
    if running > 0 {
        let (are, their) = if running == 1 {
            ("is", "its worker is")
        } else {
            ("are", "their workers are")
        };
        output::note(&format!(
            "{} {are} still `running` elsewhere: `--wait` stays until all have ended, and takes over those without a \
             heartbeat (`--stale`); if {their} gone, `{}` puts them back",
            runs(running),
            options.retry
        ));
    }
    Ok(())
}

/// The error for a person, who has no program to build anew if the table was changed. `run` is at work.
pub(super) fn failure(error: Error, run: Option<&str>) -> Failure {
    if error.kind() != ErrorKind::DatabaseAhead || error.differences().is_empty() {
        return error.into();
    }
    let stays = run.map_or(String::new(), |uuid| {
        format!("; its results and its end are not written, so run {uuid} stays `running` until it is taken over after the stale time (`--stale`)")
    });
    Failure::finding(format!(
        "the table `runs` was changed while `wallow work` was at work, and does not fit its wallow.toml any more: \
         {}{stays}; start `wallow work` again with the wallow.toml that the table has now",
        error.differences().join("; ")
    ))
}

/// Warns of the pending runs among these, if there are any: the job of the cluster has `left`, which is not enough.
pub(super) fn warn_of_time(
    store: &Store,
    claim: &ClaimOptions<Row>,
    left: Duration,
    need: Duration,
) -> Result<(), Failure> {
    let pending = store.count_pending(claim)?;
    if pending > 0 {
        let runs = runs(pending);
        let stay = if pending == 1 { "stays" } else { "stay" };
        let left = age(TimeDelta::from_std(left).unwrap_or(TimeDelta::MAX));
        output::warning(&format!(
            "{left} are left of the Slurm job, less than `--need {}`: {runs} {stay} pending; `wallow work` in another job \
             goes on with them",
            display_limit(need)
        ));
    }
    Ok(())
}
