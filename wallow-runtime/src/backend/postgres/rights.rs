//! The objects of a database that a role needs rights on.

use super::Connection;
use crate::backend::{Securables, Session as _};
use crate::error::Error;

/// The schema of `runs`, and the sequence of its ids, quoted where that is necessary. If a sequence is not owned by its
/// column, nobody can say which it is.
const RUNS: &str = "\
    SELECT pg_catalog.quote_ident(nspname), \
        pg_catalog.pg_get_serial_sequence(pg_catalog.format('%I.%I', nspname, relname), 'id') \
    FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace \
    WHERE pg_class.oid = pg_catalog.to_regclass('runs')";

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
