//! A project without a wallow.toml: its schema is read off the table.

use std::path::{Path, PathBuf};
use std::sync::Once;

use wallow_runtime::migrate::{Database, Inferred};

use super::database::{FALLBACK, Named, Source};
use super::{Project, SCHEMA, is_missing, refuse_memory};
use crate::args::Place;
use crate::output::{self, Failure};

/// A command opens the database more than once, but says only once what it was opened without.
static SAID: Once = Once::new();

/// The project that a database implies; `None` if nothing names a database.
pub(super) fn project(place: &Place) -> Result<Option<Project>, Failure> {
    let Some(named) = database(place)? else {
        return Ok(None);
    };
    let Inferred { schema, notes, .. } = schema(&named)?;
    SAID.call_once(|| say(&named, &notes));
    Ok(Some(Project {
        path: PathBuf::from(SCHEMA),
        schema,
        is_implied: true,
    }))
}

/// The database that is meant in a folder without a schema: one that is named, else the file of the usual name.
pub(super) fn database(place: &Place) -> Result<Option<Named>, Failure> {
    let here = Path::new(".");
    match Named::outside(place, here)? {
        Some(named) => Ok(Some(named)),
        None if Path::new(FALLBACK).is_file() => Named::of(FALLBACK, Source::Here, here).map(Some),
        None => Ok(None),
    }
}

/// The schema of the table in a database, which is only read.
pub(crate) fn schema(named: &Named) -> Result<Inferred, Failure> {
    refuse_memory(&named.url, named.option())?;
    if is_missing(&named.url) {
        return Err(Failure::finding(format!(
            "there is no database {named}; name one with `{} URL`, or begin a project with `wallow init`",
            named.option()
        )));
    }
    let opened = Database::open_read_only(&named.url);
    let opened = opened.map_err(|error| super::unanswered(&named.url, error))?;
    let inferred = opened.inferred(None)?;
    inferred.ok_or_else(|| {
        Failure::finding(format!(
            "{named}, has no table `runs`; name another database with `{} URL`, or begin a project with `wallow init`",
            named.option()
        ))
    })
}

fn say(named: &Named, notes: &[String]) {
    let open = if notes.is_empty() {
        String::new()
    } else {
        format!("; what it does not say: {}", notes.join("; "))
    };
    output::note(&format!(
        "there is no {SCHEMA}, so the schema was read off the table `runs` of {named}{open}"
    ));
}
