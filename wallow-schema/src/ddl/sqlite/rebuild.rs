//! Rebuilds the table, for what SQLite cannot change in place: types, defaults, NULL.
//!
//! One copy does all steps of the migration. The script stops if the copy would lose something: columns, triggers and
//! indexes that no schema knows, or rows of other tables that refer to runs.

use super::{EXTRAS, literal};
use crate::column::Column;
use crate::ddl::alteration::Alteration;
use crate::ddl::attempts;
use crate::ddl::guard::Guard;
use crate::ddl::script::Block;
use crate::ddl::{Dialect, RUNS, Table, TableIndex, create, quote_identifier, quote_text};
use crate::operation::Operation;
use crate::schema::{ATTEMPT, BUILT_IN, DefaultValue, Schema};

/// The name of the new table during the rebuild, quoted.
pub(super) const NEW: &str = "\"_wallow_new_runs\"";

/// The statement by which a rebuild is recognised: no other script has it.
pub(super) const RENAME: &str = "ALTER TABLE \"_wallow_new_runs\" RENAME TO \"runs\"";

/// The blocks of the migration.
pub(super) fn blocks(before: &Schema, operations: &[Operation], after: &Schema) -> Vec<Block> {
    let float_precision = after.project.float_precision;
    let columns: Vec<(Column, ValueSource<'_>)> = Column::all(after)
        .map(|column| {
            let source = ValueSource::of(&column, operations, float_precision);
            (column, source)
        })
        .collect();
    let expected = operations.iter().filter_map(|operation| match operation {
        Operation::ExpectNoRuns {
            fields,
            back: false,
        } => Some(Guard::against_runs(fields)),
        _ => None,
    });
    let before_the_copy = guards(before, &columns).into_iter().chain(expected);
    let after_the_copy = operations.iter().filter_map(|operation| match operation {
        Operation::ChangeKey { from, to } => {
            Guard::against_collisions(NEW, after.key_columns(), from, to)
        }
        _ => None,
    });
    let guard = |guard: Guard| guard.block(Dialect::Sqlite);
    [title(operations)]
        .into_iter()
        .chain(before_the_copy.map(guard))
        .chain([copied(after, &expressions(&columns))])
        .chain(after_the_copy.map(guard))
        .chain([exchanged(), indexed(after)])
        .chain(operations.iter().filter_map(attempts))
        .collect()
}

/// The block of the history of attempts, which is a table of its own.
fn attempts(operation: &Operation) -> Option<Block> {
    let block = attempts::block(operation, Dialect::Sqlite)?;
    // The title of the rebuild says what is lost.
    Some(Block {
        losses: Vec::new(),
        ..block
    })
}

/// The blocks that rebuild a table that another program made: `expressions` has the value of each of our columns in the
/// old table, and `known` has all columns that the old table may have.
pub(super) fn adopted(
    title: Block,
    expressions: &[(String, String)],
    known: &[&str],
    after: &Schema,
) -> Vec<Block> {
    let guards = [
        unknown_columns(known.iter().copied()),
        extras(),
        references(),
    ];
    let guards = guards.map(|guard| guard.block(Dialect::Sqlite));
    [title]
        .into_iter()
        .chain(guards)
        .chain([copied(after, expressions), exchanged(), indexed(after)])
        .collect()
}

fn title(operations: &[Operation]) -> Block {
    let is_step = |operation: &&Operation| {
        !matches!(
            operation,
            Operation::ExpectNoRuns { .. }
                | Operation::CreateQueueStorage
                | Operation::DropQueueStorage
        )
    };
    let steps = operations.iter().filter(is_step);
    let steps = steps.map(|operation| format!("\n- {operation}"));
    Block {
        comment: format!(
            "SQLite changes no column in place, so the table is made anew, with all its runs, and on the way:{}",
            steps.collect::<String>()
        ),
        losses: operations.iter().filter_map(Operation::lossy).collect(),
        statements: Vec::new(),
    }
}

fn copied(after: &Schema, expressions: &[(String, String)]) -> Block {
    Block {
        comment: "Every run, into the new table.".to_owned(),
        losses: Vec::new(),
        statements: vec![
            create(NEW, &Table::of(after, Dialect::Sqlite)),
            copy(expressions),
        ],
    }
}

fn exchanged() -> Block {
    Block {
        comment: "The new table takes the place of the old one. SQLite must not look at views meanwhile: those of the \
                  table would be in its way."
            .to_owned(),
        losses: Vec::new(),
        statements: vec![
            format!("DROP TABLE {RUNS}"),
            "PRAGMA legacy_alter_table = ON".to_owned(),
            RENAME.to_owned(),
            "PRAGMA legacy_alter_table = OFF".to_owned(),
        ],
    }
}

fn indexed(after: &Schema) -> Block {
    Block {
        comment: "The indexes went with the old table.".to_owned(),
        losses: Vec::new(),
        statements: Table::of(after, Dialect::Sqlite)
            .indexes
            .iter()
            .map(TableIndex::create)
            .collect(),
    }
}

/// Where the values of a new column come from.
enum ValueSource<'a> {
    /// A column of the old table, and its changes.
    OldColumn {
        name: String,
        alteration: Option<Alteration<'a>>,
    },
    /// One value for every run.
    Constant(Option<DefaultValue>),
}

