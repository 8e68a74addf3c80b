//! Recognises a table that no migration made, but that is exactly what the first migration makes.
//!
//! Such a table comes from a program that was compiled before the project had migrations. `wallow migrate apply` and
//! `Store::migrate` recognise it by this. Invariant: a note is only
//! written under the write lock, for a table of wallow that differs in nothing from the snapshot of the migration.

use std::borrow::Cow;

use wallow_schema::{Schema, snapshot};

use super::drift::differences;
use super::{Owner, State, apply};
use crate::backend::{Connection, LiveTable, Pool, Session as _};
use crate::codegen_support::{ProgramMigrations, Script};
use crate::error::{Error, ErrorKind};

/// Notes the first migration as applied if nothing is noted yet and the table is what it makes, with this schema.
/// Returns whether it did.
pub(super) fn first(
    connection: &mut Connection,
    script: &Script,
    schema: &Schema,
    others: &[Cow<'static, str>],
) -> Result<bool, Error> {
    connection.exclusive(|connection| {
        let is_first = is_first(connection, schema, others)?;
        if is_first {
            apply::note_applied(connection, script)?;
        }
        Ok(is_first)
    })
}

/// Whether nothing is noted yet, and the table is what the first migration makes, with this schema.
pub(super) fn is_first(
    connection: &mut Connection,
    schema: &Schema,
    others: &[Cow<'static, str>],
) -> Result<bool, Error> {
    // A table of notes that is empty says that a person took the notes back.
    let is_unmanaged = matches!(apply::state(connection, others)?, State::Unmanaged { .. });
    if !is_unmanaged && !apply::has_notes_of_others_alone(connection, others)? {
        return Ok(false);
    }
    let Some(table) = apply::table(connection)? else {
        return Ok(false);
    };
    let owner = Owner::of(&table, Some(schema), |name| connection.has_table(name))?;
    let expected = LiveTable::of(schema, connection.dialect());
    // A constraint keeps the key unique, too, but no later migration could change it.
    Ok(owner == Owner::Wallow
        && !table.is_made_anew(schema)
        && differences(&table, &expected, schema).is_empty())
}

/// [`is_first`] and [`first`] for the migrations of a program. A write lock is only taken if there is something to note.
pub(crate) fn of_program(pool: &Pool, migrations: ProgramMigrations) -> Result<(), Error> {
    let Some(script) = migrations.scripts.first() else {
        return Ok(());
    };
    let snapshot = snapshot::from_text(migrations.first, &script.name);
    let snapshot = snapshot.map_err(|error| Error::new(ErrorKind::Schema, error.to_string()))?;
    let (schema, others) = (&snapshot.schema, migrations.others);
    if pool.read(|connection| is_first(connection, schema, others))? {
        pool.write(|connection| first(connection, script, schema, others))?;
    }
    Ok(())
}
