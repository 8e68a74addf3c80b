//! What adoption adds to a table that another program made, and what it leaves to a person.

use wallow_schema::ddl::Dialect;
use wallow_schema::{ATTEMPT, Schema};

use super::inferred::fits;
use super::{TableState, drift};
use crate::backend::LiveTable;

/// Added to a difference that adoption removes.
const ADDED: &str = " (`wallow migrate adopt` adds it)";

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
    let mut differences = drift::differences(table, &LiveTable::of(schema, dialect), schema);
    for line in &mut differences {
        let default = adds_defaults && line.contains(NO_DEFAULT);
        if default || missing.contains(line) || line.contains(DEFERRABLE) {
            line.push_str(ADDED);
        }
    }
    differences
}

/// The differences that adoption leaves.
pub(super) fn left(table: &LiveTable, schema: &Schema, dialect: Dialect) -> Vec<String> {
    let mut differences = differences(table, schema, dialect);
    differences.retain(|line| !line.ends_with(ADDED));
    differences
}

/// Whether adoption gives columns without a default the one of the schema. On SQLite it does so only if the table is
/// made anew for another reason.
pub(super) fn adds_defaults(table: &LiveTable, schema: &Schema, dialect: Dialect) -> bool {
    dialect == Dialect::Postgres || table.is_constrained(schema)
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
        left(table, schema, dialect).is_empty()
    } else {
        fits(table, schema, dialect)
    };
    if is_same {
        TableState::Same
    } else {
        TableState::Different
    }
}
