//! Notes attempts, in the transaction of what they are about.

use std::path::Path;

use super::AttemptOutcome;
use super::provenance::{Provenance, argv_text};
use super::sql::{
    after_claim, after_end, assign_process, closing_lost, of_claim, settled, within_claim,
    within_end,
};
use crate::backend::{Connection, Operation, Session};
use crate::engine::claim::ClaimWrite;
use crate::engine::row_visitors::{HasRow, ScalarInt};
use crate::engine::{CloseLost, Engine, FencingToken, Lookup, NoteAttempt, Write};
use crate::error::Error;
use crate::sql::{Bind, Sql, Statement};

/// What is known of an attempt beside what its run records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct AttemptDetails {
    /// Whether the run failed because it took too long.
    pub(crate) timed_out: bool,
    /// The exit status of its command.
    pub(crate) exit_code: Option<i64>,
    /// The pid and the command line (JSON) of its command.
    pub(crate) process: Option<(i64, String)>,
}

impl AttemptDetails {
    /// Nothing is known.
    pub(crate) const NONE: Self = AttemptDetails {
        timed_out: false,
        exit_code: None,
        process: None,
    };

    /// Notes the process of the command.
    pub(crate) fn set_process(&mut self, pid: u32, argv: &[String]) {
        self.process = Some((pid.into(), argv_text(argv)));
    }
}

/// The end of an attempt.
pub(super) struct AttemptEnd<'b> {
    pub(super) token: &'b FencingToken,
    pub(super) outcome: AttemptOutcome,
    pub(super) error: Option<&'b str>,
    pub(super) details: &'b AttemptDetails,
}

impl<'b> AttemptEnd<'b> {
    /// How this write of a claim ends the attempt; `None` if the run goes on.
    fn of(
        token: &'b FencingToken,
        write: &ClaimWrite<'b>,
        details: &'b AttemptDetails,
    ) -> Option<Self> {
        let (outcome, error) = match *write {
            ClaimWrite::Annotate => return None,
            ClaimWrite::Complete { .. } => (AttemptOutcome::Completed, None),
            ClaimWrite::Fail { excerpt, .. } if details.timed_out => {
                (AttemptOutcome::TimedOut, Some(excerpt))
            }
            ClaimWrite::Fail { excerpt, .. } => (AttemptOutcome::Failed, Some(excerpt)),
            ClaimWrite::Release => (AttemptOutcome::Released, None),
        };
        Some(AttemptEnd {
            token,
            outcome,
            error,
            details,
        })
    }
}

impl Engine {
    /// Says what executes the runs that are claimed from now on, instead of this process itself. It has no effect after
    /// the first claim.
    pub(crate) fn set_command(
        &self,
        argv: Option<&[String]>,
        program: Option<&Path>,
        pid: Option<u32>,
    ) {
        if self.table.has_attempts() {
            let command = Provenance::of_process().with_command(argv, program, pid);
            let _ = self.table.provenance.set(command);
        }
    }

    fn provenance(&self) -> &Provenance {
        self.table
            .provenance
            .get_or_init(|| Provenance::of_process().clone())
    }

