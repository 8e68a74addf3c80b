//! A schema made ready for a database: its columns in order, and the text of every statement.
//!
//! What enters: a valid [`Schema`]. What leaves: SQL, built once. Invariants: no value ever stands
//! in a text, every identifier is quoted, and the same schema gives the same text.

mod arrival;
mod claims;
#[cfg(feature = "postgres")]
mod columns;
mod copies;
mod lifecycle;
mod narrowed;
mod statements;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use wallow_schema::ddl::Dialect;
use wallow_schema::{DefaultValue, Field, FieldType, Schema};

use crate::sql::Sql;
use crate::value::Value;

pub(crate) use arrival::Arrivals;
pub(crate) use claims::{NEVER_BEGAN, unchanged};
pub(crate) use copies::Copies;
pub(crate) use lifecycle::Patch;
pub(crate) use statements::Statements;

/// How many columns come before the fields: id, uuid, `created_at`, `updated_at`.
pub const BUILT_INS: usize = 4;

/// One column as rows are selected.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name, as in wallow.toml.
    pub name: String,
    /// Its type.
    pub ty: FieldType,
    /// Whether it may be `NULL`.
    pub nullable: bool,
}

/// A schema with its statements.
#[derive(Debug)]
pub struct Plan {
    schema: Arc<Schema>,
    columns: Vec<Column>,
    /// So many of the first columns are read for the engine alone.
    hidden: usize,
    names: Arc<[String]>,
    statements: Statements,
    patches: RwLock<HashMap<Shape, Arc<Update>>>,
    kept: Kept,
}

/// The commonest statements of claims, each put together when it is first wanted. Their texts depend on the
/// schema alone.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) look: OnceLock<Sql>,
    pub(crate) take_seen: OnceLock<Sql>,
    pub(crate) take_at_once: OnceLock<Sql>,
    pub(crate) take_next: OnceLock<Sql>,
    pub(crate) release: OnceLock<Sql>,
    pub(crate) state: OnceLock<Sql>,
}

/// Which fields an update writes, and on which condition.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Shape {
    fields: Vec<usize>,
    only_stale: bool,
    returning: bool,
}

/// An update of one shape.
#[derive(Debug)]
pub(crate) struct Update {
    pub(crate) sql: Sql,
    /// The how many-th shape of this plan it is.
    pub(crate) number: usize,
}

/// So many shapes of updates stay prepared; more than a program has, fewer than would matter.
const KEPT_SHAPES: usize = 64;

impl Plan {
    /// Makes the statements of a schema for a kind of database.
    pub fn new(schema: Schema, dialect: Dialect) -> Self {
        let columns = built_ins()
            .into_iter()
            .chain(schema.fields().map(Column::from))
            .collect::<Vec<_>>();
        let statements = Statements::new(&schema, &columns, dialect);
        let names = columns.iter().map(|column| column.name.clone()).collect();
        Plan {
            schema: Arc::new(schema),
            columns,
            hidden: 0,
            names,
            statements,
            patches: RwLock::default(),
            kept: Kept::default(),
        }
    }

    pub(crate) fn kept(&self) -> &Kept {
        &self.kept
    }

    /// The schema it was made from.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Every column of a selected row: id, uuid, `created_at`, `updated_at`, identifying, annotating.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The names of the columns that a row shows, shared.
    pub(crate) fn names(&self) -> Arc<[String]> {
        Arc::clone(&self.names)
    }

    /// The identifying columns, in the order of the file.
    pub fn key(&self) -> &[Column] {
        &self.columns[BUILT_INS..BUILT_INS + self.schema.identifying.len()]
    }

    /// The annotating columns, in the order of the file.
    pub fn annotating(&self) -> &[Column] {
        &self.columns[BUILT_INS + self.schema.identifying.len()..]
    }

    /// What a new run gets in the annotating field at `index` where the caller sets nothing.
    pub(crate) fn default(&self, index: usize) -> Value<'_> {
        match self
            .schema
            .annotating
            .get(index)
            .and_then(|field| field.default.as_ref())
        {
            None => Value::Null,
            Some(DefaultValue::Int(value)) => Value::Int(*value),
            Some(DefaultValue::Float(value)) => Value::Float(*value),
            Some(DefaultValue::Bool(value)) => Value::Bool(*value),
            Some(DefaultValue::String(value) | DefaultValue::Path(value)) => Value::Text(value),
            Some(DefaultValue::Json(value)) => Value::Json(value),
            Some(DefaultValue::Datetime(value)) => Value::Time(*value),
        }
    }

    /// The kind of database.
    pub(crate) fn dialect(&self) -> Dialect {
        self.statements.dialect()
    }

    /// Whether there is an index on this field, as far as the schema knows.
    pub(crate) fn is_indexed(&self, name: &str) -> bool {
        let mut fields = self.schema.fields();
        fields.any(|field| field.name == name && field.indexed)
    }

    pub(crate) fn statements(&self) -> &Statements {
        &self.statements
    }

    /// The update that writes the annotating fields at `fields` (positions, ascending), and returns
    /// the run where `returning` says so.
    pub(crate) fn patch(
        &self,
        fields: Vec<usize>,
        only_stale: bool,
        returning: bool,
    ) -> Arc<Update> {
        let shape = Shape {
            fields,
            only_stale,
            returning,
        };
        let known = self.patches.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(update) = known.get(&shape) {
            return Arc::clone(update);
        }
        drop(known);
        let names = shape
            .fields
            .iter()
            .map(|&index| self.annotating()[index].name.as_str());
        let mut sql = self
            .statements
            .patch(&self.schema, names, only_stale, returning);
        let mut known = self.patches.write().unwrap_or_else(PoisonError::into_inner);
        let number = known.len();
        if number >= KEPT_SHAPES {
            sql.forget_after_use();
            return Arc::new(Update { sql, number });
        }
        let update = known.entry(shape);
        Arc::clone(update.or_insert_with(|| Arc::new(Update { sql, number })))
    }
}

impl From<&Field> for Column {
    fn from(field: &Field) -> Self {
        Column {
            name: field.name.clone(),
            ty: field.ty,
            nullable: field.nullable,
        }
    }
}

fn built_ins() -> [Column; BUILT_INS] {
    let column = |name: &str, ty| Column {
        name: name.into(),
        ty,
        nullable: false,
    };
    [
        column("id", FieldType::Int),
        column("uuid", FieldType::String),
        column("created_at", FieldType::Datetime),
        column("updated_at", FieldType::Datetime),
    ]
}
