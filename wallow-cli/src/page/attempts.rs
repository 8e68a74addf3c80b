//! The attempts at runs, as the page reads them.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use wallow_runtime::dynamic::{self, Row, Store, Value};
use wallow_runtime::{Error, Expr};

use crate::commands::value_as_json;
use crate::damaged::Damaged;

/// What the page shows of an attempt.
const SHOWN: [&str; 8] = [
    "attempt",
    "outcome",
    "host",
    "pid",
    "started_at",
    "ended_at",
    "exit_code",
    "error",
];

/// The attempts at runs, by the uuids of the runs, and those that cannot be read.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    pub(crate) by_run: BTreeMap<String, Vec<Json>>,
    pub(crate) damaged: Damaged,
}

/// The attempts at the selected runs. There are none if the schema keeps no history.
pub(crate) fn of(store: &Store, runs: Expr<Row>) -> Result<Attempts, Error> {
    let mut found = Attempts::default();
    if !store.schema().project.attempts {
        return Ok(found);
    }
    let columns = dynamic::attempt_columns();
    for row in store.attempt_rows(runs, &columns) {
        let Some(row) = found.damaged.readable(row)? else {
            continue;
        };
        let Some(Value::Text(uuid)) = row.get("run_uuid") else {
            continue;
        };
        let members = SHOWN.iter().filter_map(|name| {
            let value = value_as_json(row.get(name)?);
            Some(((*name).to_owned(), value))
        });
        let attempt = Json::Object(members.collect());
        let of_run = found.by_run.entry(uuid.clone()).or_default();
        of_run.push(attempt);
    }
    Ok(found)
}
