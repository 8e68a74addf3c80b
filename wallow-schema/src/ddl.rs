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

pub use adopt::{NoValue, adopt};
pub use script::{losses, script};
pub use sqlite::{EXTRAS as SQLITE_EXTRAS, rebuilds};

use std::iter;

use chrono::{DateTime, Utc};

use crate::column::Column;
use crate::schema::{ATTEMPT, DefaultValue, FieldType, Schema};

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

    /// The types of the columns that every table has.
    fn built_in(self) -> [(&'static str, &'static str); 4] {
        match self {
            Self::Sqlite => sqlite::BUILT_IN,
            Self::Postgres => postgres::BUILT_IN,
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
    let table = table(RUNS, schema, dialect);
    [table].into_iter().chain(indexes(schema)).collect()
}

/// The statement that makes the table, under this name.
fn table(name: &str, schema: &Schema, dialect: Dialect) -> String {
    let built_in = dialect
        .built_in()
        .map(|(name, column)| format!("{} {column}", quote_identifier(name)));
    let attempt = format!("{} INTEGER NOT NULL DEFAULT 0", quote_identifier(ATTEMPT));
    let declared = Column::all(schema).map(|field| column(&field, dialect));
    let columns = built_in
        .into_iter()
        .chain(iter::once(attempt))
        .chain(declared);
    format!("CREATE TABLE {name} (\n{}\n)", lines(columns))
}

/// The statements that make every index of the table.
fn indexes(schema: &Schema) -> impl Iterator<Item = String> {
    let key = schema.key_columns().into_iter();
    let unique = unique_index(UNIQUE, key);
    let uuid = "CREATE UNIQUE INDEX \"ix_runs_uuid\" ON \"runs\" (\"uuid\")".to_owned();
    let indexes = schema
        .fields()
        .filter(|field| field.indexed)
        .map(|field| create_index(&field.name));
    [unique, uuid].into_iter().chain(indexes)
}

/// The table, quoted.
const RUNS: &str = "\"runs\"";

/// The index that makes every run one of a kind, quoted.
const UNIQUE: &str = "\"uq_runs_identifying\"";

fn unique_index<'a>(index: &str, key: impl Iterator<Item = &'a str>) -> String {
    let key = lines(key.map(quote_identifier));
    format!("CREATE UNIQUE INDEX {index} ON \"runs\" (\n{key}\n)")
}

/// The name of a field's own index, quoted.
fn index_name(field: &str) -> String {
    quote_identifier(&format!("ix_runs_{field}"))
}

fn create_index(field: &str) -> String {
    format!(
        "CREATE INDEX {} ON \"runs\" ({})",
        index_name(field),
        quote_identifier(field)
    )
}

/// The definition of a column.
fn column(field: &Column, dialect: Dialect) -> String {
    let name = quote_identifier(&field.name);
    let ty = dialect.column_type(field.ty);
    let not_null = if field.nullable { "" } else { " NOT NULL" };
    let default = match &field.default {
        Some(value) => format!(" DEFAULT {}", dialect.literal(value)),
        None => String::new(),
    };
    format!("{name} {ty}{not_null}{default}")
}

/// One item a line, with commas between them.
fn lines(items: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = items.map(|item| format!("    {item}")).collect();
    lines.join(",\n")
}

/// A text as SQL takes it in every dialect.
fn quote_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A moment as both databases keep it: text in UTC, to the microsecond.
fn quote_moment(moment: &DateTime<Utc>) -> String {
    quote_text(&moment.format("%Y-%m-%d %H:%M:%S%.6f").to_string())
}
