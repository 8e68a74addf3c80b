//! What depends on the table of the runs. A server refuses to drop the table as long as there is any of it.

use super::Connection;
use crate::backend::{Dependent, Session as _};
use crate::error::Error;

/// Other tables with a reference to the runs, and tables that inherit from theirs.
const TABLES: &str = "\
    SELECT conrelid::pg_catalog.regclass::text FROM pg_catalog.pg_constraint \
    WHERE contype = 'f' AND confrelid = pg_catalog.to_regclass('runs') AND conrelid <> confrelid AND conparentid = 0 \
    UNION SELECT inhrelid::pg_catalog.regclass::text FROM pg_catalog.pg_inherits \
    JOIN pg_catalog.pg_class ON pg_class.oid = inhrelid \
    WHERE inhparent = pg_catalog.to_regclass('runs') AND NOT relispartition ORDER BY 1";

/// Views, and rules of other tables. Rules of the table itself go with it.
const READERS: &str = "\
    SELECT DISTINCT CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'rule of the table' END, \
        pg_class.oid::pg_catalog.regclass::text \
    FROM pg_catalog.pg_depend \
    JOIN pg_catalog.pg_rewrite ON pg_rewrite.oid = objid \
    JOIN pg_catalog.pg_class ON pg_class.oid = ev_class \
    WHERE classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass \
        AND refobjid = pg_catalog.to_regclass('runs') AND ev_class <> refobjid ORDER BY 2";

pub(crate) fn of_runs(connection: &mut Connection) -> Result<Vec<Dependent>, Error> {
    let mut found = Vec::new();
    for name in connection.column(TABLES)? {
        // The server has quoted the name where that is necessary.
        let count = format!("SELECT count(*)::text FROM {name}");
        let count = connection.text(&count)?;
        let rows = count.and_then(|count| count.parse().ok()).unwrap_or(0);
        found.push(Dependent::Table { name, rows });
    }
    for row in connection.texts(READERS)? {
        let mut cells = row.into_iter().map(Option::unwrap_or_default);
        let mut cell = || cells.next().unwrap_or_default();
        let (kind, name) = (cell(), cell());
        found.push(Dependent::Reader { kind, name });
    }
    Ok(found)
}
