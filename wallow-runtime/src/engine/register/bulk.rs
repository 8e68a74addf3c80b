//! Many registrations in one transaction.
//!
//! Runs that exist are found by reading, so that registering a finished grid again takes no lock. The others are
//! written in one transaction, row by row with prepared statements. On PostgreSQL, where every statement is a round
//! trip, a chunk takes one or two statements (`columnar`).

use super::{ROUNDS, Request, duplicate, swallowed};
use crate::backend::{Connection, Session};
use crate::codegen_support::Decode;
use crate::engine::row_visitors::{FirstRow, HasRow};
use crate::engine::{
    Engine, Exists, FindFresh, InsertQuietly, OnDuplicate, RegisterCounts, Row, Write, binds,
};
use crate::error::Error;
use crate::sql::Bind;
use crate::value::{RunStatus, Value};

/// One registration: the values of its key and of its patch.
pub(crate) type Pair<'a> = (Vec<Value<'a>>, Vec<Option<Value<'a>>>);

/// The registration that ended a chunk, and why: the existing run, or an error.
pub(crate) struct Refused<T> {
    pub(crate) index: usize,
    pub(crate) reason: Result<T, Error>,
}

/// After this many new runs, reading stops if most of the runs so far are new.
const TRIED: usize = 16;

impl Engine {
    /// Registers a chunk: all of it or nothing.
    pub(crate) fn register_chunk<T: Decode>(
        &self,
        pairs: &[Pair<'_>],
        policy: OnDuplicate,
    ) -> Result<RegisterCounts, Refused<T>> {
        let mut requests = Vec::with_capacity(pairs.len());
        for (index, (key, patch)) in pairs.iter().enumerate() {
            let request = Request::new(self, key, patch);
            requests.push(request.map_err(|error| Refused {
                index,
                reason: Err(error),
            })?);
        }
        #[cfg(feature = "postgres")]
        if let Some(counts) = self.register_in_groups(&requests, policy) {
            return counts.map_err(|error| Refused {
                index: 0,
                reason: Err(error),
            });
        }
        let (mut counts, open) = self.answer_by_reading(&requests, policy)?;
        if open.is_empty() {
            return Ok(counts);
        }
        // The position that the transaction reached, to report it if it fails.
        let mut at = open[0];
        let written = self.pool.write(|connection| {
            connection.transaction(|connection| {
                let mut written = RegisterCounts::default();
                for &index in &open {
                    at = index;
                    requests[index].write_in_bulk(connection, policy, &mut written)?;
                }
                Ok(written)
            })
        });
        match written {
            Ok(written) => {
                counts += written;
                Ok(counts)
            }
            Err(error) if error.is_duplicate() => Err(requests[at].refused(at, error)),
            Err(error) => Err(Refused {
                index: at,
                reason: Err(error),
            }),
        }
    }

    /// Adds the new runs among these keys as `pending`; those that exist stay as they are.
    pub(crate) fn enqueue_chunk(&self, keys: Vec<Vec<Value<'_>>>) -> Result<RegisterCounts, Error> {
        let mut patch = vec![None; self.table.annotating().len()];
        if let Some(status) = self.table.position("status") {
            patch[status] = Some(Value::Text(RunStatus::Pending.as_str()));
        }
        let pairs = keys.into_iter().map(|key| (key, patch.clone()));
        let registered = self.register_chunk::<Row>(&pairs.collect::<Vec<_>>(), OnDuplicate::Skip);
        let counts =
            registered.map_err(|Refused { reason, .. }| reason.err().unwrap_or_else(duplicate))?;
        if counts.inserted > 0 {
            self.announce();
        }
        Ok(counts)
    }

    /// The counts of what needs no write, and the positions of the other registrations. If most runs are new, the rest
    /// is not read, because the write finds existing runs, too.
    fn answer_by_reading<T: Decode>(
        &self,
        requests: &[Request<'_>],
        policy: OnDuplicate,
    ) -> Result<(RegisterCounts, Vec<usize>), Refused<T>> {
        let mut counts = RegisterCounts::default();
        if policy == OnDuplicate::Overwrite {
            return Ok((counts, (0..requests.len()).collect()));
        }
        let mut at = 0;
        let found = self.pool.read(|session| {
            let mut found = Vec::with_capacity(requests.len());
            let mut new = 0;
            for (index, request) in requests.iter().enumerate() {
                at = index;
                found.push(request.is_settled(session, policy)?);
                new += usize::from(found.last() == Some(&false));
                if new >= TRIED && new > found.len() / 2 {
                    break;
                }
            }
            Ok(found)
        });
        let found = found.map_err(|error| Refused {
            index: at,
            reason: Err(error),
        })?;
        let unread = found.len()..requests.len();
        let mut open = Vec::new();
        for (index, found) in found.into_iter().enumerate() {
            match (found, policy) {
                (false, _) => open.push(index),
                (true, OnDuplicate::Error) => {
                    return Err(requests[index].refused(index, duplicate()));
                }
                (true, OnDuplicate::ReturnExisting) => counts.existing += 1,
                (true, _) => counts.skipped += 1,
            }
        }
        open.extend(unread);
        Ok((counts, open))
    }
}

impl Request<'_> {
    /// Whether the run exists and the policy leaves it as it is.
    fn is_settled(&self, session: &mut impl Session, policy: OnDuplicate) -> Result<bool, Error> {
        let statements = self.engine.table.statements();
        let mut rows = HasRow(false);
        if let OnDuplicate::ClaimIfStale(age) = policy {
            let mut binds = self.key.iter().map(Bind::reborrow).collect::<Vec<_>>();
            binds.push(Bind::micros(age));
            session.run::<FindFresh>(&statements.find_fresh, &binds, &mut rows)?;
        } else {
            session.run::<Exists>(&statements.exists, &self.key, &mut rows)?;
        }
        Ok(rows.0)
    }

    /// One registration inside the transaction. On SQLite nobody else can write in between; on PostgreSQL others can
    /// insert and delete the run between two statements, so the round is repeated before the database is blamed.
    fn write_in_bulk(
        &self,
        connection: &mut Connection,
        policy: OnDuplicate,
        counts: &mut RegisterCounts,
    ) -> Result<(), Error> {
        let stale_after = match policy {
            OnDuplicate::ClaimIfStale(age) => Some(age),
            _ => None,
        };
        for _ in 0..ROUNDS {
            if policy == OnDuplicate::Overwrite && self.update_quietly(connection, None)? {
                counts.updated += 1;
            } else if self.insert_quietly(connection)? {
                counts.inserted += 1;
            } else if stale_after.is_some() && self.update_quietly(connection, stale_after)? {
                counts.updated += 1;
            } else if policy == OnDuplicate::Overwrite || !self.is_there(connection)? {
                continue;
            } else {
                match policy {
                    OnDuplicate::Error => return Err(duplicate()),
                    OnDuplicate::ReturnExisting => counts.existing += 1,
                    _ => counts.skipped += 1,
                }
            }
            return Ok(());
        }
        Err(swallowed(connection))
    }

    fn is_there(&self, connection: &mut Connection) -> Result<bool, Error> {
        let statements = self.engine.table.statements();
        let mut rows = HasRow(false);
        connection.run::<Exists>(&statements.exists, &self.key, &mut rows)?;
        Ok(rows.0)
    }

    fn update_quietly(
        &self,
        connection: &mut Connection,
        stale_after: Option<std::time::Duration>,
    ) -> Result<bool, Error> {
        let (update, binds) = self.update(stale_after, false)?;
        let updated = connection.execute::<Write>(&update.sql, &binds)? > 0;
        if updated && stale_after.is_some() {
            self.engine.settle(connection, Some(&self.key))?;
        }
        Ok(updated)
    }

    fn insert_quietly(&self, connection: &mut Connection) -> Result<bool, Error> {
        let table = &self.engine.table;
        let mut binds = binds::insert(table, &self.key, self.patch)?;
        let sql = &table.statements().insert_quietly;
        self.engine.with_uuid(&mut binds, |binds| {
            Ok(connection.execute::<InsertQuietly>(sql, binds)? > 0)
        })
    }

    /// The refusal of this registration, with the existing run.
    fn refused<T: Decode>(&self, index: usize, error: Error) -> Refused<T> {
        let mut row = FirstRow::new(&self.engine.table);
        let found = self.find(&mut row);
        // No error and no run means that the run was deleted meanwhile.
        let reason = found.and_then(|_| row.found.ok_or(error));
        Refused { index, reason }
    }
}
