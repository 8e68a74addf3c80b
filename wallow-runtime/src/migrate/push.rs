//! Brings a table that no migration manages to a schema directly, without files.
//!
//! What enters: the table, the schema, and hints. What leaves: a [`Plan`] with the steps of a migration, and then the
//! changed table. Invariants: the table is changed in one transaction, with the guards of a migration, and only if it
//! is still the one that the plan was made for; a database that migrations manage is left alone.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use wallow_schema::Schema;
use wallow_schema::ddl::{self, Dialect, quote_text};
use wallow_schema::diff::{Hints, Refusals, diff};
use wallow_schema::operation::Operation;

use super::copied::{copied, unfinished};
use super::inferred::{Known, fits, inferred, lacking};
use super::{Database, adoption, apply, drift, views};
use crate::backend::{Connection, LiveTable, Session as _};
use crate::error::{Error, ErrorKind};

/// The way from a table to a schema.
#[derive(Debug, Clone)]
pub struct Plan {
    schema: Schema,
    /// The table and its schema; `None` if there is no table yet.
    before: Option<(LiveTable, Schema)>,
    added: Vec<String>,
    steps: Vec<Operation>,
    script: String,
}

/// Why there is no plan.
#[derive(Debug)]
pub enum NoPlan {
    /// The change is one that migrations do not make either, or a question only a person can answer.
    Refused(Refusals),
    /// The schema of the table cannot be read off it.
    Unreadable(Error),
}

impl Plan {
    /// Compares a table with the schema that it is to get.
    ///
    /// # Errors
    /// [`NoPlan`] with the reasons.
    pub fn new(
        table: Option<&LiveTable>,
        dialect: Dialect,
        schema: &Schema,
        hints: &Hints,
    ) -> Result<Self, NoPlan> {
        let known = Known {
            schema,
            renames: &hints.renames,
        };
        let before = table.map(|table| {
            let inferred = inferred(table, dialect, Some(known)).map_err(NoPlan::Unreadable)?;
            Ok((table.clone(), inferred.schema))
        });
        let before = before.transpose()?;
        let old = before.as_ref().map(|(_, old)| old);
        let steps = diff(old, schema, hints).map_err(NoPlan::Refused)?;
        let script = ddl::script(old, &steps, Some(schema), dialect);
        let added = before
            .as_ref()
            .map(|(table, old)| lacking(table, old, dialect))
            .unwrap_or_default();
        Ok(Plan {
            schema: schema.clone(),
            before,
            added,
            steps,
            script,
        })
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.added.is_empty()
    }

    /// The schema that the table implies; `None` if there is no table yet.
    pub fn before(&self) -> Option<&Schema> {
        self.before.as_ref().map(|(_, schema)| schema)
    }

    /// The steps of the schema.
    pub fn steps(&self) -> &[Operation] {
        &self.steps
    }

    /// What wallow needs for itself and the table lacks, one line each.
    pub fn added(&self) -> &[String] {
        &self.added
    }

    /// What is lost for good, one line each.
    pub fn losses(&self) -> Vec<String> {
        self.steps.iter().filter_map(Operation::lossy).collect()
    }

    /// The statements of the steps, for people.
    pub fn script(&self) -> &str {
        &self.script
    }

    /// Whether SQLite makes the table anew.
    fn rebuilds(&self) -> bool {
        let is_made_anew = |(table, schema): &(LiveTable, Schema)| table.is_made_anew(schema);
        ddl::rebuilds(&self.script) || self.before.as_ref().is_some_and(is_made_anew)
    }
}

/// What became of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pushed {
    /// It was carried out.
    Done {
        /// The copy of the file before the change, if one was asked for.
        copy: Option<PathBuf>,
    },
    /// Another process did the same meanwhile.
    ByAnother,
}

