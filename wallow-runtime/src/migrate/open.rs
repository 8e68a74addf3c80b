//! The table `runs` when a store is opened: creates it, adds what wallow needs for itself, or reports what is
//! missing.
//!
//! Any number of processes may do this at once: the first one that gets the write lock creates the table, and the
//! others find it.

use wallow_schema::ddl;
use wallow_schema::diff::Refusal;
use wallow_schema::{ATTEMPT, FieldType, Schema};

use super::drift::{missing_attempts, of_type};
use super::key::absence;
use super::{Owner, Situation, TableState, check_head, has, key_text, known, rolling};
use super::{adoption, apply};
use crate::backend::{Connection, LiveTable, Noted, RunsTable, Session as _, is_unfaithful};
use crate::codegen_support::ProgramMigrations;
use crate::error::{Error, ErrorKind};

/// What opening a store may do to the database, and what it checks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) read_only: bool,
    pub(crate) check_schema: bool,
    /// The migrations of the program; none if it has no folder of migrations.
    pub(crate) migrations: ProgramMigrations,
}

/// Makes the statements of the schema work, if possible, and returns the table, if it fits.
///
/// # Errors
/// [`ErrorKind::SchemaMismatch`] if the table lacks what the schema declares.
pub(crate) fn open_table(
    connection: &mut Connection,
    schema: &Schema,
    rules: Rules,
) -> Result<Option<Noted>, Error> {
    let mut table = connection.runs_table()?;
    if table.is_none()
        && let Some(namesake) = connection.namesake()?
    {
        // If a view has this name, for example, no table can be created.
        Owner::of_namesake(namesake).refuse_other()?;
    }
    if table.is_none() && rules.check_schema {
        // The migrations of the program would make a table that it must not write to.
        check_precision(schema, rules)?;
    }
    if !rules.read_only && !table.as_ref().is_some_and(has_attempt) {
        connection.exclusive(|connection| complete(connection, schema, rules.migrations))?;
        table = connection.runs_table()?;
    }
    if rules.check_schema {
        // The owner is checked first: a list of differences would be useless for another program's table.
        if let Some(found) = &table
            && let differences = differences(found, schema, rules.read_only)
            && !differences.is_empty()
            && let Some(Owner::Other(stranger)) = apply::owner(connection, Some(schema))?
        {
            return Err(stranger.refusal(&differences));
        }
        verify_head(connection, schema, rules)?;
    }
    match table {
        // The first migration was reverted, so there is no table until migrations are applied again.
        None if !rules.check_schema && apply::applied(connection, &[])?.is_some() => Ok(None),
        None => {
            let missing = vec!["there is no table `runs`".into()];
            Err(mismatch(connection, schema, rules.migrations, missing)?)
        }
        Some(table) => {
            if rules.check_schema {
                fits(connection, &table, schema, rules)?;
            }
            Ok(Noted::of(table, schema, connection.dialect()))
        }
    }
}

/// Compares the database with the schema and with the migrations of the program.
///
/// # Errors
/// [`ErrorKind::PendingMigration`], [`ErrorKind::DatabaseAhead`], or
/// [`ErrorKind::SchemaMismatch`] with every difference.
pub(crate) fn verify(
    connection: &mut Connection,
    schema: &Schema,
    rules: Rules,
) -> Result<(), Error> {
    verify_head(connection, schema, rules)?;
    match connection.runs_table()? {
        None => {
            let missing = vec!["there is no table `runs`".into()];
            Err(mismatch(connection, schema, rules.migrations, missing)?)
        }
        Some(table) => fits(connection, &table, schema, rules),
    }
}

/// An error that names the next step if the table lacks what the schema requires.
fn fits(
    connection: &mut Connection,
    table: &RunsTable,
    schema: &Schema,
    rules: Rules,
) -> Result<(), Error> {
    let differences = differences(table, schema, rules.read_only);
    if differences.is_empty() {
        return Ok(());
    }
    Err(mismatch(connection, schema, rules.migrations, differences)?)
}

/// A managed database must be at the newest migration of the program, if the program has any, or ahead of it by changes
/// that its table allows, and its keys must be rounded like those of the program.
fn verify_head(connection: &mut Connection, schema: &Schema, rules: Rules) -> Result<(), Error> {
    let ProgramMigrations {
        scripts, others, ..
    } = rules.migrations;
    let Some(applied) = apply::applied(connection, others)?.filter(|_| !scripts.is_empty()) else {
        return Ok(());
    };
    match check_head(&applied, scripts) {
        Err(error) if error.kind() == ErrorKind::DatabaseAhead => {
            rolling::check(connection, schema, rules.migrations, &applied, error)?;
        }
        checked => checked?,
    }
    check_precision(schema, rules)
}

/// An error if the migrations of the program say that the floats of keys are rounded to another number of digits than
/// wallow.toml says: a run would not be found again, and be registered twice. A store that only reads warns.
fn check_precision(schema: &Schema, rules: Rules) -> Result<(), Error> {
    let Some(from) = rules.migrations.other_precision else {
        return Ok(());
    };
    let floats = schema.identifying.iter();
    let floats = floats.filter(|field| field.ty == FieldType::Float);
    let refusal = Refusal::FloatPrecision {
        from,
        to: schema.project.float_precision,
        fields: floats.map(|field| field.name.clone()).collect(),
    };
    let (difference, help) = (refusal.message(), refusal.help());
    if rules.read_only {
        tracing::warn!("wallow.toml does not fit the newest migration: {difference}; {help}");
        return Ok(());
    }
    let message = format!(
        "the table `runs` does not fit the schema: {difference}; {help}, and build the program again (`wallow status` \
         compares wallow.toml with the migrations)"
    );
    Err(Error::new(ErrorKind::SchemaMismatch, message).with_differences(vec![difference]))
}

