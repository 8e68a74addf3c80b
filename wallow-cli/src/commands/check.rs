//! `wallow check`: whether a schema is valid.

use wallow_runtime::DatabaseUrl;
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
    warn_of_database(&project.schema);
    Ok(Status::Fine)
}

/// Problems of the database URL in the schema: many people read a schema, and it goes into version control.
fn warn_of_database(schema: &Schema) {
    let Some(url) = &schema.database.url else {
        return;
    };
    if let Err(error) = DatabaseUrl::parse(url) {
        output::warning(&format!("`[database].url`: {error}"));
    }
    if !redact::has_password(url) && !redact::names_secret(url) {
        return;
    }
    let without = redact::without_password(url);
    // The redacted rest of an unreadable text is not a URL that anybody should copy, so it is not suggested.
    let advice = if DatabaseUrl::parse(url).is_ok() && DatabaseUrl::parse(&without).is_ok() {
        format!("write `url = \"{without}\"`")
    } else {
        "write it as `postgres://USER@HOST/DATABASE`".to_owned()
    };
    output::warning(&format!(
        "`[database].url` has a password, which everyone gets who gets the file; {advice}, and keep the password in \
         libpq's password file (`~/.pgpass`), or the whole URL in `WALLOW_DATABASE_URL`"
    ));
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
