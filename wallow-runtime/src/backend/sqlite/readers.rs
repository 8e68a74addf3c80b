//! Whether views and triggers still work: SQLite compiles them when they are used, so a change of the table breaks them
//! without an error.

use std::fmt;

use wallow_schema::ddl::{Dialect, quote_identifier as quote, quote_text as text};

use super::Connection;
use crate::backend::Session as _;
use crate::error::{Error, ErrorKind};

/// A view, or the triggers of a table, and why SQLite cannot compile them.
#[derive(Debug)]
pub(super) struct Broken {
    reader: Reader,
    reason: String,
}

#[derive(Debug, PartialEq, Eq)]
enum Reader {
    View(String),
    /// The triggers of a table that SQLite compiles for this kind of statement.
    Triggers {
        table: String,
        statement: &'static str,
    },
}

impl Broken {
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.reader == other.reader
    }

    /// The error for a reader that worked before a change.
    pub(super) fn error(&self) -> Error {
        let Self { reader, reason } = self;
        let message = format!(
            "{reader} would not work any more: {reason}; drop it first, and make it again for the new table afterwards"
        );
        Error::new(ErrorKind::Database, message)
    }
}

impl fmt::Display for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reader::View(name) => write!(f, "the view `{name}`"),
            Reader::Triggers { table, statement } => {
                write!(f, "a trigger for {statement} on `{table}`")
            }
        }
    }
}

/// The views and triggers that do not work. `EXPLAIN` compiles a statement with its triggers, and runs nothing.
pub(super) fn broken(connection: &mut Connection) -> Result<Vec<Broken>, Error> {
    let mut broken = Vec::new();
    for name in
        connection.column("SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY name")?
    {
        let sql = format!("SELECT * FROM {}", quote(&name));
        broken.extend(compiled(connection, Reader::View(name), &sql));
    }
    let tables =
        "SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger' ORDER BY tbl_name";
    for table in connection.column(tables)? {
        let columns = connection.column(&format!(
            "SELECT name FROM pragma_table_info({})",
            text(&table, Dialect::Sqlite)
        ))?;
        let columns = columns.iter().map(|name| quote(name));
        let columns = columns.map(|name| format!("{name} = {name}"));
        let columns = columns.collect::<Vec<_>>().join(", ");
        let name = quote(&table);
        for (statement, sql) in [
            ("INSERT", format!("INSERT INTO {name} DEFAULT VALUES")),
            ("UPDATE", format!("UPDATE {name} SET {columns}")),
            ("DELETE", format!("DELETE FROM {name}")),
        ] {
            let table = table.clone();
            let reader = Reader::Triggers { table, statement };
            broken.extend(compiled(connection, reader, &sql));
        }
    }
    Ok(broken)
}

fn compiled(connection: &mut Connection, reader: Reader, sql: &str) -> Option<Broken> {
    let error = connection.batch(&format!("EXPLAIN {sql}")).err()?;
    let reason = error.to_string();
    Some(Broken { reader, reason })
}
