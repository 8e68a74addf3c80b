//! Groups of runs, by the names of their columns.
//!
//! What enters: names of columns, and measures as text (`mean:loss`). What leaves: one row for each
//! group, and the columns of these rows, so that groups can be shown wherever runs can.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use wallow_schema::ddl::Dialect;
use wallow_schema::{FieldType, Schema};

use super::columns::find_operand;
use crate::engine::{BestGroups, ReadRow, Row};
use crate::error::{Error, ErrorKind};
use crate::expr::{ColumnRef, Function, Measured, Operand};
use crate::query::Query;
use crate::value::owned::Value;
use crate::value::{CellError, Cells, Column};

/// A function of a field, or of the numbers at a part of a json field; written as `mean:loss`, `p95:curve[19].loss`.
///
/// # Mean loss of each group
///
/// ```
/// # let schema = wallow::schema::parse(
/// #     "[project]\nname = 'a'\n[identifying.seed]\ntype = 'int'\n[annotating.loss]\ntype = 'float'\n",
/// #     "wallow.toml",
/// # )?;
/// use wallow::OnDuplicate;
/// use wallow::dynamic::{Fields, Measure, Store, Value};
///
/// let store = Store::open(&schema, ":memory:")?;
/// for (seed, loss) in [(1, 0.25), (2, 0.75)] {
///     let loss = Fields::new().with("loss", loss);
///     store.register(&Fields::new().with("seed", seed), &loss, OnDuplicate::Error)?;
/// }
/// let measures = ["mean:loss".parse::<Measure>()?];
/// let groups = store.query().group::<&str>(&[], &measures)?;
/// assert_eq!(groups.rows[0].get("mean:loss"), Some(&Value::Float(0.5)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// The function.
    pub function: Function,
    /// The field.
    pub field: String,
}

impl Measure {
    /// This function of this field.
    pub fn new(function: Function, field: impl Into<String>) -> Self {
        Measure {
            function,
            field: field.into(),
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.function, self.field)
    }
}

impl FromStr for Measure {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some((function, field)) => Ok(Measure::new(function.parse()?, field)),
            None => Err(format!(
                "write `mean:FIELD`, with one of {}",
                Function::names()
            )),
        }
    }
}

/// The rows of groups, and what their columns are.
#[derive(Debug, Clone, PartialEq)]
pub struct Groups {
    /// The keys, the number of runs, and the measures.
    pub columns: Vec<Column>,
    /// One row for each group, ordered by the keys.
    pub rows: Vec<Row>,
}

/// The name of the column with the number of runs of a group; the second one if a key has the first.
const RUNS: [&str; 2] = ["runs", "n:runs"];

impl Query<Row> {
    /// One row for each combination of `keys`, ordered by them (a key may be a part of a json field, such as
    /// `curve[19].loss`; its values are json, the numbers first, then the texts): the keys, the number of runs (`runs`), and a column for
    /// each measure, with its text as the name. Without keys, all runs are one group. Order, limit and offset are
    /// ignored. All groups are in memory at once.
    ///
    /// # Errors
    /// As [`all`](Query::all), and [`Validation`](ErrorKind::Validation) if there is no such
    /// column, or the function has no meaning for its type.
    pub fn group<S: AsRef<str>>(&self, keys: &[S], measures: &[Measure]) -> Result<Groups, Error> {
        self.grouped(keys, measures, None)
    }

    /// The same, but at most `most` groups: those with the largest (if `descending`, else the smallest) values of the
    /// measure with this index, groups without a value last; without an index the first ones by their keys.
    ///
    /// # Errors
    /// As [`group`](Query::group).
    #[doc(hidden)]
    pub fn best_groups<S: AsRef<str>>(
        &self,
        keys: &[S],
        measures: &[Measure],
        by: Option<(usize, bool)>,
        most: usize,
    ) -> Result<Groups, Error> {
        // The number of runs comes before the measures.
        let by = by.map(|(measure, descending)| (measure + 1, descending));
        self.grouped(keys, measures, Some(BestGroups { by, most }))
    }

