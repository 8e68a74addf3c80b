//! Adoption in place: missing columns are added, and different ones are changed.

use super::alter::{NEW_KEY_INDEX, alter_table, lock};
use super::{column_type, literal};
use crate::column::Column;
use crate::ddl::adopt::TITLE;
use crate::ddl::script::Block;
use crate::ddl::{
    Dialect, KEY_INDEX, RUNS, column, index_name, queue, quote_identifier, unique_index,
};
use crate::schema::{ATTEMPT, Schema};

/// The blocks; `is_there` says whether the table has a column.
pub(crate) fn adopt(schema: &Schema, is_there: &impl Fn(&str) -> bool) -> Vec<Block> {
    let block = |comment: &str, statements| Block {
        comment: comment.to_owned(),
        losses: Vec::new(),
        statements,
    };
    let queue = schema.has_lifecycle().then(|| {
        let why = "The index and the settings for a queue of runs.";
        block(why, queue::complete().into())
    });
    let blocks = [
        block(TITLE, Vec::new()),
        lock(),
        block("What the table lacks.", added(schema, is_there)),
        block("Types, defaults and NULL.", changed(schema, is_there)),
        block(
            "The new index is there before the old constraint goes.",
            unique(schema),
        ),
        block("The other indexes.", indexes(schema)),
    ];
    blocks.into_iter().chain(queue).collect()
}

fn added(schema: &Schema, is_there: &impl Fn(&str) -> bool) -> Vec<String> {
    let mut statements = Vec::new();
    if !is_there("uuid") {
        statements.push(format!("ALTER TABLE {RUNS} ADD COLUMN \"uuid\" TEXT"));
        statements.push(format!(
            "UPDATE {RUNS} SET \"uuid\" = substr(replace(gen_random_uuid()::text, '-', ''), 1, 12)"
        ));
    }
    if !is_there(ATTEMPT) {
        let attempt = quote_identifier(ATTEMPT);
        statements.push(format!(
            "ALTER TABLE {RUNS} ADD COLUMN {attempt} INTEGER NOT NULL DEFAULT 0"
        ));
    }
    let missing = Column::all(schema).filter(|field| !is_there(&field.name));
    statements.extend(missing.map(|field| {
        let definition = column(&field, Dialect::Postgres);
        format!("ALTER TABLE {RUNS} ADD COLUMN {definition}")
    }));
    statements
}

fn changed(schema: &Schema, is_there: &impl Fn(&str) -> bool) -> Vec<String> {
    let mut actions = vec![
        "ALTER COLUMN \"uuid\" TYPE TEXT".to_owned(),
        "ALTER COLUMN \"uuid\" SET NOT NULL".to_owned(),
    ];
    for field in Column::all(schema).filter(|field| is_there(&field.name)) {
        let name = quote_identifier(&field.name);
        let ty = column_type(field.ty);
        let using = ty.to_lowercase();
        actions.push(format!("ALTER COLUMN {name} DROP DEFAULT"));
        actions.push(format!(
            "ALTER COLUMN {name} TYPE {ty} USING {name}::{using}"
        ));
        if let Some(default) = &field.default {
            let default = literal(default);
            actions.push(format!("ALTER COLUMN {name} SET DEFAULT {default}"));
        }
        let null = if field.nullable { "DROP" } else { "SET" };
        actions.push(format!("ALTER COLUMN {name} {null} NOT NULL"));
    }
    vec![alter_table(&actions)]
}

fn unique(schema: &Schema) -> Vec<String> {
    vec![
        unique_index(NEW_KEY_INDEX, &schema.key(), Dialect::Postgres),
        format!("ALTER TABLE {RUNS} DROP CONSTRAINT IF EXISTS \"{KEY_INDEX}\""),
        format!("DROP INDEX IF EXISTS \"{KEY_INDEX}\""),
        format!("ALTER INDEX \"{NEW_KEY_INDEX}\" RENAME TO \"{KEY_INDEX}\""),
    ]
}

/// Existing indexes with these names are dropped and created again, because a name does not show which columns an index
/// has.
fn indexes(schema: &Schema) -> Vec<String> {
    let uuid = ("uuid", "CREATE UNIQUE INDEX");
    let fields = schema.fields().filter(|field| field.indexed);
    let fields = fields.map(|field| (field.name.as_str(), "CREATE INDEX"));
    let all = [uuid].into_iter().chain(fields);
    let statements = all.flat_map(|(field, create)| {
        let index = index_name(field);
        let column = quote_identifier(field);
        [
            format!("DROP INDEX IF EXISTS {index}"),
            format!("{create} {index} ON {RUNS} ({column})"),
        ]
    });
    statements.collect()
}
