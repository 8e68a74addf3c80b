//! Adopts a table that another program made, mostly any version of the Python package.

use std::fmt;

use super::script::{Block, joined};
use super::{Dialect, postgres, sqlite};
use crate::column::Column;
use crate::schema::Schema;

/// The first comment of an adoption script.
pub(super) const TITLE: &str = "Adopts a table that another program made: its runs stay, and columns, types, defaults \
                                and indexes become those of the schema. The unique constraint becomes an index, \
                                which the next migrations can change.";

/// The script that turns a table `runs` with these columns into the table of the schema. It runs in one transaction,
/// like every script, and stops if something would be lost.
///
/// Missing fields get their default, else NULL. A missing `uuid` is generated.
///
/// # Errors
///
/// [`MissingDefault`] if a declared column is missing that has no default and may not be NULL: its values are unknown.
///
/// ```
/// use wallow_schema::ddl::{Dialect, adopt};
///
/// let text = "[project]\nname = \"sweep\"\n[identifying.seed]\ntype = \"int\"\n";
/// let schema = wallow_schema::parse(text, "wallow.toml")?;
/// let script = adopt(&schema, &["id", "created_at", "updated_at", "seed"], Dialect::Sqlite)?;
/// assert!(script.contains("randomblob"));
///
/// let error = adopt(&schema, &["id", "created_at", "updated_at"], Dialect::Sqlite).unwrap_err();
/// assert_eq!(error.fields(), ["seed"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn adopt(
    schema: &Schema,
    columns: &[&str],
    dialect: Dialect,
) -> Result<String, MissingDefault> {
    let is_there = |name: &str| columns.contains(&name);
    let missing = Column::all(schema).filter(|column| !is_there(&column.name));
    let without_value = missing.filter(|column| !column.nullable && column.default.is_none());
    let fields: Vec<String> = without_value.map(|column| column.name).collect();
    if !fields.is_empty() {
        return Err(MissingDefault { fields });
    }
    let blocks: Vec<Block> = match dialect {
        Dialect::Sqlite => sqlite::adopt(schema, &is_there),
        Dialect::Postgres => postgres::adopt(schema, &is_there),
    };
    Ok(joined(&blocks))
}

/// A table lacks columns for which there is no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingDefault {
    fields: Vec<String>,
}

impl MissingDefault {
    /// The fields without a column, in the order of the schema.
    pub fn fields(&self) -> &[String] {
        &self.fields
    }
}

impl fmt::Display for MissingDefault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.fields.iter().map(|name| format!("`{name}`")).collect();
        write!(
            f,
            "the table has no column {}, and the schema no default for its runs; \
             declare what the table has, adopt it, and add the rest with a migration",
            names.join(" and ")
        )
    }
}

impl std::error::Error for MissingDefault {}
