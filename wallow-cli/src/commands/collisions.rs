//! `wallow collisions`: the runs that would be one without a field.

use serde_json::json;
use wallow_runtime::migrate::{Collision, Database};

use crate::args::Place;
use crate::output::{self, Failure, Status};
use crate::project::Project;

pub(crate) fn run(place: &Place, field: &str, json: bool) -> Result<Status, Failure> {
    let project = Project::find(place)?;
    let key = project
        .schema
        .identifying
        .iter()
        .map(|field| field.name.clone())
        .collect::<Vec<_>>();
    if !key.iter().any(|name| name == field) {
        return Err(Failure::usage(format!(
            "`{field}` is no identifying field; the schema has: {}",
            key.join(", ")
        )));
    }
    let rest = key
        .into_iter()
        .filter(|name| name != field)
        .collect::<Vec<_>>();
    let database = Database::open_read_only(&project.url(place))?;
    let collisions = database.collisions(&rest)?;
    if json {
        output::json(&as_json(&rest, &collisions));
    } else {
        print(field, &rest, &collisions);
    }
    Ok(if collisions.is_empty() {
        Status::Fine
    } else {
        Status::Finding
    })
}

fn as_json(names: &[String], collisions: &[Collision]) -> serde_json::Value {
    let group = |collision: &Collision| {
        let values = names
            .iter()
            .zip(&collision.values)
            .collect::<std::collections::BTreeMap<_, _>>();
        json!({ "values": values, "uuids": collision.uuids })
    };
    collisions.iter().map(group).collect()
}

fn print(field: &str, names: &[String], collisions: &[Collision]) {
    if collisions.is_empty() {
        output::line(&format!(
            "no two runs differ in `{field}` alone; it could be dropped"
        ));
        return;
    }
    for collision in collisions {
        let values = names.iter().zip(&collision.values);
        let values = values
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>();
        output::line(&format!(
            "{}: {}",
            values.join(", "),
            collision.uuids.join(" ")
        ));
    }
    let groups = output::counted(collisions.len(), "group");
    output::line(&format!(
        "without `{field}`, the runs of {groups} would be one run each"
    ));
}
