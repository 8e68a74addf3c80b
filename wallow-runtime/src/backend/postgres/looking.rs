//! Reads that a program repeats while it waits: as few statements as possible.

use diesel::connection::DefaultLoadingMode;

use super::Connection;
use super::session::Beginning;
use crate::backend::{Failure, Operation, Rows, Session as _};
use crate::sql::{Bind, Sql};

impl Connection {
    /// Runs a read that means the same with any settings of a session. Through a pooler, the transaction with wallow's
    /// settings would take three round trips and five statements; this is one of each. It has no `lock_timeout`, so it is
    /// for programs that wait anyway: they go on when a migration has ended.
    pub(crate) fn look<O: Operation>(
        &mut self,
        sql: &Sql,
        binds: &[Bind<'_>],
        rows: &mut impl Rows,
    ) -> Result<(), Failure> {
        if !self.shared.as_ref().is_some_and(Beginning::is_usual) {
            return self.run::<O>(sql, binds, rows);
        }
        let outcome = self.load::<DefaultLoadingMode, O>(sql, binds, rows);
        self.noted_failure(outcome)
    }
}
