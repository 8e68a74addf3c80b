//! Sorts groups as requested: by keys, by their number of runs, or by measures.

use std::cmp::Ordering;

use serde_json::Value as Json;
use wallow_runtime::dynamic::{Column, Row, Value};

use crate::output::Failure;

/// Sorts the rows by these columns, descending if `-` precedes the name. Equal rows stay in the order of their keys.
pub(super) fn by(rows: &mut [Row], columns: &[Column], terms: &[String]) -> Result<(), Failure> {
    let terms = terms.iter().map(|term| {
        let (descending, name) = match term.strip_prefix('-') {
            Some(name) => (true, name),
            None => (false, term.as_str()),
        };
        if columns.iter().any(|column| column.name == name) {
            return Ok((name, descending));
        }
        Err(Failure::usage(format!(
            "groups have no column `{name}` to sort by; there are: {}",
            super::listed(columns)
        )))
    });
    let terms = terms.collect::<Result<Vec<_>, _>>()?;
    rows.sort_by(|one, other| {
        let orders = terms.iter().map(|&(name, descending)| {
            let (one, other) = (one.get(name), other.get(name));
            compare(one, other, descending)
        });
        orders.fold(Ordering::Equal, Ordering::then)
    });
    Ok(())
}

/// Parts of a json field: the numbers first, then the texts, then everything else, in both directions.
fn parts(one: &Json, other: &Json, descending: bool) -> Ordering {
    let kind = |value: &Json| match value {
        Json::Number(_) => 0,
        Json::String(_) => 1,
        _ => 2,
    };
    let ordering = match (one, other) {
        (Json::Number(one), Json::Number(other)) => match (one.as_f64(), other.as_f64()) {
            (Some(one), Some(other)) => one.total_cmp(&other),
            _ => Ordering::Equal,
        },
        (Json::String(one), Json::String(other)) => one.cmp(other),
        _ => return kind(one).cmp(&kind(other)),
    };
    if descending {
        ordering.reverse()
    } else {
        ordering
    }
}

/// The order of the database: `NULL` comes last in both directions.
fn compare(one: Option<&Value>, other: Option<&Value>, descending: bool) -> Ordering {
    let ordering = match (one, other) {
        (Some(Value::Null) | None, Some(Value::Null) | None) => return Ordering::Equal,
        (Some(Value::Null) | None, _) => return Ordering::Greater,
        (_, Some(Value::Null) | None) => return Ordering::Less,
        (Some(Value::Int(one)), Some(Value::Int(other))) => one.cmp(other),
        (Some(Value::Float(one)), Some(Value::Float(other))) => one.total_cmp(other),
        (Some(Value::Bool(one)), Some(Value::Bool(other))) => one.cmp(other),
        (Some(Value::Text(one)), Some(Value::Text(other))) => one.cmp(other),
        (Some(Value::Time(one)), Some(Value::Time(other))) => one.cmp(other),
        (Some(Value::Json(one)), Some(Value::Json(other))) => return parts(one, other, descending),
        // A column has values of one type.
        _ => Ordering::Equal,
    };
    if descending {
        ordering.reverse()
    } else {
        ordering
    }
}
