//! Steps that SQLite can do in place: all except changed columns.

use crate::column::Column;
use crate::ddl::alteration::Alteration;
use crate::ddl::attempts;
use crate::ddl::guard::Guard;
use crate::ddl::script::Block;
use crate::ddl::{
    Dialect, KEY_INDEX, RUNS, column, create_index, index_name, quote_identifier, unique_index,
};
use crate::operation::Operation;

const DIALECT: Dialect = Dialect::Sqlite;

/// Whether SQLite can do the step only by a rebuild.
pub(super) fn needs_rebuild(operation: &Operation) -> bool {
    match operation {
        Operation::AlterField { from, to } => !from.is_stored_like(to),
        // A column that is never NULL can be added only with a default.
        Operation::AddField(column) => !column.nullable && column.default.is_none(),
        _ => false,
    }
}

/// The blocks of a step.
pub(super) fn blocks(operation: &Operation, float_precision: u32) -> Vec<Block> {
    let (why, statements) = match operation {
        Operation::CreateTable(_)
        | Operation::DropTable(_)
        | Operation::CreateQueueStorage
        | Operation::DropQueueStorage
        | Operation::ExpectNoRuns { back: true, .. } => return Vec::new(),
        Operation::ExpectNoRuns { fields, .. } => {
            return vec![Guard::against_runs(fields).block(DIALECT)];
        }
        Operation::CreateAttempts | Operation::DropAttempts => {
            return attempts::block(operation, DIALECT).into_iter().collect();
        }
        Operation::RenameField { from, to, indexed } => rename(from, to, *indexed),
        Operation::AddField(field) => add(field),
        Operation::DropField(field) => {
            let name = quote_identifier(&field.name);
            ("", vec![format!("ALTER TABLE {RUNS} DROP COLUMN {name}")])
        }
        Operation::AlterField { .. } => ("The column stays as it is.", Vec::new()),
        Operation::ChangeKey { to, .. } => {
            let why = "The transaction hides the moment between the two indexes.";
            let drop = format!("DROP INDEX \"{KEY_INDEX}\"");
            (why, vec![drop, unique_index(KEY_INDEX, to, DIALECT)])
        }
        Operation::AddIndex { field } => ("", vec![create_index(field)]),
        Operation::DropIndex { field } => ("", vec![drop_index(field)]),
    };
    let guards = guards(operation, float_precision);
    let guards = guards.iter().map(|guard| guard.block(DIALECT));
    guards
        .chain([Block::of(operation, why, statements)])
        .collect()
}

fn guards(operation: &Operation, float_precision: u32) -> Vec<Guard> {
    match operation {
        Operation::AlterField { from, to } => Alteration {
            from,
            to,
            float_precision,
        }
        .guards(&to.name, DIALECT),
        Operation::ChangeKey { from, to } => {
            Guard::against_collisions(RUNS, to.iter().map(|field| field.name.as_str()), from, to)
                .into_iter()
                .collect()
        }
        _ => Vec::new(),
    }
}

fn rename(from: &str, to: &str, indexed: bool) -> (&'static str, Vec<String>) {
    let rename = format!(
        "ALTER TABLE {RUNS} RENAME COLUMN {} TO {}",
        quote_identifier(from),
        quote_identifier(to)
    );
    if indexed {
        let why = "SQLite gives an index no other name, so it is made anew.";
        (why, vec![rename, drop_index(from), create_index(to)])
    } else {
        ("", vec![rename])
    }
}

fn add(field: &Column) -> (&'static str, Vec<String>) {
    let why = match &field.default {
        Some(_) => "The runs there are get the default.",
        None => "",
    };
    let add = format!("ALTER TABLE {RUNS} ADD COLUMN {}", column(field, DIALECT));
    (why, vec![add])
}

fn drop_index(field: &str) -> String {
    format!("DROP INDEX {}", index_name(field))
}
