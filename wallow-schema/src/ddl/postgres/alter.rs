//! Changes of the table, in place. If a constant default is enough, the table is not rewritten.

use super::{column_type, literal};
use crate::column::{Column, are_stored_alike};
use crate::ddl::alteration::Alteration;
use crate::ddl::guard::Guard;
use crate::ddl::script::Block;
use crate::ddl::{
    Dialect, KEY_INDEX, RUNS, attempts, column, create_index, index_name, queue, quote_identifier,
    unique_index,
};
use crate::operation::Operation;
use crate::schema::{KeyField, Schema};

const DIALECT: Dialect = Dialect::Postgres;

/// The name of the new index over the key while the old one still exists.
pub(super) const NEW_KEY_INDEX: &str = "uq_runs_identifying_new";

/// The blocks of a change, step by step.
pub(crate) fn change(operations: &[Operation], after: &Schema) -> Vec<Block> {
    let precision = after.project.float_precision;
    let is_empty = operations
        .iter()
        .any(|step| matches!(step, Operation::ExpectNoRuns { back: false, .. }));
    let steps = operations.iter();
    let steps = steps.flat_map(|operation| blocks(operation, precision, is_empty));
    let looks = operations.iter().any(looks_first).then(lock);
    let renewed = has_stale_expression(operations).then(|| renew_key(after));
    looks.into_iter().chain(steps).chain(renewed).collect()
}

/// Whether an optional field gets another type and the unique index is not made anew after that. PostgreSQL then
/// leaves an expression with a cast in it, which no statement names.
fn has_stale_expression(operations: &[Operation]) -> bool {
    let mut stale = false;
    for operation in operations {
        match operation {
            Operation::AlterField { from, to } if to.is_optional() => {
                stale |= !are_stored_alike(from.ty, to.ty);
            }
            Operation::ChangeKey { .. } => stale = false,
            _ => {}
        }
    }
    stale
}

fn renew_key(after: &Schema) -> Block {
    let (_, statements) = change_key(&after.key());
    Block {
        comment: "The unique index over the key has expressions for optional fields, and is made anew for their new \
                  types, before the old one goes."
            .to_owned(),
        losses: Vec::new(),
        statements,
    }
}

/// Whether the step checks runs before it changes them.
fn looks_first(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::AlterField { .. }
            | Operation::ChangeKey { .. }
            | Operation::ExpectNoRuns { back: false, .. }
    )
}

/// Locks the table, because what was checked must not change before the step.
pub(super) fn lock() -> Block {
    Block {
        comment: "Nobody writes between what is looked at and what is changed.".to_owned(),
        losses: Vec::new(),
        statements: vec![format!("LOCK TABLE {RUNS} IN ACCESS EXCLUSIVE MODE")],
    }
}

/// `is_empty`: there are no runs, so no values are needed for them.
fn blocks(operation: &Operation, float_precision: u32, is_empty: bool) -> Vec<Block> {
    let mut guards = Vec::new();
    let (why, statements) = match operation {
        Operation::CreateTable(_)
        | Operation::DropTable(_)
        | Operation::ExpectNoRuns { back: true, .. } => return guards,
        Operation::ExpectNoRuns { fields, .. } => {
            return vec![Guard::against_runs(fields).block(DIALECT)];
        }
        Operation::CreateAttempts | Operation::DropAttempts => {
            return attempts::block(operation, DIALECT).into_iter().collect();
        }
        Operation::CreateQueueStorage | Operation::DropQueueStorage => {
            return queue::block(operation).into_iter().collect();
        }
        Operation::AddField(field) if is_empty => (String::new(), vec![add_column(field)]),
        Operation::RenameField { from, to, indexed } => (String::new(), rename(from, to, *indexed)),
        Operation::AddField(field) => add(field),
        Operation::DropField(field) => {
            let name = quote_identifier(&field.name);
            let drop = format!("ALTER TABLE {RUNS} DROP COLUMN {name}");
            (String::new(), vec![drop])
        }
        Operation::AlterField { from, to } => {
            let alteration = Alteration {
                from,
                to,
                float_precision,
            };
            let checks = alteration.guards(&to.name, DIALECT);
            guards.extend(checks.iter().map(|guard| guard.block(DIALECT)));
            alter(&alteration)
        }
        Operation::ChangeKey { from, to } => {
            let check = Guard::against_collisions(
                RUNS,
                to.iter().map(|field| field.name.as_str()),
                from,
                to,
            );
            guards.extend(check.map(|guard| guard.block(DIALECT)));
            change_key(to)
        }
        Operation::AddIndex { field } => (String::new(), vec![create_index(field)]),
        Operation::DropIndex { field } => {
            let drop = format!("DROP INDEX {}", index_name(field));
            (String::new(), vec![drop])
        }
    };
    guards.push(Block::of(operation, &why, statements));
    guards
}

