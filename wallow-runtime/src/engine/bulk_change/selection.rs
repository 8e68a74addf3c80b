//! Changes of the runs that a query selects.
//!
//! Invariants: one statement decides which runs are changed and changes them, so that all of them are changed or none;
//! and it checks the table, as every write does. An order matters only with a limit or an offset; these become a
//! sub-select of ids. The filter also stands outside of the sub-select: if another transaction changes a run while the
//! statement waits for it, PostgreSQL evaluates the outer condition again, and leaves the run alone if the filter no
//! longer matches.

use wallow_schema::ddl::Dialect;

use crate::backend::{Connection, Session};
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
        statement.sql.push(" WHERE ");
        self.selecting(&mut statement, selection)?;
        self.change_selected(|session| {
            let changed = session.execute::<Write>(&statement.sql, &statement.binds)?;
            Ok(u64::try_from(changed).unwrap_or(u64::MAX))
        })
    }

    /// Deletes every run of a selection; returns how many there were.
    pub(crate) fn delete_selected(&self, selection: &Selection) -> Result<u64, Error> {
        let mut condition = Statement {
            sql: Sql::new(),
            binds: Vec::new(),
        };
        self.selecting(&mut condition, selection)?;
        self.change_selected(|session| self.delete_where(session, &condition))
    }

    /// The condition of the runs of a selection.
    fn selecting<'b>(
        &self,
        statement: &mut Statement<'b>,
        selection: &'b Selection,
    ) -> Result<(), Error> {
        self.table.check_table(statement);
        statement.sql.push(" AND (");
        self.condition(statement, &selection.filter)?;
        statement.sql.push(")");
        if selection.limit.is_some() || selection.offset > 0 {
            statement.sql.push(" AND \"runs\".\"id\" IN (");
            let ids = self.ids(selection)?;
            statement.sql.append(&ids.sql).push(")");
            statement.binds.extend(ids.binds);
        }
        Ok(())
    }

    fn change_selected(
        &self,
        change: impl Fn(&mut Connection) -> Result<u64, Error>,
    ) -> Result<u64, Error> {
        self.pool.write(|connection| {
            connection.transaction_if(
                |session| {
                    // If no row matches, SQLite does not evaluate the check in the statement, so it is run on its own.
                    if self.table.dialect() == Dialect::Sqlite {
                        let check = &self.table.statements().check_table;
                        session.run::<CheckTable>(check, &[], &mut HasRow(false))?;
                    }
                    change(session)
                },
                |_| true,
            )
        })
    }
}
