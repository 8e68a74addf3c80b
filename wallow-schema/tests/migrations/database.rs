//! What the tests need of a database: a table with runs, running a script, and a look at the result.

mod postgres;
mod sqlite;

use wallow_schema::ddl::{Dialect, create_table, quote_identifier};
use wallow_schema::{DefaultValue, Schema};

use crate::pairs::Row;

pub(crate) use postgres::Postgres;
pub(crate) use sqlite::Sqlite;

/// The table as the database describes it, in an order that does not depend on its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Look {
    /// Columns and indexes, by name.
    pub(crate) shape: Vec<String>,
    /// Runs by id, every one with its columns by name.
    pub(crate) rows: Vec<String>,
}

/// A database for one test. Errors have the database's own text.
pub(crate) trait Database {
    const DIALECT: Dialect;

    /// Runs statements one by one, in an empty database.
    fn recreate(&mut self, statements: &[String]) -> Result<(), String>;

    /// Runs a script in one transaction, as diesel does; an error rolls everything back.
    fn run(&mut self, script: &str) -> Result<(), String>;

    /// Looks at the table.
    fn look(&mut self) -> Result<Look, String>;

    /// What a look would find after these statements, without changing the database.
    fn look_after(&mut self, statements: &[String]) -> Result<Look, String>;
}

/// The statements that create the table of a schema with these runs.
pub(crate) fn table(schema: &Schema, rows: &[Row], dialect: Dialect) -> Vec<String> {
    let mut statements = create_table(schema, dialect);
    statements.extend(inserts(rows, 0, dialect));
    statements
}

/// The statements that write the runs from the `first` on; the very first has the id 1.
pub(crate) fn inserts(rows: &[Row], first: usize, dialect: Dialect) -> Vec<String> {
    let rows = rows.iter().enumerate().skip(first);
    let inserts = rows.map(|(index, row)| {
        let names = row
            .keys()
            .map(|name| format!(", {}", quote_identifier(name)));
        let values = row.values().map(|value| match value {
            None => ", NULL".to_owned(),
            Some(value) => format!(", {}", literal(value, dialect)),
        });
        format!(
            "INSERT INTO runs (uuid, created_at, updated_at, _wallow_attempt{}) \
             VALUES ('{index:012x}', '2026-01-31 12:00:00', '2026-01-31 13:00:00', {index}{})",
            names.collect::<String>(),
            values.collect::<String>(),
        )
    });
    inserts.collect()
}

fn literal(value: &DefaultValue, dialect: Dialect) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    match value {
        DefaultValue::Int(value) => value.to_string(),
        DefaultValue::Float(value) => match dialect {
            Dialect::Postgres => format!("'{value:?}'"),
            Dialect::Sqlite if value.is_infinite() => {
                format!("{}9e999", if *value < 0.0 { "-" } else { "" })
            }
            Dialect::Sqlite => format!("{value:?}"),
        },
        DefaultValue::Bool(value) => match dialect {
            Dialect::Postgres => value.to_string(),
            Dialect::Sqlite => i32::from(*value).to_string(),
        },
        DefaultValue::String(text) | DefaultValue::Path(text) => quoted(text),
        DefaultValue::Json(json) => quoted(&json.to_string()),
        DefaultValue::Datetime(moment) => {
            quoted(&moment.format("%Y-%m-%d %H:%M:%S%.6f").to_string())
        }
    }
}
