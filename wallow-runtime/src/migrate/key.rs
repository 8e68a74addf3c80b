//! The key of a schema in an existing table.
//!
//! What enters: a table, and a schema. What leaves: whether the table keeps the key of the schema unique, and what to do
//! if not.

use std::collections::BTreeSet;

use wallow_schema::ddl::{Dialect, KEY_INDEX, key_index};
use wallow_schema::{KeyField, Schema};

use super::Owner;
use crate::backend::{LiveTable, RunsTable};
use crate::error::{Error, ErrorKind};

/// An error if a table cannot be the one that `schema` describes: wallow depends on the key.
pub(crate) fn check_key(
    owner: &Owner,
    table: &LiveTable,
    schema: &Schema,
    dialect: Dialect,
) -> Result<(), Error> {
    let key = schema.key_columns();
    let missing = key.iter().filter(|name| table.column(name).is_none());
    let missing = missing.map(|name| format!("`{name}`")).collect::<Vec<_>>();
    let reason = if !missing.is_empty() {
        format!(
            "the table `runs` has no {}, of which the schema makes the key",
            missing.join(", ")
        )
    } else if *owner == Owner::Python
        && !table.keeps_unique(schema)
        && table.plain_key(schema).is_none()
    {
        format!(
            "the table `runs` does not keep ({}) unique, of which the schema makes the key",
            key_text(&schema.key())
        )
    } else {
        return Ok(());
    };
    let index = missing_index(table, schema, dialect);
    let index = index.map_or(String::new(), |index| {
        format!("make the index with `{index}`, ")
    });
    let message = format!(
        "{reason}, and nothing was changed; {index}make wallow.toml describe the table as it is, or name another database"
    );
    Err(Error::new(ErrorKind::SchemaMismatch, message))
}

/// The statements that make the index over the key, if the table has its columns. What has the name of the index, but
/// keeps something else unique, is dropped before.
pub(super) fn missing_index(
    table: &LiveTable,
    schema: &Schema,
    dialect: Dialect,
) -> Option<String> {
    let key = schema.key_columns();
    let has_key = key.iter().all(|name| table.column(name).is_some());
    let named = table.indexes.iter().find(|index| index.name == KEY_INDEX);
    let before = match named {
        Some(index) if !index.constraint => format!("DROP INDEX {KEY_INDEX}; "),
        Some(_) if dialect == Dialect::Postgres => {
            format!("ALTER TABLE runs DROP CONSTRAINT {KEY_INDEX}; ")
        }
        _ => String::new(),
    };
    has_key.then(|| format!("{before}{}", key_index(schema, dialect)))
}

/// The fields of a key, for messages.
pub(super) fn key_text(key: &[KeyField]) -> String {
    let fields = key.iter().map(ToString::to_string);
    fields.collect::<Vec<_>>().join(", ")
}

/// How the key of a table differs from that of a schema, if it has the same fields, but other ones are optional.
pub(super) struct Absence {
    /// Fields that a run may lack in the table, but not in the schema.
    optional: Vec<String>,
    /// Fields that a run may lack in the schema, but not in the table.
    required: Vec<String>,
}

/// Finds that difference; `None` if there is another one, or none.
pub(super) fn absence(table: &RunsTable, key: &[KeyField]) -> Option<Absence> {
    let names = key.iter().map(|field| field.name.as_str());
    let names = names.collect::<BTreeSet<_>>();
    let mut unique = table.unique.iter();
    let index = unique.find(|index| index.columns().as_ref() == Some(&names))?;
    let fields = |was_optional: bool| {
        let fields = key.iter().filter(move |field| {
            field.optional.is_some() == was_optional
                && index.has_absence_of(&field.name) != was_optional
        });
        fields.map(|field| format!("`{}`", field.name)).collect()
    };
    let absence = Absence {
        optional: fields(false),
        required: fields(true),
    };
    (absence.optional.len() + absence.required.len() > 0).then_some(absence)
}

impl Absence {
    /// As a change of a table that had the key of the schema.
    pub(super) fn change(&self) -> String {
        self.lines("now optional in the key: ", "now required in the key: ")
    }

    /// As a difference between a table and a schema.
    pub(super) fn difference(&self) -> String {
        self.lines(
            "optional in the key of the table, but not in the schema: ",
            "optional in the schema, but not in the key of the table: ",
        )
    }

    fn lines(&self, optional: &str, required: &str) -> String {
        let lists = [(optional, &self.optional), (required, &self.required)];
        let lists = lists.into_iter().filter(|(_, fields)| !fields.is_empty());
        let lists = lists.map(|(what, fields)| format!("{what}{}", fields.join(", ")));
        lists.collect::<Vec<_>>().join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::super::owner::tests::{schema, table};
    use super::*;

    #[test]
    fn a_table_without_the_key_is_not_adopted() {
        for (columns, unique, reason) in [
            ("lr seed", "lr seed", None),
            ("lr", "lr", Some("has no `seed`, of which")),
            ("x", "x", Some("has no `lr`, `seed`, of which")),
            ("lr seed", "lr", Some("does not keep (lr, seed) unique")),
        ] {
            let report = check_key(
                &Owner::Python,
                &table(columns, unique),
                &schema(),
                Dialect::Sqlite,
            );
            let report = report.err().map(|error| error.to_string());
            match reason {
                None => assert_eq!(report, None),
                Some(reason) => assert!(report.is_some_and(|report| report.contains(reason))),
            }
        }
    }
}