    /// The binds of a statement that records the attempt, too: its own, and the provenance after them.
    pub(in crate::engine) fn with_provenance<'b>(&'b self, binds: &[Bind<'b>]) -> Vec<Bind<'b>> {
        let mut binds = binds.to_vec();
        binds.extend(self.provenance().binds());
        binds
    }

    /// Makes a statement that claims a run record the attempt, too, if that is one statement here.
    pub(in crate::engine) fn recording_attempt<'b>(
        &'b self,
        claim: Statement<'b>,
    ) -> Statement<'b> {
        if !self.table.records_in_statement() {
            return claim;
        }
        let mut sql = Sql::new();
        sql.push("WITH \"claimed\" AS (")
            .append(&claim.sql)
            .push(")");
        within_claim(&mut sql, "claimed");
        sql.push(" SELECT * FROM \"claimed\"");
        Statement {
            sql,
            binds: self.with_provenance(&claim.binds),
        }
    }

    /// Adds the parts that record an attempt to a `WITH` that has the claimed run in the part `claimed`.
    pub(in crate::engine) fn record_attempt_in<'b>(
        &'b self,
        statement: &mut Statement<'b>,
        claimed: &str,
    ) {
        if self.table.records_in_statement() {
            within_claim(&mut statement.sql, claimed);
            statement.binds.extend(self.provenance().binds());
        }
    }

    /// Claims a run, and records the attempt in the same transaction, if the statement of the claim does not.
    pub(in crate::engine) fn claim_and_record<T>(
        &self,
        connection: &mut Connection,
        claim: impl FnOnce(&mut Connection) -> Result<Option<T>, Error>,
        token: impl FnOnce(&T) -> &FencingToken,
    ) -> Result<Option<T>, Error> {
        if !self.table.records_after_statement() {
            return claim(connection);
        }
        // It may ask git, which should not happen while the database is locked.
        let provenance = self.provenance();
        connection.transaction(|connection| {
            let claimed = claim(connection)?;
            if let Some(claimed) = &claimed {
                let FencingToken { id, attempt, .. } = token(claimed);
                let [id, attempt] = [*id, *attempt].map(|number| Bind::Int(Some(number)));
                let statements = self.table.claim_statements();
                if attempt != Bind::Int(Some(1)) {
                    let sql = statements.close_lost.get_or_init(closing_lost);
                    connection.execute::<CloseLost>(sql, &[id.reborrow(), attempt])?;
                }
                let sql = statements.note_attempt.get_or_init(after_claim);
                let mut binds = provenance.binds().to_vec();
                binds.push(id);
                connection.execute::<NoteAttempt>(sql, &binds)?;
            }
            Ok(claimed)
        })
    }

    /// Makes a statement that ends a run end its attempt, too, if statements do that here. The statement has to return
    /// the run.
    pub(in crate::engine) fn ending<'b>(
        &self,
        statement: Statement<'b>,
        token: &'b FencingToken,
        write: &ClaimWrite<'b>,
        details: &'b AttemptDetails,
        ahead: u8,
    ) -> Statement<'b> {
        match AttemptEnd::of(token, write, details) {
            Some(end) if self.table.records_in_statement() => within_end(statement, &end, ahead),
            _ => statement,
        }
    }

    /// Ends an attempt after its run, if the statement did not do that.
    pub(in crate::engine) fn end_attempt(
        &self,
        session: &mut Connection,
        token: &FencingToken,
        write: &ClaimWrite<'_>,
        details: &AttemptDetails,
    ) -> Result<(), Error> {
        if !self.table.records_after_statement() {
            return Ok(());
        }
        if let Some(end) = AttemptEnd::of(token, write, details) {
            let Statement { sql, binds } = after_end(&end);
            session.execute::<Write>(&sql, &binds)?;
        }
        Ok(())
    }

    /// Does work that ends a run without reading it back, in one transaction with the end of its attempt. Returns how
    /// many runs it ended.
    pub(in crate::engine) fn ended_unread<O: Operation>(
        &self,
        connection: &mut Connection,
        statement: &Statement<'_>,
        token: &FencingToken,
        write: &ClaimWrite<'_>,
        details: &AttemptDetails,
    ) -> Result<usize, Error> {
        let Statement { sql, binds } = statement;
        if self.table.records_in_statement() && !matches!(write, ClaimWrite::Annotate) {
            let mut found = HasRow(false);
            connection.run::<O>(sql, binds, &mut found)?;
            return Ok(found.0.into());
        }
        if !self.table.records_after_statement() {
            return Ok(connection.execute::<O>(sql, binds)?);
        }
        connection.transaction(|connection| {
            let changed = connection.execute::<O>(sql, binds)?;
            if changed > 0 {
                self.end_attempt(connection, token, write, details)?;
            }
            Ok(changed)
        })
    }

    /// Records the process that executes a run, for an attempt that goes on.
    pub(crate) fn note_process(
        &self,
        token: &FencingToken,
        details: &AttemptDetails,
    ) -> Result<(), Error> {
        if !self.table.has_attempts() || details.process.is_none() {
            return Ok(());
        }
        let mut statement = Statement {
            sql: Sql::new(),
            binds: Vec::new(),
        };
        statement
            .sql
            .push("UPDATE \"_wallow_attempts\" SET \"outcome\" = NULL");
        assign_process(&mut statement, details.process.as_ref());
        of_claim(&mut statement, token);
        statement.sql.push(" AND \"outcome\" IS NULL");
        self.pool.write_again(|session| {
            session.execute::<Write>(&statement.sql, &statement.binds)?;
            Ok(())
        })
    }

    /// Closes, in the current transaction, the attempts whose runs have gone on without them; with a key, only those of
    /// this run.
    pub(in crate::engine) fn settle(
        &self,
        session: &mut impl Session,
        key: Option<&[Bind<'_>]>,
    ) -> Result<(), Error> {
        if self.table.has_attempts() {
            let sql = settled(key.map(|_| &self.table.statements().key));
            session.execute::<Write>(&sql, key.unwrap_or_default())?;
        }
        Ok(())
    }

    /// Does work that may give runs another number, and closes their attempts in the same transaction. The work returns
    /// how many runs it changed.
    pub(in crate::engine) fn settling(
        &self,
        connection: &mut Connection,
        work: impl FnOnce(&mut Connection) -> Result<usize, Error>,
    ) -> Result<usize, Error> {
        if !self.table.has_attempts() {
            return work(connection);
        }
        connection.transaction(|connection| {
            let changed = work(connection)?;
            if changed > 0 {
                self.settle(connection, None)?;
            }
            Ok(changed)
        })
    }

    /// How many claims of a run count against `max_attempts`: without a history all of them.
    pub(in crate::engine) fn counted(&self, token: &FencingToken) -> Result<i64, Error> {
        if !self.table.has_attempts() {
            return Ok(token.attempt);
        }
        let mut sql = Sql::new();
        sql.push("SELECT ")
            .push(&super::counted(&self.table))
            .push(" FROM \"runs\" WHERE \"runs\".\"id\" = ")
            .bind();
        let mut counted = ScalarInt(token.attempt);
        self.pool.read(|session| {
            let id = [Bind::Int(Some(token.id))];
            Ok(session.run::<Lookup>(&sql, &id, &mut counted)?)
        })?;
        Ok(counted.0)
    }
}
