//! The objects of a database that a role needs rights on.

use super::{Connection, failure};
use crate::backend::{RoleWithoutNotes, Securables, Session as _};
use crate::error::{Error, ErrorKind};

/// The schema of `runs`, and the sequence of its ids, quoted where that is necessary. If a sequence is not owned by its
/// column, nobody can say which it is.
const RUNS: &str = "\
    SELECT pg_catalog.quote_ident(nspname), \
        pg_catalog.pg_get_serial_sequence(pg_catalog.format('%I.%I', nspname, relname), 'id') \
    FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace \
    WHERE pg_class.oid = pg_catalog.to_regclass('runs')";

/// Roles that were given rights on `runs`, but cannot read the notes on migrations, and whether each may write runs.
const WITHOUT_NOTES: &str = "\
    SELECT rolname::text, pg_catalog.bool_or(privilege_type IN ('INSERT', 'UPDATE'))::text \
    FROM pg_catalog.pg_class CROSS JOIN LATERAL pg_catalog.aclexplode(relacl) \
    JOIN pg_catalog.pg_roles ON pg_roles.oid = grantee \
    WHERE pg_class.oid = pg_catalog.to_regclass('runs') AND grantee <> relowner \
        AND NOT pg_catalog.has_table_privilege( \
            grantee, pg_catalog.to_regclass('__diesel_schema_migrations')::oid, 'SELECT') \
    GROUP BY rolname ORDER BY rolname";

/// Reads them; none without a table of notes.
pub(crate) fn without_notes(connection: &mut Connection) -> Result<Vec<RoleWithoutNotes>, Error> {
    let rows = connection.texts(WITHOUT_NOTES)?.into_iter();
    let roles = rows.map(|row| {
        let mut cells = row.into_iter().map(Option::unwrap_or_default);
        RoleWithoutNotes {
            name: cells.next().unwrap_or_default(),
            writes: cells.next().as_deref() == Some("true"),
        }
    });
    Ok(roles.collect())
}

/// Whether the role may act as the owner of `runs`.
const OWNS: &str = "\
    SELECT '1' FROM pg_catalog.pg_class \
    WHERE oid = pg_catalog.to_regclass('runs') AND pg_catalog.pg_has_role(relowner, 'USAGE')";

/// An error, in the words of the server, if another role owns the table of the runs.
pub(crate) fn check_owner(connection: &mut Connection) -> Result<(), Error> {
    if connection.text(OWNS)?.is_some() {
        return Ok(());
    }
    let message = format!("must be owner of table runs; {}", failure::OWNER);
    Err(Error::new(ErrorKind::Database, message))
}

/// Reads their names; `None` if there is no table `runs`.
pub(crate) fn securables(connection: &mut Connection) -> Result<Option<Securables>, Error> {
    let Some(row) = connection.texts(RUNS)?.into_iter().next() else {
        return Ok(None);
    };
    let mut cells = row.into_iter();
    let schema = cells.next().flatten().unwrap_or_default();
    Ok(Some(Securables {
        runs: format!("{schema}.runs"),
        ids: cells.next().flatten(),
        notes: None,
        attempts: None,
        schema,
    }))
}
