//! The runs that would have the same key without some fields, for a person who wants to drop these fields.

use wallow_schema::operation::Operation;

use crate::args::Place;
use crate::commands::collisions;
use crate::history::History;
use crate::output;
use crate::project::Project;

/// At most this many groups are listed; `wallow collisions` lists all.
const LISTED: usize = 10;

/// A line for each group of runs that agree in all identifying fields except `dropped`. Returns none if there is no
/// database, or if its table is not the one of the newest snapshot, because migrations can be written without a
/// database.
pub(super) fn without(
    project: &Project,
    place: &Place,
    history: &History,
    dropped: &[String],
) -> Vec<String> {
    let Some(schema) = history.head_schema() else {
        return Vec::new();
    };
    let key = schema.identifying.iter().map(|field| field.name.clone());
    let rest = key
        .filter(|name| !dropped.contains(name))
        .collect::<Vec<_>>();
    let Ok(Some(database)) = project.look_at_database(place) else {
        return Vec::new();
    };
    let Ok(found) = database.collisions(&rest) else {
        return Vec::new();
    };
    let listed = found.iter().take(LISTED);
    let mut lines = listed
        .map(|collision| collisions::line(&rest, collision))
        .collect::<Vec<_>>();
    if found.len() > LISTED {
        let more = output::counted(found.len() - LISTED, "more group");
        lines.push(format!("… and {more}"));
    }
    lines
}

/// The identifying fields that a migration drops, by their names before the migration.
pub(super) fn dropped(steps: &[Operation]) -> Vec<String> {
    let renames = steps.iter().filter_map(|step| match step {
        Operation::RenameField { from, to, .. } => Some((from, to)),
        _ => None,
    });
    let renames = renames.collect::<Vec<_>>();
    let gone = steps.iter().flat_map(|step| match step {
        Operation::ChangeKey { from, to } => from
            .iter()
            .map(|field| &field.name)
            .filter(|name| !to.iter().any(|field| field.name == **name))
            .collect::<Vec<_>>(),
        _ => Vec::new(),
    });
    gone.map(|name| {
        let before = renames.iter().find(|(_, new)| *new == name);
        before.map_or(name, |(old, _)| *old).clone()
    })
    .collect()
}
