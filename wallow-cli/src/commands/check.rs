//! `wallow check`: whether a schema is valid.

use wallow_schema::{Schema, redact};

use crate::args::Place;
use crate::output::{self, Failure, Status};
use crate::project::Project;

pub(crate) fn run(place: &Place) -> Result<Status, Failure> {
    let project = Project::find(place)?;
    output::line(&summary(
        &project.path.display().to_string(),
        &project.schema,
    ));
    warn_of_password(&project.schema);
    Ok(Status::Fine)
}

/// A schema is read by many, and goes into version control.
fn warn_of_password(schema: &Schema) {
    if let Some(url) = &schema.database.url
        && redact::has_password(url)
    {
        output::warning(&format!(
            "`[database].url` has a password, which everyone gets who gets the file; write `url = \"{}\"`, and keep \
             the password in libpq's password file (`~/.pgpass`), or the whole URL in `WALLOW_DATABASE_URL`",
            redact::without_password(url)
        ));
    }
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
