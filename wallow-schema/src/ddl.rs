//! A schema in SQL: the statements that create the table `runs`, or that change an existing one.
//!
//! The same schemas always give the same text, in the order of their fields, and people can read it.
//!
//! # What a script relies on, and what it does not
//!
//! A script runs in **one transaction**, together with the note that it was applied (`metadata.toml` has
//! `run_in_transaction = true`). So after any failure, even a crash, the database has either the old schema or the new
//! one, and nobody sees the table without its unique index. There is one disadvantage: SQLite ignores `PRAGMA
//! foreign_keys` in a transaction. With foreign keys on, the `DROP TABLE` of a rebuild would delete the rows of tables
//! that refer to `runs`; so a rebuild **checks first, and stops** if a table refers to `runs` while foreign keys are
//! on. The alternative, a script that opens its own transaction between two pragmas, could not be noted in the same
//! commit, and a failure in it would leave an open transaction behind.
//!
//! A script checks its other conditions itself, and stops with a message: no two runs get the same key, no column that
//! must not be NULL is NULL, no number changes, and a rebuild loses no column, trigger, index or row. So the stock `diesel
//! migration run` is as safe as wallow's own command, up to what only the text of the table says (`CHECK` and the like),
//! which a script cannot read.
//!
//! # What a runner can do better
//!
//! Before the transaction of a script that [`rebuilds`] the table, a runner can set `PRAGMA foreign_keys = OFF`, and
//! after it `ON`. The ids of the runs stay, so every reference stays valid, which `PRAGMA foreign_key_check` confirms.
//! In the transaction, before the script, it can read [`SQLITE_EXTRAS`] and drop these triggers and indexes, and create
//! them again after the script. Views are always kept, but may name a column that is gone.

mod adopt;
mod alteration;
mod attempts;
mod guard;
mod postgres;
mod queue;
mod script;
mod sqlite;
mod table;
mod term;

pub use adopt::{MissingDefault, adopt};
pub use alteration::{none_absent, not_canonical};
pub use attempts::{COLUMNS as ATTEMPTS_COLUMNS, create_attempts};
pub use queue::{QUEUE_INDEX, QUEUE_SETTINGS, queue_storage};
pub use script::{losses, script};
pub use sqlite::{EXTRAS as SQLITE_EXTRAS, rebuilds};
pub use table::{Table, TableColumn, TableIndex};
pub use term::IndexTerm;

use chrono::{DateTime, Utc};

use crate::column::Column;
use crate::schema::{DefaultValue, FieldType, KeyField, Schema};
use crate::time::format_time;

/// The SQL dialect of a database.
///
/// ```
/// use wallow_schema::ddl::Dialect;
///
/// assert_eq!(Dialect::ALL.map(Dialect::as_str), ["sqlite", "postgres"]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dialect {
    /// SQLite 3.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    /// The name of the folder with this dialect's migrations.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    /// The columns that every table has.
    fn built_in(self) -> [TableColumn; 4] {
        match self {
            Self::Sqlite => sqlite::built_in(),
            Self::Postgres => postgres::built_in(),
        }
    }

    fn column_type(self, ty: FieldType) -> &'static str {
        match self {
            Self::Sqlite => sqlite::column_type(ty),
            Self::Postgres => postgres::column_type(ty),
        }
    }

    fn literal(self, value: &DefaultValue) -> String {
        match self {
            Self::Sqlite => sqlite::literal(value),
            Self::Postgres => postgres::literal(value),
        }
    }
}

