//! What adoption adds to a table that another program made, what it changes in it, and what it leaves to a person.

use wallow_schema::ddl::{Dialect, quote_identifier as quote};
use wallow_schema::{ATTEMPT, Schema};

use super::inferred::fits;
use super::stuck::{loses_by_adoption, stuck};
use super::{TableState, apply, drift, key_text};
use crate::backend::{Connection, LiveTable, widened};
use crate::error::{Error, ErrorKind};

/// Added to a difference that adoption removes.
const ADDED: &str = " (`wallow migrate adopt` adds it)";

/// The same of a difference in what is there already.
const CHANGED: &str = " (`wallow migrate adopt` changes it)";

/// At most this many groups of runs are listed in an error.
const LISTED: usize = 5;

/// Part of the text of a difference: a column has no default.
const NO_DEFAULT: &str = "` is none, not ";

/// Within a difference if a constraint keeps the key unique only at the end of a transaction.
const DEFERRABLE: &str = ": it is DEFERRABLE, ";

/// The differences between a table and a schema, one line each; those that adoption removes are marked.
pub(super) fn differences(table: &LiveTable, schema: &Schema, dialect: Dialect) -> Vec<String> {
    let missing = [
        format!("column `{ATTEMPT}` is missing"),
        "column `uuid` is missing".to_owned(),
        "index `ix_runs_uuid` is missing".to_owned(),
    ];
    let adds_defaults = adds_defaults(table, schema, dialect);
    let changes = changes(table, schema, dialect);
    let mut differences = drift::differences(table, &LiveTable::of(schema, dialect), schema);
    for line in &mut differences {
        let default = adds_defaults && line.contains(NO_DEFAULT);
        if default || missing.contains(line) || line.contains(DEFERRABLE) {
            line.push_str(ADDED);
        } else if changes.iter().any(|change| change.difference == *line) {
            line.push_str(CHANGED);
        }
    }
    differences
}

/// A change of what a table has, which adoption and `push` make beside the steps of the schema.
pub(super) struct Change {
    /// The line of the difference that it removes.
    difference: String,
    /// The change, in one line.
    pub(super) step: String,
}

/// What adoption changes in a table of this schema.
pub(super) fn changes(table: &LiveTable, schema: &Schema, dialect: Dialect) -> Vec<Change> {
    let expected = LiveTable::of(schema, dialect);
    let types = schema.fields().filter_map(|field| {
        let name = &field.name;
        let (is, ought) = table.column(name).zip(expected.column(name))?;
        widened(&is.ty, &ought.ty, name).map(|_| Change {
            difference: drift::of_type(name, &is.ty, &ought.ty),
            step: format!("make `{name}` {} instead of {}", ought.ty, is.ty),
        })
    });
    let loose = table.loose_columns(schema).into_iter();
    let loose = loose.map(|name| Change {
        difference: drift::of_null(name, true),
        step: format!("let `{name}` never be NULL"),
    });
    let plain = table.plain_key(schema).map(|_| Change {
        difference: drift::not_unique(&schema.key()),
        step: format!("tell runs apart by {}", key_text(&schema.key())),
    });
    types.chain(loose).chain(plain).collect()
}

/// An error if the values of a table do not allow what adoption changes in it.
pub(super) fn check_values(connection: &mut Connection, schema: &Schema) -> Result<(), Error> {
    let Some(table) = connection.live_table()? else {
        return Ok(());
    };
    let mut reasons = Vec::new();
    for name in table.loose_columns(schema) {
        let count = apply::count_without(connection, name)?;
        if count > 0 {
            reasons.push(without_value(name, count, schema.field(name).is_some()));
        }
    }
    if table.plain_key(schema).is_some() {
        let key = schema.key_columns().into_iter().map(str::to_owned);
        let groups = apply::collisions(connection, &key.collect::<Vec<_>>())?;
        if !groups.is_empty() {
            reasons.push(the_same(&groups, schema));
        }
    }
    if reasons.is_empty() {
        return Ok(());
    }
    let message = format!("{}; nothing was changed", reasons.join("; "));
    Err(Error::new(ErrorKind::SchemaMismatch, message))
}

/// Why a column cannot be `NOT NULL`, and what leads out.
fn without_value(name: &str, count: u64, is_of_key: bool) -> String {
    let column = quote(name);
    let have = if count == 1 { "run has" } else { "runs have" };
    let (what, or) = if is_of_key {
        (
            ", which is a field of the key",
            format!(
                ", or write `optional = true` under `[identifying.{name}]`, so that a run may have none"
            ),
        )
    } else {
        ("", String::new())
    };
    format!(
        "{count} {have} no `{name}`{what}: give them a value (`UPDATE runs SET {column} = … WHERE {column} IS NULL`), \
         delete them (`DELETE FROM runs WHERE {column} IS NULL`){or}"
    )
}

/// Why runs cannot be told apart by a key with optional fields: to a plain index, `NULL` is never the same as `NULL`.
fn the_same(groups: &[super::Collision], schema: &Schema) -> String {
    let listed = groups
        .iter()
        .take(LISTED)
        .map(|group| group.uuids.join(" "));
    let more = if groups.len() > LISTED { "; …" } else { "" };
    let surplus = groups[0].uuids.last().map_or("…", String::as_str);
    format!(
        "runs have the same ({}), because they lack the same fields: {}{more}; delete all but one of each, such as with \
         `DELETE FROM runs WHERE uuid = '{surplus}'`",
        key_text(&schema.key()),
        listed.collect::<Vec<_>>().join("; ")
    )
}

/// The differences that adoption leaves.
pub(super) fn left(table: &LiveTable, schema: &Schema, dialect: Dialect) -> Vec<String> {
    let mut differences = differences(table, schema, dialect);
    differences.retain(|line| !line.ends_with(ADDED) && !line.ends_with(CHANGED));
    differences
}

/// Whether adoption gives columns without a default the one of the schema. On SQLite it does so only if the table is
/// made anew for another reason.
pub(super) fn adds_defaults(table: &LiveTable, schema: &Schema, dialect: Dialect) -> bool {
    dialect == Dialect::Postgres || table.is_made_anew(schema)
}

/// The state of a table that no migration manages. If there are migrations, it only has to become what the schema says
/// by its adoption.
pub(super) fn state(
    table: &LiveTable,
    schema: &Schema,
    dialect: Dialect,
    has_migrations: bool,
) -> TableState {
    let is_same = if has_migrations {
        left(table, schema, dialect).is_empty() && !loses_by_adoption(table, schema, dialect)
    } else {
        fits(table, schema, dialect)
    };
    if is_same {
        TableState::Same
    } else if stuck(table, schema, dialect).is_empty() {
        TableState::Different
    } else {
        TableState::Stuck
    }
}