    fn grouped<S: AsRef<str>>(
        &self,
        keys: &[S],
        measures: &[Measure],
        best: Option<BestGroups>,
    ) -> Result<Groups, Error> {
        let schema = self.engine().table().schema();
        let dialect = self.engine().table().dialect();
        let keys = keys.iter().map(|name| key(schema, name.as_ref(), dialect));
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        let (mut columns, keys): (Vec<_>, Vec<_>) = keys.into_iter().unzip();
        let taken = columns.iter().any(|key| key.name == RUNS[0]);
        columns.push(Column::new(RUNS[usize::from(taken)], FieldType::Int, false));
        let mut computed = vec![Measured {
            function: Function::Count,
            operand: None,
        }];
        for measure in measures {
            let (column, function) = measure.resolve(schema)?;
            columns.push(column);
            computed.push(function);
        }
        let names = columns.iter().map(|column| column.name.clone());
        let group = Group {
            names: names.collect(),
            columns: &columns,
        };
        let filter = &self.selection().filter;
        let rows = self
            .engine()
            .group(filter, &keys, &computed, &group, best)?;
        Ok(Groups { columns, rows })
    }
}

/// A key as a column of the result, and how it is read.
fn key(schema: &Schema, name: &str, dialect: Dialect) -> Result<(Column, Operand), Error> {
    let operand = find_operand(schema, name)?;
    let column = match &operand {
        Operand::Column(column) if column.ty == FieldType::Json => {
            let message = format!(
                "`{name}` is of type json, by which runs cannot be grouped; name a part of it, such as `{name}[0].loss`"
            );
            return Err(Error::new(ErrorKind::Validation, message).with_field(name));
        }
        Operand::Column(column) => Column::from(column),
        Operand::Json { .. } => Column {
            sql: Some(operand.value(dialect).into()),
            ..Column::new(name, FieldType::Json, true)
        },
    };
    Ok((column, operand))
}

impl Measure {
    /// The column of a result, and how it is computed.
    fn resolve(&self, schema: &Schema) -> Result<(Column, Measured), Error> {
        let operand = find_operand(schema, &self.field)?;
        // The numbers among the parts of a json field are floats.
        let given = match &operand {
            Operand::Column(column) => column.ty,
            Operand::Json { .. } => FieldType::Float,
        };
        let Some(ty) = self.function.of(given) else {
            let help = if given == FieldType::Json {
                format!("; name a number in it, such as `{}[0].loss`", self.field)
            } else {
                String::new()
            };
            let message = format!(
                "`{}` is of type {given}, which has no {}{help}",
                self.field, self.function
            );
            return Err(Error::new(ErrorKind::Validation, message).with_field(&self.field));
        };
        let nullable = self.function != Function::Count;
        let result = Column::new(self.to_string(), ty, nullable);
        let measured = Measured {
            function: self.function,
            operand: Some(operand),
        };
        Ok((result, measured))
    }
}

impl From<&ColumnRef> for Column {
    fn from(column: &ColumnRef) -> Self {
        Column {
            name: column.name.to_string(),
            ty: column.ty,
            nullable: column.nullable,
            values: column.values.clone(),
            sql: None,
        }
    }
}

/// How a group is read.
struct Group<'c> {
    names: Arc<[String]>,
    columns: &'c [Column],
}

impl ReadRow for Group<'_> {
    type Row = Row;

    fn read(&self, cells: &impl Cells) -> Result<Row, CellError> {
        let columns = self.columns.iter().enumerate();
        let values = columns.map(|(index, column)| Value::read(column.ty, cells, index));
        Ok(Row::new(
            Arc::clone(&self.names),
            values.collect::<Result<_, _>>()?,
        ))
    }
}
