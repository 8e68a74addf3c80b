//! What a sweep still has to do.

use crate::value::{RunState, RunStatus};

/// Keys, sorted by the state of their runs; made by [`Store::plan`](crate::Store::plan).
///
/// # See what a sweep has to do
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// # let store = registry::Store::open(":memory:")?;
/// # let key = |seed| registry::Identifying::builder().model("mlp").learning_rate(0.1).seed(seed).build();
/// store.enqueue([key(0)])?;
/// let plan = store.plan((0..3).map(key))?;
/// assert_eq!((plan.new.len(), plan.pending.len(), plan.completed.len()), (2, 1, 0));
/// # Ok::<(), wallow::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SweepPlan<K> {
    /// Not registered.
    pub new: Vec<K>,
    /// Waiting for a worker. A run without a status counts as pending if it has no result.
    pub pending: Vec<K>,
    /// At work, or left by a worker that crashed.
    pub running: Vec<K>,
    /// Done.
    pub completed: Vec<K>,
    /// Ended with an error.
    pub failed: Vec<K>,
    /// Registered with a status that wallow does not know (`pruned`, `FINISHED`), or with results and no status. They
    /// may have been completed by other means, so nothing runs them; write their status to decide.
    pub unknown: Vec<K>,
}

impl<K> Default for SweepPlan<K> {
    fn default() -> Self {
        SweepPlan {
            new: Vec::new(),
            pending: Vec::new(),
            running: Vec::new(),
            completed: Vec::new(),
            failed: Vec::new(),
            unknown: Vec::new(),
        }
    }
}

impl<K> SweepPlan<K> {
    pub(crate) fn sort(&mut self, key: K, state: RunState) {
        let place = match state {
            RunState::New => &mut self.new,
            RunState::Known(RunStatus::Pending) => &mut self.pending,
            RunState::Known(RunStatus::Running) => &mut self.running,
            RunState::Known(RunStatus::Completed) => &mut self.completed,
            RunState::Known(RunStatus::Failed) => &mut self.failed,
            RunState::Unknown => &mut self.unknown,
        };
        place.push(key);
    }
}
