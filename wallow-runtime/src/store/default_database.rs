//! The database of a program that names none. It is the same one that the `wallow` command uses.

use std::path::Path;

use crate::backend::DatabaseUrl;
use crate::codegen_support::EmbeddedSchema;
use crate::error::{Error, ErrorKind};

/// Variables that name a database; an earlier one takes precedence.
const VARIABLES: [&str; 2] = ["WALLOW_DATABASE_URL", "DATABASE_URL"];

/// What is opened if nothing names a database.
const FALLBACK: &str = "runs.db";

/// The database that the environment names, else the one of the schema.
pub(super) fn default_database(schema: &EmbeddedSchema) -> Result<DatabaseUrl, Error> {
    let (named, source) = match of_environment()? {
        Some((name, value)) => (value, format!("the variable `{name}`")),
        None => match schema.get()?.database.url.clone() {
            Some(url) => (url, "`[database].url` of wallow.toml".to_owned()),
            None => (FALLBACK.to_owned(), "the default".to_owned()),
        },
    };
    let url = DatabaseUrl::parse(&named).map_err(|error| error.context(&source))?;
    let folder = schema.folder();
    if url.file().is_some_and(Path::is_relative) && !folder.is_dir() {
        let message = format!(
            "{source} names the database `{url}`, relative to the folder of wallow.toml, `{}`, which is not on this \
             machine; set `WALLOW_DATABASE_URL` to an absolute path or a URL",
            folder.display()
        );
        return Err(Error::new(ErrorKind::Io, message));
    }
    Ok(url.below(folder))
}

/// The first variable that is not blank, and its value.
fn of_environment() -> Result<Option<(&'static str, String)>, Error> {
    for name in VARIABLES {
        let Some(value) = std::env::var_os(name) else {
            continue;
        };
        let value = value.into_string().map_err(|_| {
            let message = format!("the variable `{name}` is not UTF-8; set it again");
            Error::new(ErrorKind::Io, message)
        })?;
        if !value.trim().is_empty() {
            return Ok(Some((name, value)));
        }
    }
    Ok(None)
}
