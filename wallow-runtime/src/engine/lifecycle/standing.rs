//! Where a run stands, without claiming it.

use super::Engine;
use crate::backend::{Rows, Session};
use crate::engine::{Lookup, binds};
use crate::error::Error;
use crate::lifecycle::Standing;
use crate::plan::Sql;
use crate::query::Statement;
use crate::value::{Cell, Cells, Value};

impl Engine {
    /// Where the run with this key stands.
    pub(crate) fn standing(&self, key: &[Value<'_>]) -> Result<Standing, Error> {
        let key = binds::key(&self.plan, key)?;
        let mut statement = Statement {
            sql: Sql::new(),
            binds: Vec::new(),
        };
        statement
            .sql
            .push("SELECT \"runs\".\"status\" FROM \"runs\" WHERE ");
        self.plan.matching(&mut statement, &key);
        self.pool.read(|session| {
            let mut rows = Status(Standing::New);
            session.run::<Lookup>(&statement.sql, &statement.binds, &mut rows)?;
            Ok(rows.0)
        })
    }
}

struct Status(Standing);

impl Rows for Status {
    fn row(&mut self, cells: &impl Cells) -> Result<(), Error> {
        self.0 = cells.with_cell(0, |cell| match cell {
            Cell::Text(status) => Standing::of(Some(&status)),
            _ => Standing::of(None),
        });
        Ok(())
    }
}
