//! A migration: its name, its scripts, its snapshot; the folder they stand in; and the history that a folder tells.
//!
//! ```text
//! migrations/
//!   sqlite/2026-01-31-120000_initial/{up.sql, down.sql, metadata.toml}
//!   postgres/2026-01-31-120000_initial/{up.sql, down.sql, metadata.toml}
//!   snapshots/2026-01-31-120000.toml
//! ```

mod files;
mod history;

use crate::ddl::{Dialect, script};
use crate::op::{Operation, reverse};
use crate::schema::Schema;
use crate::snapshot::Snapshot;

pub use crate::version::{Name, NotAName, Version};
pub use files::write;
pub use history::{Entry, History, HistoryError};

/// The files of a migration, below the folder of a dialect.
pub(crate) const SCRIPTS: [&str; 6] = [
    "sqlite/up.sql",
    "sqlite/down.sql",
    "sqlite/metadata.toml",
    "postgres/up.sql",
    "postgres/down.sql",
    "postgres/metadata.toml",
];

/// The two ways of a migration in one dialect.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scripts {
    /// To the new schema.
    pub up: String,
    /// Back to the old one.
    pub down: String,
}

/// A migration, whole.
///
/// ```
/// use wallow_schema::diff::{Hints, diff};
/// use wallow_schema::migration::Migration;
///
/// let text = "[project]\nname = \"sweep\"\n[identifying.seed]\ntype = \"int\"\n";
/// let schema = wallow_schema::parse(text, "wallow.toml")?;
/// let steps = diff(None, &schema, &Hints::default())?;
/// let migration = Migration::new("2026-01-31-120000_initial".parse()?, None, &steps, &schema);
/// let files = migration.files();
/// assert_eq!(files[0].0, "sqlite/2026-01-31-120000_initial/up.sql");
/// assert_eq!(files[6].0, "snapshots/2026-01-31-120000.toml");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Migration {
    /// What it is called.
    pub name: Name,
    /// What it does to SQLite.
    pub sqlite: Scripts,
    /// What it does to PostgreSQL.
    pub postgres: Scripts,
    snapshot: Snapshot,
}

impl Migration {
    /// The migration from the newest snapshot, if there is one, to a schema, by these steps.
    pub fn new(name: Name, before: Option<&Snapshot>, steps: &[Operation], after: &Schema) -> Self {
        let old = before.map(|snapshot| &snapshot.schema);
        let back = reverse(steps);
        let scripts = |dialect| Scripts {
            up: script(old, steps, Some(after), dialect),
            down: script(Some(after), &back, old, dialect),
        };
        let parent = before.map(|snapshot| snapshot.name.version());
        let mut migration = Self {
            sqlite: scripts(Dialect::Sqlite),
            postgres: scripts(Dialect::Postgres),
            snapshot: Snapshot::new(name.clone(), parent, after),
            name,
        };
        migration.snapshot.checksums = files::checksums(&migration);
        migration
    }

    /// Its files in a fixed order: the path below the migrations folder, and the text.
    pub fn files(&self) -> Vec<(String, String)> {
        files::of(self)
    }

    /// The scripts for a dialect.
    pub const fn scripts(&self, dialect: Dialect) -> &Scripts {
        match dialect {
            Dialect::Sqlite => &self.sqlite,
            Dialect::Postgres => &self.postgres,
        }
    }
}
