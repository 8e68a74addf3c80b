//! Owned values.

use chrono::{DateTime, Utc};
use wallow_schema::{DefaultValue, FieldType};

use crate::value::{Cell, CellError, Cells, Value as Borrowed};

/// One value of a row. Paths are text.
///
/// # Make values
///
/// ```
/// # let schema = wallow::schema::parse(
/// #     "[project]\nname = 'a'\n[identifying.seed]\ntype = 'int'\n[annotating.loss]\ntype = 'float'\n",
/// #     "wallow.toml",
/// # )?;
/// use wallow::dynamic::Value;
///
/// assert_eq!(Value::from(0.5), Value::Float(0.5));
/// assert_eq!(Value::from("mlp"), Value::Text("mlp".into()));
/// assert_eq!(Value::from(None::<i64>), Value::Null);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// SQL `NULL`.
    Null,
    /// `int`.
    Int(i64),
    /// `float`.
    Float(f64),
    /// `bool`.
    Bool(bool),
    /// `string` and `path`.
    Text(String),
    /// `json`.
    Json(serde_json::Value),
    /// `datetime`.
    Time(DateTime<Utc>),
}

impl Value {
    pub(crate) fn borrow(&self) -> Borrowed<'_> {
        match self {
            Value::Null => Borrowed::Null,
            Value::Int(value) => Borrowed::Int(*value),
            Value::Float(value) => Borrowed::Float(*value),
            Value::Bool(value) => Borrowed::Bool(*value),
            Value::Text(value) => Borrowed::Text(value),
            Value::Json(value) => Borrowed::Json(value),
            Value::Time(value) => Borrowed::Time(*value),
        }
    }

    /// This value for a field of type `ty`: an integer for a float field becomes a float.
    pub(crate) fn widened(self, ty: FieldType) -> Self {
        match self.borrow().widened(ty) {
            Borrowed::Float(value) => Value::Float(value),
            _ => self,
        }
    }

    /// The value of a column of this type.
    pub(crate) fn read(ty: FieldType, cells: &impl Cells, index: usize) -> Result<Self, CellError> {
        let read = |cell: Cell<'_>| Value::from_cell(ty, cell);
        cells.with_cell(index, read).ok_or_else(|| CellError {
            index,
            expected: Value::expected(ty),
            found: cells.describe(index),
        })
    }

    /// The value in a cell of a column of this type.
    fn from_cell(ty: FieldType, cell: Cell<'_>) -> Option<Self> {
        use crate::value::FromCell;
        if matches!(cell, Cell::Null) {
            return Some(Value::Null);
        }
        match ty {
            FieldType::Int => i64::from_cell(cell).map(Value::Int),
            FieldType::Float => f64::from_cell(cell).map(Value::Float),
            FieldType::Bool => bool::from_cell(cell).map(Value::Bool),
            FieldType::String | FieldType::Path => String::from_cell(cell).map(Value::Text),
            FieldType::Json => serde_json::Value::from_cell(cell).map(Value::Json),
            FieldType::Datetime => DateTime::from_cell(cell).map(Value::Time),
        }
    }

    /// What a cell of a column of this type should have held.
    fn expected(ty: FieldType) -> &'static str {
        use crate::value::FromCell;
        match ty {
            FieldType::Int => i64::EXPECTED,
            FieldType::Float => f64::EXPECTED,
            FieldType::Bool => bool::EXPECTED,
            FieldType::String | FieldType::Path => String::EXPECTED,
            FieldType::Json => serde_json::Value::EXPECTED,
            FieldType::Datetime => <DateTime<Utc> as FromCell>::EXPECTED,
        }
    }
}

impl Borrowed<'_> {
    /// This value for a field of type `ty`: an integer for a float field becomes a float.
    #[expect(
        clippy::cast_precision_loss,
        reason = "as `1` in wallow.toml is a float for a float field"
    )]
    pub(crate) fn widened(self, ty: FieldType) -> Self {
        match (ty, self) {
            (FieldType::Float, Borrowed::Int(value)) => Borrowed::Float(value as f64),
            (_, value) => value,
        }
    }
}

impl From<&DefaultValue> for Value {
    fn from(value: &DefaultValue) -> Self {
        match value {
            DefaultValue::Int(value) => Value::Int(*value),
            DefaultValue::Float(value) => Value::Float(*value),
            DefaultValue::Bool(value) => Value::Bool(*value),
            DefaultValue::String(value) | DefaultValue::Path(value) => Value::Text(value.clone()),
            DefaultValue::Json(value) => Value::Json(value.clone()),
            DefaultValue::Datetime(value) => Value::Time(*value),
        }
    }
}

/// Conversions into a value.
macro_rules! from {
    ($($ty:ty => $variant:ident),+ $(,)?) => {$(
        impl From<$ty> for Value {
            fn from(value: $ty) -> Self {
                Value::$variant(value.into())
            }
        }
    )+};
}

from! {
    i64 => Int,
    i32 => Int,
    u32 => Int,
    f64 => Float,
    bool => Bool,
    String => Text,
    &str => Text,
    serde_json::Value => Json,
    DateTime<Utc> => Time,
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}
