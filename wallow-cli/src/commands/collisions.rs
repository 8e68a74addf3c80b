//! `wallow collisions`: the runs that would have the same key if a field were dropped.

use serde_json::json;
use wallow_runtime::migrate::Collision;
use wallow_schema::Schema;

use crate::args::Place;
use crate::history::History;
use crate::output::{self, Failure, Status};
use crate::project::{Project, warn_of_hidden};

pub(crate) fn run(place: &Place, fields: &[String], json: bool) -> Result<Status, Failure> {
    let project = Project::find_to_read(place)?;
    let key = key(&project, place, fields)?;
    if let Some(field) = fields.iter().find(|field| !key.contains(field)) {
        return Err(Failure::usage(format!(
            "`{field}` is no identifying field; the schema has: {}",
            key.join(", ")
        )));
    }
    let rest = key
        .into_iter()
        .filter(|name| !fields.contains(name))
        .collect::<Vec<_>>();
    let database = project.look_at_runs(place)?;
    warn_of_hidden(database.hides_rows()?);
    let collisions = database.collisions(&rest)?;
    if json {
        output::json(&as_json(&rest, &collisions));
    } else {
        print(fields, &rest, &collisions);
    }
    Ok(if collisions.is_empty() {
        Status::Fine
    } else {
        Status::Finding
    })
}

/// The identifying fields of the schema, or of the newest snapshot or the table if the schema no longer has these fields:
/// a person often asks right after removing them.
fn key(project: &Project, place: &Place, fields: &[String]) -> Result<Vec<String>, Failure> {
    let names = |schema: &Schema| {
        let names = schema.identifying.iter().map(|field| field.name.clone());
        names.collect::<Vec<_>>()
    };
    let declared = names(&project.schema);
    let has = |key: &Vec<String>| fields.iter().all(|field| key.contains(field));
    if has(&declared) {
        return Ok(declared);
    }
    let before = History::load(project, place)?.head_schema().map(names);
    if let Some(before) = before.filter(has) {
        return Ok(before);
    }
    let table = project.schema_of_table(place)?;
    let table = table.as_ref().map(names);
    Ok(table.filter(has).unwrap_or(declared))
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

fn print(fields: &[String], names: &[String], collisions: &[Collision]) {
    let listed = format!("`{}`", fields.join("` and `"));
    if collisions.is_empty() {
        let they = if fields.len() == 1 { "it" } else { "they" };
        output::line(&format!(
            "no two runs differ in {listed} alone; {they} could be dropped"
        ));
        return;
    }
    for collision in collisions {
        output::line(&line(names, collision));
    }
    let groups = output::counted(collisions.len(), "group");
    output::line(&format!(
        "without {listed}, the runs of {groups} would be one run each"
    ));
}

/// A group of runs: their common values, and their ids.
pub(super) fn line(names: &[String], collision: &Collision) -> String {
    let values = names.iter().zip(&collision.values);
    let values = values
        .map(|(name, value)| {
            let value = value.as_deref().map_or("none".into(), output::visible);
            format!("{name}={value}")
        })
        .collect::<Vec<_>>();
    let uuids = output::visible(&collision.uuids.join(" "));
    format!("{}: {uuids}", values.join(", "))
}
