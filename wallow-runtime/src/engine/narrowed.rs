//! An engine that reads some of the columns only.

use std::sync::Arc;

use super::Engine;

impl Engine {
    /// The same, for queries that read the columns at `wanted` in that order. It is for selections
    /// alone: the fixed statements of a connection are those of the whole run.
    pub(crate) fn narrowed(&self, wanted: &[usize]) -> Self {
        Engine {
            plan: Arc::new(self.plan.narrowed(wanted)),
            ..self.clone()
        }
    }
}
