//! Columns by name: those that a query reads, and those that order it.

use wallow_schema::{FieldType, Schema};

use super::Store;
use crate::engine::Row;
use crate::error::{Error, ErrorKind};
use crate::expr::{self, ColumnRef, Order};
use crate::query::Query;
use crate::value::Column;

/// Reads an order: `loss` for the smallest first, `-loss` for the largest.
///
/// # Errors
/// [`Validation`](ErrorKind::Validation) if there is no such column, or its values have no order.
pub fn order(schema: &Schema, text: &str) -> Result<Order<Row>, Error> {
    let (descending, name) = match text.strip_prefix('-') {
        Some(name) => (true, name),
        None => (false, text),
    };
    let column = find(schema, name)?;
    if column.ty == FieldType::Json {
        let message = format!("`{name}` is of type json, which has no order");
        return Err(Error::new(ErrorKind::Validation, message).with_field(name));
    }
    Ok(Order::new(column, descending))
}

impl Store {
    /// Every column of a row: id, uuid, `created_at`, `updated_at`, identifying, annotating.
    pub fn columns(&self) -> &[Column] {
        self.engine.table().columns()
    }
}

impl Query<Row> {
    /// Reads only these columns, in this order. The others are not even decoded, so a listing does not read a large
    /// json field.
    ///
    /// ```
    /// # use wallow::dynamic::{Fields, Store};
    /// # let schema = wallow::schema::parse(
    /// #     "[project]\nname = 'a'\n[identifying.seed]\ntype = 'int'\n[annotating.loss]\ntype = 'float'\n",
    /// #     "wallow.toml",
    /// # )?;
    /// # let store = Store::open(&schema, ":memory:")?;
    /// # let key = Fields::new().with("seed", 7);
    /// # store.register(&key, &Fields::new(), wallow::OnDuplicate::Error)?;
    /// let rows = store.query().columns(&["loss", "seed"])?.all()?;
    /// let names: Vec<&str> = rows[0].iter().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["loss", "seed"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Validation`](ErrorKind::Validation) if there is no such column.
    pub fn columns<S: AsRef<str>>(self, names: &[S]) -> Result<Self, Error> {
        let table = self.engine().table();
        let places = names.iter().map(|name| {
            let mut shown = table.layout().shown();
            shown
                .position(|(_, column)| expr::is_named(&column.name, name.as_ref()))
                .ok_or_else(|| unknown(table.schema(), name.as_ref()))
        });
        let places = places.collect::<Result<Vec<_>, _>>()?;
        let engine = self.engine().projected(&places);
        Ok(self.asked_of(engine))
    }
}

/// The column of this name, as expressions refer to it.
pub(super) fn find(schema: &Schema, name: &str) -> Result<ColumnRef, Error> {
    let mut columns = expr::columns(schema).into_iter();
    columns
        .find(|column| expr::is_named(&column.name, name))
        .ok_or_else(|| unknown(schema, name))
}

fn unknown(schema: &Schema, name: &str) -> Error {
    let near = expr::near(&expr::columns(schema), name);
    let message = format!("there is no column `{name}`; {near}");
    Error::new(ErrorKind::Validation, message).with_field(name)
}
