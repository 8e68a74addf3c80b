//! A statement with its values.

use super::{Bind, Sql};

/// A statement of the engine under construction.
pub(crate) struct Statement<'b> {
    pub(crate) sql: Sql,
    pub(crate) binds: Vec<Bind<'b>>,
}

impl Statement<'_> {
    /// This statement with `head` before its text.
    pub(crate) fn after(self, head: &str) -> Self {
        let mut sql = Sql::new();
        sql.push(head).append(&self.sql).forget_after_use();
        Statement { sql, ..self }
    }
}
