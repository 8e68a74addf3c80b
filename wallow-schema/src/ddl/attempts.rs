//! The table with the history of attempts: one row for each claim of a run.
//!
//! It has no foreign key to `runs`. On SQLite, a rebuild of `runs` by another program's harness would empty a table that
//! refers to it, and a claim would have to look its run up once more. Rows are compared by the uuid of the run, too, so
//! those of a run that another program has deleted are never taken for those of a run that got its id.

use super::Dialect;
use super::script::Block;
use crate::operation::Operation;
use crate::schema::ATTEMPTS;

/// The columns, in order: name, type on SQLite, type on PostgreSQL, whether the column may be NULL.
const TABLE: [(&str, &str, &str, bool); 16] = [
    ("run_id", "INTEGER", "BIGINT", false),
    ("attempt", "INTEGER", "INTEGER", false),
    ("run_uuid", "TEXT", "TEXT", false),
    ("host", "TEXT", "TEXT", true),
    ("pid", "INTEGER", "BIGINT", true),
    ("os_user", "TEXT", "TEXT", true),
    ("argv", "TEXT", "TEXT", true),
    ("cwd", "TEXT", "TEXT", true),
    ("git_commit", "TEXT", "TEXT", true),
    ("git_dirty", "BOOLEAN", "BOOLEAN", true),
    ("program", "TEXT", "TEXT", true),
    ("started_at", "DATETIME", "TIMESTAMP", false),
    ("ended_at", "DATETIME", "TIMESTAMP", true),
    ("outcome", "TEXT", "TEXT", true),
    ("exit_code", "INTEGER", "INTEGER", true),
    ("error", "TEXT", "TEXT", true),
];

/// The names of the columns of the history of attempts, in order.
pub const COLUMNS: [&str; TABLE.len()] = names();

const fn names() -> [&'static str; TABLE.len()] {
    let mut names = [""; TABLE.len()];
    let mut index = 0;
    while index < names.len() {
        names[index] = TABLE[index].0;
        index += 1;
    }
    names
}

/// The statement that creates the history of attempts, without a semicolon.
///
/// ```
/// use wallow_schema::ddl::{Dialect, create_attempts};
///
/// let statement = create_attempts(Dialect::Sqlite);
/// assert!(statement.starts_with("CREATE TABLE \"_wallow_attempts\" (\n    \"run_id\" INTEGER NOT NULL,\n"));
/// ```
pub fn create_attempts(dialect: Dialect) -> String {
    let columns = TABLE.map(|(name, sqlite, postgres, nullable)| {
        let ty = match dialect {
            Dialect::Sqlite => sqlite,
            Dialect::Postgres => postgres,
        };
        let not_null = if nullable { "" } else { " NOT NULL" };
        format!("\"{name}\" {ty}{not_null}")
    });
    // The rows are stored in the order of their key, so each is written once, and those of a run are together.
    let stored = match dialect {
        Dialect::Sqlite => " WITHOUT ROWID",
        Dialect::Postgres => "",
    };
    format!(
        "CREATE TABLE \"{ATTEMPTS}\" (\n    {},\n    PRIMARY KEY (\"run_id\", \"attempt\")\n){stored}",
        columns.join(",\n    ")
    )
}

pub(super) fn drop_attempts() -> String {
    format!("DROP TABLE \"{ATTEMPTS}\"")
}

/// The block of a step that creates or drops the history; `None` for any other step.
pub(super) fn block(operation: &Operation, dialect: Dialect) -> Option<Block> {
    let (why, statement) = match operation {
        Operation::CreateAttempts => (
            "It has a row for each claim from now on.",
            create_attempts(dialect),
        ),
        Operation::DropAttempts => ("", drop_attempts()),
        _ => return None,
    };
    Some(Block::of(operation, why, vec![statement]))
}
