//! Rows, and the fields to make them of.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Value;
use crate::codegen_support::{Decode, Queried};
use crate::error::Error;
use crate::value::{CellError, Cells, RowLayout};

/// One run: a value for each column.
#[derive(Debug, Clone)]
pub struct Row {
    pub(super) names: Arc<[String]>,
    pub(super) values: Vec<Value>,
}

impl Row {
    pub(super) fn new(names: Arc<[String]>, values: Vec<Value>) -> Self {
        Row { names, values }
    }

    /// The value of a column; `None` where there is no such column.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let index = self.names.iter().position(|column| column == name)?;
        self.values.get(index)
    }

    /// The columns in order: those that the query asked for, else id, uuid, `created_at`,
    /// `updated_at`, identifying, annotating.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.names.iter().map(String::as_str).zip(&self.values)
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        self.values.iter_mut()
    }

    /// The uuid of the run; empty where the query left it out.
    pub fn uuid(&self) -> &str {
        match self.get("uuid") {
            Some(Value::Text(uuid)) => uuid,
            _ => "",
        }
    }
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.names == other.names && self.values == other.values
    }
}

impl Decode for Row {
    fn decode(layout: &RowLayout, cells: &impl Cells) -> Result<Self, CellError> {
        let columns = layout.shown();
        let values = columns.map(|(index, column)| Value::read(column.ty, cells, index));
        Ok(Row::new(layout.names(), values.collect::<Result<_, _>>()?))
    }
}

impl Queried for Row {
    fn uuid(&self) -> &str {
        Row::uuid(self)
    }
}

/// Values by field name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fields(pub(super) BTreeMap<String, Value>);

impl Fields {
    /// No fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with one more.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }

    /// The value under a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub(super) fn refuse_unknown(&self, role: &str, known: &[&str]) -> Result<(), Error> {
        match self.0.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => {
                let message = format!("no such {role} field; the schema has: {}", known.join(", "));
                Err(Error::validation(name, message))
            }
        }
    }
}

impl<N: Into<String>, V: Into<Value>> FromIterator<(N, V)> for Fields {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        Fields(
            fields
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}