impl<'a> ValueSource<'a> {
    /// Finds where the values of a column come from, by going back through the steps.
    fn of(column: &Column, operations: &'a [Operation], float_precision: u32) -> Self {
        let mut name = column.name.clone();
        let mut alteration = None;
        for operation in operations.iter().rev() {
            match operation {
                Operation::AddField(column) if column.name == name => {
                    return Self::Constant(column.filler());
                }
                Operation::AlterField { from, to } if to.name == name => {
                    alteration = Some(Alteration {
                        from,
                        to,
                        float_precision,
                    });
                }
                Operation::RenameField { from, to, .. } if *to == name => name.clone_from(from),
                _ => {}
            }
        }
        Self::OldColumn { name, alteration }
    }

    /// The value as an expression in a `SELECT` from the old table.
    fn expression(&self) -> String {
        let (name, alteration) = match self {
            Self::Constant(None) => return "NULL".to_owned(),
            Self::Constant(Some(value)) => return literal(value),
            Self::OldColumn { name, alteration } => (quote_identifier(name), alteration),
        };
        let Some(alteration) = alteration else {
            return name;
        };
        let value = if alteration.changes_type() {
            format!("CAST({name} AS {})", super::column_type(alteration.to.ty))
        } else {
            name
        };
        match alteration.fill() {
            Some(default) => format!("coalesce({value}, {})", literal(default)),
            None => value,
        }
    }
}

/// Every column of the new table, including wallow's own, and its value in the old one.
fn expressions(columns: &[(Column, ValueSource<'_>)]) -> Vec<(String, String)> {
    let own = BUILT_IN.into_iter().chain([ATTEMPT]);
    let own = own.map(|name| (name.to_owned(), quote_identifier(name)));
    let declared = columns.iter();
    let declared = declared.map(|(column, source)| (column.name.clone(), source.expression()));
    own.chain(declared).collect()
}

fn copy(expressions: &[(String, String)]) -> String {
    let names = expressions.iter().map(|(name, _)| quote_identifier(name));
    let values = expressions.iter().map(|(_, value)| value.as_str());
    format!(
        "INSERT INTO {NEW} (\n    {}\n)\nSELECT\n    {}\nFROM {RUNS}",
        names.collect::<Vec<_>>().join(",\n    "),
        values.collect::<Vec<_>>().join(",\n    ")
    )
}

/// The guards that come before the rebuild.
fn guards(before: &Schema, columns: &[(Column, ValueSource<'_>)]) -> Vec<Guard> {
    let altered = columns.iter().flat_map(|(_, source)| match source {
        ValueSource::OldColumn {
            name,
            alteration: Some(alteration),
        } => alteration.guards(name, Dialect::Sqlite),
        _ => Vec::new(),
    });
    let declared = before.fields().map(|field| field.name.as_str());
    [unknown_columns(declared), extras(), references()]
        .into_iter()
        .chain(altered)
        .collect()
}

fn unknown_columns<'a>(declared: impl Iterator<Item = &'a str>) -> Guard {
    let own = BUILT_IN.into_iter().chain([ATTEMPT]);
    let quote = |name| quote_text(name, Dialect::Sqlite);
    let known: Vec<String> = own.chain(declared).map(quote).collect();
    Guard {
        reason: "the table has a column that would be lost".to_owned(),
        rows: format!(
            "SELECT 1 FROM pragma_table_xinfo('runs')\nWHERE \"name\" COLLATE NOCASE NOT IN (\n    {}\n)",
            known.join(",\n    ")
        ),
        message: "the table has a column that no snapshot knows, and a rebuild would lose it: see `wallow status`"
            .to_owned(),
    }
}

fn extras() -> Guard {
    Guard {
        reason: "the table has a trigger or an index of its own, which would be lost".to_owned(),
        rows: EXTRAS.to_owned(),
        message: "the table has a trigger or an index of its own, and a rebuild would lose it: \
                  apply with `wallow migrate apply`, which keeps it, or drop it first"
            .to_owned(),
    }
}

fn references() -> Guard {
    Guard {
        reason: "another table refers to runs while foreign keys are on, so that its rows would go with the old table"
            .to_owned(),
        rows: "SELECT 1 FROM pragma_foreign_keys, sqlite_master, pragma_foreign_key_list(sqlite_master.\"name\")\n\
               WHERE \"foreign_keys\" AND \"type\" = 'table' AND \"table\" = 'runs' COLLATE NOCASE"
            .to_owned(),
        message: "another table refers to runs, and with foreign keys on a rebuild would take its rows along: \
                  apply with `wallow migrate apply`, which turns them off"
            .to_owned(),
    }
}
