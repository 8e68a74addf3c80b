//! Pages of a sorted table: each begins after the last run of the one before, so the database skips nothing.
//!
//! A cursor is JSON: the value of the order's column in the last run, and its id. NULL is last in both directions, so
//! there are two parts: runs with a value, and runs without one.

use serde_json::{Value as Json, json};
use wallow_runtime::dynamic::{Column, Row, Value};
use wallow_schema::FieldType;

use super::answer::Refusal;
use crate::page::scalar;

/// A column, and the direction in which it is sorted.
#[derive(Debug, Clone)]
pub(super) struct Sort {
    pub(super) column: Column,
    pub(super) descending: bool,
}

/// The place after a run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cursor {
    value: Json,
    id: i64,
}

impl Cursor {
    pub(super) fn read(text: &str) -> Result<Self, Refusal> {
        let wrong = || {
            let help = "open the first page of the table";
            Refusal::new(
                400,
                "the parameter `after` is not one that this server gave",
                help,
            )
        };
        let json = serde_json::from_str::<Json>(text).map_err(|_| wrong())?;
        let id = json["id"].as_i64().ok_or_else(wrong)?;
        let value = json["value"].clone();
        Ok(Cursor { value, id })
    }

    /// The place after a row, which has the id and the column of the order.
    pub(super) fn after(row: &Row, sort: Option<&Sort>) -> Option<String> {
        let Some(Value::Int(id)) = row.get("id") else {
            return None;
        };
        let value = sort.and_then(|sort| row.get(&sort.column.name));
        let value = value.map_or(Json::Null, |value| {
            serde_json::from_str(&scalar(value)).unwrap_or(Json::Null)
        });
        Some(json!({ "value": value, "id": id }).to_string())
    }
}

/// The parts of a table that follow a cursor, as conditions; they are read one after the other.
pub(super) fn parts(sort: Option<&Sort>, cursor: Option<&Cursor>) -> Result<Vec<String>, Refusal> {
    let Some(Sort { column, descending }) = sort else {
        return Ok(vec![cursor.map_or_else(
            || "true".to_owned(),
            |cursor| format!("id > {}", cursor.id),
        )]);
    };
    let name = quoted(&column.name);
    let Some(Cursor { value, id }) = cursor else {
        // Without a cursor the order itself puts NULL last.
        return Ok(vec!["true".to_owned()]);
    };
    let further = if *descending {
        format!("id < {id}")
    } else {
        format!("id > {id}")
    };
    let absent = format!("{name} is null");
    if value.is_null() {
        return Ok(vec![format!("{absent} and {further}")]);
    }
    let present = after_value(column, &name, value, *descending, &further)?;
    let rest = column.nullable.then_some(absent);
    Ok([present].into_iter().chain(rest).collect())
}

/// The runs whose values follow this one, or that have it and a further id.
fn after_value(
    column: &Column,
    name: &str,
    value: &Json,
    descending: bool,
    further: &str,
) -> Result<String, Refusal> {
    let wrong = || Refusal::request("the parameter `after` does not fit the order");
    // PostgreSQL stores NaN, which is larger than any other number there, and which no expression can name.
    if column.ty == FieldType::Float && value == "NaN" {
        let is_nan = format!("(not ({name} <= inf) and {further})");
        return Ok(if descending {
            format!("({is_nan} or {name} <= inf)")
        } else {
            is_nan
        });
    }
    let (text, beyond) = match (column.ty, value) {
        (FieldType::Int | FieldType::Float, Json::Number(number)) => (number.to_string(), None),
        (FieldType::Int, Json::String(text)) => {
            let number = text.parse::<i64>().map_err(|_| wrong())?;
            (number.to_string(), None)
        }
        (FieldType::Float, Json::String(text)) if text == "Infinity" => ("inf".to_owned(), None),
        (FieldType::Float, Json::String(text)) if text == "-Infinity" => ("-inf".to_owned(), None),
        (FieldType::Bool, Json::Bool(value)) => (value.to_string(), None),
        (FieldType::Datetime, Json::String(text)) => (Json::from(text.as_str()).to_string(), None),
        (FieldType::String | FieldType::Path, Json::String(text)) => {
            let ends = if descending {
                "\"\""
            } else {
                "\"\\udbff\\udfff\""
            };
            (Json::from(text.as_str()).to_string(), Some(ends))
        }
        _ => return Err(wrong()),
    };
    Ok(match beyond {
        // Only `between` takes a text that a closed set does not have any more.
        Some(end) => {
            let range = if descending {
                format!("{name} between {end} and {text}")
            } else {
                format!("{name} between {text} and {end}")
            };
            format!("({range} and (not ({name} between {text} and {text}) or {further}))")
        }
        None => {
            let sign = if descending { '<' } else { '>' };
            format!("({name} {sign}= {text} and ({name} {sign} {text} or {further}))")
        }
    })
}

/// A name as expressions write it, whatever it is.
pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}
