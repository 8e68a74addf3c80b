//! Checks that a database of Optuna has the tables that are read here.

use std::path::Path;

use wallow_runtime::Error;
use wallow_runtime::dynamic::Value;
use wallow_runtime::external_db::ExternalDb;
use wallow_schema::redact;

use crate::advice::shell_word;
use crate::output::Failure;

/// Columns that are read here, and that databases of Optuna before version 3 do not have.
const NEEDED: [(&str, &str); 5] = [
    ("trials", "number"),
    ("trial_values", "objective"),
    ("trial_values", "value_type"),
    ("trial_intermediate_values", "intermediate_value"),
    ("trial_intermediate_values", "intermediate_value_type"),
];

/// Refuses a database of an unsupported version, and says how to upgrade it.
pub(super) fn check(path: &Path, database: &ExternalDb) -> Result<(), Failure> {
    for (table, column) in NEEDED {
        if database.columns(table)?.iter().any(|name| name == column) {
            continue;
        }
        let path = redact::database(&path.to_string_lossy());
        // If the source was given as a URL, it is already in the form that Optuna accepts.
        let url = if path.contains("://") {
            path.clone()
        } else {
            format!("sqlite:///{path}")
        };
        let url = shell_word(&url);
        let version = match version(database)? {
            Some(version) => format!("an older version of Optuna ({version})"),
            None => "an older version of Optuna".into(),
        };
        return Err(Failure::finding(format!(
            "`{path}` was written by {version}, and lacks what later ones write (`{table}.{column}`); keep a copy, then \
             bring it up to date with Optuna 3 or 4: `optuna storage upgrade --storage {url}`"
        )));
    }
    Ok(())
}

/// The version that a database reports.
fn version(database: &ExternalDb) -> Result<Option<String>, Error> {
    let library = one(database, "version_info", "library_version")?;
    let schema = one(database, "alembic_version", "version_num")?;
    let library = library.map(|version| format!("version {version}"));
    let schema = schema.map(|version| format!("schema {version}"));
    let known = [library, schema].into_iter().flatten().collect::<Vec<_>>();
    Ok((!known.is_empty()).then(|| known.join(", ")))
}

fn one(database: &ExternalDb, table: &str, column: &str) -> Result<Option<String>, Error> {
    if !database.columns(table)?.iter().any(|name| name == column) {
        return Ok(None);
    }
    let sql = format!("SELECT {column} FROM {table}");
    let row = database.rows(&sql, &[], 1)?.into_iter().flatten().next();
    Ok(match row {
        Some(Value::Text(version)) => Some(version),
        _ => None,
    })
}
