//! Changes of the runs that a query selects.
//!
//! Invariants: one statement decides which runs are changed and changes them, so that all of them are changed or none;
//! and it checks the table, as every write does. An order matters only with a limit or an offset; these become a
//! sub-select of ids. The filter also stands outside of the sub-select: if another transaction changes a run while the
//! statement waits for it, PostgreSQL evaluates the outer condition again, and leaves the run alone if the filter no
//! longer matches.

use wallow_schema::ddl::Dialect;

use crate::backend::Session;
use crate::engine::row_visitors::HasRow;
use crate::engine::select::Selection;
use crate::engine::{CheckTable, Engine, Write, binds};
use crate::error::Error;
use crate::sql::{Sql, Statement};
use crate::value::Value;

impl Engine {
    /// Writes a patch to every run of a selection; returns how many there were.
    pub(crate) fn update_selected(
        &self,
        selection: &Selection,
        patch: &[Option<Value<'_>>],
    ) -> Result<u64, Error> {
        let patch = binds::patch(&self.table, patch)?;
        let mut statement = self.table.update();
        self.table.assign_all(&mut statement, &patch);
        self.change_selected(statement, selection)
    }

    /// Deletes every run of a selection; returns how many there were.
    pub(crate) fn delete_selected(&self, selection: &Selection) -> Result<u64, Error> {
        let mut sql = Sql::new();
        sql.push("DELETE FROM \"runs\"");
        let statement = Statement {
            sql,
            binds: Vec::new(),
        };
        self.change_selected(statement, selection)
    }

    fn change_selected<'b>(
        &self,
        mut statement: Statement<'b>,
        selection: &'b Selection,
    ) -> Result<u64, Error> {
        statement.sql.push(" WHERE ");
        self.table.check_table(&mut statement);
        statement.sql.push(" AND (");
        self.condition(&mut statement, &selection.filter)?;
        statement.sql.push(")");
        if selection.limit.is_some() || selection.offset > 0 {
            statement.sql.push(" AND \"runs\".\"id\" IN (");
            let ids = self.ids(selection)?;
            statement.sql.append(&ids.sql).push(")");
            statement.binds.extend(ids.binds);
        }
        let changed = self.pool.write(|connection| {
            connection.transaction_if(
                |session| {
                    // If no row matches, SQLite does not evaluate the check in the statement, so it is run on its own.
                    if self.table.dialect() == Dialect::Sqlite {
                        let check = &self.table.statements().check_table;
                        session.run::<CheckTable>(check, &[], &mut HasRow(false))?;
                    }
                    Ok(session.execute::<Write>(&statement.sql, &statement.binds)?)
                },
                |_| true,
            )
        })?;
        Ok(u64::try_from(changed).unwrap_or(u64::MAX))
    }
}
