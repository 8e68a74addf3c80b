//! The rules of a schema, one function each, and the valid model if all of them hold.
//!
//! A rule looks at `raw`, reports what breaks it, and returns nothing: the model is built anyway, and dropped by
//! [`Diagnostics::finish`] if anything was reported. If a broken rule leaves no value, it returns [`Reported`].

mod closed_set;
mod datetime;
mod defaults;
mod fields;
mod identifier;
mod layout;
mod names;
mod project;

pub(crate) use identifier::{is_identifier, nearest_identifier};
pub use names::is_field_name;

use crate::diagnostic::{Diagnostics, Reported};
use crate::raw;
use crate::schema::Schema;

/// Checks every rule and builds the model.
pub(crate) fn schema(raw: &raw::Schema, out: &mut Diagnostics) -> Result<Schema, Reported> {
    names::not_of_a_database(raw, out);
    closed_set::check(raw, out);
    let schema = snapshot(raw, out)?;
    project::attempts_have_a_lifecycle(raw, &schema, out);
    Ok(schema)
}

/// Checks only the rules that every version of wallow had when it wrote a snapshot. A newer rule does not apply: the
/// migration that renames a field to satisfy it is made from a snapshot that still has the old name.
pub(crate) fn snapshot(raw: &raw::Schema, out: &mut Diagnostics) -> Result<Schema, Reported> {
    names::check(raw, out);
    fields::at_least_one_identifying(raw, out);
    let declared: Vec<&str> = raw
        .fields()
        .map(|field| field.name.value.as_str())
        .collect();
    let project = raw.project.as_ref().map_err(|&reported| reported);
    let project = project.and_then(|project| project::project(project, &declared, out));
    let identifying = fields::fields(&raw.identifying, out);
    let annotating = fields::fields(&raw.annotating, out);
    let database = project::database(&raw.database, out);
    Ok(Schema {
        project: project?,
        identifying: identifying?,
        annotating: annotating?,
        database: database?,
    })
}
