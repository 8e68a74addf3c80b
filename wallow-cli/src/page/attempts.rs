//! The attempts at runs, as the page reads them.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use wallow_runtime::dynamic::{self, Row, Store, Value};
use wallow_runtime::{Error, Expr};

use crate::commands::value_as_json;

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

/// The attempts at the selected runs, by the uuids of the runs. There are none if the schema keeps no history.
pub(crate) fn of(store: &Store, runs: Expr<Row>) -> Result<BTreeMap<String, Vec<Json>>, Error> {
    let mut found = BTreeMap::<_, Vec<_>>::new();
    if !store.schema().project.attempts {
        return Ok(found);
    }
    let columns = dynamic::attempt_columns();
    for row in store.attempt_rows(runs, &columns) {
        let row = row?;
        let Some(Value::Text(uuid)) = row.get("run_uuid") else {
            continue;
        };
        let members = SHOWN.iter().filter_map(|name| {
            let value = value_as_json(row.get(name)?);
            Some(((*name).to_owned(), value))
        });
        let attempt = Json::Object(members.collect());
        found.entry(uuid.clone()).or_default().push(attempt);
    }
    Ok(found)
}
