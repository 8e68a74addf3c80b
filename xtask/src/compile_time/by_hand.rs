//! The same crate without wallow: diesel's `table!`, three structs with derives, and names of
//! columns as constants.

use std::fmt::Write;

use super::model::Field;

/// Columns that every run has: name, diesel's type, Rust's type.
const BUILT_IN: [(&str, &str, &str); 4] = [
    ("id", "BigInt", "i64"),
    ("uuid", "Text", "String"),
    ("created_at", "TimestamptzSqlite", "DateTime<Utc>"),
    ("updated_at", "TimestamptzSqlite", "DateTime<Utc>"),
];

/// src/lib.rs: the types, and what every program does with them.
pub(crate) fn source(fields: &[Field]) -> String {
    let (key, notes) = fields
        .iter()
        .partition::<Vec<_>, _>(|field| field.identifying);
    let parts = [
        HEAD.to_owned(),
        table(fields),
        run(fields),
        identifying(&key),
        annotating(&notes),
        constants(fields),
        find(&key),
        USE.to_owned(),
    ];
    parts.join("\n")
}

const HEAD: &str = "//! Experiments.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
";

fn table(fields: &[Field]) -> String {
    let mut text = "diesel::table! {\n    runs (id) {\n".to_owned();
    for (name, ty, _) in BUILT_IN {
        line(&mut text, 8, &format!("{name} -> {ty},"));
    }
    for field in fields {
        line(&mut text, 8, &format!("/// {}", field.doc));
        let ty = nullable(field, "Nullable", sql_type(field));
        line(&mut text, 8, &format!("{} -> {ty},", field.name));
    }
    text + "    }\n}\n"
}

fn run(fields: &[Field]) -> String {
    let mut text = "/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Queryable, Selectable, Identifiable)]
#[diesel(table_name = runs)]
pub struct Run {
"
    .to_owned();
    for (name, _, ty) in BUILT_IN {
        line(&mut text, 4, &format!("pub {name}: {ty},"));
    }
    for field in fields {
        member(
            &mut text,
            field,
            &nullable(field, "Option", rust_type(field)),
        );
    }
    text + "}\n"
}

fn identifying(key: &[&Field]) -> String {
    let mut text = "/// What makes a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Insertable)]
#[diesel(table_name = runs)]
#[serde(deny_unknown_fields)]
pub struct Identifying {
"
    .to_owned();
    for field in key {
        if field.default.is_some() {
            line(&mut text, 4, "#[serde(default)]");
        }
        member(&mut text, field, rust_type(field));
    }
    text + "}\n"
}

fn annotating(notes: &[&Field]) -> String {
    let mut text = "/// What is recorded about a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Insertable, AsChangeset)]
#[diesel(table_name = runs)]
#[serde(deny_unknown_fields)]
pub struct Annotating {
"
    .to_owned();
    for field in notes {
        member(
            &mut text,
            field,
            &nullable(field, "Option", rust_type(field)),
        );
    }
    text + "}\n"
}

fn constants(fields: &[Field]) -> String {
    let mut text = "/// Names of columns.\npub mod fields {\n".to_owned();
    for field in fields {
        let (name, doc) = (&field.name, &field.doc);
        line(&mut text, 4, &format!("/// {doc}"));
        let constant = name.to_uppercase();
        line(
            &mut text,
            4,
            &format!("pub const {constant}: &str = \"{name}\";"),
        );
    }
    text + "}\n"
}

fn find(key: &[&Field]) -> String {
    let mut text = "/// Finds a run by its key.
pub fn find(connection: &mut SqliteConnection, key: &Identifying) -> QueryResult<Option<Run>> {
    runs::table
"
    .to_owned();
    for Field { name, .. } in key {
        line(
            &mut text,
            8,
            &format!(".filter(runs::{name}.eq(&key.{name}))"),
        );
    }
    text + "        .select(Run::as_select())\n        .first(connection)\n        .optional()\n}\n"
}

const USE: &str = r#"/// Inserts a run.
pub fn add(connection: &mut SqliteConnection, key: &Identifying, notes: &Annotating) -> QueryResult<Run> {
    let now = Utc::now();
    let built_in = (runs::uuid.eq("8fa740691a0a"), runs::created_at.eq(now), runs::updated_at.eq(now));
    diesel::insert_into(runs::table)
        .values((built_in, key, notes))
        .returning(Run::as_returning())
        .get_result(connection)
}

/// Changes what is recorded.
pub fn change(connection: &mut SqliteConnection, run: &Run, notes: &Annotating) -> QueryResult<Run> {
    diesel::update(run).set(notes).returning(Run::as_returning()).get_result(connection)
}

/// The best runs first.
pub fn best(connection: &mut SqliteConnection) -> QueryResult<Vec<Run>> {
    runs::table
        .filter(runs::note_0.eq("completed"))
        .order(runs::note_1.desc())
        .limit(10)
        .select(Run::as_select())
        .load(connection)
}
"#;

fn member(text: &mut String, field: &Field, ty: &str) {
    line(text, 4, &format!("/// {}", field.doc));
    line(text, 4, &format!("pub {}: {ty},", field.name));
}

fn line(text: &mut String, indent: usize, content: &str) {
    // Writing to a `String` cannot fail.
    let _ = writeln!(text, "{:indent$}{content}", "");
}

/// Annotating fields may be without a value.
fn nullable(field: &Field, wrapper: &str, ty: &str) -> String {
    if field.identifying {
        ty.to_owned()
    } else {
        format!("{wrapper}<{ty}>")
    }
}

fn sql_type(field: &Field) -> &'static str {
    match field.ty {
        "int" => "BigInt",
        "float" => "Double",
        "bool" => "Bool",
        "json" => "Json",
        "datetime" => "TimestamptzSqlite",
        _ => "Text",
    }
}

fn rust_type(field: &Field) -> &'static str {
    match field.ty {
        "int" => "i64",
        "float" => "f64",
        "bool" => "bool",
        "json" => "serde_json::Value",
        "datetime" => "DateTime<Utc>",
        // diesel has no paths.
        _ => "String",
    }
}
