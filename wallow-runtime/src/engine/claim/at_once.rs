//! Looking at a run and taking it with one statement, for servers, where each statement is a round trip.
//!
//! As on SQLite, where the look comes first, the statement that takes a run also decides whether it may. A run that was
//! only seen is treated like one that was looked up: if another worker takes it at the same moment, it looks as it did
//! before, and the claim that follows finds another attempt and takes nothing.

use super::sql::Patch;
use super::{Begin, ClaimRequest, Engine, Seen};
use crate::codegen_support::Decode;
use crate::engine::attempts::counted;
use crate::engine::statements::TableStatements;
use crate::engine::{Reclaim, TakeAtOnce};
use crate::error::Error;
use crate::sql::{Bind, Statement};
use crate::value::RunStatus;

impl Engine {
    /// The run with this key: taken if it is neither running nor completed, else only as it was seen.
    pub(in crate::engine) fn take_or_look_up<T: Decode>(
        &self,
        key: &[Bind<'_>],
        request: &ClaimRequest<'_>,
        starting: &Patch<'_>,
    ) -> Result<Option<Seen<T>>, Error> {
        let statement = || self.taking(key, request, starting);
        if let Reclaim::WhenStale(after) = request.reclaim
            && !request.force
            && !request.reset
            && request.max_attempts.is_none()
            && starting.is_empty()
        {
            let sql = self
                .table
                .claim_statements()
                .take_at_once
                .get_or_init(|| statement().sql);
            let silent = std::iter::once(Bind::micros(after));
            let keys = || key.iter().map(Bind::reborrow);
            let taking = keys().collect::<Vec<_>>();
            let taking = if self.table.records_in_statement() {
                self.with_provenance(&taking)
            } else {
                taking
            };
            let binds = taking.into_iter().chain(silent).chain(keys());
            let binds = binds.collect::<Vec<_>>();
            return self.seen::<T, TakeAtOnce>(sql, &binds);
        }
        let Statement { sql, binds } = statement();
        self.seen::<T, Begin>(&sql, &binds)
    }

    fn taking<'b>(
        &'b self,
        key: &'b [Bind<'_>],
        request: &ClaimRequest<'_>,
        starting: &'b Patch<'_>,
    ) -> Statement<'b> {
        let mut taking = self.table.begin(starting, request.reset);
        taking.sql.push(" WHERE ");
        self.table.matching(&mut taking, key);
        taking.sql.push(" AND ");
        TableStatements::claimable(&mut taking.sql, request.force, false);
        if let Some(most) = request.max_attempts {
            // `max_attempts` does not apply to a pending run, because it was put into the queue to be run.
            taking
                .sql
                .push(" AND (")
                .push(&RunStatus::Pending.condition())
                .push(&format!(" OR {} < ", counted(&self.table)))
                .bind()
                .push(")");
            taking.binds.push(Bind::Int(Some(i64::from(most))));
        }
        self.table.returning_attempt(&mut taking);
        self.taking_or_looking(taking, key, request.reclaim)
    }
}
