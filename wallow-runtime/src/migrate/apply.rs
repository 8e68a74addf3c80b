//! Applies scripts, and keeps diesel's notes on them.
//!
//! `others` are versions in these notes that belong to the program's own migrations. They are not steps of wallow's
//! history, so they are neither counted nor removed here.

use std::borrow::Cow;

use wallow_schema::Schema;
use wallow_schema::ddl::{Dialect, quote_identifier as quote};

use super::{Collision, Next, Owner, Situation, State, adoption, check_key, views};
use crate::backend::{Connection, LiveTable, Session, Step};
use crate::codegen_support::Script;
use crate::error::{Error, ErrorKind};

/// diesel's own table of notes.
pub(crate) const NOTES: &str = "__diesel_schema_migrations";

pub(crate) fn state(
    connection: &mut Connection,
    others: &[Cow<'static, str>],
) -> Result<State, Error> {
    if let Some(applied) = applied(connection, others)? {
        return Ok(State::Managed { applied });
    }
    if connection.has_table("runs")? {
        let alembic = connection.has_table("alembic_version")?;
        return Ok(State::Unmanaged { alembic });
    }
    Ok(State::Empty)
}

/// The applied versions, in order; `None` if there is no table of notes.
///
/// diesel's own query creates the table if it is missing, which a read must not do: it would need permission to create
/// tables, and SQLite's write lock.
pub(crate) fn applied(
    connection: &mut Connection,
    others: &[Cow<'static, str>],
) -> Result<Option<Vec<String>>, Error> {
    if !connection.has_table(NOTES)? {
        return Ok(None);
    }
    connection.check_place_of_notes()?;
    let versions = connection.column(&format!("SELECT version FROM {NOTES} ORDER BY version"))?;
    Ok(Some(without(versions, others)))
}

/// The applied versions, read under the write lock; creates the table of notes if it is missing. A role that may make no
/// table could not even read it in diesel's way.
fn applied_now(
    connection: &mut Connection,
    others: &[Cow<'static, str>],
) -> Result<Vec<String>, Error> {
    match applied(connection, others)? {
        Some(applied) => Ok(applied),
        None => Ok(without(connection.applied_migrations()?, others)),
    }
}

fn without(mut versions: Vec<String>, others: &[Cow<'static, str>]) -> Vec<String> {
    versions.retain(|version| !others.iter().any(|other| other == version));
    versions
}

/// Whether the only notes are of the program's own migrations.
pub(crate) fn has_notes_of_others_alone(
    connection: &mut Connection,
    others: &[Cow<'static, str>],
) -> Result<bool, Error> {
    let Some(all) = applied(connection, &[])? else {
        return Ok(false);
    };
    Ok(!all.is_empty() && without(all, others).is_empty())
}

/// The owner of the table `runs`; `None` if there is no such table.
pub(crate) fn owner(
    connection: &mut Connection,
    schema: Option<&Schema>,
) -> Result<Option<Owner>, Error> {
    let Some(table) = connection.live_table()? else {
        return Ok(connection.namesake()?.map(Owner::of_namesake));
    };
    Owner::of(&table, schema, |name| connection.has_table(name)).map(Some)
}

/// An error if `runs` is another program's table.
pub(crate) fn refuse_other(
    connection: &mut Connection,
    schema: Option<&Schema>,
) -> Result<(), Error> {
    owner(connection, schema)?.map_or(Ok(()), |owner| owner.refuse_other())
}

/// An error if the table `runs` cannot be the one that a schema describes.
pub(crate) fn check_adoptable(connection: &mut Connection, schema: &Schema) -> Result<(), Error> {
    let Some(table) = connection.live_table()? else {
        return refuse_other(connection, Some(schema));
    };
    let owner = Owner::of(&table, Some(schema), |name| connection.has_table(name))?;
    owner.refuse_other()?;
    check_key(&owner, &table, schema, connection.dialect())
}

/// Applies a script if `after` is the newest that was applied; returns whether it was applied now.
pub(crate) fn apply(
    connection: &mut Connection,
    script: &Script,
    after: Option<&Script>,
    others: &[Cow<'static, str>],
) -> Result<bool, Error> {
    let outcome = connection.for_script(&script.up, |connection| {
        let applied = applied(connection, others)?.unwrap_or_default();
        if applied.iter().any(|version| *version == script.version) {
            return Ok(false);
        }
        let after = after.map(|script| &*script.version);
        if applied.last().map(String::as_str) != after {
            return Err(changed(script, "applied"));
        }
        refuse_other(connection, None)?;
        if after.is_none() && connection.has_table("runs")? {
            return Err(disowned(Next::Adopt));
        }
        apply_now(connection, script)
    });
    views::named(connection, outcome)
}

/// The error for a table of which no note says that a migration made it; `next` is the next step.
pub(crate) fn disowned(next: Next) -> Error {
    Error::new(ErrorKind::SchemaMismatch, next.refusal_of_unmanaged())
}

/// The error for such a table if migrations should be applied to it: what to do depends on whether it fits.
pub(crate) fn refuse_disowned(
    connection: &mut Connection,
    schema: &Schema,
) -> Result<Error, Error> {
    let table = connection.live_table()?.unwrap_or_default();
    let situation = Situation {
        table: adoption::state(&table, schema, connection.dialect(), true),
        applied: false,
        unknown: false,
        migrations: true,
        pending: false,
        changed: false,
    };
    Ok(disowned(situation.next()))
}

/// The error if another process has changed the migrations of the database at the same time.
fn changed(script: &Script, verb: &str) -> Error {
    let message = format!(
        "migration {} was not {verb}: meanwhile the migrations of the database have changed; look at \
         `wallow status`, and try again",
        script.name
    );
    Error::new(ErrorKind::Database, message)
}

/// Whether there are no runs, or no table of runs.
pub(crate) fn has_no_runs(connection: &mut Connection) -> Result<bool, Error> {
    if !connection.has_table("runs")? {
        return Ok(true);
    }
    Ok(connection.text("SELECT 1 FROM \"runs\" LIMIT 1")?.is_none())
}

/// The number of runs.
pub(crate) fn count_runs(connection: &mut Connection) -> Result<u64, Error> {
    if !connection.has_table("runs")? {
        return Ok(0);
    }
    let count = connection.text("SELECT CAST(count(*) AS TEXT) FROM \"runs\"")?;
    Ok(count.and_then(|count| count.parse().ok()).unwrap_or(0))
}

/// Applies a script; the caller holds the write lock.
pub(crate) fn apply_now(connection: &mut Connection, script: &Script) -> Result<bool, Error> {
    let applied = applied_now(connection, &[])?;
    if applied.iter().any(|version| *version == script.version) {
        return Ok(false);
    }
    let step = Step::up(&script.version, &script.up);
    connection
        .run_step(&step)
        .map_err(|error| named(error, script, "up"))?;
    Ok(true)
}

/// Notes a script as applied without running it; the caller holds the write lock.
pub(crate) fn note_applied(connection: &mut Connection, script: &Script) -> Result<(), Error> {
    // Creates the table of notes if it is missing.
    applied_now(connection, &[])?;
    connection.run_step(&Step::up(&script.version, ""))
}

pub(crate) fn revert(
    connection: &mut Connection,
    script: &Script,
    others: &[Cow<'static, str>],
) -> Result<bool, Error> {
    connection.for_script(&script.down, |connection| {
        refuse_other(connection, None)?;
        let applied = applied_now(connection, others)?;
        if !applied.iter().any(|version| *version == script.version) {
            return Ok(false);
        }
        if applied
            .last()
            .is_some_and(|newest| *newest != script.version)
        {
            return Err(changed(script, "reverted"));
        }
        let step = Step::down(&script.version, &script.down);
        connection
            .run_step(&step)
            .map_err(|error| named(error, script, "down"))?;
        Ok(true)
    })
}

pub(crate) fn stamp(
    connection: &mut Connection,
    versions: &[String],
    others: &[Cow<'static, str>],
) -> Result<(), Error> {
    connection.exclusive(|connection| {
        refuse_other(connection, None)?;
        note(connection, versions, |_| true, others)
    })
}

pub(crate) fn adopt(
    connection: &mut Connection,
    versions: &[String],
    known: &[String],
    schema: &Schema,
    others: &[Cow<'static, str>],
) -> Result<(), Error> {
    // To record that no migration is applied, some column of the key is enough: the table may be wallow's at an earlier
    // revision.
    if versions.is_empty() && has_some_of_key(connection, schema)? {
        refuse_other(connection, Some(schema))?;
    } else {
        check_adoptable(connection, schema)?;
        adoption::check_values(connection, schema)?;
    }
    connection.adopting(schema, |connection| {
        note(
            connection,
            versions,
            |version| known.contains(version),
            others,
        )
    })
}

/// The same for a table that no migration manages yet. That is looked at again under the write lock, because of two
/// processes that adopt it at once the second one would note a history of its own beside that of the first.
pub(crate) fn adopt_first(
    connection: &mut Connection,
    versions: &[String],
    schema: &Schema,
    others: &[Cow<'static, str>],
) -> Result<(), Error> {
    let outcome = connection.changing_table(true, |connection| {
        let applied = applied(connection, others)?.unwrap_or_default();
        if let Some(newest) = applied.last() {
            let message = format!(
                "another process adopted this table meanwhile (the newest migration that it noted is {newest}), and \
                 nothing was changed; get the files of its migrations, then run `wallow status`"
            );
            return Err(Error::new(ErrorKind::Database, message));
        }
        check_adoptable(connection, schema)?;
        connection.check_owner()?;
        adoption::check_values(connection, schema)?;
        connection
            .adopt(schema)
            .map_err(|error| error.context("nothing was changed"))?;
        note(connection, versions, |_| false, others)
    });
    views::named(connection, outcome)
}

fn has_some_of_key(connection: &mut Connection, schema: &Schema) -> Result<bool, Error> {
    let table = connection.live_table()?;
    let key = schema.key_columns();
    Ok(table.is_some_and(|table| key.iter().any(|name| table.column(name).is_some())))
}

/// The table of the runs, or `None` if there is none.
///
/// It is read by several statements, and another process may change it between two of them. So it is read until two
/// reads agree.
pub(crate) fn table(connection: &mut Connection) -> Result<Option<LiveTable>, Error> {
    let mut table = connection.live_table()?;
    loop {
        let again = connection.live_table()?;
        if again == table {
            return Ok(table);
        }
        table = again;
    }
}

/// Records these versions, and deletes the notes on those of `ours` that are not among them; no script runs. The notes
/// of `others` stay.
fn note(
    connection: &mut Connection,
    versions: &[String],
    ours: impl Fn(&String) -> bool,
    others: &[Cow<'static, str>],
) -> Result<(), Error> {
    let applied = applied_now(connection, others)?;
    let gone = |version: &&String| ours(version) && !versions.contains(version);
    for version in applied.iter().filter(gone) {
        connection.run_step(&Step::down(version, ""))?;
    }
    for version in versions.iter().filter(|version| !applied.contains(version)) {
        connection.run_step(&Step::up(version, ""))?;
    }
    Ok(())
}

fn named(error: Error, script: &Script, direction: &str) -> Error {
    error.context(format_args!(
        "migration {} ({direction}.sql) stopped and nothing was changed",
        script.name
    ))
}

/// How many runs have `NULL` in this column.
pub(crate) fn count_without(connection: &mut Connection, column: &str) -> Result<u64, Error> {
    count_where(connection, &format!("\"runs\".{} IS NULL", quote(column)))
}

/// For how many runs this condition is true.
pub(super) fn count_where(connection: &mut Connection, condition: &str) -> Result<u64, Error> {
    let count = connection.text(&format!(
        "SELECT CAST(count(*) AS TEXT) FROM \"runs\" WHERE {condition}"
    ))?;
    Ok(count
        .and_then(|count| count.parse().ok())
        .unwrap_or_default())
}

pub(crate) fn collisions(
    connection: &mut Connection,
    columns: &[String],
) -> Result<Vec<Collision>, Error> {
    // A table of the Python package from before 0.2 has no uuids.
    let table = connection.runs_table()?;
    let has_uuids = table.is_none_or(|table| table.columns.contains_key("uuid"));
    let uuid = if has_uuids {
        "uuid"
    } else {
        "CAST(id AS TEXT)"
    };
    let uuids = match connection.dialect() {
        Dialect::Sqlite => format!("group_concat({uuid}, ' ')"),
        Dialect::Postgres => format!("string_agg({uuid}, ' ' ORDER BY id)"),
    };
    let names = columns
        .iter()
        .map(|column| format!("\"runs\".{}", quote(column)));
    let names = names.collect::<Vec<_>>();
    let list = names.join(", ");
    let group = if names.is_empty() {
        String::new()
    } else {
        format!("GROUP BY {list} ")
    };
    let head = if names.is_empty() {
        String::new()
    } else {
        format!("{list}, ")
    };
    let rows = connection.texts(&format!(
        "SELECT {head}{uuids} FROM \"runs\" {group}HAVING count(*) > 1 ORDER BY min(id)"
    ))?;
    Ok(rows
        .into_iter()
        .map(|mut row| {
            let uuids = row.pop().flatten().unwrap_or_default();
            Collision {
                values: row.into_iter().collect(),
                uuids: uuids.split(' ').map(ToOwned::to_owned).collect(),
            }
        })
        .collect())
}
