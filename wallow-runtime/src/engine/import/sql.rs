//! The statements that import runs.

use wallow_schema::ddl::quote_identifier as quote;

#[cfg(feature = "postgres")]
use crate::engine::register::sql::columns_as_table;
use crate::engine::statements::TableStatements;
use crate::engine::statements::texts::{conflict_target, insert_into, insert_time};
#[cfg(feature = "postgres")]
use crate::engine::statements::texts::{joined, qualified};
use crate::sql::Sql;

/// The statements that an import needs in addition to those of registration.
#[derive(Debug)]
pub(crate) struct ImportStatements {
    /// Binds: uuid, `created_at`, `updated_at` (both may be NULL: now), key, annotating. Inserts nothing if the key is
    /// taken.
    pub(crate) insert: Sql,
    /// Binds: uuid. Returns a row if a run has it.
    pub(crate) uuid_exists: Sql,
}

impl TableStatements {
    /// The statements of an import.
    pub(crate) fn import_transaction(&self) -> ImportStatements {
        let now = insert_time(self.dialect());
        let columns = self.columns()[1..].iter();
        let names = columns.map(|column| quote(&column.name));
        let mut insert = Sql::new();
        insert
            .push(insert_into(self.dialect()))
            .push("(")
            .push(&names.collect::<Vec<_>>().join(", "))
            .push(") VALUES (")
            .bind();
        for _ in 0..2 {
            insert.push(", COALESCE(").bind().push(", ").push(now);
            insert.push(")");
        }
        for _ in self.schema.fields() {
            insert.push(", ").bind();
        }
        insert
            .push(") ON CONFLICT (")
            .push(&conflict_target(&self.schema, self.dialect()))
            .push(") DO NOTHING");
        let mut uuid_exists = Sql::new();
        uuid_exists
            .push("SELECT 1 FROM \"runs\" WHERE \"runs\".\"uuid\" = ")
            .bind();
        ImportStatements {
            insert,
            uuid_exists,
        }
    }

    /// Inserts the runs whose keys are free, and returns their uuids. Columns: uuid, `created_at`, `updated_at` (both may
    /// be NULL: now), key, annotating.
    #[cfg(feature = "postgres")]
    pub(crate) fn insert_imported_columns(&self) -> Sql {
        let names = self.columns()[1..].iter().map(|column| &*column.name);
        let now = insert_time(self.dialect());
        let values = names.clone().map(|name| {
            let value = format!("\"new\".{}", quote(name));
            match name {
                "created_at" | "updated_at" => format!("COALESCE({value}, {now})"),
                _ => value,
            }
        });
        let values = values.collect::<Vec<_>>();
        let mut sql = Sql::new();
        sql.push("INSERT INTO \"runs\" (")
            .push(&joined(names.clone()))
            .push(&format!(") SELECT {} FROM ", values.join(", ")));
        columns_as_table(&mut sql, names);
        sql.push(" ON CONFLICT (")
            .push(&conflict_target(&self.schema, self.dialect()))
            .push(") DO NOTHING RETURNING ")
            .push(&qualified("uuid"));
        sql
    }
}
