//! A schema in SQL: what to say to a database so that it has the table `runs`.
//!
//! The text is the same for the same schema, in the order of its fields, and made for people to read.

mod postgres;
mod sqlite;

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
    let built_in = dialect
        .built_in()
        .map(|(name, column)| format!("{} {column}", quote_identifier(name)));
    let attempt = format!("{} INTEGER NOT NULL DEFAULT 0", quote_identifier(ATTEMPT));
    let declared = Column::all(schema).map(|field| column(&field, dialect));
    let columns = built_in
        .into_iter()
        .chain(iter::once(attempt))
        .chain(declared);
    let table = format!("CREATE TABLE \"runs\" (\n{}\n)", lines(columns));
    let key = schema.key_columns().into_iter().map(quote_identifier);
    let unique = format!(
        "CREATE UNIQUE INDEX \"uq_runs_identifying\" ON \"runs\" (\n{}\n)",
        lines(key)
    );
    let uuid = "CREATE UNIQUE INDEX \"ix_runs_uuid\" ON \"runs\" (\"uuid\")".to_owned();
    let indexes = schema
        .fields()
        .filter(|field| field.indexed)
        .map(|field| create_index(&field.name));
    [table, unique, uuid].into_iter().chain(indexes).collect()
}

fn create_index(field: &str) -> String {
    let index = quote_identifier(&format!("ix_runs_{field}"));
    format!(
        "CREATE INDEX {index} ON \"runs\" ({})",
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
