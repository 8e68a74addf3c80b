//! Heartbeats of many claims in one statement, and the search for runs without heartbeats.

use std::collections::BTreeSet;
use std::time::Duration;

use super::FencingToken;
use crate::backend::{Connection, Rows, Session};
use crate::engine::statements::TableStatements;
use crate::engine::{ClaimHeartbeat, Lookup};
use crate::error::{Error, ErrorKind};
use crate::sql::Bind;
use crate::value::{Cell, Cells};

/// The outcome of a heartbeat of one claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeartbeatOutcome {
    /// The heartbeat is written.
    Alive,
    /// The claim still has the run, but another transaction holds its row.
    Held,
    /// The run was given to another worker, or deleted.
    Lost,
}

/// A run that is `running` and has been silent for too long, as it was seen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Suspect {
    pub(crate) id: i64,
    pub(crate) attempt: i64,
    /// As the database has it, because it is only compared.
    pub(crate) updated_at: Bind<'static>,
    /// Its claim has sent no heartbeat: the answer of the claim may never have reached the worker.
    pub(crate) never_began: bool,
}

/// The silent runs at one moment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Look {
    pub(crate) suspects: Vec<Suspect>,
    /// Identifies the server, to notice if another one takes its place; `None` for a file.
    pub(crate) server: Option<String>,
}

/// Sends the heartbeats of all these claims in one statement, which does not wait for rows that another transaction
/// holds. A claim whose heartbeat was not written is looked up before it is reported as lost. The outcomes are in the
/// order of the claims.
pub(crate) fn send_heartbeats(
    table: &TableStatements,
    connection: &mut Connection,
    tokens: &[FencingToken],
) -> Result<Vec<HeartbeatOutcome>, Error> {
    let all = tokens.iter().collect::<Vec<_>>();
    let statement = table.heartbeats(&all);
    let mut alive = Ids::default();
    connection.run::<ClaimHeartbeat>(&statement.sql, &statement.binds, &mut alive)?;
    let is_missing = |token: &&FencingToken| !alive.0.contains(&token.id);
    let missing = all.into_iter().filter(is_missing).collect::<Vec<_>>();
    let mut held = Ids::default();
    if !missing.is_empty() {
        let statement = TableStatements::still_claimed(&missing);
        connection.run::<Lookup>(&statement.sql, &statement.binds, &mut held)?;
    }
    let outcomes = tokens.iter().map(|token| {
        if alive.0.contains(&token.id) {
            HeartbeatOutcome::Alive
        } else if held.0.contains(&token.id) {
            HeartbeatOutcome::Held
        } else {
            HeartbeatOutcome::Lost
        }
    });
    Ok(outcomes.collect())
}

/// The runs that have been silent for longer than `stale`.
pub(crate) fn look_for_silent(
    table: &TableStatements,
    connection: &mut Connection,
    stale: Duration,
) -> Result<Look, Error> {
    let statement = table.silent_runs(stale);
    let mut seen = Seen(Look {
        suspects: Vec::new(),
        server: None,
    });
    connection.run::<Lookup>(&statement.sql, &statement.binds, &mut seen)?;
    Ok(seen.0)
}

/// Collects ids.
#[derive(Debug, Default)]
struct Ids(BTreeSet<i64>);

impl Rows for Ids {
    fn row(&mut self, cells: &impl Cells) -> Result<(), Error> {
        self.0.insert(id(cells, 0)?);
        Ok(())
    }
}

/// Collects the rows of [`TableStatements::silent_runs`].
struct Seen(Look);

impl Rows for Seen {
    fn row(&mut self, cells: &impl Cells) -> Result<(), Error> {
        let updated_at = cells.with_cell(2, |cell| match cell {
            Cell::Time(time) => Some(Bind::Time(Some(time))),
            Cell::Text(text) => Some(Bind::Text(Some(text.into_owned().into()))),
            _ => None,
        });
        // Without a time to compare, the run cannot be watched. A read of the run reports the error.
        let Some(updated_at) = updated_at else {
            return Ok(());
        };
        self.0.suspects.push(Suspect {
            id: id(cells, 0)?,
            attempt: id(cells, 1)?,
            updated_at,
            never_began: matches!(cells.nullable::<bool>(3), Ok(Some(true))),
        });
        if self.0.server.is_none() {
            self.0.server = cells.nullable(4).ok().flatten();
        }
        Ok(())
    }
}

fn id(cells: &impl Cells, index: usize) -> Result<i64, Error> {
    cells.required(index).map_err(|error| {
        let message = format!(
            "the database answers {}, not {}",
            error.found, error.expected
        );
        Error::new(ErrorKind::Database, message)
    })
}
