//! The columns of a row, as it is read.

use std::sync::Arc;

use wallow_schema::{Field, FieldType, Schema};

use super::refusal;

/// How many columns come before the fields: id, uuid, `created_at`, `updated_at`.
pub const BUILT_INS: usize = 4;

/// One column of a selected row.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name, as in wallow.toml.
    pub name: String,
    /// Its type.
    pub ty: FieldType,
    /// Whether it may be `NULL`.
    pub nullable: bool,
    /// The texts that it may have; empty if any text is allowed.
    pub values: Vec<String>,
    /// How it is selected, if it is not a column of the table but computed, such as a part of a json field.
    pub(crate) sql: Option<Arc<str>>,
}

impl Column {
    /// A column in which any value of a type may be.
    #[doc(hidden)]
    pub fn new(name: impl Into<String>, ty: FieldType, nullable: bool) -> Self {
        Column {
            name: name.into(),
            ty,
            nullable,
            values: Vec::new(),
            sql: None,
        }
    }

    /// Whether it is a part of a json field.
    #[doc(hidden)]
    pub fn is_part(&self) -> bool {
        self.sql.is_some()
    }

    /// Why the column refuses this text: it is not one of the values that the schema lists.
    #[doc(hidden)]
    pub fn refusal(&self, text: &str) -> Option<String> {
        refusal(text, &self.values).map(|(what, help)| format!("{what}; {help}"))
    }
}

/// The columns of a row that is read, in order.
///
/// The first ones may be hidden, because the engine needs id and uuid of every row, even if a query does not ask for
/// them.
#[derive(Debug, Clone)]
pub struct RowLayout {
    columns: Vec<Column>,
    hidden: usize,
    names: Arc<[String]>,
}

impl RowLayout {
    /// The layout of rows with every column: id, uuid, `created_at`, `updated_at`, identifying, annotating.
    pub fn of(schema: &Schema) -> Self {
        let fields = schema.fields().map(Column::from);
        RowLayout::new(built_ins().into_iter().chain(fields).collect(), 0)
    }

    /// The layout of rows that show their columns from the one at `hidden` on.
    pub(crate) fn new(columns: Vec<Column>, hidden: usize) -> Self {
        let names = columns[hidden..].iter().map(|column| column.name.clone());
        RowLayout {
            names: names.collect(),
            hidden,
            columns,
        }
    }

    /// Every column that is read.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// How many columns come before those that a row shows.
    pub(crate) fn hidden(&self) -> usize {
        self.hidden
    }

    /// The columns that a row shows, each with its position among those that are read.
    pub(crate) fn displayed(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.columns.iter().enumerate().skip(self.hidden)
    }

    /// The names of the columns that a row shows, shared.
    pub(crate) fn names(&self) -> Arc<[String]> {
        Arc::clone(&self.names)
    }
}

impl From<&Field> for Column {
    fn from(field: &Field) -> Self {
        Column {
            name: field.name.clone(),
            ty: field.ty,
            nullable: field.nullable,
            values: field.values.clone(),
            sql: None,
        }
    }
}

fn built_ins() -> [Column; BUILT_INS] {
    let column = |name: &str, ty| Column::new(name, ty, false);
    [
        column("id", FieldType::Int),
        column("uuid", FieldType::String),
        column("created_at", FieldType::Datetime),
        column("updated_at", FieldType::Datetime),
    ]
}