impl Database {
    /// Carries a plan out. With `copy`, a file of SQLite is copied to that path first: what it was at the moment before
    /// the change. If there is a file of that name, `-2` and so on is added to it.
    ///
    /// # Errors
    /// [`SchemaMismatch`](ErrorKind::SchemaMismatch) if migrations manage the database, or if `runs` is another
    /// program's table, [`Database`](ErrorKind::Database) if the table has changed since the plan was made, or if a
    /// guard or statement fails, [`Io`](ErrorKind::Io) if the copy cannot be made. Nothing was changed then, and there
    /// is no copy.
    pub fn push(&self, plan: &Plan, copy: Option<&Path>) -> Result<Pushed, Error> {
        self.pool().write(|connection| {
            let mut made = None;
            let outcome = connection.changing_table(plan.rebuilds(), |connection| {
                self.push_now(connection, plan, copy, &mut made)
            });
            let outcome = views::named(connection, outcome);
            if let (Err(_), Some(copy)) = (&outcome, &made) {
                // An error after the commit leaves the change, and then the copy is the only place of what was lost.
                let before = plan.before.as_ref().map(|(table, _)| table);
                let table = connection.live_table();
                if table.is_ok_and(|table| table.as_ref() == before) {
                    let _ = fs::remove_file(copy);
                }
            }
            if outcome? {
                Ok(Pushed::Done { copy: made })
            } else {
                Ok(Pushed::ByAnother)
            }
        })
    }

    fn push_now(
        &self,
        connection: &mut Connection,
        plan: &Plan,
        copy: Option<&Path>,
        made: &mut Option<PathBuf>,
    ) -> Result<bool, Error> {
        let schema = &plan.schema;
        refuse_managed(connection, self.others())?;
        let before = plan.before.as_ref();
        let old = before.map_or(schema, |(_, old)| old);
        apply::refuse_other(connection, Some(schema))?;
        let table = connection.live_table()?;
        if table.as_ref() != before.map(|(table, _)| table) {
            let dialect = connection.dialect();
            let expected = LiveTable::of(schema, dialect);
            let is_done = |table: &LiveTable| {
                drift::differences(table, &expected, schema).is_empty()
                    || fits(table, schema, dialect)
            };
            return if table.as_ref().is_some_and(is_done) {
                Ok(false)
            } else {
                let message = "meanwhile another program has changed the table `runs`, and nothing was changed; try again";
                Err(Error::new(ErrorKind::Database, message))
            };
        }
        self.remove_unfinished();
        if let Some(path) = copy {
            *made = self.copy_file(path)?;
        }
        if before.is_some() {
            adoption::check_values(connection, old)?;
            connection.adopt(old).map_err(unchanged)?;
        }
        connection.run_script(&plan.script).map_err(unchanged)?;
        Ok(true)
    }

    /// Removes the copies that pushes left unfinished which were killed. The caller holds the write lock.
    fn remove_unfinished(&self) {
        let left = self.pool().file().map(unfinished).unwrap_or_default();
        for path in left {
            let _ = fs::remove_file(path);
        }
    }

    /// Copies the file of a SQLite database as the last transaction left it, through a connection of its own: the one
    /// that changes the table is in a transaction.
    fn copy_file(&self, path: &Path) -> Result<Option<PathBuf>, Error> {
        let Some(file) = self.pool().file() else {
            return Ok(None);
        };
        let copy = copied(file, path, |path| {
            let target = quote_text(path, Dialect::Sqlite);
            self.pool()
                .read(|connection| connection.batch(&format!("VACUUM INTO {target}")))
        });
        copy.map(Some)
    }
}

fn unchanged(error: Error) -> Error {
    error.context("nothing was changed")
}

/// An error if migrations manage the database.
fn refuse_managed(connection: &mut Connection, others: &[Cow<'static, str>]) -> Result<(), Error> {
    let applied = apply::applied(connection, others)?.unwrap_or_default();
    let Some(newest) = applied.last() else {
        return Ok(());
    };
    let message = format!(
        "migrations manage this database (the newest is {newest}), and nothing was changed; write a migration with \
         `wallow migrate generate \"what changes\"`, and apply it with `wallow migrate apply`"
    );
    Err(Error::new(ErrorKind::SchemaMismatch, message))
}
