//! A row of a schema that is known at run time.

use std::sync::Arc;

use crate::codegen_support::{Decode, Queried};
use crate::value::owned::Value;
use crate::value::{CellError, Cells, RowLayout};

/// One run: a value for each column.
///
/// # Print every column of a run
///
/// ```
/// # let schema = wallow::schema::parse(
/// #     "[project]\nname = 'a'\n[identifying.seed]\ntype = 'int'\n[annotating.loss]\ntype = 'float'\n",
/// #     "wallow.toml",
/// # )?;
/// use wallow::OnDuplicate;
/// use wallow::dynamic::{Fields, Store};
///
/// let store = Store::open(&schema, ":memory:")?;
/// let key = Fields::new().with("seed", 7);
/// store.register(&key, &Fields::new(), OnDuplicate::Error)?;
/// let row = store.query().one()?;
/// let names: Vec<&str> = row.iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["id", "uuid", "created_at", "updated_at", "seed", "loss"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Row {
    pub(crate) names: Arc<[String]>,
    pub(crate) values: Vec<Value>,
}

impl Row {
    /// A row of these columns, which need not come from a table.
    #[doc(hidden)]
    pub fn new(names: Arc<[String]>, values: Vec<Value>) -> Self {
        Row { names, values }
    }

    /// The value of a column; `None` if there is no such column.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let index = self.names.iter().position(|column| column == name)?;
        self.values.get(index)
    }

    /// The columns in order: those that the query asked for, else id, uuid, `created_at`,
    /// `updated_at`, identifying, annotating.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.names.iter().map(String::as_str).zip(&self.values)
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        self.values.iter_mut()
    }

    /// The uuid of the run; empty if the query left it out.
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
        let columns = layout.displayed();
        let values = columns.map(|(index, column)| Value::read(column.ty, cells, index));
        Ok(Row::new(layout.names(), values.collect::<Result<_, _>>()?))
    }
}

impl Queried for Row {
    fn uuid(&self) -> &str {
        Row::uuid(self)
    }
}
