//! Values into binds: every value for the database goes through here.

use std::borrow::Cow;

use wallow_schema::FieldType;
use wallow_schema::ddl::Dialect;

use super::statements::TableStatements;
use crate::error::Error;
use crate::sql::Bind;
use crate::value::{
    Column, DEEPEST_JSON, TextScan, Value, json_has_nul, json_is_readable, json_text, too_large,
    year_fits,
};

/// The binds of a key.
pub(in crate::engine) fn key<'a>(
    table: &TableStatements,
    values: &[Value<'a>],
) -> Result<Vec<Bind<'a>>, Error> {
    let mut binds = Vec::with_capacity(values.len());
    for (column, value) in table.key().iter().zip(values) {
        binds.push(bind(table, column, *value)?);
    }
    Ok(binds)
}

/// Whether a patch can be written. It is checked first, so that a value that cannot be stored is always an error,
/// whatever the database holds.
pub(in crate::engine) fn check(
    table: &TableStatements,
    patch: &[Option<Value<'_>>],
) -> Result<(), Error> {
    for (column, value) in table.annotating().iter().zip(patch) {
        match *value {
            None => {}
            // JSON is checked only when it is bound, because that builds its text, which may be long.
            Some(Value::Json(_)) if column.ty == FieldType::Json => {}
            Some(value) => drop(bind(table, column, value)?),
        }
    }
    Ok(())
}

/// The annotating fields that a patch sets: position and bind, ascending.
pub(in crate::engine) fn patch<'a>(
    table: &TableStatements,
    values: &[Option<Value<'a>>],
) -> Result<Vec<(usize, Bind<'a>)>, Error> {
    let mut binds = Vec::with_capacity(values.len());
    for (index, (column, value)) in table.annotating().iter().zip(values).enumerate() {
        if let Some(value) = value {
            binds.push((index, bind(table, column, *value)?));
        }
    }
    Ok(binds)
}

/// The values of a patch that can be stored, and why the others cannot.
pub(in crate::engine) fn storable<'a>(
    table: &TableStatements,
    values: &[Option<Value<'a>>],
) -> (Vec<Option<Value<'a>>>, Vec<String>) {
    let mut reasons = Vec::new();
    let fields = table.annotating().iter().zip(values);
    let storable = fields.map(|(column, value)| {
        let value = (*value)?;
        match bind(table, column, value) {
            Ok(_) => Some(value),
            Err(error) => {
                reasons.push(error.to_string());
                None
            }
        }
    });
    let storable = storable.collect();
    (storable, reasons)
}

/// Why texts of a patch cannot be stored: on PostgreSQL, those with U+0000.
pub(in crate::engine) fn refused_texts(
    table: &TableStatements,
    values: &[Option<Value<'_>>],
) -> Vec<Error> {
    if table.dialect() != Dialect::Postgres {
        return Vec::new();
    }
    let fields = table.annotating().iter().zip(values);
    let refused = fields.filter(|(_, value)| value.is_some_and(has_nul));
    refused.map(|(column, _)| nul(column)).collect()
}

/// The positions of the annotating fields that a patch sets, ascending.
pub(in crate::engine) fn fields(patch: &[Option<Value<'_>>]) -> Vec<usize> {
    let set = patch.iter().enumerate();
    set.filter_map(|(index, value)| value.map(|_| index))
        .collect()
}

/// The binds of an update: what the patch sets, then the key. There is room for one more.
pub(in crate::engine) fn update<'a>(
    table: &TableStatements,
    key: &'a [Bind<'_>],
    patch: &[Option<Value<'a>>],
) -> Result<Vec<Bind<'a>>, Error> {
    let mut binds = Vec::with_capacity(patch.len() + key.len() + 1);
    for (column, value) in table.annotating().iter().zip(patch) {
        if let Some(value) = value {
            binds.push(bind(table, column, *value)?);
        }
    }
    binds.extend(key.iter().map(Bind::reborrow));
    Ok(binds)
}

/// The binds of an insert: a place for the uuid, the key, then every annotating field with its value from the patch, or
/// else its default.
pub(in crate::engine) fn insert<'a>(
    table: &'a TableStatements,
    key: &'a [Bind<'_>],
    patch: &[Option<Value<'a>>],
) -> Result<Vec<Bind<'a>>, Error> {
    let mut binds = Vec::with_capacity(1 + key.len() + patch.len());
    binds.push(Bind::Text(None));
    binds.extend(key.iter().map(Bind::reborrow));
    for (index, (column, value)) in table.annotating().iter().zip(patch).enumerate() {
        let value = match *value {
            Some(value) => value,
            None => match table.default(index) {
                Value::Null if !column.nullable => return Err(missing(column)),
                default => default,
            },
        };
        binds.push(bind(table, column, value)?);
    }
    Ok(binds)
}

/// The binds of a whole run: a value for each column.
pub(in crate::engine) fn row<'a>(
    table: &TableStatements,
    values: &[Value<'a>],
) -> Result<Vec<Bind<'a>>, Error> {
    let columns = table.columns().iter().zip(values);
    // Closed sets are not checked, because a value may have been removed since the run was written.
    columns
        .map(|(column, value)| stored(table, column, *value))
        .collect()
}

