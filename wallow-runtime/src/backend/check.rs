//! The check by which a statement makes sure of its table.
//!
//! What enters: the identity of a table and of the index over its key. What leaves: SQL that stands in every statement
//! by key or by claim. Invariant: such a statement runs on the table that the program was compiled for, or fails and
//! changes nothing. The check is part of the statement, so a migration can happen before or after the statement, but
//! never between the check and the write.

use wallow_schema::ddl::{Dialect, quote_text as text};

/// What the database says when the check fails. PostgreSQL puts it into a message of its own, in the server's
/// language.
pub(crate) const CHANGED: &str = "wallow: the table runs has changed";

/// The SQL around a value that a column is compared with; see [`Sql::begin_check`](crate::sql::Sql::begin_check).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableCheck {
    begin: String,
    end: String,
    /// What stands for the uuid in a table that has none.
    uuid: Option<&'static str>,
}

/// The column of the uuid, as every statement of the engine names it.
const UUID: &str = "\"runs\".\"uuid\"";

impl TableCheck {
    /// On SQLite: the entry of the index in `sqlite_master` says the same as when the table was last found to fit. A
    /// unique constraint has no text of its own, so its entry is that of the table.
    ///
    /// The check is wrapped around a value that a column is compared with, because SQLite computes such a value before
    /// it looks for rows; a separate condition would not be evaluated if no row matches. Finding an entry by its number
    /// takes some 1,500 instructions.
    pub(crate) fn sqlite(entry: &str, sql: &str) -> Self {
        TableCheck {
            begin: format!(
                "CASE WHEN (SELECT \"sql\" FROM \"main\".\"sqlite_master\" WHERE \"rowid\" = {entry}) = {} THEN ",
                text(sql, Dialect::Sqlite)
            ),
            end: " ELSE wallow_table_changed() END".into(),
            uuid: None,
        }
    }

    /// On PostgreSQL: `runs` is the same table, and the index exists. The columns of an index never change: a key with
    /// another field has another index. The functions read the catalogue's cache, so they see the state at the moment
    /// when the statement got its lock, and cost a tenth of a query on the catalogue.
    #[cfg(feature = "postgres")]
    pub(crate) fn postgres(table: &str, index: &str) -> Self {
        TableCheck {
            begin: String::new(),
            end: format!(
                " AND CAST(CASE WHEN CAST('\"runs\"' AS pg_catalog.regclass) = CAST({table} AS pg_catalog.oid) \
                 AND pg_catalog.pg_index_column_has_property(CAST({index} AS pg_catalog.regclass), 1, 'orderable') \
                 THEN '1' ELSE {} END AS pg_catalog.bool)",
                text(CHANGED, Dialect::Postgres)
            ),
            uuid: None,
        }
    }

    /// The same for a table without uuids, as the Python package made them before 0.2: statements that read get one
    /// that is made of the id.
    #[must_use]
    pub(crate) fn without_uuids(self, dialect: Dialect) -> Self {
        let uuid = match dialect {
            Dialect::Sqlite => "printf('%012x', \"runs\".\"id\")",
            Dialect::Postgres => "lpad(to_hex(\"runs\".\"id\"), 12, '0')",
        };
        TableCheck {
            uuid: Some(uuid),
            ..self
        }
    }

    /// A check that always fails, for the time before a table was found to fit.
    pub(crate) fn failing(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Sqlite => TableCheck {
                begin: "CASE WHEN wallow_table_changed() THEN ".into(),
                end: " END".into(),
                uuid: None,
            },
            Dialect::Postgres => TableCheck {
                begin: String::new(),
                end: format!(
                    " AND CAST({} AS pg_catalog.bool)",
                    text(CHANGED, Dialect::Postgres)
                ),
                uuid: None,
            },
        }
    }

    /// Whether the table has uuids, so that it can run the text of a statement as it is.
    #[inline]
    pub(crate) fn has_uuids(&self) -> bool {
        self.uuid.is_none()
    }

    /// The text of a statement as a table without uuids can run it.
    pub(crate) fn text_without_uuids(&self, text: &str) -> String {
        text.replace(UUID, self.uuid.unwrap_or(UUID))
    }

    pub(crate) fn begin(&self) -> &str {
        &self.begin
    }

    pub(crate) fn end(&self) -> &str {
        &self.end
    }
}
