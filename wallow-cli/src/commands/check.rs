//! `wallow check`: whether a schema is valid.

use wallow_schema::Schema;

use crate::args::Place;
use crate::output::{self, Failure, Status};
use crate::project::Project;

pub(crate) fn run(place: &Place) -> Result<Status, Failure> {
    let project = Project::find(place)?;
    output::line(&summary(
        &project.path.display().to_string(),
        &project.schema,
    ));
    Ok(Status::Fine)
}

fn summary(path: &str, schema: &Schema) -> String {
    let key = schema
        .identifying
        .iter()
        .map(|field| field.name.as_str())
        .collect::<Vec<_>>();
    format!(
        "{path}: `{}`, {} ({}), {} annotating",
        schema.project.name,
        output::counted(key.len(), "identifying field"),
        key.join(", "),
        schema.annotating.len(),
    )
}
