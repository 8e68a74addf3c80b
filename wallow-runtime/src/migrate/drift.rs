//! Compares a live table with the one that a schema describes.

use wallow_schema::ddl::{ATTEMPTS_COLUMNS, quote_identifier};
use wallow_schema::{
    ATTEMPTS, BUILT_IN, DATABASE_COLUMNS, FieldType, KeyField, Schema, is_field_name,
};

use super::inferred::field_type;
use super::{default, key_text};
use crate::backend::{COLLATE, LiveColumn, LiveIndex, LiveTable, widened};

/// Every difference between the current and the expected table, one line each.
pub(super) fn differences(live: &LiveTable, expected: &LiveTable, schema: &Schema) -> Vec<String> {
    let mut found = Vec::new();
    for column in &expected.columns {
        match live.column(&column.name) {
            None => found.push(format!("column `{}` is missing", column.name)),
            Some(live) => {
                let ty = schema.field(&column.name).map(|field| field.ty);
                compare(live, column, ty.unwrap_or(FieldType::Int), &mut found);
            }
        }
    }
    for column in &live.columns {
        let name = &column.name;
        if expected.column(name).is_none() {
            let hidden = DATABASE_COLUMNS.contains(&name.to_lowercase().as_str());
            // A column that no field can describe belongs to somebody else, and disturbs nothing.
            if !hidden && (!is_field_name(name) || is_of_others(column)) {
                continue;
            }
            let advice = if hidden {
                let quoted = quote_identifier(name);
                format!(
                    ", and no field can have that name: databases keep it for themselves (`ALTER TABLE \"runs\" \
                     RENAME COLUMN {quoted} TO …` renames it)"
                )
            } else {
                String::new()
            };
            found.push(format!("column `{name}` is not in the schema{advice}"));
        }
    }
    compare_uniqueness(live, schema, &mut found);
    compare_indexes(live, expected, &mut found);
    compare_attempts(live, schema, &mut found);
    found
}

/// The history of attempts: whether the table is there, and has its columns.
fn compare_attempts(live: &LiveTable, schema: &Schema, found: &mut Vec<String>) {
    if schema.project.attempts {
        found.extend(missing_attempts(&live.attempts));
    } else if !live.attempts.is_empty() {
        found.push(format!(
            "table `{ATTEMPTS}` is not in the schema (`attempts = true` keeps it)"
        ));
    }
}

/// What the history of attempts lacks, one line each, if it has these columns.
pub(super) fn missing_attempts(columns: &[String]) -> Vec<String> {
    if columns.is_empty() {
        return vec![format!("table `{ATTEMPTS}` is missing")];
    }
    let missing = ATTEMPTS_COLUMNS
        .iter()
        .filter(|name| !columns.iter().any(|column| column == *name));
    missing
        .map(|name| format!("column `{name}` of `{ATTEMPTS}` is missing"))
        .collect()
}

/// Whether no field has the type of a column, and no run needs a value in it.
fn is_of_others(column: &LiveColumn) -> bool {
    field_type(&column.ty).is_none() && (column.nullable || column.default.is_some())
}

fn compare(live: &LiveColumn, expected: &LiveColumn, ty: FieldType, found: &mut Vec<String>) {
    let name = &expected.name;
    let is_built_in = BUILT_IN.contains(&&**name);
    // Whatever wallow writes into its own columns fits into the types that other programs give them.
    let is_narrow = !is_built_in && widened(&live.ty, &expected.ty, name).is_some();
    if is_narrow || !same_type(&live.ty, &expected.ty) {
        found.push(of_type(name, &live.ty, &expected.ty));
    }
    if live.nullable != expected.nullable {
        found.push(of_null(name, live.nullable));
    }
    // Their defaults are not compared: wallow always gives their values, and in an adopted table they may come from a
    // default or a sequence.
    if is_built_in {
        return;
    }
    let (is, ought) = (live.default.as_deref(), expected.default.as_deref());
    let are_same = match (is, ought) {
        (Some(is), Some(ought)) => default::are_same(is, ought, ty),
        (is, ought) => is == ought,
    };
    if !are_same {
        let word = |default: Option<&str>| default.map_or("none".to_owned(), ToOwned::to_owned);
        found.push(format!(
            "the default of column `{name}` is {}, not {}",
            word(is),
            word(ought)
        ));
    }
}

