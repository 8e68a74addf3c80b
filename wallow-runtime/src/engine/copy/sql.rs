//! The statements that copy runs between databases.

use wallow_schema::ddl::{Dialect, quote_identifier as quote};
use wallow_schema::{ATTEMPT, BUILT_IN};

use crate::engine::statements::TableStatements;
use crate::engine::statements::texts::{qualified, update};
use crate::sql::Sql;

/// The largest number of binds in a statement of SQLite; PostgreSQL allows twice as many.
const MOST_BINDS: usize = 32_766;

/// The statements that copy runs.
#[derive(Debug)]
pub(crate) struct CopyStatements {
    /// Binds: the first id, the last id, the largest number of runs. Ordered by id; returns every column, and the
    /// attempt.
    pub(crate) select: Sql,
    /// The largest number of runs for one insert.
    pub(crate) group: usize,
    /// Binds: `updated_at`, attempt, annotating; then id, uuid, attempt and `updated_at` of the run as it was read from
    /// the target.
    pub(crate) replace: Sql,
}

impl TableStatements {
    /// The statements for a table with or without the column of the attempt.
    pub(crate) fn copy_statements(&self, has_attempt: bool) -> CopyStatements {
        let attempt = if has_attempt {
            qualified(ATTEMPT)
        } else {
            "0".into()
        };
        let mut select = Sql::new();
        select
            .push(&format!(
                "SELECT {}, {attempt} FROM \"runs\" WHERE \"runs\".\"id\" >= ",
                self.statements().select_list()
            ))
            .bind();
        select.push(" AND \"runs\".\"id\" <= ").bind();
        select.push(" ORDER BY \"runs\".\"id\" LIMIT ").bind();
        let mut replace = Sql::new();
        replace.push(update(self.dialect()));
        let annotating = self.annotating().iter().map(|column| column.name.as_str());
        let written = ["updated_at", ATTEMPT].into_iter().chain(annotating);
        replace.list(written, ", ", |sql, name| {
            sql.push(&quote(name)).push(" = ").bind();
        });
        replace.push(" WHERE ");
        replace.list(["id", "uuid", ATTEMPT], " AND ", |sql, name| {
            sql.push(&qualified(name)).push(" = ").bind();
        });
        // `<=`, because another program may have written fewer digits than the time that was read.
        replace
            .push(&format!(" AND {} <= ", qualified("updated_at")))
            .bind();
        let columns = self.columns().len() + 1;
        CopyStatements {
            select,
            group: (MOST_BINDS / columns).max(1),
            replace,
        }
    }

    /// Inserts this many runs; a run whose id, uuid or key is taken is skipped. Binds of each: id, uuid, `created_at`,
    /// `updated_at`, attempt, key, annotating.
    pub(crate) fn insert_copies(&self, rows: usize) -> Sql {
        let fields = self.schema().fields().map(|field| field.name.as_str());
        let columns = BUILT_IN.into_iter().chain([ATTEMPT]).chain(fields);
        let columns = columns.map(quote).collect::<Vec<_>>();
        let mut sql = Sql::new();
        sql.push(&format!(
            "INSERT INTO \"runs\" ({}) VALUES ",
            columns.join(", ")
        ));
        sql.list(0..rows, ", ", |sql, _| {
            sql.push("(").list(&columns, ", ", |sql, _| {
                sql.bind();
            });
            sql.push(")");
        });
        sql.push(" ON CONFLICT DO NOTHING");
        sql
    }

    /// If ids come from a sequence (PostgreSQL): a statement that prevents concurrent inserts, and one that advances
    /// the sequence to at least an id. Binds of the second: that id, twice.
    pub(crate) fn reserve_ids(&self) -> Option<(&'static str, Sql)> {
        if self.dialect() != Dialect::Postgres {
            return None;
        }
        let mut sql = Sql::new();
        sql.push("SELECT setval(serial.name, ").bind();
        sql.push(
            ") FROM (SELECT pg_get_serial_sequence('\"runs\"', 'id')::regclass AS name) AS serial \
             WHERE serial.name IS NOT NULL AND COALESCE(pg_sequence_last_value(serial.name), 0) < ",
        );
        sql.bind();
        Some(("LOCK TABLE \"runs\" IN SHARE ROW EXCLUSIVE MODE", sql))
    }
}
