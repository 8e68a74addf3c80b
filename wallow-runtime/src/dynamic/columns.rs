//! Columns by name: those that a query reads, and those that order it.

use wallow_schema::ddl::Dialect;
use wallow_schema::{FieldType, Schema};

use super::Store;
use crate::engine::Row;
use crate::error::{Error, ErrorKind};
use crate::expr::{self, ColumnRef, Operand, Order};
use crate::query::Query;
use crate::value::Column;

/// Reads an order: `loss` for the smallest first, `-loss` for the largest. A part of a json field, such as
/// `curve[19].loss`, is ordered by its numbers, then by its texts; runs without either come last.
///
/// # Errors
/// [`Validation`](ErrorKind::Validation) if there is no such column, or its values have no order.
pub fn order(schema: &Schema, text: &str) -> Result<Order<Row>, Error> {
    let (descending, name) = match text.strip_prefix('-') {
        Some(name) => (true, name),
        None => (false, text),
    };
    match find_operand(schema, name)? {
        Operand::Column(column) if column.ty == FieldType::Json => {
            let message = format!(
                "`{name}` is of type json, which has no order; name a part of it, such as `{name}[0].loss`"
            );
            Err(Error::new(ErrorKind::Validation, message).with_field(name))
        }
        operand => Ok(Order::of(operand, descending)),
    }
}

impl Store {
    /// Every column of a row: id, uuid, `created_at`, `updated_at`, identifying, annotating.
    pub fn columns(&self) -> &[Column] {
        self.engine.table().columns()
    }
}

impl Query<Row> {
    /// Reads only these columns, in this order. The others are not even decoded, so a listing does not read a large
    /// json field. A name may be a part of a json field, such as `curve[19].loss`; its values are json. A second call
    /// chooses again from all columns.
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
        let columns = names.iter().map(|name| {
            let name = name.as_ref();
            let mut displayed = table.layout().displayed();
            match displayed.find(|(_, column)| expr::is_named(&column.name, name)) {
                Some((_, column)) => Ok(column.clone()),
                None => part(table.schema(), name, table.dialect()),
            }
        });
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let engine = self.engine().projected(&columns);
        Ok(self.asked_of(engine))
    }

    /// The columns that its rows have.
    #[doc(hidden)]
    pub fn read_columns(&self) -> Vec<Column> {
        let displayed = self.engine().table().layout().displayed();
        displayed.map(|(_, column)| column.clone()).collect()
    }
}

/// The column of this name, as expressions refer to it.
pub(super) fn find(schema: &Schema, name: &str) -> Result<ColumnRef, Error> {
    let mut columns = expr::columns(schema).into_iter();
    columns
        .find(|column| expr::is_named(&column.name, name))
        .ok_or_else(|| unknown(schema, name))
}

/// The column of this name, or the part of a json column at this path.
pub(super) fn find_operand(schema: &Schema, text: &str) -> Result<Operand, Error> {
    match find(schema, text) {
        Err(_) if is_path(text) => expr::parse_operand(schema, text).map_err(|reason| {
            Error::new(ErrorKind::Validation, format!("`{text}`: {reason}")).with_field(text)
        }),
        found => found.map(Operand::Column),
    }
}

/// Whether a text is a path rather than the name of a column.
fn is_path(text: &str) -> bool {
    text.contains(['.', '[', '`'])
}

/// The part of a json column at this path as a column of a result.
fn part(schema: &Schema, text: &str, dialect: Dialect) -> Result<Column, Error> {
    match find_operand(schema, text)? {
        Operand::Column(column) => Ok(Column::from(&column)),
        operand @ Operand::Json { .. } => Ok(Column {
            sql: Some(operand.value(dialect).into()),
            ..Column::new(text, FieldType::Json, true)
        }),
    }
}

fn unknown(schema: &Schema, name: &str) -> Error {
    let near = expr::near(&expr::columns(schema), name);
    let message = format!("there is no column `{name}`; {near}");
    Error::new(ErrorKind::Validation, message).with_field(name)
}
