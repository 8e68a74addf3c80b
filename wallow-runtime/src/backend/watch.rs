//! Noticing that a table has changed under an open store.
//!
//! What enters: an error of a statement, and the table as it is now. What leaves: the word that the statement
//! can run again, or the error that says what has changed and what to do. Invariant: a store goes on only with
//! a table that has every column of its schema, each with the type that it had, and the same key.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use wallow_schema::Schema;
use wallow_schema::ddl::Dialect;

use super::prepare::{differences, mismatch};
use super::{Connection, RunsTable, TableCheck, migrations};
use crate::error::{Error, ErrorKind};
use crate::migrate::{Script, check_head, same_type};

/// What the statements of a store rely on.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) schema: Schema,
    pub(crate) scripts: &'static [Script],
    /// Whether every column has to be there as it was, not only the key: not in a store that migrates.
    pub(crate) columns: bool,
}

/// A table that was found to fit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Noted {
    check: Arc<TableCheck>,
    /// The columns, with their types.
    columns: BTreeMap<String, String>,
}

impl Noted {
    /// Of a table that keeps the schema's key unique.
    pub(super) fn of(table: RunsTable, schema: &Schema) -> Option<Self> {
        let key = table.key(schema)?;
        Some(Noted {
            check: Arc::new(key.check.clone()),
            columns: table.columns,
        })
    }
}

/// Watches the table for the connections of a pool.
#[derive(Debug)]
pub(super) struct TableWatch {
    unknown: Arc<TableCheck>,
    expected: OnceLock<Expected>,
    noted: RwLock<Option<Noted>>,
}

impl TableWatch {
    pub(super) fn new(dialect: Dialect) -> Self {
        TableWatch {
            unknown: Arc::new(TableCheck::failing(dialect)),
            expected: OnceLock::new(),
            noted: RwLock::default(),
        }
    }

    /// Begins to watch, from the table as it was found.
    pub(super) fn begin(&self, expected: Expected, noted: Option<Noted>) {
        self.note(noted);
        // A store is opened once.
        let _ = self.expected.set(expected);
    }

    fn note(&self, noted: Option<Noted>) {
        *self.noted.write().unwrap_or_else(PoisonError::into_inner) = noted;
    }

    fn noted(&self) -> Option<Noted> {
        self.noted
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The check for the statements of a new connection.
    pub(super) fn check(&self) -> Arc<TableCheck> {
        self.noted()
            .map_or_else(|| Arc::clone(&self.unknown), |noted| noted.check)
    }

    /// Whether the work that ended in this error can be done again, on a connection that is opened anew; else
    /// the error to report. A change of the table is the likely reason for whatever the database refuses: a
    /// column that is gone, a key that is not unique any more.
    pub(super) fn can_go_on(&self, connection: &mut Connection, error: Error) -> Result<(), Error> {
        let is_suspect = error.kind() == ErrorKind::Database && !error.is_lost_connection();
        let Some(expected) = self.expected.get() else {
            return Err(error);
        };
        if !error.is_of_changed_table() && !is_suspect {
            return Err(error);
        }
        let before = self.noted();
        // Another thread has looked already.
        if error.is_of_changed_table()
            && before
                .as_ref()
                .is_some_and(|noted| noted.check != *connection.check())
        {
            return Ok(());
        }
        match look(connection, expected, before.as_ref()) {
            Ok(Ok(found)) if before.as_ref() == Some(&found) => Err(error),
            Ok(Ok(found)) => {
                self.note(Some(found));
                Ok(())
            }
            Ok(Err(unfit)) => Err(unfit.with_source(error)),
            // What could not be looked at explains nothing.
            Err(unread) if error.is_of_changed_table() => Err(unread),
            Err(_) => Err(error),
        }
    }
}

/// The table as it is now, if it fits, or why it does not.
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
    match table.and_then(|table| Noted::of(table, schema)) {
        Some(noted) if found.is_empty() => return Ok(Ok(noted)),
        _ => {}
    }
    let applied = migrations::applied(connection)?.filter(|_| !expected.scripts.is_empty());
    let head = applied.and_then(|applied| check_head(&applied, expected.scripts).err());
    Ok(Err(match (head, before) {
        (None, None) => mismatch(found),
        (Some(head), None) => head.with_differences(found),
        (head, Some(_)) => changed(head.as_ref(), is_ours, found),
    }))
}

/// What of the table does not fit, a line each.
fn changes(table: &RunsTable, expected: &Expected, before: Option<&Noted>) -> Vec<String> {
    let schema = &expected.schema;
    let mut found = match table.key(schema) {
        Some(_) if !expected.columns => Vec::new(),
        _ => differences(table, schema),
    };
    found.extend(of_key(table, schema));
    for field in schema.fields().filter(|_| expected.columns) {
        let was = before.and_then(|before| before.columns.get(&field.name));
        let is = table.columns.get(&field.name);
        if let (Some(was), Some(is)) = (was, is)
            && !same_type(was, is)
        {
            found.push(format!("column `{}` is {is}, and was {was}", field.name));
        }
    }
    found
}

/// What has become of the key, where the new one contains the old one, or is part of it.
fn of_key(table: &RunsTable, schema: &Schema) -> Option<String> {
    if table.key(schema).is_some() {
        return None;
    }
    let key = schema.key_columns().into_iter().map(str::to_owned);
    let key = key.collect::<BTreeSet<_>>();
    let mut unique = table.unique.iter().map(|index| &index.columns);
    let (what, fields) = if let Some(columns) = unique.clone().find(|new| new.is_superset(&key)) {
        ("new in the key", columns.difference(&key))
    } else {
        let columns = unique.find(|new| new.is_subset(&key))?;
        ("no longer in the key", key.difference(columns))
    };
    let fields = fields.map(|name| format!("`{name}`"));
    let fields = fields.collect::<Vec<_>>();
    Some(format!("{what}: {}", fields.join(", ")))
}

/// The error of a table that fitted when it was opened; `head` where the migrations are others, too.
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
