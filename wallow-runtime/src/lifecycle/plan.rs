//! What a sweep has to do, without doing it.

/// Keys by what is known of them; made by [`Store::plan`](crate::Store::plan).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepPlan<K> {
    /// Not registered.
    pub new: Vec<K>,
    /// Registered, waiting for a worker.
    pub pending: Vec<K>,
    /// At work, or left by a worker that crashed.
    pub running: Vec<K>,
    /// Done.
    pub completed: Vec<K>,
    /// Ended with an error.
    pub failed: Vec<K>,
}

impl<K> Default for SweepPlan<K> {
    fn default() -> Self {
        SweepPlan {
            new: Vec::new(),
            pending: Vec::new(),
            running: Vec::new(),
            completed: Vec::new(),
            failed: Vec::new(),
        }
    }
}

impl<K> SweepPlan<K> {
    pub(crate) fn sort(&mut self, key: K, standing: Standing) {
        let place = match standing {
            Standing::New => &mut self.new,
            Standing::Pending => &mut self.pending,
            Standing::Running => &mut self.running,
            Standing::Completed => &mut self.completed,
            Standing::Failed => &mut self.failed,
        };
        place.push(key);
    }
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    New,
    Pending,
    Running,
    Completed,
    Failed,
}

impl Standing {
    /// Of a registered run; a status that wallow does not write counts as pending.
    pub(crate) fn of(status: Option<&str>) -> Self {
        match status {
            Some("running") => Standing::Running,
            Some("completed") => Standing::Completed,
            Some("failed") => Standing::Failed,
            _ => Standing::Pending,
        }
    }
}
