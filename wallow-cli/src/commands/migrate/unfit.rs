//! Values that a table has, and the fields of wallow.toml do not.

use wallow_runtime::migrate::{Database, Known};
use wallow_schema::Schema;

use crate::output::Failure;

/// An error if values of the table do not fit a schema that the table fits. Without a database there are none.
pub(super) fn refuse(
    database: Option<&Database>,
    schema: &Schema,
    renames: &[(String, String)],
) -> Result<(), Failure> {
    let Some(database) = database else {
        return Ok(());
    };
    let lines = database.unfit_values(Known { schema, renames })?;
    if lines.is_empty() {
        return Ok(());
    }
    Err(Failure::finding(format!(
        "nothing was changed: {}",
        lines.join("\n  ")
    )))
}
