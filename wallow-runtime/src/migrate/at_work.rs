//! The runs that programs are working on right now, before a migration stops these programs.

use std::time::Duration;

use wallow_schema::ddl::Dialect;

use super::Database;
use crate::backend::{Connection, Session as _};
use crate::error::Error;
use crate::value::RunStatus;

/// Runs with the status `running` and a recent heartbeat.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AtWork {
    /// How many there are.
    pub runs: u64,
    /// The hosts that they name, in alphabetical order, with the number of runs of each. Empty if the table has no
    /// column `host`.
    pub hosts: Vec<(String, u64)>,
}

impl Database {
    /// The runs at work: their last heartbeat is not longer ago than `within`, by the clock of the database. None if
    /// the table has no `status`.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be read.
    pub fn at_work(&self, within: Duration) -> Result<AtWork, Error> {
        self.pool().read(|connection| at_work(connection, within))
    }
}

fn at_work(connection: &mut Connection, within: Duration) -> Result<AtWork, Error> {
    let table = connection.live_table()?.unwrap_or_default();
    if table.column("status").is_none() {
        return Ok(AtWork::default());
    }
    let has_hosts = table.column("host").is_some();
    let host = if has_hosts {
        "coalesce(CAST(\"host\" AS TEXT), '')"
    } else {
        "''"
    };
    let micros = within.as_micros();
    let earliest = match connection.dialect() {
        Dialect::Sqlite => format!("wallow_before({micros})"),
        Dialect::Postgres => {
            format!("clock_timestamp() AT TIME ZONE 'UTC' - {micros} * INTERVAL '1 microsecond'")
        }
    };
    let rows = connection.texts(&format!(
        "SELECT {host} AS \"place\", CAST(count(*) AS TEXT) FROM \"runs\" WHERE \"runs\".\"status\" = '{}' AND \
         \"runs\".\"updated_at\" >= {earliest} GROUP BY 1 ORDER BY 1",
        RunStatus::Running
    ))?;
    let hosts = rows.into_iter().map(|row| {
        let mut cells = row.into_iter().map(Option::unwrap_or_default);
        let mut cell = || cells.next().unwrap_or_default();
        (cell(), cell().parse::<u64>().unwrap_or_default())
    });
    let mut hosts = hosts.collect::<Vec<_>>();
    let runs = hosts.iter().map(|(_, count)| count).sum();
    hosts.retain(|(host, _)| !host.is_empty());
    Ok(AtWork { runs, hosts })
}
