//! The runs that would have the same key without some fields, for a person who wants to drop these fields.

use wallow_runtime::migrate::Database;
use wallow_schema::Schema;
use wallow_schema::diff::{Refusal, Refusals};
use wallow_schema::operation::Operation;

use crate::commands::collisions;
use crate::output::{self, Failure};

/// At most this many groups are listed; `wallow collisions` lists all.
const LISTED: usize = 10;

/// A change of a schema, and the database whose runs it concerns.
#[derive(Clone, Copy)]
pub(super) struct Comparison<'a> {
    /// None if there is none: migrations can be written without a database.
    pub(super) database: Option<&'a Database>,
    /// The schema that its table has; none if there is no table.
    pub(super) before: Option<&'a Schema>,
    pub(super) after: &'a Schema,
    /// The fields that have another name afterwards: the old name, and the new one.
    pub(super) renames: &'a [(String, String)],
}

/// The refusals as an error, with the runs of the database that prevent the drop of identifying fields.
pub(super) fn refused(refusals: &Refusals, comparison: Comparison<'_>) -> Failure {
    let drops = |refusal: &Refusal| matches!(refusal, Refusal::DropIdentifying { .. });
    let mut text = refusals.to_string();
    let groups = if refusals.iter().any(drops) {
        comparison.groups()
    } else {
        Vec::new()
    };
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
    comparison: Comparison<'_>,
) -> Result<(), Failure> {
    let dropped = dropped(steps);
    if dropped.is_empty() {
        return Ok(());
    }
    let groups = comparison.groups();
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

impl Comparison<'_> {
    /// A line for each group of runs that have the same key afterwards. Returns none if there is no database, or if its
    /// table is not the one of the schema.
    fn groups(self) -> Vec<String> {
        let (Some(database), Some(before)) = (self.database, self.before) else {
            return Vec::new();
        };
        let key = self.key_before(before);
        let Ok(found) = database.collisions(&key) else {
            return Vec::new();
        };
        let listed = found.iter().take(LISTED);
        let mut lines = listed
            .map(|collision| collisions::line(&key, collision))
            .collect::<Vec<_>>();
        if found.len() > LISTED {
            let more = output::counted(found.len() - LISTED, "more group");
            lines.push(format!("… and {more}"));
        }
        lines
    }

    /// The fields of the new key, by their names before the change. A field that is new is not among them: every run gets
    /// the same value of it.
    fn key_before(self, before: &Schema) -> Vec<String> {
        let key = self.after.identifying.iter().map(|field| {
            let mut renames = self.renames.iter();
            let found = renames.find(|(_, to)| *to == field.name);
            found.map_or(&field.name, |(from, _)| from)
        });
        let key = key.filter(|name| before.field(name).is_some());
        key.cloned().collect()
    }
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
