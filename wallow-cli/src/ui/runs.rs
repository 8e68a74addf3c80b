//! Runs: a page of a table, a sample, curves, one run, a file.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};
use wallow_runtime::Query;
use wallow_runtime::dynamic::{self, Column, Row, Value};
use wallow_schema::FieldType;

use super::answer::{Answer, Refusal};
use super::cursor::{self, Cursor, Sort};
use super::parameters::Parameters;
use super::{Shown, files};
use crate::damaged::Damaged;
use crate::export::{Format, sink};
use crate::open::look_up;
use crate::page::{self, Columns, cell, curves};

/// The largest page of a table.
const PAGE: usize = 1_000;

/// The largest sample.
const SAMPLE: usize = 10_000;

/// The curves of at most this many runs are sent at once.
const RUNS: usize = 400;

/// A schema has fewer columns.
const COLUMNS: usize = 1_000;

impl Shown {
    /// The columns with these names.
    fn columns(&self, names: &[String]) -> Result<Vec<Column>, Refusal> {
        let query = self.reading.store.query();
        Ok(query.columns(names)?.read_columns())
    }

    fn sort(&self, text: Option<&str>) -> Result<Option<Sort>, Refusal> {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let name = text.strip_prefix('-').unwrap_or(text);
        let column = self.columns(&[name.to_owned()])?.into_iter().next();
        let column = column.ok_or_else(|| Refusal::request("there is no such column"))?;
        if column.ty == FieldType::Json {
            return Err(Refusal::request(format!("`{name}` has no order")));
        }
        Ok(Some(Sort {
            column,
            descending: text.starts_with('-'),
        }))
    }

    /// The query in the order of a table.
    fn sorted(&self, query: Query<Row>, sort: Option<&Sort>) -> Result<Query<Row>, Refusal> {
        let Some(Sort { column, descending }) = sort else {
            return Ok(query);
        };
        let sign = if *descending { "-" } else { "" };
        let order = dynamic::order(
            self.reading.store.schema(),
            &format!("{sign}{}", column.name),
        )?;
        Ok(query.order_by(order))
    }
}

/// Rows as columns, each name once.
fn encoded(columns: &[Column], rows: &[Row]) -> Result<String, Refusal> {
    let mut encoded = Columns::new(columns.to_vec(), false);
    for row in rows {
        encoded.push(row);
    }
    let mut data = Vec::new();
    let written = encoded.write(&mut data);
    written.map_err(|error| Refusal::new(500, error.to_string(), ""))?;
    Ok(String::from_utf8_lossy(&data).into_owned())
}

/// The rows that can be read, and those that cannot: they are left out, and the page says so.
pub(super) fn readable(query: Query<Row>, most: usize) -> Result<(Vec<Row>, Damaged), Refusal> {
    let mut damaged = Damaged::default();
    let rows = damaged.all(&query.limit(most))?;
    Ok((rows, damaged))
}

/// A page of the table.
pub(super) fn rows(shown: &Shown, parameters: &Parameters) -> Result<Answer, Refusal> {
    let names = parameters.list("columns", COLUMNS)?;
    let columns = shown.columns(&names)?;
    let limit = parameters.number("limit", PAGE)?;
    let sort = shown.sort(parameters.get("sort"))?;
    let after = parameters.get("after").filter(|after| !after.is_empty());
    let after = after.map(Cursor::read).transpose()?;
    let query = shown.query(parameters.condition())?;
    let query = shown.sorted(query, sort.as_ref())?;
    // The cursor needs the id and the column of the order.
    let place = sort.as_ref().map(|sort| sort.column.name.clone());
    let extra = ["id".to_owned()].into_iter().chain(place);
    let asked = names.iter().cloned().chain(extra).collect::<Vec<_>>();
    let query = query.columns(&asked)?;
    let (mut rows, mut damaged) = (Vec::new(), Damaged::default());
    for part in cursor::parts(sort.as_ref(), after.as_ref())? {
        let found = rows.len() + damaged.count();
        if found > limit {
            break;
        }
        let part = dynamic::parse(shown.reading.store.schema(), &part)?;
        let (read, unreadable) = readable(query.clone().filter(part), limit + 1 - found)?;
        rows.extend(read);
        damaged.extend(unreadable);
    }
    let has_more = rows.len() + damaged.count() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| has_more);
    let next = last.and_then(|row| Cursor::after(row, sort.as_ref()));
    let data = encoded(&columns, &rows)?;
    let (names, next, damaged) = (Json::from(names), json!(next), damaged.as_json());
    Ok(Answer::Json(page::harmless(format!(
        "{{\"columns\":{names},\"next\":{next},\"damaged\":{damaged},\"data\":{data}}}"
    ))))
}

