//! Recognises a table that no migration made, but that is exactly what the first migration makes.
//!
//! Such a table comes from a program that was compiled before the project had migrations. Invariant: a note is only
//! written under the write lock, for a table of wallow that differs in nothing from the snapshot of the migration.

use std::borrow::Cow;

use wallow_schema::Schema;

use super::drift::differences;
use super::{Owner, State, apply};
use crate::backend::{Connection, LiveTable, Session as _};
use crate::codegen_support::Script;
use crate::error::Error;

/// Notes the first migration as applied if nothing is noted yet and the table is what it makes, with this schema.
/// Returns whether it did.
pub(super) fn first(
    connection: &mut Connection,
    script: &Script,
    schema: &Schema,
    others: &[Cow<'static, str>],
) -> Result<bool, Error> {
    connection.exclusive(|connection| {
        let is_unmanaged = matches!(apply::state(connection, others)?, State::Unmanaged { .. });
        if !is_unmanaged && !apply::has_notes_of_others_alone(connection, others)? {
            return Ok(false);
        }
        let Some(table) = connection.live_table()? else {
            return Ok(false);
        };
        let owner = Owner::of(&table, Some(schema), |name| connection.has_table(name))?;
        let expected = LiveTable::of(schema, connection.dialect());
        // A constraint keeps the key unique, too, but no later migration could change it.
        if owner != Owner::Wallow
            || table.is_constrained(schema)
            || !differences(&table, &expected, schema).is_empty()
        {
            return Ok(false);
        }
        apply::note_applied(connection, script)?;
        Ok(true)
    })
}
