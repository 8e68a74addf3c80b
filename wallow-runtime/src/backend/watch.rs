//! Noticing that a table has changed under an open store.
//!
//! What enters: an error of a statement, and the table as it is now. What leaves: whether the statement can run again,
//! or the error that says what has changed and what to do. Invariant: a store goes on only with a table that has every
//! column of its schema, each with the type that it had, and the same key.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use wallow_schema::Schema;
use wallow_schema::ddl::Dialect;

use super::{Connection, RunsTable, TableCheck};
use crate::error::{Error, ErrorKind};

/// Checks whether a table fits what the statements of a store rely on.
pub(crate) trait LookAtTable: fmt::Debug + Send + Sync {
    /// The table as it is now, if it fits, or why it does not; `before` is what it was when it last fitted.
    ///
    /// # Errors
    /// If the table cannot be read.
    fn look(
        &self,
        connection: &mut Connection,
        before: Option<&Noted>,
    ) -> Result<Result<Noted, Error>, Error>;
}

/// A table that was found to fit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Noted {
    check: Arc<TableCheck>,
    /// The columns, with their types.
    columns: BTreeMap<String, String>,
}

impl Noted {
    /// What to note of a table; `None` if the table does not keep the schema's key unique.
    pub(crate) fn of(table: RunsTable, schema: &Schema, dialect: Dialect) -> Option<Self> {
        let mut check = table.key(schema)?.check.clone();
        if !table.columns.contains_key("uuid") {
            check = check.without_uuids(dialect);
        }
        Some(Noted {
            check: Arc::new(check),
            columns: table.columns,
        })
    }

    /// The type that a column had.
    pub(crate) fn column_type(&self, name: &str) -> Option<&String> {
        self.columns.get(name)
    }
}

/// Watches the table for the connections of a pool.
#[derive(Debug)]
pub(super) struct TableWatch {
    unknown: Arc<TableCheck>,
    look: OnceLock<Box<dyn LookAtTable>>,
    noted: RwLock<Option<Noted>>,
}

impl TableWatch {
    pub(super) fn new(dialect: Dialect) -> Self {
        TableWatch {
            unknown: Arc::new(TableCheck::failing(dialect)),
            look: OnceLock::new(),
            noted: RwLock::default(),
        }
    }

    /// Begins to watch, from the table as it was found.
    pub(super) fn begin(&self, look: impl LookAtTable + 'static, noted: Option<Noted>) {
        self.note(noted);
        // It cannot be set already, because a store is opened once.
        let _ = self.look.set(Box::new(look));
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

    /// `Ok` if the work that ended in this error can be done again, on a new connection; else the error to report. It
    /// looks at the table after any error of the database, because a changed table has many symptoms: a missing column,
    /// or a key that is not unique any more.
    pub(super) fn can_go_on(&self, connection: &mut Connection, error: Error) -> Result<(), Error> {
        let is_suspect = error.kind() == ErrorKind::Database && !error.is_lost_connection();
        let Some(look) = self.look.get() else {
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
        match look.look(connection, before.as_ref()) {
            Ok(Ok(found)) if before.as_ref() == Some(&found) => Err(error),
            Ok(Ok(found)) => {
                self.note(Some(found));
                Ok(())
            }
            Ok(Err(unfit)) => Err(unfit.with_source(error)),
            // A table that cannot be read does not explain other errors.
            Err(unread) if error.is_of_changed_table() => Err(unread),
            Err(_) => Err(error),
        }
    }
}
