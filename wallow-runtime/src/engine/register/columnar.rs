//! A chunk with one or two statements, where a statement is a round trip to a server.
//!
//! Only what needs no answer for each run goes this way: runs are written and counted. Whatever stands
//! in the way (a value that is missing, a uuid that is taken, a key that comes twice, another process between
//! the two statements, a lost connection) is left to the way run by run, which tells what it was and at
//! which run; nothing was written then.

use std::collections::BTreeSet;

use wallow_schema::ddl::Dialect;

use super::Request;
use crate::backend::{Connection, Failure, Session as _, postgres};
use crate::engine::{Engine, OnDuplicate, RegisterCounts, binds};
use crate::error::Error;
use crate::sql::{Bind, Sql};

/// Rows of binds, and the statement that takes them as columns.
struct Group<'r> {
    sql: Sql,
    rows: Vec<Vec<Bind<'r>>>,
    rest: Vec<Bind<'r>>,
}

impl Engine {
    /// Registers a chunk in one transaction; `None` if it has to go run by run, and nothing was
    /// written.
    ///
    /// # Errors
    /// If the database does not answer in time, or it is not known what it did: run by run would be no better.
    pub(in crate::engine) fn register_in_groups(
        &self,
        requests: &[Request<'_>],
        policy: OnDuplicate,
    ) -> Option<Result<RegisterCounts, Error>> {
        if self.plan.dialect() != Dialect::Postgres {
            return None;
        }
        let update = match policy {
            OnDuplicate::Overwrite => Some(self.updates(requests, None)?),
            OnDuplicate::ClaimIfStale(age) if are_distinct(requests) => {
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
            let mut binds = binds::insert(&self.plan, &request.key, request.patch).ok()?;
            *binds.first_mut()? = Bind::Text(Some(self.sources.uuid().into()));
            Some(binds)
        });
        Some(Group {
            sql: self.plan.insert_columns(),
            rows: rows.collect::<Option<_>>()?,
            rest: Vec::new(),
        })
    }

    /// The update of all runs, or of those that are stale, where all patches set the same fields.
    fn updates<'r>(
        &'r self,
        requests: &'r [Request<'_>],
        stale_after: Option<Bind<'r>>,
    ) -> Option<Group<'r>> {
        let fields = binds::fields(requests.first()?.patch);
        let rows = requests.iter().map(|request| {
            if binds::fields(request.patch) != fields {
                return None;
            }
            let patch = binds::patch(&self.plan, request.patch).ok()?;
            let key = request.key.iter().map(Bind::reborrow);
            Some(key.chain(patch.into_iter().map(|(_, bind)| bind)).collect())
        });
        Some(Group {
            sql: self.plan.update_columns(&fields, stale_after.is_some()),
            rows: rows.collect::<Option<_>>()?,
            rest: stale_after.into_iter().collect(),
        })
    }
}

impl Group<'_> {
    fn run(&self, connection: &mut postgres::Connection) -> Result<usize, Failure> {
        connection.execute_columns(&self.sql, &self.rows, &self.rest)
    }
}

/// Whether runs may be left as they are; else a number that does not come out says that a key came
/// twice, or that another process was there.
fn leaves_some(policy: OnDuplicate) -> bool {
    match policy {
        OnDuplicate::Skip | OnDuplicate::ReturnExisting | OnDuplicate::ClaimIfStale(_) => true,
        OnDuplicate::Error | OnDuplicate::Overwrite => false,
    }
}

/// Of a key that comes twice, the first is registered, and the second finds it there.
fn are_distinct(requests: &[Request<'_>]) -> bool {
    let keys = requests.iter().map(|request| format!("{:?}", request.key));
    keys.collect::<BTreeSet<_>>().len() == requests.len()
}
