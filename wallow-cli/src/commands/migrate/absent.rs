//! Runs that lack a field of the key, for a person who makes this field required.

use wallow_schema::Role;
use wallow_schema::ddl::none_absent;
use wallow_schema::operation::Operation;

use crate::args::Place;
use crate::bulk::runs;
use crate::output::Failure;
use crate::project::Project;

/// Why the script would stop, if runs lack a field that becomes required. Returns nothing if there is no database, or if
/// it cannot be read, because migrations can be written without one.
pub(super) fn refusal(project: &Project, place: &Place, steps: &[Operation]) -> Option<Failure> {
    let fields = required(steps);
    if fields.is_empty() {
        return None;
    }
    let database = project.look_at_database(place).ok().flatten()?;
    let lines = fields.into_iter().filter_map(|(field, column)| {
        let count = database
            .count_without(&column)
            .ok()
            .filter(|count| *count > 0)?;
        Some(format!(
            "{} no `{field}`, so it cannot become required, and nothing was written: {}",
            match count {
                1 => format!("{} has", runs(count)),
                _ => format!("{} have", runs(count)),
            },
            none_absent(&field, &column)
        ))
    });
    let lines = lines.collect::<Vec<_>>();
    (!lines.is_empty()).then(|| Failure::finding(lines.join("\n")))
}

/// The optional fields that become required: their names after and before the migration.
fn required(steps: &[Operation]) -> Vec<(String, String)> {
    let fields = steps.iter().filter_map(|step| match step {
        Operation::AlterField { from, to }
            if from.role == Role::Identifying
                && to.role == Role::Identifying
                && from.nullable
                && !to.nullable =>
        {
            Some(&to.name)
        }
        _ => None,
    });
    let before = |name: &String| {
        let rename = steps.iter().find_map(|step| match step {
            Operation::RenameField { from, to, .. } if to == name => Some(from),
            _ => None,
        });
        rename.unwrap_or(name).clone()
    };
    fields.map(|name| (name.clone(), before(name))).collect()
}