fn has_attempt(table: &RunsTable) -> bool {
    table.columns.contains_key(ATTEMPT)
}

/// Under the write lock: creates the table, or adds the column of the attempt to a table of the Python package or of an
/// older wallow.
fn complete(
    connection: &mut Connection,
    schema: &Schema,
    migrations: ProgramMigrations,
) -> Result<(), Error> {
    let ProgramMigrations {
        scripts, others, ..
    } = migrations;
    // If the program created its own tables first, there are notes, but none about the table `runs`.
    let managed = apply::applied(connection, others)?.is_some()
        && !apply::has_notes_of_others_alone(connection, others)?;
    match connection.runs_table()? {
        // A table that migrations made is changed only by migrations, and so is a table that they dropped.
        _ if managed => Ok(()),
        // A new database is managed by migrations from the start.
        None if !scripts.is_empty() => {
            for script in scripts {
                apply::apply_now(connection, script)?;
            }
            Ok(())
        }
        None => {
            for statement in ddl::create_table(schema, connection.dialect()) {
                connection.batch(&statement)?;
            }
            Ok(())
        }
        Some(table) if has_attempt(&table) || !differences(&table, schema, false).is_empty() => {
            Ok(())
        }
        Some(_) => connection.batch(&format!(
            "ALTER TABLE \"runs\" ADD COLUMN \"{ATTEMPT}\" INTEGER NOT NULL DEFAULT 0"
        )),
    }
}

/// What the table lacks that the schema requires, one line each. A store that only reads needs no uuids, and reads from
/// columns of any type.
pub(super) fn differences(table: &RunsTable, schema: &Schema, read_only: bool) -> Vec<String> {
    let mut missing = Vec::new();
    let built_ins = wallow_schema::BUILT_IN.iter().copied();
    let built_ins = built_ins.filter(|name| !read_only || *name != "uuid");
    for name in built_ins.chain(schema.fields().map(|field| field.name.as_str())) {
        if !table.columns.contains_key(name) {
            missing.push(format!("column `{name}` is missing"));
        }
    }
    if !read_only {
        missing.extend(unfaithful(table, schema));
    }
    if table.key(schema).is_none() {
        let key = schema.key();
        missing.push(match absence(table, &key) {
            Some(absence) => absence.difference(),
            None => format!(
                "no unique index or constraint over exactly ({})",
                key_text(&key)
            ),
        });
    }
    if schema.project.attempts {
        missing.extend(missing_attempts(&table.attempts));
    }
    missing
}

/// The columns that would keep other values than those that are written, one line each. They can be read, so that what
/// they have can be moved.
fn unfaithful(table: &RunsTable, schema: &Schema) -> Vec<String> {
    let found = schema.fields().filter_map(|field| {
        let is = table.columns.get(&field.name)?;
        is_unfaithful(is, field.ty, table.dialect).then_some((&field.name, is))
    });
    let found = found.collect::<Vec<_>>();
    if found.is_empty() {
        return Vec::new();
    }
    let expected = LiveTable::of(schema, table.dialect);
    let lines = found.into_iter().filter_map(|(name, is)| {
        let ought = expected.column(name)?;
        Some(of_type(name, is, &ought.ty))
    });
    lines.collect()
}

/// The error for a table that does not fit the schema of a program, with the next step.
pub(super) fn mismatch(
    connection: &mut Connection,
    schema: &Schema,
    migrations: ProgramMigrations,
    differences: Vec<String>,
) -> Result<Error, Error> {
    let next = situation(connection, schema, migrations)?.next();
    let message = format!(
        "the table `runs` does not fit the schema: {}; open the database that belongs to this schema, or {next}",
        differences.join("; "),
    );
    Ok(Error::new(ErrorKind::SchemaMismatch, message).with_differences(differences))
}

/// The state of a database whose table does not fit a program. If all migrations of the program are applied and the
/// table lacks something nevertheless, wallow.toml has changed since the newest of them.
fn situation(
    connection: &mut Connection,
    schema: &Schema,
    migrations: ProgramMigrations,
) -> Result<Situation, Error> {
    let ProgramMigrations {
        scripts, others, ..
    } = migrations;
    let applied = apply::applied(connection, others)?.unwrap_or_default();
    let table = connection.live_table()?;
    let has_table = table.is_some();
    let (is_managed, has_scripts) = (!applied.is_empty(), !scripts.is_empty());
    let dialect = connection.dialect();
    Ok(Situation {
        table: match table {
            None => TableState::Missing,
            Some(_) if is_managed => TableState::Same,
            Some(table) => adoption::state(&table, schema, dialect, has_scripts),
        },
        applied: is_managed,
        // Without migrations of its own, a program cannot tell.
        unknown: has_scripts && known(&applied, scripts).is_err(),
        migrations: has_scripts || is_managed,
        pending: scripts.iter().any(|script| !has(&applied, script)),
        changed: !has_scripts || (has_table && is_managed),
    })
}
