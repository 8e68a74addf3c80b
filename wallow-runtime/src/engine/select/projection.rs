//! A plan that reads some of the columns only.
//!
//! What enters: a plan, and the columns that are wanted. What leaves: a plan for queries alone. The
//! engine reads pages by id and names a damaged run by its uuid, so these two always come first, and
//! a row shows what stands after them, or from them on where that is what it shows first.

use std::sync::Arc;

use crate::engine::{Engine, TableStatements};
use crate::value::RowLayout;

/// The columns that the engine needs itself: id and uuid.
const NEEDED: usize = 2;

impl TableStatements {
    /// The same, reading the columns at `wanted` in that order.
    pub(crate) fn projected(&self, wanted: &[usize]) -> Self {
        let shown = &self.layout.columns()[self.layout.hidden()..];
        let wanted = wanted.iter().filter_map(|&index| shown.get(index));
        let wanted = wanted.collect::<Vec<_>>();
        let needed = self
            .layout
            .columns()
            .iter()
            .take(NEEDED)
            .collect::<Vec<_>>();
        // This many of the needed columns are what is wanted first, and need not be read twice.
        let common = (1..=NEEDED)
            .rev()
            .find(|&common| wanted.get(..common) == needed.get(NEEDED - common..))
            .unwrap_or(0);
        let hidden = NEEDED - common;
        let columns = needed.iter().chain(wanted.iter().skip(common));
        let columns = columns.copied().cloned().collect::<Vec<_>>();
        TableStatements {
            statements: self.statements.projected(&columns),
            layout: RowLayout::new(columns, hidden),
            schema: Arc::clone(&self.schema),
            patches: std::sync::RwLock::default(),
            kept: crate::engine::statements::ClaimStatements::default(),
        }
    }
}

impl Engine {
    /// The same, for queries that read the columns at `wanted` in that order. It is for selections
    /// alone: the fixed statements of a connection are those of the whole run.
    pub(crate) fn projected(&self, wanted: &[usize]) -> Self {
        Engine {
            plan: Arc::new(self.plan.projected(wanted)),
            ..self.clone()
        }
    }
}
