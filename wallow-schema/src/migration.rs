//! A migration as files, and the history that the files form.
//!
//! ```text
//! migrations/sqlite/2026-01-31-120000_add_warmup/{up.sql,down.sql,metadata.toml}
//! migrations/postgres/2026-01-31-120000_add_warmup/{up.sql,down.sql,metadata.toml}
//! migrations/snapshots/2026-01-31-120000_add_warmup.toml
//! ```
//!
//! diesel's own command can run either folder. Everything here converts texts to texts; `load` reads the files and
//! [`write`](fn@write) writes them.

mod history;
mod problem;

use crate::checksum::checksum;
use crate::ddl::{Dialect, script};
use crate::operation::{self, Operation};
use crate::schema::Schema;
use crate::snapshot::{self, Snapshot};

pub use crate::load::{MigrationsError, load_migrations as load, other_versions};
pub use crate::persist::{remove, write};
pub use crate::version::{InvalidName, Name, Version};
pub use history::History;
pub(crate) use history::has_merge_marks;
pub use problem::{HistoryError, Problem};

/// The files of a migration, without the folder of its name.
pub(crate) const SCRIPTS: [&str; 6] = [
    "sqlite/up.sql",
    "sqlite/down.sql",
    "sqlite/metadata.toml",
    "postgres/up.sql",
    "postgres/down.sql",
    "postgres/metadata.toml",
];

/// What diesel's runner must know. Without this line it would not use a transaction.
const METADATA: &str = "\
# One transaction holds the whole script and the note that it was applied; a crash leaves all of it, or nothing.
run_in_transaction = true
";

/// A migration: the scripts for each database, and the schema that it leaves.
///
/// ```
/// use wallow_schema::diff::{Hints, diff};
/// use wallow_schema::migration::Migration;
///
/// let text = "[project]\nname = \"sweep\"\n[identifying.seed]\ntype = \"int\"\n";
/// let schema = wallow_schema::parse(text, "wallow.toml")?;
/// let steps = diff(None, &schema, &Hints::default())?;
/// let first = Migration::new("2026-01-31-120000_initial".parse()?, None, &schema, &steps);
/// assert!(first.sqlite.up.contains("CREATE TABLE \"runs\""));
/// assert!(first.postgres.down.contains("DROP TABLE \"runs\""));
/// assert_eq!(first.files()[0].path, "sqlite/2026-01-31-120000_initial/up.sql");
/// assert_eq!(first.files()[6].path, "snapshots/2026-01-31-120000_initial.toml");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Migration {
    /// The scripts for SQLite.
    pub sqlite: Scripts,
    /// The scripts for PostgreSQL.
    pub postgres: Scripts,
    /// The schema after the migration; name and parent are those of the migration.
    pub snapshot: Snapshot,
}

/// The files for one database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scripts {
    /// `up.sql`
    pub up: String,
    /// `down.sql`
    pub down: String,
    /// `metadata.toml`
    pub metadata: String,
}

/// A file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path below the migrations folder, with `/`.
    pub path: String,
    /// Its content.
    pub text: String,
}

impl Migration {
    /// The migration from the schema of `head` to `schema`, by the steps that [`diff`](crate::diff::diff) returned.
    pub fn new(
        name: Name,
        head: Option<&Snapshot>,
        schema: &Schema,
        operations: &[Operation],
    ) -> Self {
        let parent = head.map(|head| head.name.version());
        let snapshot = Snapshot::new(name, parent, schema);
        let before = head.map(|head| &head.schema);
        let after = Some(&snapshot.schema);
        let back = operation::reverse(operations);
        let scripts = |dialect| Scripts {
            up: headed(
                &snapshot.name,
                "up",
                dialect,
                &script(before, operations, after, dialect),
            ),
            down: headed(
                &snapshot.name,
                "down",
                dialect,
                &script(after, &back, before, dialect),
            ),
            metadata: METADATA.to_owned(),
        };
        let mut migration = Self {
            sqlite: scripts(Dialect::Sqlite),
            postgres: scripts(Dialect::Postgres),
            snapshot,
        };
        let sums = migration.texts();
        let sums = sums.map(|(script, text)| (script.to_owned(), checksum(text)));
        migration.snapshot.checksums = sums.collect();
        migration
    }

    /// The name of the migration.
    pub const fn name(&self) -> &Name {
        &self.snapshot.name
    }

    /// The scripts for a database.
    pub const fn scripts(&self, dialect: Dialect) -> &Scripts {
        match dialect {
            Dialect::Sqlite => &self.sqlite,
            Dialect::Postgres => &self.postgres,
        }
    }

    /// The files in the order in which they should be written: the snapshot is the last, because it makes the migration
    /// part of the history.
    pub fn files(&self) -> Vec<File> {
        let texts = self.texts().map(|(script, text)| File {
            path: path(script, self.name()),
            text: text.to_owned(),
        });
        let snapshot = File {
            path: self.snapshot.path(),
            text: snapshot::to_text(&self.snapshot),
        };
        texts.chain([snapshot]).collect()
    }

    /// The files that were edited after wallow wrote them, by their paths below the migrations folder.
    ///
    /// A person may edit them before any database has the migration. Later, databases would differ that should be
    /// equal.
    pub fn edited(&self) -> Vec<String> {
        let edited = self.texts().filter(|(script, text)| {
            let written = self.snapshot.checksums.get(*script);
            written.is_none_or(|sum| *sum != checksum(text))
        });
        edited
            .map(|(script, _)| path(script, self.name()))
            .collect()
    }

    /// The files, by their names in `SCRIPTS`.
    fn texts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [&self.sqlite, &self.postgres].into_iter();
        let texts = all.flat_map(|scripts| [&scripts.up, &scripts.down, &scripts.metadata]);
        SCRIPTS.into_iter().zip(texts.map(String::as_str))
    }
}

/// The path of a file of this migration, such as `sqlite/up.sql`.
pub(crate) fn path(script: &str, name: &Name) -> String {
    let (dialect, file) = script.split_once('/').unwrap_or((script, ""));
    format!("{dialect}/{name}/{file}")
}

fn headed(name: &Name, way: &str, dialect: Dialect, script: &str) -> String {
    let database = match dialect {
        Dialect::Sqlite => "SQLite",
        Dialect::Postgres => "PostgreSQL",
    };
    format!(
        "-- {name}: {way}, for {database}. Written by wallow from the changes of wallow.toml, to be reviewed.\n\n{script}"
    )
}
