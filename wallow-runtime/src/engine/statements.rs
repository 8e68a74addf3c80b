//! A schema made ready for a database: its columns in order, and the text of every statement.
//!
//! What enters: a valid [`Schema`]. What leaves: SQL, built once. Invariants: no value is ever part of a text, every
//! identifier is quoted, and the same schema gives the same text.

pub(in crate::engine) mod texts;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use wallow_schema::ddl::Dialect;
use wallow_schema::{DefaultValue, Schema};

use texts::Statements;

use crate::engine::attempts::Provenance;
use crate::sql::Sql;
use crate::value::{BUILT_INS, Column, RowLayout, Value};

/// A schema with its statements.
#[derive(Debug)]
pub(crate) struct TableStatements {
    pub(in crate::engine) schema: Arc<Schema>,
    pub(in crate::engine) layout: RowLayout,
    pub(in crate::engine) statements: Statements,
    pub(in crate::engine) patches: RwLock<HashMap<UpdateShape, Arc<Update>>>,
    pub(in crate::engine) claim_statements: ClaimStatements,
    /// What attempts record of the process; found out at the first claim.
    pub(in crate::engine) provenance: OnceLock<Provenance>,
    /// A field whose values are expected to be large, so that nobody is warned of their size.
    pub(in crate::engine) large: OnceLock<String>,
}

/// The commonest statements of claims, each built on first use. Their texts depend on the schema alone.
#[derive(Debug, Default)]
pub(crate) struct ClaimStatements {
    pub(crate) look: OnceLock<Sql>,
    pub(crate) take_seen: OnceLock<Sql>,
    pub(crate) take_at_once: OnceLock<Sql>,
    pub(crate) take_next: OnceLock<Sql>,
    pub(crate) release: OnceLock<Sql>,
    pub(crate) state: OnceLock<Sql>,
    pub(crate) note_attempt: OnceLock<Sql>,
    pub(crate) close_lost: OnceLock<Sql>,
}

/// Which fields an update writes, and under which condition.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::engine) struct UpdateShape {
    fields: Vec<usize>,
    only_stale: bool,
    returning: bool,
}

/// An update of one shape.
#[derive(Debug)]
pub(crate) struct Update {
    pub(crate) sql: Sql,
    /// Index of this shape in first-seen order. The first few have `Operation` types of their own, so that diesel finds
    /// their prepared statement by type instead of by its text.
    pub(crate) number: usize,
}

/// At most this many shapes of updates stay prepared: more than a program is likely to have, and few enough to cost
/// little memory.
const KEPT_SHAPES: usize = 64;

impl TableStatements {
    /// Makes the statements of a schema for a kind of database.
    pub(crate) fn new(schema: Schema, dialect: Dialect) -> Self {
        let layout = RowLayout::of(&schema);
        let statements = Statements::new(&schema, layout.columns(), dialect);
        TableStatements {
            schema: Arc::new(schema),
            layout,
            statements,
            patches: RwLock::default(),
            claim_statements: ClaimStatements::default(),
            provenance: OnceLock::new(),
            large: OnceLock::new(),
        }
    }

    /// Whether values of this field are expected to be large.
    pub(in crate::engine) fn may_be_large(&self, field: &str) -> bool {
        self.large.get().is_some_and(|large| large == field)
    }

    pub(crate) fn claim_statements(&self) -> &ClaimStatements {
        &self.claim_statements
    }

    /// The schema it was made from.
    pub(crate) fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Every column of a selected row: id, uuid, `created_at`, `updated_at`, identifying, annotating.
    pub(crate) fn columns(&self) -> &[Column] {
        self.layout.columns()
    }

    /// How its rows are read.
    pub(crate) fn layout(&self) -> &RowLayout {
        &self.layout
    }

    /// The identifying columns, in the order of the file.
    pub(crate) fn key(&self) -> &[Column] {
        &self.columns()[BUILT_INS..BUILT_INS + self.schema.identifying.len()]
    }

    /// The annotating columns, in the order of the file.
    pub(crate) fn annotating(&self) -> &[Column] {
        &self.columns()[BUILT_INS + self.schema.identifying.len()..]
    }

    /// What a new run gets in the annotating field at `index` if the caller sets nothing.
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

    /// Whether the schema declares an index on this field.
    pub(crate) fn is_indexed(&self, name: &str) -> bool {
        let mut fields = self.schema.fields();
        fields.any(|field| field.name == name && field.indexed)
    }

    pub(crate) fn statements(&self) -> &Statements {
        &self.statements
    }

    /// The update that writes the annotating fields at `fields` (positions, ascending); with `returning`, it returns
    /// the run.
    pub(crate) fn patch(
        &self,
        fields: Vec<usize>,
        only_stale: bool,
        returning: bool,
    ) -> Arc<Update> {
        let shape = UpdateShape {
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
