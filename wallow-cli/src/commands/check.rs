//! `wallow check`: whether a schema is valid.

use wallow_schema::Schema;

use crate::args::Args;
use crate::output::{self, Failure, Status};
use crate::project;

pub(crate) fn run(args: &Args) -> Result<Status, Failure> {
    let path = project::schema_path(args)?;
    let schema = project::schema(&path)?;
    output::line(&summary(&path.display().to_string(), &schema));
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
        counted(key.len(), "identifying field"),
        key.join(", "),
        schema.annotating.len(),
    )
}

fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
