//! Curves in long form: one row for each point of a json field, with other columns of its run.
//!
//! What enters: rows whose last column is json. What leaves: rows with a column for each member of the points. The runs
//! are read twice, because the members and their types have to be known before the first row. Memory does not grow with
//! the number of runs.

use std::borrow::Cow;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use serde_json::{Map, Value as Json};
use wallow_runtime::dynamic::{Column, Row, Value};
use wallow_runtime::{Error, Query};
use wallow_schema::FieldType;

/// The columns of the points of a field.
pub(crate) struct Unnested {
    field: String,
    /// The columns of a run.
    of_run: Vec<Column>,
    /// The members of the points, in the order in which they are first seen; the name of a point that is no object is
    /// `None`.
    members: Vec<(Option<String>, Option<FieldType>)>,
    /// How many runs have no points.
    pub(crate) without_points: u64,
}

/// What changed between the two times of reading, so that it could not be written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Changed(Rc<Cell<bool>>);

impl Changed {
    pub(crate) fn is_seen(&self) -> bool {
        self.0.get()
    }
}

impl Unnested {
    /// Looks at all points. The last column of the query is the json field. Runs that cannot be read are reported when
    /// they are read again.
    pub(crate) fn of(field: &str, query: &Query<Row>) -> Self {
        let mut of_run = query.read_columns();
        of_run.pop();
        let mut unnested = Unnested {
            field: field.to_owned(),
            of_run,
            members: Vec::new(),
            without_points: 0,
        };
        for row in query.iter().flatten() {
            let points = points(last(&row));
            if points.is_empty() {
                unnested.without_points += 1;
            }
            for (name, value) in points.iter().flatten() {
                unnested.see(*name, value);
            }
        }
        unnested
    }

    fn see(&mut self, name: Option<&str>, value: &Json) {
        let mut known = self.members.iter_mut();
        let known = known.find(|(known, _)| known.as_deref() == name);
        // A null fits every type, but it makes a column.
        let ty = type_of(value);
        match known {
            None => self.members.push((name.map(str::to_owned), ty)),
            Some((_, known)) => {
                *known = match (*known, ty) {
                    (Some(known), Some(ty)) => Some(wider(known, ty)),
                    (known, ty) => known.or(ty),
                }
            }
        }
    }

    /// The columns of the rows: those of a run, the position of the point, from 0, and its members.
    pub(crate) fn columns(&self) -> Vec<Column> {
        let mut columns = self.of_run.clone();
        let mut add = |name: String, ty, nullable| {
            let is_taken = columns.iter().any(|column| column.name == name);
            let name = if is_taken {
                format!("{}.{name}", self.field)
            } else {
                name
            };
            columns.push(Column::new(name, ty, nullable));
        };
        add("point".into(), FieldType::Int, false);
        for (name, ty) in &self.members {
            let name = match name {
                Some(name) => format!("{}.{name}", self.field),
                None => self.field.clone(),
            };
            add(name, ty.unwrap_or(FieldType::Json), true);
        }
        columns
    }

    /// One row for each point.
    pub(crate) fn rows(
        self,
        query: &Query<Row>,
    ) -> (impl Iterator<Item = Result<Row, Error>> + use<>, Changed) {
        let names = self.columns().into_iter().map(|column| column.name);
        let names = names.collect::<Arc<[String]>>();
        let changed = Changed::default();
        let seen = changed.clone();
        let rows = query.iter().flat_map(move |row| match row {
            Err(error) => vec![Err(error)],
            Ok(row) => self.of_row(&row, &names, &seen),
        });
        (rows, changed)
    }

    fn of_row(
        &self,
        row: &Row,
        names: &Arc<[String]>,
        changed: &Changed,
    ) -> Vec<Result<Row, Error>> {
        let points = points(last(row));
        let rows = points.iter().enumerate().map(|(position, point)| {
            let of_run = row.iter().take(self.of_run.len());
            let mut values = of_run.map(|(_, value)| value.clone()).collect::<Vec<_>>();
            values.push(Value::Int(i64::try_from(position).unwrap_or(i64::MAX)));
            for (name, ty) in &self.members {
                let mut members = point.iter();
                let value = members.find(|(member, _)| *member == name.as_deref());
                values.push(
                    match value.map(|(_, value)| of_type(value, ty.unwrap_or(FieldType::Json))) {
                        Some(Some(value)) => value,
                        Some(None) => {
                            changed.0.set(true);
                            Value::Null
                        }
                        None => Value::Null,
                    },
                );
            }
            let is_known = |name: Option<&str>| {
                self.members
                    .iter()
                    .any(|(known, _)| known.as_deref() == name)
            };
            if !point.iter().all(|(name, _)| is_known(*name)) {
                changed.0.set(true);
            }
            Ok(Row::new(Arc::clone(names), values))
        });
        rows.collect()
    }
}

