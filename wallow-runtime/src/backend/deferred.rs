//! Constraints that the database checks at the end of a transaction, checked before it.
//!
//! On PostgreSQL they can be checked at any time. SQLite cannot do that; its references (`DEFERRABLE INITIALLY DEFERRED`)
//! are looked at instead, if there is one, before and after the work.

use wallow_schema::ddl::Dialect;

use super::{Connection, Session as _};
use crate::error::{Error, ErrorKind};

/// This many broken references are named.
const NAMED: usize = 3;

/// The references of a file that led to no row before the work began; `None` if none is deferred.
#[derive(Debug)]
pub(crate) struct DeferredReferences(Option<Vec<Vec<Option<String>>>>);

impl Connection {
    /// Checks what was deferred so far, and lets the transaction go on as before. Nothing on SQLite.
    pub(crate) fn check_constraints(&mut self) -> Result<(), Error> {
        match self.dialect() {
            Dialect::Sqlite => Ok(()),
            Dialect::Postgres => {
                self.batch("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
            }
        }
    }
}

impl DeferredReferences {
    /// Looks at them within the transaction, before anything is written.
    pub(crate) fn before(connection: &mut Connection) -> Result<Self, Error> {
        if connection.dialect() != Dialect::Sqlite {
            return Ok(DeferredReferences(None));
        }
        let deferred = "SELECT 1 FROM sqlite_schema WHERE sql LIKE '%INITIALLY%DEFERRED%' LIMIT 1";
        Ok(DeferredReferences(
            if connection.texts(deferred)?.is_empty() {
                None
            } else {
                Some(broken(connection)?)
            },
        ))
    }

    /// An error if references were broken meanwhile, which the commit would refuse without a word of which.
    pub(crate) fn check(self, connection: &mut Connection) -> Result<(), Error> {
        let Some(before) = self.0 else {
            return Ok(());
        };
        let mut broken = broken(connection)?;
        broken.retain(|row| !before.contains(row));
        if broken.is_empty() {
            return Ok(());
        }
        let named = broken.iter().take(NAMED);
        let named = named.map(|row| name(connection, row));
        let named = named.collect::<Result<Vec<_>, _>>()?.join(", ");
        let more = match broken.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        Err(Error::new(
            ErrorKind::Database,
            format!(
                "FOREIGN KEY constraint failed, and nothing was changed: there is no row for {named}{more}; add the row to \
                 the other table first, or correct the value. The reference is checked at the end of the transaction \
                 (`DEFERRABLE INITIALLY DEFERRED`), so the record is not known: look for the value"
            ),
        ))
    }
}

/// Table, row, table referred to and number of each reference that leads to no row.
fn broken(connection: &mut Connection) -> Result<Vec<Vec<Option<String>>>, Error> {
    connection.texts("SELECT \"table\", rowid, parent, fkid FROM pragma_foreign_key_check")
}

/// A reference in words: with its value, if that can be found.
fn name(connection: &mut Connection, row: &[Option<String>]) -> Result<String, Error> {
    let part = |index: usize| row.get(index).cloned().flatten().unwrap_or_default();
    let [table, id, parent, number] = [0, 1, 2, 3].map(part);
    let column = connection.texts(&format!(
        "SELECT \"from\" FROM pragma_foreign_key_list({}) WHERE id = {number} ORDER BY seq LIMIT 1",
        quoted(&table, '\'')
    ))?;
    let Some(column) = column.into_iter().flatten().flatten().next() else {
        return Ok(format!("a row of `{table}` in `{parent}`"));
    };
    let value = connection.texts(&format!(
        "SELECT {} FROM {} WHERE rowid = {}",
        quoted(&column, '"'),
        quoted(&table, '"'),
        if id.is_empty() { "NULL" } else { &id }
    ))?;
    let value = value.into_iter().flatten().flatten().next();
    Ok(match value {
        Some(value) => format!("`{column}` = {value:?} of `{table}` in `{parent}`"),
        None => format!("`{column}` of `{table}` in `{parent}`"),
    })
}

fn quoted(text: &str, quote: char) -> String {
    let twice = [quote, quote].iter().collect::<String>();
    format!("{quote}{}{quote}", text.replace(quote, &twice))
}