/// Any name as a quoted SQL identifier.
///
/// ```
/// assert_eq!(wallow_schema::ddl::quote_identifier("order"), "\"order\"");
/// ```
pub fn quote_identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The statements that create an empty table `runs` and its indexes, and the history of attempts if the schema keeps
/// one, each without a semicolon.
///
/// ```
/// use wallow_schema::ddl::{Dialect, create_table};
///
/// let text = "[project]\nname = \"sweep\"\n[identifying.seed]\ntype = \"int\"\ndefault = 0\n";
/// let schema = wallow_schema::parse(text, "wallow.toml")?;
/// let statements = create_table(&schema, Dialect::Sqlite);
/// assert!(statements[0].contains("    \"seed\" INTEGER NOT NULL DEFAULT 0\n"));
/// assert_eq!(statements.last().unwrap(), "CREATE INDEX \"ix_runs_seed\" ON \"runs\" (\"seed\")");
/// # Ok::<(), wallow_schema::Diagnostics>(())
/// ```
pub fn create_table(schema: &Schema, dialect: Dialect) -> Vec<String> {
    let table = Table::of(schema, dialect);
    let indexes = table.indexes.iter().map(TableIndex::create);
    let attempts = schema.project.attempts.then(|| create_attempts(dialect));
    [create(RUNS, &table)]
        .into_iter()
        .chain(indexes)
        .chain(queue_storage(schema, dialect))
        .chain(attempts)
        .collect()
}

/// The statement that creates the table under this name.
fn create(name: &str, table: &Table) -> String {
    let columns = table.columns.iter();
    let columns: Vec<String> = columns.map(TableColumn::definition).collect();
    format!("CREATE TABLE {name} (\n    {}\n)", columns.join(",\n    "))
}

/// The name of the table, quoted.
const RUNS: &str = "\"runs\"";

/// The name of the unique index over the key.
pub const KEY_INDEX: &str = "uq_runs_identifying";

/// The statement that makes the index over the key of a schema, on one line, for people.
///
/// ```
/// let text = "[project]\nname = \"sweep\"\n[identifying.seed]\ntype = \"int\"\n";
/// let schema = wallow_schema::parse(text, "wallow.toml")?;
/// let statement = wallow_schema::ddl::key_index(&schema, wallow_schema::ddl::Dialect::Sqlite);
/// assert_eq!(statement, "CREATE UNIQUE INDEX uq_runs_identifying ON runs (\"seed\")");
/// # Ok::<(), wallow_schema::Diagnostics>(())
/// ```
pub fn key_index(schema: &Schema, dialect: Dialect) -> String {
    let terms = IndexTerm::of_key(&schema.key(), dialect);
    let terms: Vec<String> = terms.iter().map(ToString::to_string).collect();
    format!(
        "CREATE UNIQUE INDEX {KEY_INDEX} ON runs ({})",
        terms.join(", ")
    )
}

/// The statement that creates an index over the key under this name.
fn unique_index(name: &str, key: &[KeyField], dialect: Dialect) -> String {
    let index = TableIndex {
        name: name.to_owned(),
        unique: true,
        terms: IndexTerm::of_key(key, dialect),
    };
    index.create()
}

/// The name of a field's own index, quoted.
fn index_name(field: &str) -> String {
    quote_identifier(&TableIndex::of(field).name)
}

fn create_index(field: &str) -> String {
    TableIndex::of(field).create()
}

/// The definition of a column.
fn column(column: &Column, dialect: Dialect) -> String {
    TableColumn::of(column, dialect).definition()
}

/// A text as a SQL literal.
///
/// In PostgreSQL, a backslash in plain quotes is either literal or begins an escape, depending on the setting
/// `standard_conforming_strings`, which may be off for a role. The form `E'…'` means the same in both cases, so a text
/// with a backslash is written in that form.
pub fn quote_text(text: &str, dialect: Dialect) -> String {
    let text = text.replace('\'', "''");
    match dialect {
        Dialect::Postgres if text.contains('\\') => format!("E'{}'", text.replace('\\', "\\\\")),
        Dialect::Sqlite | Dialect::Postgres => format!("'{text}'"),
    }
}

/// A datetime as both databases accept it: text in UTC, to the microsecond.
fn quote_datetime(datetime: &DateTime<Utc>) -> String {
    format!("'{}'", format_time(datetime))
}
