//! What neither `push` nor adoption changes in a table, and how a person changes it.
//!
//! What enters: a table, and the schema that it is to get. What leaves: the differences that would be left, and the way
//! out. Pure. Invariant: `status` and `push` take both from here, so they say the same.

use wallow_schema::ddl::{self, Dialect, IndexTerm, quote_identifier as quote};
use wallow_schema::diff::{Hints, diff};
use wallow_schema::{BUILT_IN, Schema};

use super::inferred::{Known, field_type, inferred};
use super::key::missing_index;
use super::{adoption, drift};
use crate::backend::{LiveTable, of_rebuild};
use crate::error::advice::INTO_A_NEW_DATABASE;

/// A difference that no command removes.
pub(super) struct Stuck {
    line: String,
    /// The statement that removes it, if there is one.
    sql: Option<String>,
}

/// These differences between a table and a schema.
pub(super) fn stuck(table: &LiveTable, schema: &Schema, dialect: Dialect) -> Vec<Stuck> {
    let known = Known {
        schema,
        renames: &[],
    };
    let expected = LiveTable::of(schema, dialect);
    let mut stuck = Vec::new();
    for column in &table.columns {
        let name = &column.name;
        // A column that can be no field would be in the way of the new one.
        let is_hidden = field_type(&column.ty).is_none();
        let is_needed = !column.nullable && column.default.is_none();
        match expected.column(name) {
            Some(ought) if is_hidden => stuck.push(Stuck {
                line: drift::of_type(name, &column.ty, &ought.ty),
                sql: retype(name, &ought.ty, dialect),
            }),
            // Runs would have no value for it.
            None if is_hidden && is_needed => stuck.push(Stuck {
                line: format!(
                    "column `{name}` is {}, which no field is, and needs a value",
                    column.ty
                ),
                sql: alter(name, "DROP NOT NULL", dialect),
            }),
            _ => {}
        }
    }
    match inferred(table, dialect, Some(known)) {
        Ok(inferred) => {
            let left = adoption::left(table, &inferred.schema, dialect).into_iter();
            stuck.extend(left.filter_map(|line| {
                let renamed = line.strip_prefix("index ").and_then(|behind| {
                    renamed_by_hand(behind.split('`').nth(1)?, table, schema, &expected)
                });
                renamed.or_else(|| of_line(line, schema, &expected, dialect))
            }));
            stuck.extend(lost(table, &inferred.schema, schema, dialect));
        }
        // Without a key there is no schema to compare with.
        Err(_) if stuck.is_empty() => stuck.extend(without_key(table, schema, dialect)),
        Err(_) => {}
    }
    stuck
}

/// The table has no key, but the columns of the one that the schema says.
fn without_key(table: &LiveTable, schema: &Schema, dialect: Dialect) -> Option<Stuck> {
    let index = missing_index(table, schema, dialect)?;
    Some(Stuck {
        line: drift::not_unique(&schema.key()),
        sql: Some(index),
    })
}

/// What the table would lose on the way from its schema `before` to `after`, because SQLite makes it anew for that.
fn lost(table: &LiveTable, before: &Schema, after: &Schema, dialect: Dialect) -> Option<Stuck> {
    if dialect != Dialect::Sqlite {
        return None;
    }
    let lost = table.lost_by_rebuild(Some(before));
    if lost.is_empty() {
        return None;
    }
    // A question that is open is asked by the command, which looks again before it changes anything.
    let steps = diff(Some(before), after, &Hints::default()).unwrap_or_default();
    let script = ddl::script(Some(before), &steps, Some(after), dialect);
    let is_made_anew = table.is_made_anew(before) || ddl::rebuilds(&script);
    is_made_anew.then(|| Stuck {
        line: of_rebuild(&lost),
        sql: None,
    })
}

/// Whether the table, which has this schema, cannot be adopted without a loss.
pub(super) fn loses_by_adoption(table: &LiveTable, schema: &Schema, dialect: Dialect) -> bool {
    lost(table, schema, schema, dialect).is_some()
}

/// For an index of the schema on a column that is not: databases keep the index with a column that a person renames. The
/// index of another name that `push` would make is no way out, because its name is taken.
fn renamed_by_hand(
    index: &str,
    table: &LiveTable,
    schema: &Schema,
    expected: &LiveTable,
) -> Option<Stuck> {
    let column_of = |table: &LiveTable| {
        let found = table.indexes.iter().find(|known| known.name == index)?;
        match &*found.terms {
            [IndexTerm::Column(column)] => Some(column.clone()),
            _ => None,
        }
    };
    let (column, field) = (column_of(table)?, column_of(expected)?);
    let is_other = schema.field(&column).is_none() && !BUILT_IN.contains(&&*column);
    (is_other && table.column(&field).is_none()).then(|| Stuck {
        line: format!("the index `{index}` of the field `{field}` is on the column `{column}`"),
        sql: Some(format!(
            "ALTER TABLE runs RENAME COLUMN {} TO {}",
            quote(&column),
            quote(&field)
        )),
    })
}

/// The difference in this line, if it concerns what the schema declares.
fn of_line(line: String, schema: &Schema, expected: &LiveTable, dialect: Dialect) -> Option<Stuck> {
    let name = line.split('`').nth(1)?;
    if line.starts_with("index ") {
        let sql = format!("DROP INDEX {}", quote(name));
        return Some(Stuck {
            line,
            sql: Some(sql),
        });
    }
    let field = schema.field(name);
    let sql = if line.starts_with("column ") && !line.ends_with("is not in the schema") {
        let is_declared = field.is_some() || BUILT_IN.contains(&name);
        let ought = expected.column(name).filter(|_| is_declared)?;
        retype(name, &ought.ty, dialect)
    } else if line.starts_with("the default ") {
        // A default that the schema declares takes the place of this one.
        field.filter(|field| field.default.is_none())?;
        alter(name, "DROP DEFAULT", dialect)
    } else {
        return None;
    };
    Some(Stuck { line, sql })
}

/// The statement that gives a column another type. SQLite has none.
fn retype(name: &str, ty: &str, dialect: Dialect) -> Option<String> {
    alter(
        name,
        &format!("TYPE {ty} USING {}::{ty}", quote(name)),
        dialect,
    )
}

fn alter(name: &str, action: &str, dialect: Dialect) -> Option<String> {
    let sql = format!("ALTER TABLE runs ALTER COLUMN {} {action}", quote(name));
    (dialect == Dialect::Postgres).then_some(sql)
}

/// What is stuck, and what leads out; `None` if nothing is.
pub(super) fn way_out(table: &LiveTable, schema: &Schema, dialect: Dialect) -> Option<String> {
    let stuck = stuck(table, schema, dialect);
    if stuck.is_empty() {
        return None;
    }
    let statements = stuck.iter().map(|stuck| stuck.sql.as_deref());
    let way = match statements.collect::<Option<Vec<_>>>() {
        Some(statements) => format!("run `{}`", statements.join("; ")),
        None => INTO_A_NEW_DATABASE.to_owned(),
    };
    let lines = stuck.iter().map(|stuck| stuck.line.as_str());
    Some(format!(
        "the table differs from wallow.toml in what `push` does not change: {}; {way}",
        lines.collect::<Vec<_>>().join("; ")
    ))
}
