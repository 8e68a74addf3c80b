//! The table `runs` that a schema describes, as data. A database is compared with it, and SQL is written from it.

use super::{Dialect, IndexTerm, KEY_INDEX, quote_identifier};
use crate::column::Column;
use crate::schema::{ATTEMPT, Schema};

/// The table `runs` of a schema, in a dialect.
///
/// ```
/// use wallow_schema::ddl::{Dialect, Table};
///
/// let text = "[project]\nname = \"sweep\"\n[identifying.seed]\ntype = \"int\"\ndefault = 0\n";
/// let schema = wallow_schema::parse(text, "wallow.toml")?;
/// let table = Table::of(&schema, Dialect::Postgres);
/// let seed = table.columns.last().unwrap();
/// assert_eq!((seed.name.as_str(), seed.ty, seed.nullable), ("seed", "BIGINT", false));
/// assert_eq!(seed.default.as_deref(), Some("0"));
/// assert_eq!(table.indexes[0].name, "uq_runs_identifying");
/// # Ok::<(), wallow_schema::Diagnostics>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// wallow's own columns, then the declared ones, in the order of a new table.
    pub columns: Vec<TableColumn>,
    /// The index over the key, the one on `uuid`, then those on fields.
    pub indexes: Vec<TableIndex>,
}

/// A column of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableColumn {
    /// Its name.
    pub name: String,
    /// Its type, as it is declared.
    pub ty: &'static str,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// Its default, as SQL.
    pub default: Option<String>,
    /// The SQL that only the primary key has.
    pub(super) key: Option<&'static str>,
}

/// An index of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableIndex {
    /// Its name.
    pub name: String,
    /// Whether no two runs may have the same values.
    pub unique: bool,
    /// What it is over, in its order: columns, and two expressions for each optional field of the key.
    pub terms: Vec<IndexTerm>,
}

impl Table {
    /// The table of a schema.
    pub fn of(schema: &Schema, dialect: Dialect) -> Self {
        let attempt = TableColumn {
            name: ATTEMPT.to_owned(),
            ty: "INTEGER",
            nullable: false,
            default: Some("0".to_owned()),
            key: None,
        };
        let declared = Column::all(schema).map(|column| TableColumn::of(&column, dialect));
        let columns = dialect.built_in().into_iter().chain([attempt]);
        Self {
            columns: columns.chain(declared).collect(),
            indexes: indexes(schema, dialect),
        }
    }
}

impl TableColumn {
    pub(super) fn of(column: &Column, dialect: Dialect) -> Self {
        let default = column.default.as_ref();
        Self {
            name: column.name.clone(),
            ty: dialect.column_type(column.ty),
            nullable: column.nullable,
            default: default.map(|value| dialect.literal(value)),
            key: None,
        }
    }

    /// One of wallow's own columns.
    pub(super) fn own(name: &str, ty: &'static str) -> Self {
        Self {
            name: name.to_owned(),
            ty,
            nullable: false,
            default: None,
            key: None,
        }
    }

    /// The definition of the column in `CREATE TABLE` and `ADD COLUMN`.
    pub(super) fn definition(&self) -> String {
        let name = quote_identifier(&self.name);
        let ty = self.ty;
        if let Some(key) = self.key {
            return format!("{name} {ty} {key}");
        }
        let not_null = if self.nullable { "" } else { " NOT NULL" };
        let default = match &self.default {
            Some(value) => format!(" DEFAULT {value}"),
            None => String::new(),
        };
        format!("{name} {ty}{not_null}{default}")
    }
}

fn indexes(schema: &Schema, dialect: Dialect) -> Vec<TableIndex> {
    let key = TableIndex {
        name: KEY_INDEX.to_owned(),
        unique: true,
        terms: IndexTerm::of_key(&schema.key(), dialect),
    };
    let uuid = TableIndex {
        unique: true,
        ..TableIndex::of("uuid")
    };
    let fields = schema.fields().filter(|field| field.indexed);
    let fields = fields.map(|field| TableIndex::of(&field.name));
    [key, uuid].into_iter().chain(fields).collect()
}

impl TableIndex {
    /// The index on a single field.
    pub(super) fn of(field: &str) -> Self {
        Self {
            name: format!("ix_runs_{field}"),
            unique: false,
            terms: vec![IndexTerm::Column(field.to_owned())],
        }
    }

    /// The statement that creates it. A key has one term on each line.
    pub(super) fn create(&self) -> String {
        let create = if self.unique {
            "CREATE UNIQUE"
        } else {
            "CREATE"
        };
        let terms: Vec<String> = self.terms.iter().map(ToString::to_string).collect();
        let terms = match self.name.strip_prefix("ix_") {
            Some(_) => terms.join(", "),
            None => format!("\n    {}\n", terms.join(",\n    ")),
        };
        format!(
            "{create} INDEX {} ON \"runs\" ({terms})",
            quote_identifier(&self.name)
        )
    }
}
