//! Views that may be in the way of a change of the table: a PostgreSQL server changes no type of a column that one uses.

use wallow_schema::ddl::Dialect;

use crate::backend::{Connection, Dependent};
use crate::error::{Error, ErrorKind};

/// The outcome of a change of the table. If the database refused it and views use the table, the error names them. The
/// transaction of the change has ended.
pub(super) fn named<T>(connection: &mut Connection, outcome: Result<T, Error>) -> Result<T, Error> {
    match outcome {
        Err(error)
            if error.kind() == ErrorKind::Database && connection.dialect() == Dialect::Postgres =>
        {
            Err(with_views(connection, error))
        }
        outcome => outcome,
    }
}

fn with_views(connection: &mut Connection, error: Error) -> Error {
    // A connection that is lost does not answer, and the first error says so.
    let dependents = connection.dependents().unwrap_or_default();
    let views = dependents
        .into_iter()
        .filter_map(|dependent| match dependent {
            Dependent::Reader { kind, name } => Some(format!("{kind} `{name}`")),
            Dependent::Table { .. } => None,
        });
    let views = views.collect::<Vec<_>>();
    if views.is_empty() {
        return error;
    }
    error.advice(format_args!(
        "if one of these is in the way, drop it first, and make it again afterwards: {}",
        views.join(", ")
    ))
}
