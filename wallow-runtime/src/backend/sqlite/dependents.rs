//! What depends on the table of the runs: SQLite drops it all the same, and does to rows that refer to it what their
//! `ON DELETE` says.

use super::Connection;
use crate::backend::{Dependent, Session as _};
use crate::error::Error;
use wallow_schema::ddl::quote_identifier as quote;

/// Tables with a reference to the runs.
const TABLES: &str = "\
    SELECT DISTINCT whole.name FROM sqlite_master AS whole \
    JOIN pragma_foreign_key_list(whole.name) AS reference \
    WHERE whole.type = 'table' AND reference.\"table\" = 'runs' COLLATE NOCASE \
        AND whole.name <> 'runs' COLLATE NOCASE ORDER BY whole.name";

/// Views, and triggers of other tables. The triggers of the table itself go with it.
const READERS: &str = "\
    SELECT type, name, sql FROM sqlite_master \
    WHERE type IN ('view', 'trigger') AND tbl_name <> 'runs' COLLATE NOCASE ORDER BY name";

pub(crate) fn of_runs(connection: &mut Connection) -> Result<Vec<Dependent>, Error> {
    let mut found = Vec::new();
    for name in connection.column(TABLES)? {
        let count = format!("SELECT CAST(count(*) AS TEXT) FROM {}", quote(&name));
        let count = connection.text(&count)?;
        let rows = count.and_then(|count| count.parse().ok()).unwrap_or(0);
        found.push(Dependent::Table { name, rows });
    }
    for row in connection.texts(READERS)? {
        let mut cells = row.into_iter().map(Option::unwrap_or_default);
        let mut cell = || cells.next().unwrap_or_default();
        let (kind, name, sql) = (cell(), cell(), cell());
        if names_runs(&sql) {
            found.push(Dependent::Reader { kind, name });
        }
    }
    Ok(found)
}

/// Whether a text has the word `runs`.
fn names_runs(sql: &str) -> bool {
    let mut words = sql.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|word| word.eq_ignore_ascii_case("runs"))
}