/// The json of a row: its last column.
fn last(row: &Row) -> &Json {
    match row.iter().last() {
        Some((_, Value::Json(json))) => json,
        _ => &Json::Null,
    }
}

/// The members of a point; a point that is no object has one without a name.
type Point<'j> = Vec<(Option<&'j str>, Cow<'j, Json>)>;

/// The points of a curve: the elements of an array; or, in an object of arrays, what these have at one position, with
/// the other members repeated.
fn points(json: &Json) -> Vec<Point<'_>> {
    match json {
        Json::Array(items) => items.iter().map(point).collect(),
        Json::Object(members) => side_by_side(members),
        _ => Vec::new(),
    }
}

fn point(item: &Json) -> Point<'_> {
    match item {
        Json::Object(members) => {
            let members = members.iter();
            members
                .map(|(name, value)| (Some(name.as_str()), Cow::Borrowed(value)))
                .collect()
        }
        item => vec![(None, Cow::Borrowed(item))],
    }
}

fn side_by_side(members: &Map<String, Json>) -> Vec<Point<'_>> {
    let lengths = members.values().filter_map(Json::as_array).map(Vec::len);
    let length = lengths.max().unwrap_or(0);
    let points = (0..length).map(|position| {
        let members = members.iter().map(|(name, value)| {
            let value = match value {
                Json::Array(items) => items
                    .get(position)
                    .map_or(Cow::Owned(Json::Null), Cow::Borrowed),
                value => Cow::Borrowed(value),
            };
            (Some(name.as_str()), value)
        });
        members.collect()
    });
    points.collect()
}

/// The type of a value; `None` for null.
fn type_of(value: &Json) -> Option<FieldType> {
    match value {
        Json::Null => None,
        Json::Bool(_) => Some(FieldType::Bool),
        Json::Number(number) if number.as_i64().is_some() => Some(FieldType::Int),
        Json::Number(_) => Some(FieldType::Float),
        Json::String(_) => Some(FieldType::String),
        Json::Array(_) | Json::Object(_) => Some(FieldType::Json),
    }
}

/// A type that holds the values of both.
fn wider(one: FieldType, other: FieldType) -> FieldType {
    match (one, other) {
        (one, other) if one == other => one,
        (FieldType::Int | FieldType::Float, FieldType::Int | FieldType::Float) => FieldType::Float,
        _ => FieldType::Json,
    }
}

/// The value in a column of this type; `None` if it does not fit.
fn of_type(value: &Json, ty: FieldType) -> Option<Value> {
    match (value, ty) {
        (Json::Null, _) => Some(Value::Null),
        (Json::Bool(value), FieldType::Bool) => Some(Value::Bool(*value)),
        (Json::Number(value), FieldType::Int) => value.as_i64().map(Value::Int),
        (Json::Number(value), FieldType::Float) => value.as_f64().map(Value::Float),
        (Json::String(value), FieldType::String) => Some(Value::Text(value.clone())),
        (value, FieldType::Json) => Some(Value::Json(value.clone())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn points_are_found_in_every_form() {
        let count = |json: Json| points(&json).len();
        assert_eq!(count(json!([1, null, 3])), 3);
        assert_eq!(count(json!([{"loss": 1}, {"loss": 2, "acc": 0.5}])), 2);
        assert_eq!(count(json!({"loss": [1, 2, 3], "acc": [1], "lr": 0.1})), 3);
        assert_eq!(
            count(json!({"lr": 0.1})) + count(json!(3)) + count(json!([])),
            0
        );
        let json = json!({"acc": [1], "loss": [1, 2], "lr": 0.1});
        let second = points(&json).pop().unwrap_or_default();
        let expected = [("acc", json!(null)), ("loss", json!(2)), ("lr", json!(0.1))];
        let second = second.into_iter();
        let second = second.map(|(name, value)| (name.unwrap_or_default(), value.into_owned()));
        assert_eq!(second.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn types_become_wider() {
        use FieldType::{Bool, Float, Int, Json, String};
        for (one, other, expected) in [
            (Int, Int, Int),
            (Int, Float, Float),
            (Float, String, Json),
            (Bool, Int, Json),
        ] {
            assert_eq!(wider(one, other), expected);
        }
    }
}
