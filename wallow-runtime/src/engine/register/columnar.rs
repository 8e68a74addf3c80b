//! A chunk with one or two statements, for servers, where each statement is a round trip.
//!
//! Runs are only written and counted here; there is no answer for each run. If anything goes wrong (a missing value, a
//! uuid that is taken, a key that occurs twice, another process between the two statements), nothing is written, and
//! the runs are registered one by one instead, which finds the run and the reason.

use std::collections::BTreeSet;

use wallow_schema::ddl::Dialect;

use super::Request;
use crate::backend::{Connection, Failure, Session as _, postgres};
use crate::engine::{Engine, OnDuplicate, RegisterCounts, binds};
use crate::error::Error;
use crate::sql::{Bind, Sql};

/// Rows of binds, and the statement that takes them as columns.
pub(in crate::engine) struct Group<'r> {
    sql: Sql,
    rows: Vec<Vec<Bind<'r>>>,
    rest: Vec<Bind<'r>>,
}

impl Engine {
    /// Registers a chunk in one transaction. `None` if nothing was written, and the runs have to be registered one by
    /// one.
    ///
    /// # Errors
    /// If the database does not answer in time, or the connection is lost: registering one by one would fail, too.
    pub(in crate::engine) fn register_in_groups(
        &self,
        requests: &[Request<'_>],
        policy: OnDuplicate,
    ) -> Option<Result<RegisterCounts, Error>> {
        if self.table.dialect() != Dialect::Postgres {
            return None;
        }
        let update = match policy {
            OnDuplicate::Overwrite => Some(self.updates(requests, None)?),
            // A history needs a row for each run that is claimed.
            OnDuplicate::ClaimIfStale(age)
                if are_distinct(requests) && !self.table.has_attempts() =>
            {
                Some(self.updates(requests, Some(Bind::micros(age)))?)
            }
            OnDuplicate::ClaimIfStale(_) => return None,
            OnDuplicate::Error | OnDuplicate::ReturnExisting | OnDuplicate::Skip => None,
        };
        let insert = self.inserts(requests)?;
        let written = self.pool.write(|connection| match connection {
            Connection::Postgres(connection) => connection.transaction_if(
                |connection| {
                    let updated = update.as_ref().map_or(Ok(0), |it| it.run(connection))?;
                    let inserted = if updated < requests.len() {
                        insert.run(connection)?
                    } else {
                        0
                    };
                    let others = requests.len().checked_sub(updated + inserted);
                    let others = others.filter(|others| *others == 0 || leaves_some(policy));
                    // What was not written should be there already. If a trigger may have dropped it instead, the
                    // runs are registered one by one, which finds the run that is not stored.
                    if others != Some(0) && postgres::can_swallow(connection)? {
                        return Ok(None);
                    }
                    Ok(others.map(|others| (updated, inserted, others)))
                },
                Option::is_some,
            ),
            Connection::Sqlite(_) => Ok(None),
        });
        let (updated, inserted, others) = match written {
            Err(error) if error.is_busy() || error.is_lost_connection() => return Some(Err(error)),
            written => written.ok()??,
        };
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let mut counts = RegisterCounts {
            inserted: count(inserted),
            updated: count(updated),
            ..RegisterCounts::default()
        };
        match policy {
            OnDuplicate::ReturnExisting => counts.existing = count(others),
            _ => counts.skipped = count(others),
        }
        Some(Ok(counts))
    }

    /// The insert of all runs, each with a uuid of its own.
    fn inserts<'r>(&'r self, requests: &'r [Request<'_>]) -> Option<Group<'r>> {
        let rows = requests.iter().map(|request| {
            let mut binds = binds::insert(&self.table, &request.key, request.patch).ok()?;
            *binds.first_mut()? = Bind::Text(Some(self.environment.uuid().into()));
            Some(binds)
        });
        Some(Group {
            sql: self.table.insert_columns(),
            rows: rows.collect::<Option<_>>()?,
            rest: Vec::new(),
        })
    }

    /// The update of all runs, or of those that are stale; `None` unless all patches set the same fields.
    pub(in crate::engine) fn updates<'r>(
        &'r self,
        requests: &'r [Request<'_>],
        stale_after: Option<Bind<'r>>,
    ) -> Option<Group<'r>> {
        let fields = binds::fields(requests.first()?.patch);
        let rows = requests.iter().map(|request| {
            if binds::fields(request.patch) != fields {
                return None;
            }
            let patch = binds::patch(&self.table, request.patch).ok()?;
            let key = request.key.iter().map(Bind::reborrow);
            Some(key.chain(patch.into_iter().map(|(_, bind)| bind)).collect())
        });
        Some(Group {
            sql: self.table.update_columns(&fields, stale_after.is_some()),
            rows: rows.collect::<Option<_>>()?,
            rest: stale_after.into_iter().collect(),
        })
    }
}

impl Group<'_> {
    /// Runs the statement; returns how many runs it wrote.
    pub(in crate::engine) fn run(
        &self,
        connection: &mut postgres::Connection,
    ) -> Result<usize, Failure> {
        connection.execute_columns(&self.sql, &self.rows, &self.rest)
    }
}

/// Whether the policy leaves some runs as they are. If it does not, and fewer runs were written than given, a key
/// occurred twice, or another process was faster.
fn leaves_some(policy: OnDuplicate) -> bool {
    match policy {
        OnDuplicate::Skip | OnDuplicate::ReturnExisting | OnDuplicate::ClaimIfStale(_) => true,
        OnDuplicate::Error | OnDuplicate::Overwrite => false,
    }
}

/// Whether no key occurs twice. If one does, its second registration has to find the first, which one statement cannot
/// do.
fn are_distinct(requests: &[Request<'_>]) -> bool {
    let keys = requests.iter().map(|request| format!("{:?}", request.key));
    keys.collect::<BTreeSet<_>>().len() == requests.len()
}
