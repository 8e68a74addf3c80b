//! What a claim writes: heartbeats, results, and the end of a run. Each write is fenced by the number of the attempt.

use chrono::{DateTime, Utc};

use super::FencingToken;
use super::sql::Patch;
use crate::backend::{Operation, Session};
use crate::codegen_support::Decode;
use crate::engine::row_visitors::{FirstRow, ScalarTime};
use crate::engine::{AttemptDetails, ClaimHeartbeat, Engine, Lookup, Release, Write, binds};
use crate::error::{Error, ErrorKind};
use crate::sql::{Bind, Sql, Statement};
use crate::value::{RunStatus, Value};

/// How a claim writes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ClaimWrite<'a> {
    /// The run goes on.
    Annotate,
    Complete {
        seconds: f64,
    },
    Fail {
        seconds: f64,
        excerpt: &'a str,
    },
    Release,
}

impl Engine {
    /// Sends the heartbeat of a claim; returns the new `updated_at`, or `None` if the claim is lost.
    pub(crate) fn claim_heartbeat(
        &self,
        token: &FencingToken,
    ) -> Result<Option<DateTime<Utc>>, Error> {
        let mut statement = self.table.update();
        statement.sql.push(" WHERE ");
        fenced(&mut statement, token);
        self.table.name_columns(&mut statement.sql);
        statement.sql.push(" RETURNING \"updated_at\"");
        self.pool.write_again(|session| {
            let mut rows = ScalarTime(None);
            session.run::<ClaimHeartbeat>(&statement.sql, &statement.binds, &mut rows)?;
            Ok(rows.0)
        })
    }

    /// The time of the database's clock.
    pub(crate) fn now(&self) -> Result<DateTime<Utc>, Error> {
        let mut sql = Sql::new();
        sql.push("SELECT ").push(self.table.now());
        let read = self.pool.read(|session| {
            let mut rows = ScalarTime(None);
            session.run::<Lookup>(&sql, &[], &mut rows)?;
            Ok(rows.0)
        });
        read?.ok_or_else(|| Error::new(ErrorKind::Database, "the database reports no time"))
    }

    /// Writes for a claim; `None` if the claim is lost.
    pub(crate) fn finish<T: Decode>(
        &self,
        token: &FencingToken,
        finish: &ClaimWrite<'_>,
        patch: &[Option<Value<'_>>],
        details: &AttemptDetails,
    ) -> Result<Option<T>, Error> {
        let patch = binds::patch(&self.table, patch)?;
        let end = Ending {
            token,
            finish,
            details,
        };
        if matches!(finish, ClaimWrite::Release)
            && patch.is_empty()
            && !self.table.records_in_statement()
        {
            let build = || self.finishing(&end, &patch, true).sql;
            let sql = self.table.claim_statements().release.get_or_init(build);
            return self.finished::<T, Release>(&end, sql, &token.binds());
        }
        let Statement { sql, binds } = self.finishing(&end, &patch, true);
        self.finished::<T, Write>(&end, &sql, &binds)
    }

    /// Writes for a claim without reading the run back; `false` if the claim is lost.
    pub(crate) fn finish_unread(
        &self,
        token: &FencingToken,
        finish: &ClaimWrite<'_>,
        patch: &[Option<Value<'_>>],
        details: &AttemptDetails,
    ) -> Result<bool, Error> {
        let patch = binds::patch(&self.table, patch)?;
        let end = Ending {
            token,
            finish,
            details,
        };
        let statement = self.finishing(&end, &patch, false);
        let changed = self.pool.write_again(|connection| {
            self.ended_unread::<Write>(connection, &statement, token, finish, details)
        })?;
        if changed > 0 {
            end.announce(self);
        }
        Ok(changed > 0)
    }

    /// The values of a patch that can be stored, and why the others cannot.
    pub(crate) fn storable<'a>(
        &self,
        patch: &[Option<Value<'a>>],
    ) -> (Vec<Option<Value<'a>>>, Vec<String>) {
        binds::storable(&self.table, patch)
    }

    /// Why texts of a patch cannot be stored, whatever the database holds: on PostgreSQL, those with U+0000.
    pub(crate) fn refused_texts(&self, patch: &[Option<Value<'_>>]) -> Vec<Error> {
        binds::refused_texts(&self.table, patch)
    }

    fn finishing<'b>(
        &self,
        end: &Ending<'b>,
        patch: &'b Patch<'_>,
        returning: bool,
    ) -> Statement<'b> {
        let mut statement = self.table.update();
        let now = self.table.now();
        match *end.finish {
            ClaimWrite::Annotate => {}
            ClaimWrite::Complete { seconds } => {
                statement.sql.push(&format!(
                    ", \"status\" = '{}', \"completed_at\" = {now}, \"error_excerpt\" = NULL, \
                     \"wallclock_seconds\" = ",
                    RunStatus::Completed
                ));
                statement.sql.bind();
                statement.binds.push(Bind::Float(Some(seconds)));
            }
            ClaimWrite::Fail { seconds, excerpt } => {
                statement.sql.push(&format!(
                    ", \"status\" = '{}', \"completed_at\" = NULL, \"wallclock_seconds\" = ",
                    RunStatus::Failed
                ));
                statement.sql.bind().push(", \"error_excerpt\" = ").bind();
                statement.binds.push(Bind::Float(Some(seconds)));
                statement.binds.push(Bind::Text(Some(excerpt.into())));
            }
            ClaimWrite::Release => {
                statement.sql.push(&format!(
                    ", \"status\" = '{}', \"started_at\" = NULL",
                    RunStatus::Pending
                ));
            }
        }
        self.table.assign(&mut statement, patch);
        statement.sql.push(" WHERE ");
        fenced(&mut statement, end.token);
        if returning {
            self.table.returning_attempt(&mut statement);
        } else {
            self.table.name_columns(&mut statement.sql);
            self.table.returning_fence(&mut statement);
        }
        self.ending(statement, end.token, end.finish, end.details, 0)
    }

    fn finished<T: Decode, O: Operation>(
        &self,
        end: &Ending<'_>,
        sql: &Sql,
        binds: &[Bind<'_>],
    ) -> Result<Option<T>, Error> {
        let mut row = FirstRow::new(&self.table);
        self.pool.write_again(|connection| {
            connection.change(|session| {
                if row.fill::<O>(session, sql, binds)? {
                    self.end_attempt(session, end.token, end.finish, end.details)?;
                }
                Ok(())
            })
        })?;
        if row.found.is_some() {
            end.announce(self);
        }
        Ok(row.found)
    }
}

/// A write of a claim, with what its attempt records.
struct Ending<'b> {
    token: &'b FencingToken,
    finish: &'b ClaimWrite<'b>,
    details: &'b AttemptDetails,
}

impl Ending<'_> {
    /// Notifies waiting workers of a run that is pending again.
    fn announce(&self, engine: &Engine) {
        if matches!(self.finish, ClaimWrite::Release) {
            engine.announce();
        }
    }
}

pub(super) fn fenced<'b>(statement: &mut Statement<'b>, token: &'b FencingToken) {
    statement.sql.push("\"runs\".\"id\" = ");
    statement.sql.begin_check().bind().end_check();
    statement
        .sql
        .push(" AND \"runs\".\"_wallow_attempt\" = ")
        .bind();
    statement.sql.push(" AND \"runs\".\"uuid\" = ").bind();
    statement.binds.extend(token.binds());
}