/// Some of the runs, spread evenly.
pub(super) fn sample(shown: &Shown, parameters: &Parameters) -> Result<Answer, Refusal> {
    let names = parameters.list("columns", COLUMNS)?;
    let columns = shown.columns(&names)?;
    let limit = parameters.number("limit", SAMPLE)?;
    let all = shown.query(parameters.condition())?;
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    let (query, of) = shown.reading.sample(all, most)?;
    let query = query.columns(&names)?;
    let (rows, damaged) = readable(query, limit)?;
    let data = encoded(&columns, &rows)?;
    let (names, damaged) = (Json::from(names), damaged.as_json());
    Ok(Answer::Json(page::harmless(format!(
        "{{\"columns\":{names},\"of\":{of},\"damaged\":{damaged},\"data\":{data}}}"
    ))))
}

/// The curves of a field in chosen runs.
pub(super) fn curves(shown: &Shown, parameters: &Parameters) -> Result<Answer, Refusal> {
    let uuids = parameters.list("runs", RUNS)?;
    let field = parameters.required("field")?;
    let column = shown.columns(&[field.to_owned()])?;
    if column.iter().any(|column| column.ty != FieldType::Json) {
        return Err(Refusal::request(format!("`{field}` is no json field")));
    }
    let listed = Json::from(uuids).to_string();
    let condition = dynamic::parse(shown.reading.store.schema(), &format!("uuid in {listed}"))?;
    let query = shown.reading.store.query().filter(condition);
    let mut runs = Vec::new();
    let (rows, damaged) = readable(query.columns(&["uuid", field])?, RUNS)?;
    for row in rows {
        if let Some(Value::Json(value)) = row.get(field) {
            let (found, _) = curves::split(value);
            let mut paths = curves::Paths::default();
            let found = curves::encode(&found, &mut paths, false);
            let cell = json!({ "paths": paths.as_json(), "curves": found });
            runs.push(json!({ "uuid": row.uuid(), "cell": cell }));
        }
    }
    let damaged = damaged.as_json();
    Ok(Answer::json(&json!({ "runs": runs, "damaged": damaged })))
}

/// One run with everything; without values if there is no such run, or if it cannot be read.
pub(super) fn run(shown: &Shown, parameters: &Parameters) -> Result<Answer, Refusal> {
    let mut damaged = Damaged::default();
    let row = look_up(&shown.reading.store, parameters.required("run")?).transpose();
    let row = row.map(|row| damaged.readable(row)).transpose()?;
    let Some(row) = row.flatten() else {
        let damaged = damaged.as_json();
        return Ok(Answer::json(&json!({ "values": null, "damaged": damaged })));
    };
    let values = row.iter();
    let values = values.map(|(name, value)| format!("{}:{}", page::quoted(name), cell(value)));
    let values = values.collect::<Vec<_>>().join(",");
    let attempts = Json::from(files::attempts(shown, &row)?).to_string();
    Ok(Answer::Json(page::harmless(format!(
        "{{\"values\":{{{values}}},\"attempts\":{attempts}}}"
    ))))
}

/// The runs as CSV, written while they are sent. `download` names the file for [`left_out`].
pub(super) fn csv(shown: &Shown, parameters: &Parameters) -> Result<Answer, Refusal> {
    let names = parameters.list("columns", COLUMNS)?;
    let columns = shown.columns(&names)?;
    let query = shown.query(parameters.condition())?;
    let sort = shown.sort(parameters.get("sort"))?;
    let query = shown.sorted(query, sort.as_ref())?.columns(&names)?;
    let download = parameters.get("download").map(ToOwned::to_owned);
    let downloads = Arc::clone(&shown.downloads);
    Ok(Answer::Csv(Box::new(move |out| {
        let mut damaged = Damaged::default();
        let mut sink = sink(Format::Csv, &columns, out)?;
        for row in &query {
            if let Some(row) = damaged.readable(row).map_err(io::Error::other)? {
                sink.row(&row)?;
            }
        }
        if let Some(name) = download {
            downloads.remember(name, damaged.as_json());
        }
        sink.finish()
    })))
}

/// What was left out of a file that was sent.
pub(super) fn left_out(shown: &Shown, parameters: &Parameters) -> Result<Answer, Refusal> {
    let damaged = shown.downloads.take(parameters.required("download")?);
    Ok(Answer::json(&json!({ "damaged": damaged })))
}

/// What was left out of the last files. A file of data has no place for it, so the page asks after it has the file.
#[derive(Default)]
pub(super) struct Downloads(Mutex<VecDeque<(String, Json)>>);

impl Downloads {
    fn remember(&self, name: String, damaged: Json) {
        const MOST: usize = 64;
        if let Ok(mut downloads) = self.0.lock() {
            downloads.push_back((name, damaged));
            if downloads.len() > MOST {
                downloads.pop_front();
            }
        }
    }

    fn take(&self, name: &str) -> Option<Json> {
        let mut downloads = self.0.lock().ok()?;
        let at = downloads.iter().position(|(other, _)| other == name)?;
        downloads.remove(at).map(|(_, damaged)| damaged)
    }
}
