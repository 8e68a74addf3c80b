//! When a run is taken from the worker that has it.

use std::time::Duration;

/// What happens to a run that says `running`: is its worker alive? There is no default, because
/// only the caller knows who else is at work.
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
    /// There is one dispatcher, this one: what says `running` was left by a crash, and is taken at
    /// once. (Claims that live in this program are never taken.)
    Immediately,
    /// There may be other workers: a run is taken when nothing has been written to it for longer
    /// than this. A living claim writes four times as often.
    ///
    /// From the queue (`claim_next`, `work`) it is taken only after this program has itself seen it silent for another
    /// third of this time, in unbroken contact with the database: after a gap (a server that was frozen or replaced by
    /// its standby, a machine that was suspended, a clock that was set forward) every live claim looks silent at once.
    /// A claim by key (`claim`, `run_lifecycle`) does not wait, and cannot know of such a gap: call it for one key only
    /// if nothing of the kind has happened, or if a run that is done twice does no harm.
    WhenStale(Duration),
}

impl Reclaim {
    /// How often a claim says that it is alive.
    pub(crate) fn heartbeat(self) -> Duration {
        const LONGEST: Duration = Duration::from_secs(30);
        const SHORTEST: Duration = Duration::from_millis(10);
        match self {
            Reclaim::Immediately => LONGEST,
            // A run is watched for a third of the stale time before it is taken: one beat has to come sooner.
            Reclaim::WhenStale(after) => (after / 4).clamp(SHORTEST, LONGEST),
        }
    }
}

/// How long a run has to be seen silent before it is taken: a third of the stale time. A live claim says more often that
/// it is alive.
pub(crate) fn watch_time(stale: Duration) -> Duration {
    stale / 3
}
