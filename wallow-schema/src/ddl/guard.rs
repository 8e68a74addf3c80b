//! Conditions inside a script. If one does not hold, the script stops, and its transaction is rolled back.

use super::script::Block;
use super::{Dialect, RUNS, quote_identifier, quote_text};
use crate::diagnostic::listed;
use crate::schema::KeyField;

/// What comes after a change of wallow.toml if a script has stopped: a migration that was written keeps its guard.
pub(super) const TAKEN_BACK: &str = "a migration that is not applied is then taken back with `wallow migrate discard`, the newest first, and generated \
     anew";

/// Stops with the message if the query has a row.
pub(super) struct Guard {
    /// When it stops, as a comment for reviewers.
    pub(super) reason: String,
    /// A `SELECT`, on one line or more.
    pub(super) rows: String,
    /// What is wrong and what to do.
    pub(super) message: String,
}

impl Guard {
    /// A guard against runs that would have no value for new fields.
    pub(super) fn against_runs(fields: &[String]) -> Self {
        let named = listed(fields, "and");
        Self {
            reason: format!("there are runs, which would have no value for {named}"),
            rows: format!("SELECT 1 FROM {RUNS}"),
            message: format!(
                "there are runs by now, and they need a value for {named}: add a `default` to wallow.toml; {TAKEN_BACK}"
            ),
        }
    }

    /// A guard against runs that get the same key because the key loses columns, if it does. `key` has the columns of
    /// the new key under their current names.
    pub(super) fn against_collisions<'k>(
        table: &str,
        key: impl IntoIterator<Item = &'k str>,
        from: &[KeyField],
        to: &[KeyField],
    ) -> Option<Self> {
        let gone = from.iter().map(|field| &field.name);
        let gone: Vec<&String> = gone
            .filter(|name| !to.iter().any(|field| field.name == **name))
            .collect();
        if gone.is_empty() {
            return None;
        }
        let columns: Vec<String> = key.into_iter().map(quote_identifier).collect();
        let named: Vec<String> = gone.iter().map(|name| format!("`{name}`")).collect();
        let fields: Vec<&str> = gone.iter().map(|name| name.as_str()).collect();
        let named = named.join(" and ");
        Some(Self {
            reason: format!("runs that differ only in {named} would become one"),
            rows: format!(
                "SELECT 1 FROM {table} GROUP BY {} HAVING count(*) > 1",
                columns.join(", ")
            ),
            message: format!(
                "runs that differ only in {named} would become one: see `wallow collisions {}`, and delete all but one of \
                 each with `wallow rm`",
                fields.join(" "),
            ),
        })
    }

    /// The block of the guard, which comes before the statements that it guards.
    pub(super) fn block(&self, dialect: Dialect) -> Block {
        Block {
            comment: format!("Stops here, with nothing changed, if {}.", self.reason),
            losses: Vec::new(),
            statements: self.statements(dialect),
        }
    }

    fn statements(&self, dialect: Dialect) -> Vec<String> {
        let message = quote_text(&self.message, dialect);
        let rows = &self.rows;
        match dialect {
            // In SQLite, a message has to be a constant, so every guard has a trigger of its own.
            Dialect::Sqlite => vec![
                "CREATE TEMP TABLE \"_wallow_guard\" (\"found\")".to_owned(),
                format!(
                    "CREATE TEMP TRIGGER \"_wallow_stop\" BEFORE INSERT ON \"_wallow_guard\" BEGIN\n    \
                     SELECT RAISE(ABORT, {message});\nEND"
                ),
                format!(
                    "INSERT INTO \"_wallow_guard\" SELECT 1 WHERE EXISTS (\n    {}\n)",
                    rows.replace('\n', "\n    ")
                ),
                "DROP TABLE \"_wallow_guard\"".to_owned(),
            ],
            Dialect::Postgres => vec![format!(
                "DO $$\nBEGIN\n    IF EXISTS (\n        {}\n    ) THEN\n        \
                 RAISE EXCEPTION USING MESSAGE = {message};\n    END IF;\nEND\n$$",
                rows.replace('\n', "\n        ")
            )],
        }
    }
}
