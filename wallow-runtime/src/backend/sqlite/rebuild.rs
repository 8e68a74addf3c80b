//! What a script that rebuilds the table cannot do by itself.
//!
//! What enters: a script, or a table whose own constraint has to be replaced. Invariant: whatever a person added to the
//! table (triggers, indexes, rows of other tables that refer to runs) is still there afterwards, or nothing was
//! changed.

use wallow_schema::ddl::{
    self, Dialect, IndexTerm, KEY_INDEX, SQLITE_EXTRAS, quote_identifier as quote,
};
use wallow_schema::{KeyField, Schema};

use super::{Connection, readers, tables};
use crate::backend::{LiveColumn, LiveTable, Session, of_rebuild};
use crate::error::advice::INTO_A_NEW_DATABASE;
use crate::error::{Error, ErrorKind};

/// The name of the new table during a rebuild.
const NEW: &str = "\"_wallow_new_runs\"";

/// Does `work` in one transaction without foreign keys: with them, dropping the old table would delete the rows that
/// refer to runs. SQLite accepts the setting only between transactions.
pub(crate) fn without_references<S: Session, T>(
    connection: &mut S,
    work: impl FnOnce(&mut S) -> Result<T, Error>,
) -> Result<T, Error> {
    connection.batch("PRAGMA foreign_keys = OFF")?;
    let outcome = connection.exclusive(|connection| {
        let before = dangling(connection)?;
        let value = work(connection)?;
        if dangling(connection)? == before {
            return Ok(value);
        }
        let message = "rows of another table would refer to runs that are not there";
        Err(Error::new(ErrorKind::Database, message))
    });
    // A script that failed may have left `legacy_alter_table` on; a rollback does not reset it.
    let restored = connection.batch("PRAGMA foreign_keys = ON; PRAGMA legacy_alter_table = OFF");
    outcome.and_then(|value| restored.map(|()| value))
}

/// How many references point to a row that does not exist.
fn dangling(connection: &mut impl Session) -> Result<Option<String>, Error> {
    connection.text("SELECT count(*) FROM pragma_foreign_key_check")
}

/// Does `work`, which runs this script. If it rebuilds the table, the triggers and indexes that would be lost are
/// dropped before and created again afterwards. Whatever reads the table and worked before works afterwards, or nothing
/// was changed.
pub(crate) fn keeping_extras(
    connection: &mut Connection,
    script: &str,
    work: impl FnOnce(&mut Connection) -> Result<(), Error>,
) -> Result<(), Error> {
    let broken = readers::broken(connection)?;
    if ddl::rebuilds(script) {
        rebuilding(connection, work)?;
    } else {
        work(connection)?;
    }
    // Reverting the first migration drops the table; the command has reported what uses it.
    if !tables::has_table(connection, "runs")? {
        return Ok(());
    }
    let mut broken_now = readers::broken(connection)?.into_iter();
    match broken_now.find(|reader| !broken.iter().any(|other| other.is_same(reader))) {
        None => Ok(()),
        Some(reader) => Err(reader.error()),
    }
}

fn rebuilding(
    connection: &mut Connection,
    work: impl FnOnce(&mut Connection) -> Result<(), Error>,
) -> Result<(), Error> {
    if let Some(table) = tables::live_table(connection)? {
        refuse_losses(&table, None)?;
    }
    let mut aside = Vec::new();
    for row in connection.texts(SQLITE_EXTRAS)? {
        let mut cells = row.into_iter().map(Option::unwrap_or_default);
        let kind = cells.next().unwrap_or_default();
        let name = cells.next().unwrap_or_default();
        connection.batch(&format!("DROP {kind} {}", quote(&name)))?;
        aside.push((kind, name, cells.next().unwrap_or_default()));
    }
    work(connection)?;
    for (kind, name, sql) in aside {
        connection.batch(&sql).map_err(|error| {
            error.context(format_args!(
                "the {kind} `{name}` does not fit the new table; drop it first"
            ))
        })?;
    }
    Ok(())
}

/// An error if a new table would not have all that the statement of this one says.
pub(super) fn refuse_losses(table: &LiveTable, schema: Option<&Schema>) -> Result<(), Error> {
    let lost = table.lost_by_rebuild(schema);
    if lost.is_empty() {
        return Ok(());
    }
    let message = format!("{}: {INTO_A_NEW_DATABASE}", of_rebuild(&lost));
    Err(Error::new(ErrorKind::SchemaMismatch, message))
}

/// Rebuilds the table without constraints, with a unique index over `key` instead, as every migration expects it, and
/// with the columns and defaults of `table`. All other indexes and triggers stay.
pub(super) fn made_anew(
    connection: &mut Connection,
    table: &LiveTable,
    key: Option<&[KeyField]>,
) -> Result<(), Error> {
    let extras = connection.texts(
        "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'runs' COLLATE NOCASE AND type <> 'table' AND sql IS NOT NULL ORDER BY rowid",
    )?;
    let names = table.columns.iter().map(|column| quote(&column.name));
    let names = names.collect::<Vec<_>>().join(", ");
    let columns = table.columns.iter().map(definition).collect::<Vec<_>>();
    connection.batch(&format!(
        "CREATE TABLE {NEW} ({}); \
         INSERT INTO {NEW} ({names}) SELECT {names} FROM \"runs\"; \
         DROP TABLE \"runs\"; \
         PRAGMA legacy_alter_table = ON; \
         ALTER TABLE {NEW} RENAME TO \"runs\"; \
         PRAGMA legacy_alter_table = OFF;",
        columns.join(", "),
    ))?;
    if let Some(key) = key {
        let key = IndexTerm::of_key(key, Dialect::Sqlite);
        let key = key.iter().map(ToString::to_string).collect::<Vec<_>>();
        let key = key.join(", ");
        connection.batch(&format!(
            "CREATE UNIQUE INDEX \"{KEY_INDEX}\" ON \"runs\" ({key})"
        ))?;
    }
    for row in extras {
        let mut cells = row.into_iter();
        let name = cells.next().flatten().unwrap_or_default();
        if key.is_none() || name != KEY_INDEX {
            connection.batch(&cells.next().flatten().unwrap_or_default())?;
        }
    }
    Ok(())
}

fn definition(column: &LiveColumn) -> String {
    let name = quote(&column.name);
    if column.name == "id" {
        return format!("{name} INTEGER PRIMARY KEY NOT NULL");
    }
    let not_null = if column.nullable { "" } else { " NOT NULL" };
    let default = match &column.default {
        Some(default) => format!(" DEFAULT {default}"),
        None => String::new(),
    };
    format!("{name} {}{not_null}{default}", column.ty)
}
