//! Types, values and changes in SQLite's dialect.

mod adopt;
mod alter;
mod rebuild;

pub(super) use adopt::adopt;

use super::alteration::Check;
use super::script::Block;
use super::{Dialect, TableColumn, quote_datetime, quote_text};
use crate::canonical::EVERY_DIGIT;
use crate::operation::Operation;
use crate::schema::{DefaultValue, FieldType, Schema};

/// The triggers and indexes of the table `runs` that no schema declares, as `type`, `name` and `sql`.
///
/// A script that [`rebuilds`] the table stops if there are any. A runner that drops them before the script can run
/// their `sql` again after it.
pub const EXTRAS: &str = "\
SELECT \"type\", \"name\", \"sql\" FROM sqlite_master
WHERE \"tbl_name\" = 'runs' COLLATE NOCASE AND \"sql\" IS NOT NULL
    AND (\"type\" = 'trigger' OR \"type\" = 'index' AND \"name\" <> 'uq_runs_identifying'
        AND \"name\" NOT IN (SELECT 'ix_runs_' || \"name\" FROM pragma_table_info('runs')))";

/// Whether a script for SQLite rebuilds the table.
///
/// ```
/// assert!(!wallow_schema::ddl::rebuilds("ALTER TABLE \"runs\" ADD COLUMN \"loss\" REAL;"));
/// ```
pub fn rebuilds(script: &str) -> bool {
    script.contains(rebuild::RENAME)
}

/// The blocks of a change: step by step in place, or a rebuild of the table.
pub(super) fn change(before: &Schema, operations: &[Operation], after: &Schema) -> Vec<Block> {
    if operations.iter().any(alter::needs_rebuild) {
        return rebuild::blocks(before, operations, after);
    }
    let precision = after.project.float_precision;
    let blocks = operations.iter();
    blocks
        .flat_map(|operation| alter::blocks(operation, precision))
        .collect()
}

/// The condition under which a value breaks the check.
pub(super) fn violates(check: &Check, column: &str) -> String {
    match check {
        Check::NoNull | Check::NoneAbsent => format!("{column} IS NULL"),
        Check::Within(bound) => format!("{column} NOT BETWEEN -{bound} AND {bound}"),
        Check::Whole(_) => format!("{column} <> CAST({column} AS INTEGER)"),
        Check::Canonical(precision) if *precision >= EVERY_DIGIT => {
            format!("typeof({column}) NOT IN ('real', 'null')")
        }
        // A canonical float is unchanged after its digits were printed and read back. SQLite prints and reads the
        // smallest and largest floats inexactly, so for them the script may stop without need.
        Check::Canonical(precision) => {
            let decimals = precision.saturating_sub(1);
            format!(
                "{column} NOT IN (9e999, -9e999)\n    \
                 AND {column} <> CAST(printf('%!.{decimals}e', {column}) AS REAL)"
            )
        }
    }
}

/// The columns of every table. The `NOT NULL` of the primary key is for tools that read the text.
pub(super) fn built_in() -> [TableColumn; 4] {
    let id = TableColumn {
        key: Some("PRIMARY KEY NOT NULL"),
        ..TableColumn::own("id", "INTEGER")
    };
    [
        id,
        TableColumn::own("uuid", "TEXT"),
        TableColumn::own("created_at", "DATETIME"),
        TableColumn::own("updated_at", "DATETIME"),
    ]
}

pub(super) const fn column_type(ty: FieldType) -> &'static str {
    match ty {
        FieldType::Int => "INTEGER",
        FieldType::Float => "REAL",
        FieldType::String | FieldType::Json | FieldType::Path => "TEXT",
        FieldType::Bool => "BOOLEAN",
        FieldType::Datetime => "DATETIME",
    }
}

pub(super) fn literal(value: &DefaultValue) -> String {
    match value {
        DefaultValue::Int(number) => number.to_string(),
        DefaultValue::Float(number) => float(*number),
        DefaultValue::String(text) | DefaultValue::Path(text) => quote_text(text, Dialect::Sqlite),
        DefaultValue::Bool(truth) => u8::from(*truth).to_string(),
        DefaultValue::Json(json) => quote_text(&json.to_string(), Dialect::Sqlite),
        DefaultValue::Datetime(datetime) => quote_datetime(datetime),
    }
}

/// SQLite has no literal for infinity, but reads a number that is too large as infinity.
fn float(number: f64) -> String {
    match number {
        f64::INFINITY => "9e999".to_owned(),
        f64::NEG_INFINITY => "-9e999".to_owned(),
        finite => format!("{finite:?}"),
    }
}
