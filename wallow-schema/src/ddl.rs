//! A schema in SQL: what to say to a database so that it has the table `runs`, or so that the table it has becomes
//! another.
//!
//! The text is the same for the same schemas, in the order of their fields, and made for people to read.
//!
//! # What a script relies on, and what not
//!
//! A script runs in **one transaction**, together with the note that it was applied (`metadata.toml` says
//! `run_in_transaction = true`). So whatever happens, a crash included, leaves the old schema or the new one, and
//! nobody sees the table without its unique index. That is worth more than the one thing a transaction forbids: SQLite
//! ignores `PRAGMA foreign_keys` in it. With foreign keys on, the `DROP TABLE` of a rebuild would take the rows of
//! tables that refer to `runs` along; so a rebuild **checks first, and stops** where a table refers to `runs` while
//! foreign keys are on. The alternative, a script that opens its own transaction between two pragmas, is not
//! recorded in the same commit, and a failure in it leaves an open transaction behind.
//!
//! Whatever else a script must be sure of it checks itself, and stops with a sentence: no runs that become one, no
//! NULL where none may be, no number that changes, and nothing in a table that a rebuild would lose. So the stock
//! `diesel migration run` is as safe as wallow's own.
//!
//! # What a runner can do better
//!
//! Before the transaction of a script that [`rebuilds`] the table, a runner can say `PRAGMA foreign_keys = OFF` and
//! after it `ON`; the ids of the runs stay, so every reference stays right, which `PRAGMA foreign_key_check` confirms.
//! In the transaction, before the script, it can read [`SQLITE_EXTRAS`], drop these triggers and indexes, and after
//! the script run their texts again. Views are kept in any case.

mod adopt;
mod alteration;
mod guard;
mod postgres;
mod script;
mod sqlite;
mod table;

pub use adopt::{MissingDefault, adopt};
pub use script::{losses, script};
pub use sqlite::{EXTRAS as SQLITE_EXTRAS, rebuilds};
pub use table::{Table, TableColumn, TableIndex};

use chrono::{DateTime, Utc};

use crate::column::Column;
use crate::schema::{DefaultValue, FieldType, Schema};

/// The language of a database.
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

/// A name as SQL takes it, whatever is in it.
///
/// ```
/// assert_eq!(wallow_schema::ddl::quote_identifier("order"), "\"order\"");
/// ```
pub fn quote_identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The statements that make an empty table `runs` and its indexes, each without a semicolon.
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
    [create(RUNS, &table)].into_iter().chain(indexes).collect()
}

/// The statement that makes the table, under this name.
fn create(name: &str, table: &Table) -> String {
    let columns = table.columns.iter();
    let columns: Vec<String> = columns.map(TableColumn::definition).collect();
    format!("CREATE TABLE {name} (\n    {}\n)", columns.join(",\n    "))
}

/// The table, quoted.
const RUNS: &str = "\"runs\"";

/// The name of the index that makes every run one of a kind.
pub const KEY_INDEX: &str = "uq_runs_identifying";

/// The statement that makes an index over the key, under this name.
fn unique_index(name: &str, key: &[String]) -> String {
    let index = TableIndex {
        name: name.to_owned(),
        unique: true,
        columns: key.to_vec(),
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
/// In PostgreSQL a backslash within plain quotes means itself, or begins an escape, as the setting
/// `standard_conforming_strings` says, which a role may have off. The form `E'…'` means the same under both, so a
/// text with a backslash is written in that form there.
pub fn quote_text(text: &str, dialect: Dialect) -> String {
    let text = text.replace('\'', "''");
    match dialect {
        Dialect::Postgres if text.contains('\\') => format!("E'{}'", text.replace('\\', "\\\\")),
        Dialect::Sqlite | Dialect::Postgres => format!("'{text}'"),
    }
}

/// A moment as both databases keep it: text in UTC, to the microsecond.
fn quote_moment(moment: &DateTime<Utc>) -> String {
    format!("'{}'", moment.format("%Y-%m-%d %H:%M:%S%.6f"))
}
