//! Runs that lack a field of the key, for a person who makes this field required.

use wallow_runtime::migrate::Database;
use wallow_schema::Role;
use wallow_schema::ddl::none_absent;
use wallow_schema::operation::Operation;

use crate::bulk::runs;
use crate::output::Failure;

/// An error if runs lack a field that becomes required, because the script would stop. There is none without a database,
/// or if it cannot be read, because migrations can be written without one.
pub(super) fn refuse(database: Option<&Database>, steps: &[Operation]) -> Result<(), Failure> {
    let fields = required(steps);
    let Some(database) = database else {
        return Ok(());
    };
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
    if lines.is_empty() {
        Ok(())
    } else {
        Err(Failure::finding(lines.join("\n")))
    }
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
