//! Statements that read only some of the columns.
//!
//! What enters: the statements of a table, and the columns that are wanted. What leaves: statements that only queries
//! can use. The engine reads pages by id and names a damaged run by its uuid, so these two columns always come first. A
//! row shows only the columns after them; but if the wanted columns begin with id or uuid, these are shown and not read
//! twice.

use std::sync::Arc;

use crate::engine::{Engine, TableStatements};
use crate::value::{Column, RowLayout};

/// The columns that the engine needs itself: id and uuid.
const NEEDED: usize = 2;

impl TableStatements {
    /// These statements, reading these columns in that order.
    pub(crate) fn projected(&self, wanted: &[Column]) -> Self {
        let wanted = wanted.iter().collect::<Vec<_>>();
        let needed = self
            .layout
            .columns()
            .iter()
            .take(NEEDED)
            .collect::<Vec<_>>();
        // How many of the needed columns at the end are also the first wanted ones, so that they need not be read
        // twice.
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
            claim_statements: crate::engine::statements::ClaimStatements::default(),
            provenance: std::sync::OnceLock::new(),
            large: std::sync::OnceLock::new(),
        }
    }
}

impl Engine {
    /// This engine for queries that read these columns in that order. Only selections may use it, because the
    /// fixed statements of a connection are those of the whole run.
    pub(crate) fn projected(&self, wanted: &[Column]) -> Self {
        Engine {
            table: Arc::new(self.table.projected(wanted)),
            ..self.clone()
        }
    }
}
