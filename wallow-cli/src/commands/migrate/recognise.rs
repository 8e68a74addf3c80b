//! The database of a program that ran before the project had migrations.

use wallow_runtime::migrate::Database;

use crate::args::Place;
use crate::history::History;
use crate::output::{self, Failure};
use crate::project::Project;

/// Notes the first migration as applied if the table is exactly what it makes, and says so. A table that differs in
/// anything is left to the person.
pub(super) fn first_migration(
    project: &Project,
    place: &Place,
    history: &History,
    looked: &Database,
) -> Result<(), Failure> {
    let Some(first) = history.entries.first() else {
        return Ok(());
    };
    let Some(schema) = history.schema_at(Some(&first.name)) else {
        return Ok(());
    };
    // Opening a database for changes takes rights that looking does not, and changes the journal of a SQLite file.
    if !looked.is_first(schema)? {
        return Ok(());
    }
    let database = project.open_database(place)?;
    if database.recognise(&first.script(database.dialect()), schema)? {
        output::line(&format!(
            "noted as applied: {}, because the table `runs` is exactly what it makes",
            first.name
        ));
    }
    Ok(())
}