/// One value for one column.
fn bind<'a>(table: &TableStatements, column: &Column, value: Value<'a>) -> Result<Bind<'a>, Error> {
    if let Value::Text(text) = value
        && let Some(refusal) = column.refusal(text)
    {
        return Err(Error::validation(&column.name, refusal));
    }
    stored(table, column, value)
}

/// The bind of a value that is not compared with a closed set.
fn stored<'a>(
    table: &TableStatements,
    column: &Column,
    value: Value<'a>,
) -> Result<Bind<'a>, Error> {
    if table.dialect() == Dialect::Postgres && has_nul(value) {
        return Err(nul(column));
    }
    match (column.ty, value) {
        (_, Value::Null) => null(column),
        // A JSON `null` is stored as SQL `NULL`, because `is_null` would not find it otherwise.
        (FieldType::Json, Value::Json(serde_json::Value::Null)) if column.nullable => null(column),
        (FieldType::Int, Value::Int(value)) => Ok(Bind::Int(Some(value))),
        (FieldType::Int, Value::TooLarge(value)) => {
            Err(Error::validation(&column.name, too_large(value))
                .with_types("int", &value.to_string()))
        }
        (FieldType::Float, Value::Float(value)) if value.is_nan() => Err(nan(column)),
        (FieldType::Float, Value::Float(value)) => Ok(Bind::Float(Some(value))),
        (FieldType::Bool, Value::Bool(value)) => Ok(Bind::Bool(Some(value))),
        (FieldType::String | FieldType::Path, Value::Text(value)) => {
            Ok(Bind::Text(Some(Cow::Borrowed(value))))
        }
        (FieldType::Path, Value::Path(value)) => match value.to_str() {
            Some(value) => Ok(Bind::Text(Some(Cow::Borrowed(value)))),
            None => Err(Error::validation(
                &column.name,
                format_args!(
                    "the path `{}` is not valid UTF-8; rename the file",
                    value.display()
                ),
            )),
        },
        (FieldType::Json, Value::Json(value)) if !json_is_readable(value) => Err(too_deep(column)),
        (FieldType::Json, Value::JsonText(text)) if TextScan::of(text).depth > DEEPEST_JSON => {
            Err(too_deep(column))
        }
        (FieldType::Json, Value::JsonText(text)) => Ok(Bind::Json(Some(Cow::Borrowed(text)))),
        (FieldType::Json, Value::Json(value)) => Ok(Bind::Json(Some(
            json_text(
                table.dialect(),
                &column.name,
                value,
                table.may_be_large(&column.name),
            )
            .into(),
        ))),
        (FieldType::Datetime, Value::Time(value)) if !year_fits(&value) => Err(Error::validation(
            &column.name,
            format_args!("the time {value} is outside the years 1 to 9999"),
        )),
        (FieldType::Datetime, Value::Time(value)) => Ok(Bind::Time(Some(value))),
        (expected, actual) => Err(mismatch(column, expected, actual)),
    }
}

fn null<'a>(column: &Column) -> Result<Bind<'a>, Error> {
    if !column.nullable {
        return Err(Error::validation(
            &column.name,
            "NULL is not allowed; give it a value",
        ));
    }
    Ok(match column.ty {
        FieldType::Int => Bind::Int(None),
        FieldType::Float => Bind::Float(None),
        FieldType::Bool => Bind::Bool(None),
        FieldType::String | FieldType::Path => Bind::Text(None),
        FieldType::Json => Bind::Json(None),
        FieldType::Datetime => Bind::Time(None),
    })
}

/// Whether a value contains U+0000, the one character that PostgreSQL cannot store.
fn has_nul(value: Value<'_>) -> bool {
    match value {
        Value::Text(text) => text.contains('\0'),
        Value::Path(path) => path.to_str().is_some_and(|path| path.contains('\0')),
        Value::Json(json) => json_has_nul(json),
        Value::JsonText(text) => TextScan::of(text).has_nul,
        _ => false,
    }
}

fn too_deep(column: &Column) -> Error {
    Error::validation(
        &column.name,
        format_args!(
            "the JSON is nested deeper than {DEEPEST_JSON} levels, and could not be read again; \
             make it flatter, or write it to a file of the run's artefacts"
        ),
    )
}

fn nul(column: &Column) -> Error {
    Error::validation(
        &column.name,
        "PostgreSQL cannot store the character U+0000; take it out of the text",
    )
}

fn missing(column: &Column) -> Error {
    Error::validation(
        &column.name,
        "a new run needs a value: the field is not nullable and has no default",
    )
}

fn nan(column: &Column) -> Error {
    Error::validation(
        &column.name,
        "NaN cannot be stored: it equals nothing, and SQLite would turn it into NULL; \
         leave the field unset, or record the failure in a text field",
    )
    .with_types("float", "NaN")
}

fn mismatch(column: &Column, expected: FieldType, actual: Value<'_>) -> Error {
    let (expected, actual) = (expected.as_str(), actual.type_name());
    Error::validation(
        &column.name,
        format_args!("expected {expected}, got {actual}"),
    )
    .with_types(expected, actual)
}
