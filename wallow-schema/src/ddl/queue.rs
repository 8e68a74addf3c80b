//! How PostgreSQL stores the runs of a queue: a migration that gives a schema the lifecycle adds it. It is not part of the
//! schema: a table without it works, more slowly, so no comparison asks for it.

use super::script::Block;
use super::{Dialect, RUNS};
use crate::operation::Operation;
use crate::schema::Schema;

/// The name of the index over the runs that wait.
pub const QUEUE_INDEX: &str = "runs_queue";

/// What PostgreSQL needs for a table whose rows change often. A heartbeat finds room for the new version of the row on the same
/// page, and dead versions are removed after each fiftieth of the runs changed, not after a fifth.
pub const QUEUE_SETTINGS: [(&str, &str); 3] = [
    ("fillfactor", "85"),
    ("autovacuum_vacuum_scale_factor", "0.02"),
    ("autovacuum_analyze_scale_factor", "0.02"),
];

/// The statements that give the table `runs` of a queue its storage, each without a semicolon; none for SQLite, whose
/// index on the status is in the order of registration already.
///
/// ```
/// use wallow_schema::ddl::{Dialect, queue_storage};
///
/// let schema = wallow_schema::parse(
///     "[project]\nname = \"sweep\"\nlifecycle = true\n[identifying.seed]\ntype = \"int\"\n",
///     "wallow.toml",
/// )?;
/// let statements = queue_storage(&schema, Dialect::Postgres);
/// assert_eq!(
///     statements[1],
///     "CREATE INDEX \"runs_queue\" ON \"runs\" (\"id\") WHERE \"status\" = 'pending'"
/// );
/// assert!(queue_storage(&schema, Dialect::Sqlite).is_empty());
/// # Ok::<(), wallow_schema::Diagnostics>(())
/// ```
pub fn queue_storage(schema: &Schema, dialect: Dialect) -> Vec<String> {
    if dialect == Dialect::Sqlite || !schema.has_lifecycle() {
        return Vec::new();
    }
    create("CREATE INDEX").into()
}

/// The statements for a table that may have the index already, because its owner followed the advice of `wallow doctor`.
pub(super) fn complete() -> [String; 2] {
    create("CREATE INDEX IF NOT EXISTS")
}

fn create(index: &str) -> [String; 2] {
    let settings = QUEUE_SETTINGS.map(|(name, value)| format!("{name} = {value}"));
    [
        format!(
            "ALTER TABLE {RUNS} SET (\n    {}\n)",
            settings.join(",\n    ")
        ),
        format!("{index} \"{QUEUE_INDEX}\" ON {RUNS} (\"id\") WHERE \"status\" = 'pending'"),
    ]
}

/// A table from before such an index existed has none.
fn remove() -> [String; 2] {
    let settings = QUEUE_SETTINGS.map(|(name, _)| name);
    [
        format!("DROP INDEX IF EXISTS \"{QUEUE_INDEX}\""),
        format!(
            "ALTER TABLE {RUNS} RESET (\n    {}\n)",
            settings.join(",\n    ")
        ),
    ]
}

/// The block of a step that begins or ends this storage, on PostgreSQL; `None` for any other step.
pub(super) fn block(operation: &Operation) -> Option<Block> {
    let (why, statements) = match operation {
        Operation::CreateQueueStorage => (
            "A claim then finds the next run without reading the finished ones.",
            complete(),
        ),
        Operation::DropQueueStorage => ("", remove()),
        _ => return None,
    };
    Some(Block::of(operation, why, statements.into()))
}