fn rename(from: &str, to: &str, indexed: bool) -> Vec<String> {
    let mut statements = vec![format!(
        "ALTER TABLE {RUNS} RENAME COLUMN {} TO {}",
        quote_identifier(from),
        quote_identifier(to)
    )];
    if indexed {
        let (from, to) = (index_name(from), index_name(to));
        statements.push(format!("ALTER INDEX {from} RENAME TO {to}"));
    }
    statements
}

fn add(field: &Column) -> (String, Vec<String>) {
    let Some(value) = field.filler() else {
        return (String::new(), vec![add_column(field)]);
    };
    if field.default.is_some() {
        let why = "The runs there are get the default; the table is not written anew.";
        return (why.to_owned(), vec![add_column(field)]);
    }
    let why = format!(
        "The runs there are get {}, for want of their own.",
        literal(&value)
    );
    let name = quote_identifier(&field.name);
    let with_default = Column {
        default: Some(value),
        ..field.clone()
    };
    let forget = alter_table(&[format!("ALTER COLUMN {name} DROP DEFAULT")]);
    (why, vec![add_column(&with_default), forget])
}

fn add_column(field: &Column) -> String {
    format!("ALTER TABLE {RUNS} ADD COLUMN {}", column(field, DIALECT))
}

fn alter(alteration: &Alteration<'_>) -> (String, Vec<String>) {
    let Alteration { to, .. } = alteration;
    let name = quote_identifier(&to.name);
    let mut statements = Vec::new();
    // If the type changes, the values are rewritten anyway, and the default fits only after that.
    if let Some(default) = alteration.fill().filter(|_| !alteration.changes_type()) {
        let default = literal(default);
        statements.push(format!(
            "UPDATE {RUNS} SET {name} = {default} WHERE {name} IS NULL"
        ));
    }
    let actions = actions(alteration);
    if actions.is_empty() {
        return ("The column stays as it is.".to_owned(), statements);
    }
    statements.push(alter_table(&actions));
    (String::new(), statements)
}

fn actions(alteration: &Alteration<'_>) -> Vec<String> {
    let Alteration { from, to, .. } = alteration;
    let name = quote_identifier(&to.name);
    let changes_type = alteration.changes_type();
    let mut actions = Vec::new();
    // A default of the old type would prevent the change of the type.
    if from.default.is_some() && (to.default.is_none() || changes_type) {
        actions.push(format!("ALTER COLUMN {name} DROP DEFAULT"));
    }
    if changes_type {
        let ty = column_type(to.ty);
        let value = format!("{name}::{}", ty.to_lowercase());
        let value = match alteration.fill() {
            Some(default) => format!("coalesce({value}, {})", literal(default)),
            None => value,
        };
        actions.push(format!("ALTER COLUMN {name} TYPE {ty} USING {value}"));
    }
    if let Some(default) = &to.default
        && (changes_type || !from.has_default_of(to))
    {
        let default = literal(default);
        actions.push(format!("ALTER COLUMN {name} SET DEFAULT {default}"));
    }
    match (from.nullable, to.nullable) {
        (true, false) => actions.push(format!("ALTER COLUMN {name} SET NOT NULL")),
        (false, true) => actions.push(format!("ALTER COLUMN {name} DROP NOT NULL")),
        _ => {}
    }
    actions
}

pub(super) fn alter_table(actions: &[String]) -> String {
    format!("ALTER TABLE {RUNS}\n    {}", actions.join(",\n    "))
}

fn change_key(to: &[KeyField]) -> (String, Vec<String>) {
    let statements = vec![
        unique_index(NEW_KEY_INDEX, to, DIALECT),
        format!("DROP INDEX \"{KEY_INDEX}\""),
        format!("ALTER INDEX \"{NEW_KEY_INDEX}\" RENAME TO \"{KEY_INDEX}\""),
    ];
    let why = "The new index is there before the old one goes.";
    (why.to_owned(), statements)
}
