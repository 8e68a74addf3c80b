//! How PostgreSQL stores the runs of a queue. It is not part of a schema: a table without it works, more slowly, so no
//! migration and no comparison asks for it.

use super::Dialect;
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
    let settings = QUEUE_SETTINGS.map(|(name, value)| format!("{name} = {value}"));
    vec![
        format!(
            "ALTER TABLE \"runs\" SET (\n    {}\n)",
            settings.join(",\n    ")
        ),
        format!("CREATE INDEX \"{QUEUE_INDEX}\" ON \"runs\" (\"id\") WHERE \"status\" = 'pending'"),
    ]
}
