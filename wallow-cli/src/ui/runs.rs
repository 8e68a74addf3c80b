//! Runs: a page of a table, a sample, curves, one run, a file.

use std::io::{self, Write as _};

use serde_json::{Value as Json, json};
use wallow_runtime::dynamic::{self, Column, Row, Value};
use wallow_runtime::{Error, Query};
use wallow_schema::FieldType;

use super::answer::{Answer, Refusal};
use super::cursor::{self, Cursor, Sort};
use super::parameters::Parameters;
use super::{Shown, files};
use crate::export::{Format, sink};
use crate::output;
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

/// The rows that can be read, and the number of those that cannot: they are left out, and reported where the server was
/// started.
fn readable(query: Query<Row>, most: usize) -> Result<(Vec<Row>, usize), Refusal> {
    let query = query.limit(most);
    match query.all() {
        Err(error) if error.uuid().is_some() => {}
        read => return Ok((read?, 0)),
    }
    let (mut read, mut left_out) = (Vec::new(), 0);
    for row in &query {
        match row {
            Ok(row) => read.push(row),
            Err(error) if error.uuid().is_some() => {
                left_out += 1;
                output::warning(&error.to_string());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok((read, left_out))
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
    let (mut rows, mut left_out) = (Vec::new(), 0);
    for part in cursor::parts(sort.as_ref(), after.as_ref())? {
        if rows.len() + left_out > limit {
            break;
        }
        let part = dynamic::parse(shown.reading.store.schema(), &part)?;
        let most = limit + 1 - rows.len() - left_out;
        let (read, unreadable) = readable(query.clone().filter(part), most)?;
        rows.extend(read);
        left_out += unreadable;
    }
    let has_more = rows.len() + left_out > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| has_more);
    let next = last.and_then(|row| Cursor::after(row, sort.as_ref()));
    let data = encoded(&columns, &rows)?;
    let (names, next) = (Json::from(names), json!(next));
    Ok(Answer::Json(page::harmless(format!(
        "{{\"columns\":{names},\"next\":{next},\"data\":{data}}}"
    ))))
}

/// Some of the runs, spread evenly: uuids are random, so those below a bound are a sample, and the index finds them.
pub(super) fn sample(shown: &Shown, parameters: &Parameters) -> Result<Answer, Refusal> {
    let names = parameters.list("columns", COLUMNS)?;
    let columns = shown.columns(&names)?;
    let limit = parameters.number("limit", SAMPLE)?;
    let all = shown.query(parameters.condition())?;
    let of = all.count()?;
    let mut query = all.columns(&names)?;
    if let Some(bound) = bound(limit, of) {
        let schema = shown.reading.store.schema();
        query = query.filter(dynamic::parse(schema, &format!("uuid < \"{bound}\""))?);
    }
    let (rows, _) = readable(query, limit)?;
    let data = encoded(&columns, &rows)?;
    let names = Json::from(names);
    Ok(Answer::Json(page::harmless(format!(
        "{{\"columns\":{names},\"of\":{of},\"data\":{data}}}"
    ))))
}

/// The uuid below which about `limit` of `of` uuids are; `None` if all runs fit.
fn bound(limit: usize, of: u64) -> Option<String> {
    const UUIDS: u128 = 1 << 48;
    let limit = u64::try_from(limit).ok()?;
    (of > limit).then(|| {
        let bound = UUIDS * u128::from(limit) / u128::from(of);
        format!("{bound:012x}")
    })
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
    for row in readable(query.columns(&["uuid", field])?, RUNS)?.0 {
        if let Some(Value::Json(value)) = row.get(field) {
            let (found, _) = curves::split(value);
            let mut paths = curves::Paths::default();
            let found = curves::encode(&found, &mut paths, false);
            let cell = json!({ "paths": paths.as_json(), "curves": found });
            runs.push(json!({ "uuid": row.uuid(), "cell": cell }));
        }
    }
    Ok(Answer::json(&json!({ "runs": runs })))
}

/// One run with everything.
pub(super) fn run(shown: &Shown, parameters: &Parameters) -> Result<Answer, Refusal> {
    let Some(row) = shown.run(parameters.required("run")?)? else {
        return Ok(Answer::json(&json!({ "values": null })));
    };
    let values = row.iter();
    let values = values.map(|(name, value)| format!("{}:{}", page::quoted(name), cell(value)));
    let values = values.collect::<Vec<_>>().join(",");
    let attempts = Json::from(files::attempts(shown, &row)?).to_string();
    Ok(Answer::Json(page::harmless(format!(
        "{{\"values\":{{{values}}},\"attempts\":{attempts}}}"
    ))))
}

impl Shown {
    /// The run with this uuid or id.
    pub(super) fn run(&self, name: &str) -> Result<Option<Row>, Error> {
        let store = &self.reading.store;
        match (store.find_by_uuid(name)?, name.parse()) {
            (Some(row), _) => Ok(Some(row)),
            (None, Ok(id)) => store.get(id),
            (None, Err(_)) => Ok(None),
        }
    }
}

/// The runs as CSV. A thread writes while the connection sends, so memory does not grow with the table.
pub(super) fn csv(shown: &Shown, parameters: &Parameters) -> Result<Answer, Refusal> {
    let names = parameters.list("columns", COLUMNS)?;
    let columns = shown.columns(&names)?;
    let query = shown.query(parameters.condition())?;
    let sort = shown.sort(parameters.get("sort"))?;
    let query = shown.sorted(query, sort.as_ref())?.columns(&names)?;
    let failed = |error: io::Error| Refusal::new(500, error.to_string(), "");
    let (reader, writer) = io::pipe().map_err(failed)?;
    std::thread::spawn(move || {
        let written = sink(Format::Csv, &columns, Box::new(writer)).and_then(|mut sink| {
            for row in &query {
                match row {
                    Ok(row) => sink.row(&row)?,
                    Err(error) => output::warning(&error.to_string()),
                }
            }
            sink.finish()
        });
        match written {
            // A browser that stops to read wants no more.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                output::warning(&error.to_string());
            }
            _ => {}
        }
        let _ = io::stderr().flush();
    });
    Ok(Answer::Csv(Box::new(reader)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_keeps_the_wanted_share_of_uuids() {
        assert_eq!(bound(5_000, 5_000), None);
        assert_eq!(bound(1, 2).as_deref(), Some("800000000000"));
        assert_eq!(bound(5_000, 10_000_000).as_deref(), Some("0020c49ba5e3"));
    }
}
