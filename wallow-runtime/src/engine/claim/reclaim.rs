//! When a run is taken from the worker that has it.

use std::time::Duration;

/// When a `running` run may be claimed: is its worker still alive? There is no default, because only the caller knows which
/// other workers there are.
///
/// # One dispatcher, or several workers
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// use std::time::Duration;
/// use registry::Run;
/// use wallow::{LifecycleOptions, Reclaim, WorkOptions};
///
/// // This program is the only one: what says `running` was left by a crash.
/// let alone: LifecycleOptions<Run> = LifecycleOptions::new(Reclaim::Immediately);
///
/// // Others may be at work: a worker that is silent for five minutes is taken for dead.
/// let shared = Reclaim::WhenStale(Duration::from_secs(300));
/// let worker: WorkOptions<Run> = WorkOptions::new(shared).threads(4);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reclaim {
    /// This program is the only worker: a `running` run was left by a crash, and is claimed at once. (Claims that this
    /// program itself holds are never taken.)
    Immediately,
    /// There may be other workers: a run is stale, and may be claimed, if nothing was written to it for longer than this
    /// duration. A live claim sends a heartbeat four times in it.
    ///
    /// The queue (`claim_next`, `work`) claims a stale run only after this program itself has seen no heartbeat for
    /// another third of the duration, in unbroken contact with the database. The reason is that after a gap (a server that
    /// was frozen or replaced by its standby, a machine that was suspended, a clock that was set forward) every live claim
    /// looks stale at once. A claim by key (`claim`, `run_lifecycle`) does not wait, and cannot notice such a gap: use it
    /// only if there was none, or if a run that is executed twice does no harm.
    WhenStale(Duration),
}

impl Reclaim {
    /// The time between two heartbeats of a claim.
    pub(crate) fn heartbeat(self) -> Duration {
        const LONGEST: Duration = Duration::from_secs(30);
        const SHORTEST: Duration = Duration::from_millis(10);
        match self {
            Reclaim::Immediately => LONGEST,
            // A run is watched for a third of the stale time before it is taken, so a heartbeat has to come sooner than
            // that.
            Reclaim::WhenStale(after) => (after / 4).clamp(SHORTEST, LONGEST),
        }
    }
}

/// How long a run has to be seen without a heartbeat before it is taken: a third of the stale time. A live claim sends
/// heartbeats more often.
pub(crate) fn watch_time(stale: Duration) -> Duration {
    stale / 3
}
