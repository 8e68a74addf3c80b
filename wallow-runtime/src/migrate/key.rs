//! The key of a schema in an existing table.
//!
//! What enters: a table, and a schema. What leaves: whether the table keeps the key of the schema unique, and what to do
//! if not.

use wallow_schema::ddl::{Dialect, key_index};
use wallow_schema::{KeyField, Schema};

use super::Owner;
use crate::backend::LiveTable;
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
    } else if *owner == Owner::Python && !table.keeps_unique(schema) {
        format!(
            "the table `runs` does not keep ({}) unique, of which the schema makes the key",
            key_text(&schema.key())
        )
    } else {
        return Ok(());
    };
    let index = if missing.is_empty() {
        format!("make the index with `{}`, ", key_index(schema, dialect))
    } else {
        String::new()
    };
    let message = format!(
        "{reason}, and nothing was changed; {index}make wallow.toml describe the table as it is, or name another database"
    );
    Err(Error::new(ErrorKind::SchemaMismatch, message))
}

/// The fields of a key, for messages.
pub(super) fn key_text(key: &[KeyField]) -> String {
    let fields = key.iter().map(ToString::to_string);
    fields.collect::<Vec<_>>().join(", ")
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
            let told = check_key(
                &Owner::Python,
                &table(columns, unique),
                &schema(),
                Dialect::Sqlite,
            );
            let told = told.err().map(|error| error.to_string());
            match reason {
                None => assert_eq!(told, None),
                Some(reason) => assert!(told.is_some_and(|told| told.contains(reason))),
            }
        }
    }
}
