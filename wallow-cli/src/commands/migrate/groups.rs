//! The runs that would have the same key without some fields, for a person who wants to drop these fields.

use wallow_runtime::migrate::Database;
use wallow_schema::Schema;
use wallow_schema::diff::{Refusal, Refusals};
use wallow_schema::operation::Operation;

use crate::commands::collisions;
use crate::output::{self, Failure};

/// At most this many groups are listed; `wallow collisions` lists all.
const LISTED: usize = 10;

/// The refusals as an error, with the runs of the database that prevent the drop of identifying fields. `schema` is the
/// one that they are in.
pub(super) fn refused(
    refusals: &Refusals,
    database: Option<&Database>,
    schema: Option<&Schema>,
) -> Failure {
    let dropped = refusals.iter().filter_map(|refusal| match refusal {
        Refusal::DropIdentifying { field } => Some(field.clone()),
        _ => None,
    });
    let dropped = dropped.collect::<Vec<_>>();
    let mut text = refusals.to_string();
    let groups = without(database, schema, &dropped);
    if !groups.is_empty() {
        text = format!(
            "{text}\nthese would become one run each:\n  {}",
            groups.join("\n  ")
        );
    }
    Failure::finding(text)
}

/// An error if steps drop identifying fields without which runs would have the same key.
pub(super) fn refuse_collisions(
    steps: &[Operation],
    database: Option<&Database>,
    schema: Option<&Schema>,
) -> Result<(), Failure> {
    let dropped = dropped(steps);
    let groups = without(database, schema, &dropped);
    let Some(first) = groups.first() else {
        return Ok(());
    };
    // A line ends with the uuids of its runs.
    let surplus = first.rsplit(' ').next().unwrap_or_default();
    Err(Failure::finding(format!(
        "without `{}` these would become one run each; delete all but one of each group, such as with `wallow rm --where \
         'uuid == \"{surplus}\"'`; nothing was written:\n  {}",
        dropped.join("` and `"),
        groups.join("\n  "),
    )))
}

/// A line for each group of runs that agree in all identifying fields except `dropped`. Returns none if there is no
/// database, or if its table is not the one of the schema, because migrations can be written without a database.
fn without(
    database: Option<&Database>,
    schema: Option<&Schema>,
    dropped: &[String],
) -> Vec<String> {
    let (Some(database), Some(schema), false) = (database, schema, dropped.is_empty()) else {
        return Vec::new();
    };
    let key = schema.identifying.iter().map(|field| field.name.clone());
    let rest = key
        .filter(|name| !dropped.contains(name))
        .collect::<Vec<_>>();
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
fn dropped(steps: &[Operation]) -> Vec<String> {
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
