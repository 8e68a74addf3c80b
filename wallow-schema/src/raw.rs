//! The content of a schema file, each part with its place, before the rules are checked.
//!
//! `parse` makes it: values of the right TOML types at the known keys. `check` reads it. A broken value, which was
//! reported, is `Err(Reported)` if it is required, and absent if it is optional.

use toml::value::Datetime;

use crate::diagnostic::Reported;
use crate::schema::{FieldType, Role};
use crate::source::{Span, Spanned};

/// The whole file.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) project: Result<Project, Reported>,
    pub(crate) identifying: Result<Fields, Reported>,
    pub(crate) annotating: Result<Fields, Reported>,
    pub(crate) database: Result<Database, Reported>,
}

impl Schema {
    /// Every declared field, the identifying ones first.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &Field> {
        [&self.identifying, &self.annotating]
            .into_iter()
            .flatten()
            .flat_map(|fields| &fields.fields)
    }
}

/// A snapshot: a schema, and the migration that it belongs to.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) schema: Schema,
    pub(crate) name: Spanned<String>,
    pub(crate) parent: Option<Spanned<String>>,
    /// The checksums of files, by their paths.
    pub(crate) checksums: Vec<(&'static str, String)>,
}

/// `[project]`
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) name: Result<Spanned<String>, Reported>,
    pub(crate) description: Option<Spanned<String>>,
    pub(crate) float_precision: Option<Spanned<i64>>,
    pub(crate) artefacts_root: Option<Spanned<String>>,
    pub(crate) artefacts_layout: Option<Spanned<String>>,
    pub(crate) lifecycle: Option<Spanned<bool>>,
    pub(crate) attempts: Option<Spanned<bool>>,
    pub(crate) ignored: Option<Spanned<Value>>,
}

/// `[database]`
#[derive(Default)]
pub(crate) struct Database {
    pub(crate) url: Option<Spanned<String>>,
    pub(crate) migrations: Option<Spanned<String>>,
    pub(crate) other_migrations: Option<Spanned<String>>,
}

impl std::fmt::Debug for Database {
    /// Does not show the URL, which may have a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").finish_non_exhaustive()
    }
}

/// `[identifying]` or `[annotating]`
#[derive(Debug)]
pub(crate) struct Fields {
    /// The name of the table, or where it could be added.
    pub(crate) place: Span,
    /// In the order of the file.
    pub(crate) fields: Vec<Field>,
}

/// `[identifying.<name>]` or `[annotating.<name>]`
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) role: Role,
    pub(crate) name: Spanned<String>,
    pub(crate) ty: Result<Spanned<FieldType>, Reported>,
    pub(crate) default: Option<Spanned<Value>>,
    pub(crate) doc: Option<Spanned<String>>,
    pub(crate) indexed: Option<Spanned<bool>>,
    pub(crate) nullable: Option<Spanned<bool>>,
    pub(crate) optional: Option<Spanned<bool>>,
    pub(crate) values: Option<Spanned<Value>>,
}

/// A table of TOML, in the order of the file.
#[derive(Debug, Clone)]
pub(crate) struct Table(pub(crate) Vec<Entry>);

impl Table {
    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.iter().any(|entry| entry.key.value == key)
    }
}

/// A line `key = value`, or a table and its name.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: Spanned<String>,
    pub(crate) value: Result<Spanned<Value>, Reported>,
}

/// A value of TOML, with numbers read.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    String(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    Datetime(Datetime),
    Array(Vec<Spanned<Value>>),
    Table(Table),
}

impl Value {
    /// Its kind, for messages.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::String(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Boolean(_) => "a boolean",
            Self::Datetime(_) => "a date or time",
            Self::Array(_) => "an array",
            Self::Table(_) => "a table",
        }
    }
}