/// The difference of a column of another type.
pub(super) fn of_type(name: &str, is: &str, ought: &str) -> String {
    let is = if is.is_empty() { "of no type" } else { is };
    format!("column `{name}` is {is}, not {ought}")
}

/// The difference of a column that may be NULL, or may not.
pub(super) fn of_null(name: &str, is_nullable: bool) -> String {
    let (is, ought) = if is_nullable {
        ("nullable", "NOT NULL")
    } else {
        ("NOT NULL", "nullable")
    };
    format!("column `{name}` is {is}, not {ought}")
}

/// The difference of a table that does not keep this key unique.
pub(super) fn not_unique(key: &[KeyField]) -> String {
    format!("nothing keeps ({}) unique", key_text(key))
}

fn compare_uniqueness(live: &LiveTable, schema: &Schema, found: &mut Vec<String>) {
    let key = schema.key();
    let mut over_key = live
        .indexes
        .iter()
        .filter(|index| index.is_unique_over(&key));
    if over_key.clone().any(|index| !index.deferrable) {
        return;
    }
    found.push(match over_key.next() {
        None => not_unique(&key),
        Some(index) => format!(
            "the constraint `{}` keeps ({}) unique only at the end of a transaction: it is DEFERRABLE, and runs need an \
             index",
            index.name,
            key_text(&key)
        ),
    });
}

/// Compares the indexes with names of wallow; other indexes belong to the user.
fn compare_indexes(live: &LiveTable, expected: &LiveTable, found: &mut Vec<String>) {
    let ours = |index: &&LiveIndex| index.name.starts_with("ix_runs_");
    for index in expected.indexes.iter().filter(ours) {
        match live.indexes.iter().find(|other| other.name == index.name) {
            // An index of another name, or a constraint, does the same.
            None if index.unique && live.keeps_uuids_unique() => {}
            None => found.push(format!("index `{}` is missing", index.name)),
            Some(other) if other.terms != index.terms || other.unique != index.unique => {
                found.push(format!(
                    "index `{}` is another than the schema's",
                    index.name
                ));
            }
            Some(_) => {}
        }
    }
    for index in live.indexes.iter().filter(ours) {
        if !expected
            .indexes
            .iter()
            .any(|other| other.name == index.name)
        {
            found.push(format!("index `{}` is not in the schema", index.name));
        }
    }
}

/// Whether two declared types hold the same values.
///
/// PostgreSQL's `real` has half the digits of a float, and `character(n)` adds blanks: what is read from them is not what
/// was written, so a key would not be found again. SQLite's `REAL` is as wide as any float. With a collation that is
/// named, texts that differ may be equal.
pub(crate) fn same_type(one: &str, other: &str) -> bool {
    let changes_values = |ty: &str, other: &str| {
        ty == "real" && other == "double precision"
            || ty.starts_with("character(") && other == "text"
            || ty.contains(COLLATE) && !other.contains(COLLATE)
    };
    kind(one) == kind(other) && !changes_values(one, other) && !changes_values(other, one)
}

/// The kind of values that a declared type holds.
pub(super) fn kind(declared: &str) -> &'static str {
    let declared = declared.to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| declared.contains(word));
    if has(&["INTERVAL"]) {
        "other"
    } else if has(&["BOOL"]) {
        "bool"
    } else if has(&["DATE", "TIME"]) {
        "time"
    } else if has(&["INT"]) {
        "int"
    } else if has(&["CHAR", "TEXT", "CLOB", "JSON"]) || declared == "NAME" {
        "text"
    } else if has(&["REAL", "FLOA", "DOUB"]) {
        "float"
    } else {
        "other"
    }
}
