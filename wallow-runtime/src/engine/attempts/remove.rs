//! Deletes runs together with their attempts.

use wallow_schema::ATTEMPTS;

use super::read::ORPHANED;
use crate::backend::Session;
use crate::engine::row_visitors::ScalarInt;
use crate::engine::statements::TableStatements;
use crate::engine::statements::texts::with_attempts;
use crate::engine::{Engine, Write};
use crate::error::Error;
use crate::sql::{Sql, Statement};

impl TableStatements {
    /// The statement that deletes the attempts of the runs that a condition selects, if it has to be a statement of its
    /// own. It comes before the runs are deleted.
    pub(in crate::engine) fn attempts_of(&self, condition: &Sql) -> Option<Sql> {
        self.records_after_statement().then(|| {
            let mut sql = Sql::new();
            sql.push(&format!(
                "DELETE FROM \"{ATTEMPTS}\" WHERE \"run_id\" IN (SELECT \"runs\".\"id\" FROM \"runs\" WHERE "
            ));
            sql.append(condition).push(")");
            sql
        })
    }
}

impl Engine {
    /// Deletes the runs that a condition selects, and their attempts, in the current transaction; returns how many runs
    /// there were.
    pub(in crate::engine) fn delete_where(
        &self,
        session: &mut impl Session,
        condition: &Statement<'_>,
    ) -> Result<u64, Error> {
        let mut delete = Sql::new();
        delete
            .push("DELETE FROM \"runs\" WHERE ")
            .append(&condition.sql);
        if let Some(sql) = self.table.attempts_of(&condition.sql) {
            session.execute::<Write>(&sql, &condition.binds)?;
        }
        if !self.table.records_in_statement() {
            let deleted = session.execute::<Write>(&delete, &condition.binds)?;
            return Ok(u64::try_from(deleted).unwrap_or(u64::MAX));
        }
        delete.push(" RETURNING \"runs\".\"id\"");
        let mut sql = with_attempts(&delete);
        sql.push("SELECT count(*) FROM \"gone\"");
        let mut deleted = ScalarInt(0);
        session.run::<Write>(&sql, &condition.binds, &mut deleted)?;
        Ok(u64::try_from(deleted.0).unwrap_or_default())
    }

    /// Deletes the attempts whose runs are gone; returns how many there were.
    pub(crate) fn remove_orphaned_attempts(&self) -> Result<u64, Error> {
        self.require_attempts()?;
        let mut sql = Sql::new();
        sql.push(&format!("DELETE FROM \"{ATTEMPTS}\" WHERE {ORPHANED}"));
        let removed = self
            .pool
            .write_again(|session| Ok(session.execute::<Write>(&sql, &[])?))?;
        Ok(u64::try_from(removed).unwrap_or(u64::MAX))
    }
}
