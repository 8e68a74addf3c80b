//! The statements that write many runs at once, on PostgreSQL: values come as columns, each of them one array.
//!
//! Invariant: the text depends on the schema and the fields alone, however many runs there are.

use wallow_schema::ddl::{IndexTerm, quote_identifier as quote};
use wallow_schema::{ATTEMPT, KeyField};

use crate::engine::statements::TableStatements;
use crate::engine::statements::texts::{
    conflict_target, insert_time, joined, next_updated_at, qualified, stale,
};
use crate::sql::Sql;

impl TableStatements {
    /// Inserts the runs whose keys are free. Columns: uuid, key, annotating.
    pub(crate) fn insert_columns(&self) -> Sql {
        let insert_time = insert_time(self.dialect());
        let fields = self.key().iter().chain(self.annotating());
        let columns = || std::iter::once("uuid").chain(fields.clone().map(|column| &*column.name));
        let mut sql = Sql::new();
        sql.push("INSERT INTO \"runs\" (\"created_at\", \"updated_at\", ")
            .push(&joined(columns()))
            .push(&format!(
                ") SELECT {insert_time}, {insert_time}, \"new\".* FROM "
            ));
        columns_as_table(&mut sql, columns());
        sql.push(" ON CONFLICT (")
            .push(&conflict_target(self.schema(), self.dialect()))
            .push(") DO NOTHING");
        sql
    }

    /// Writes the annotating fields at `fields` to the runs with these keys, or only to those that are stale. Columns:
    /// key, fields; then, with `only_stale`, one more bind.
    pub(crate) fn update_columns(&self, fields: &[usize], only_stale: bool) -> Sql {
        let key = self.key().iter().map(|column| &*column.name);
        let in_file_order = self.schema().identifying.iter().map(KeyField::of);
        let in_file_order = in_file_order.collect::<Vec<_>>();
        let terms = IndexTerm::of_key(&in_file_order, self.dialect());
        let fields = fields.iter().map(|&index| &*self.annotating()[index].name);
        let mut sql = Sql::new();
        sql.push("UPDATE \"runs\" SET \"updated_at\" = ")
            .push(&next_updated_at(self.dialect()));
        if only_stale {
            // Counted up, so that the former holder of the run cannot write any more.
            sql.push(&format!(", \"{ATTEMPT}\" = {} + 1", qualified(ATTEMPT)));
        }
        for name in fields.clone().map(quote) {
            sql.push(&format!(", {name} = \"new\".{name}"));
        }
        sql.push(" FROM ");
        columns_as_table(&mut sql, key.chain(fields));
        sql.push(" WHERE 1 = ").begin_check().push("1").end_check();
        sql.push(" AND ");
        sql.list(terms, " AND ", |sql, term| {
            let name = term.column().unwrap_or_default();
            let value = format!("\"new\".{}", quote(name));
            sql.push(&term.over(&qualified(name)))
                .push(" = ")
                .push(&term.over(&value));
        });
        if only_stale {
            sql.push(" AND ");
            stale(&mut sql, self.schema(), self.dialect());
        }
        sql
    }
}

/// The columns as a table of the name `new`.
pub(in crate::engine) fn columns_as_table<'a>(
    sql: &mut Sql,
    columns: impl Iterator<Item = &'a str> + Clone,
) {
    sql.push("unnest(").list(columns.clone(), ", ", |sql, _| {
        sql.bind();
    });
    sql.push(") AS \"new\" (").push(&joined(columns)).push(")");
}
