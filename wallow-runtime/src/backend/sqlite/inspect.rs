//! What a SQLite database has: tables, and the columns and uniqueness of `runs`.

use std::collections::BTreeSet;

use super::Connection;
use crate::error::Error;

/// The table `runs` as it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RunsTable {
    /// Names of the columns.
    pub(super) columns: BTreeSet<String>,
    /// The columns of every full unique index over plain columns, constraints included.
    pub(super) unique: Vec<BTreeSet<String>>,
}

/// Whether there is such a table.
pub(super) fn has_table(connection: &mut Connection, name: &str) -> Result<bool, Error> {
    let sql = format!("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '{name}'");
    Ok(connection.text(&sql)?.is_some())
}

/// Reads the table, or `None` where there is none.
pub(super) fn runs_table(connection: &mut Connection) -> Result<Option<RunsTable>, Error> {
    if !has_table(connection, "runs")? {
        return Ok(None);
    }
    let columns = names(connection, "SELECT name FROM pragma_table_info('runs')")?;
    let mut unique = Vec::new();
    let sql = "SELECT name FROM pragma_index_list('runs') WHERE \"unique\" = 1 AND partial = 0 ORDER BY name";
    for row in connection.texts(sql)? {
        let Some(index) = row.into_iter().next().flatten() else {
            continue;
        };
        unique.extend(plain_columns(connection, &index)?);
    }
    Ok(Some(RunsTable { columns, unique }))
}

/// The columns of an index; `None` where it has an expression, or a column by another order than
/// that of its bytes: such an index takes two runs for one.
fn plain_columns(
    connection: &mut Connection,
    index: &str,
) -> Result<Option<BTreeSet<String>>, Error> {
    let index = index.replace('\'', "''");
    let rows = connection.texts(&format!(
        "SELECT CASE coll WHEN 'BINARY' THEN name END FROM pragma_index_xinfo('{index}') WHERE key = 1"
    ))?;
    Ok(rows
        .into_iter()
        .map(|row| row.into_iter().next().flatten())
        .collect())
}

fn names(connection: &mut Connection, sql: &str) -> Result<BTreeSet<String>, Error> {
    let rows = connection.texts(sql)?;
    Ok(rows
        .into_iter()
        .filter_map(|row| row.into_iter().next().flatten())
        .collect())
}
