//! `wallow inspect`: one run, with all its values.

use serde_json::{Map, Value as Json};
use wallow_runtime::dynamic::{Row, Store, Value};

use crate::args::Place;
use crate::output::{self, Failure, Status};
use crate::project::{Project, shown};

pub(crate) fn run(place: &Place, run: &str, json: bool) -> Result<Status, Failure> {
    let project = Project::find(place)?;
    project.look_at_runs(place)?;
    let url = project.url(place);
    let store = Store::options()
        .read_only(true)
        .open(&project.schema, &url)?;
    // A uuid of digits alone is a uuid first.
    let found = match (store.find_by_uuid(run)?, run.parse()) {
        (Some(row), _) => Some(row),
        (None, Ok(id)) => store.get(id)?,
        (None, Err(_)) => None,
    };
    let Some(row) = found else {
        return Err(Failure::finding(format!(
            "there is no run `{}` in {}; give an id or a uuid of 12 characters",
            output::visible(run),
            shown(&url),
        )));
    };
    if json {
        output::json(&as_json(&row));
    } else {
        table(&row, project.schema.identifying.len());
    }
    Ok(Status::Fine)
}

fn as_json(row: &Row) -> Json {
    let values = row.iter().map(|(name, value)| {
        let value = match value {
            Value::Null => Json::Null,
            Value::Int(value) => (*value).into(),
            Value::Float(value) => (*value).into(),
            Value::Bool(value) => (*value).into(),
            Value::Text(value) => value.as_str().into(),
            Value::Json(value) => value.clone(),
            Value::Time(value) => value.to_rfc3339().into(),
        };
        (name.to_owned(), value)
    });
    Json::Object(values.collect::<Map<_, _>>())
}

/// Names left, values right: built-in, identifying and annotating ones apart.
fn table(row: &Row, identifying: usize) {
    let width = row
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or(0);
    for (index, (name, value)) in row.iter().enumerate() {
        if index == 4 || index == 4 + identifying {
            output::line("");
        }
        output::line(&format!("{name:width$}  {}", text(value)));
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "-".into(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => format!("{value:?}"),
        Value::Bool(value) => value.to_string(),
        Value::Text(value) => output::visible(value),
        Value::Json(value) => output::visible(&value.to_string()),
        Value::Time(value) => value.format("%Y-%m-%d %H:%M:%S%.6f UTC").to_string(),
    }
}
