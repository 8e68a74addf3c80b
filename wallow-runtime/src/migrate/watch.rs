//! Checks whether a table that has changed while a store is open still fits the store.
//!
//! What enters: the current table, and the table as it was. What leaves: permission to run the statements again, or an
//! error that says what has changed and what to do. Invariant: a store continues only with a table that has every
//! column of its schema, each with its previous type, and the same key.

use std::collections::BTreeSet;

use wallow_schema::Schema;

use super::drift::same_type;
use super::key::absence;
use super::open::{differences, mismatch};
use super::{apply, check_head};
use crate::backend::{Connection, LookAtTable, Noted, RunsTable, UniqueIndex};
use crate::codegen_support::ProgramMigrations;
use crate::error::{Error, ErrorKind};

/// What the statements of a store depend on.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) schema: Schema,
    pub(crate) migrations: ProgramMigrations,
    /// Whether the store only reads.
    pub(crate) read_only: bool,
    /// Whether every column must be as it was, not only the key. False in a store that migrates.
    pub(crate) columns: bool,
}

impl LookAtTable for Expected {
    fn look(
        &self,
        connection: &mut Connection,
        before: Option<&Noted>,
    ) -> Result<Result<Noted, Error>, Error> {
        look(connection, self, before)
    }
}

/// The current table if it fits; otherwise why it does not.
fn look(
    connection: &mut Connection,
    expected: &Expected,
    before: Option<&Noted>,
) -> Result<Result<Noted, Error>, Error> {
    let schema = &expected.schema;
    let table = connection.runs_table()?;
    let found = match &table {
        None => vec!["there is no table `runs`".to_owned()],
        Some(table) => changes(table, expected, before),
    };
    let has_key = |table: &RunsTable| {
        let mut key = schema.key_columns().into_iter();
        key.any(|name| table.columns.contains_key(name))
    };
    let is_ours = table.as_ref().is_some_and(has_key);
    match table.and_then(|table| Noted::of(table, schema, connection.dialect())) {
        Some(noted) if found.is_empty() => return Ok(Ok(noted)),
        _ => {}
    }
    let ProgramMigrations {
        scripts, others, ..
    } = expected.migrations;
    let applied = apply::applied(connection, others)?.filter(|_| !scripts.is_empty());
    let head = applied.and_then(|applied| check_head(&applied, scripts).err());
    Ok(Err(match (head, before) {
        (None, None) => mismatch(connection, schema, expected.migrations, found)?,
        (Some(head), None) => head.with_differences(found),
        (head, Some(_)) => changed(head.as_ref(), is_ours, found),
    }))
}

/// What does not fit in the table, one line each.
fn changes(table: &RunsTable, expected: &Expected, before: Option<&Noted>) -> Vec<String> {
    let schema = &expected.schema;
    let mut found = match table.key(schema) {
        Some(_) if !expected.columns => Vec::new(),
        _ => differences(table, schema, expected.read_only),
    };
    found.extend(of_key(table, schema));
    for field in schema.fields().filter(|_| expected.columns) {
        let was = before.and_then(|before| before.column_type(&field.name));
        let is = table.columns.get(&field.name);
        if let (Some(was), Some(is)) = (was, is)
            && !same_type(was, is)
        {
            found.push(format!("column `{}` is {is}, and was {was}", field.name));
        }
    }
    found
}

/// How the key has changed, if the new key contains the old one, or is part of it.
fn of_key(table: &RunsTable, schema: &Schema) -> Option<String> {
    if table.key(schema).is_some() {
        return None;
    }
    let key = schema.key();
    if let Some(absence) = absence(table, &key) {
        return Some(absence.change());
    }
    let key = key.iter().map(|field| field.name.as_str());
    let key = key.collect::<BTreeSet<_>>();
    let mut unique = table.unique.iter().filter_map(UniqueIndex::columns);
    let (what, fields) = if let Some(columns) = unique.clone().find(|new| new.is_superset(&key)) {
        ("new in the key", &columns - &key)
    } else {
        let columns = unique.find(|new| new.is_subset(&key))?;
        ("no longer in the key", &key - &columns)
    };
    Some(format!("{what}: {}", quoted(fields)))
}

fn quoted<'f>(fields: impl IntoIterator<Item = &'f str>) -> String {
    let fields = fields.into_iter().map(|name| format!("`{name}`"));
    fields.collect::<Vec<_>>().join(", ")
}

/// The error for a table that fitted when it was opened; `head` if the migrations have changed as well.
fn changed(head: Option<&Error>, is_ours: bool, found: Vec<String>) -> Error {
    let (kind, advice) = match head.map(Error::kind) {
        Some(ErrorKind::PendingMigration) => (
            ErrorKind::PendingMigration,
            "migrations were taken back: run `wallow migrate apply`, or build the program with the \
             wallow.toml that the table has now",
        ),
        None if !is_ours => (
            ErrorKind::SchemaMismatch,
            "another table has taken its place, or none: open the database that belongs to this program",
        ),
        _ => (
            ErrorKind::DatabaseAhead,
            "build the program anew with the wallow.toml that the table has now, and start it again",
        ),
    };
    let message = format!(
        "the table `runs` was changed after this program opened it, and does not fit it any more: {}; \
         nothing was written; {advice}",
        found.join("; "),
    );
    let error = Error::new(kind, message).with_differences(found);
    match head.map(|head| (head.current_revision(), head.head_revision())) {
        Some((Some(current), Some(head))) => error.with_revisions(current, head),
        _ => error,
    }
}
