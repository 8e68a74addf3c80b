//! How a sweep stands at one moment.

use chrono::{DateTime, TimeDelta, Utc};
use wallow_runtime::dynamic::{self, Row, Value};
use wallow_runtime::{Error, Query, RunStatus};
use wallow_schema::{FieldType, Schema};

use crate::args::Filter;
use crate::output::Failure;
use crate::reading::{Reading, misused};

/// So many running runs are listed, the longest silent first.
const LISTED: usize = 8;

/// The rate is that of the last runs that finished: so many at the most.
const RECENT: usize = 50;

/// If there are a few from the last hour, of these alone: a pause before them does not count.
const HOUR: TimeDelta = TimeDelta::hours(1);
const A_FEW: usize = 10;

/// A sweep at one moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Census {
    pub(super) now: DateTime<Utc>,
    pub(super) completed: i64,
    pub(super) running: i64,
    pub(super) failed: i64,
    pub(super) pending: i64,
    /// Those with a word in `status` that wallow does not know, or with none and results: nothing runs them, and whether
    /// they are done nobody knows.
    pub(super) other: i64,
    /// Runs that finished in a second; `None` where nothing can be said.
    pub(super) rate: Option<f64>,
    /// Some of those that run.
    pub(super) workers: Vec<Worker>,
}

/// A run that says `running`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Worker {
    pub(super) uuid: String,
    /// Since the last sign of life.
    pub(super) silent: TimeDelta,
}

/// A sweep can be watched where its runs have a status.
pub(super) fn check(schema: &Schema) -> Result<(), Failure> {
    match schema.field("status") {
        Some(field) if field.ty == FieldType::String => Ok(()),
        _ => Err(Failure::usage(
            "the schema has no field `status` of type string, so nothing tells what is running; declare \
             `[annotating.status]`, or list the runs with `wallow ls`",
        )),
    }
}

impl Census {
    pub(super) fn take(
        reading: &Reading,
        filter: &Filter,
        now: DateTime<Utc>,
    ) -> Result<Self, Failure> {
        let query = reading.query(filter)?;
        let mut census = Census {
            now,
            ..Census::default()
        };
        for group in query.group(&["status"], &[]).map_err(misused)?.rows {
            let mut values = group.iter().map(|(_, value)| value);
            let (Some(status), Some(Value::Int(count))) = (values.next(), values.next()) else {
                continue;
            };
            *census.counter(status) += count;
        }
        // Those without a status that have no result wait like the others.
        if census.other > 0
            && let Some(waiting) = dynamic::pending_without_status(reading.store.schema())
        {
            let count = query.clone().filter(waiting).count().map_err(misused)?;
            let count = i64::try_from(count).map_or(census.other, |count| count.min(census.other));
            census.pending += count;
            census.other -= count;
        }
        let having = |text| condition(reading, &query, text);
        census.workers = workers(reading.store.schema(), &having(RUNNING)?, now)?;
        // Without workers, nothing ends.
        if census.running > 0 {
            let order = dynamic::order(reading.store.schema(), "-updated_at")?;
            let finished = having(FINISHED)?.order_by(order).limit(RECENT);
            census.rate = rate(&times(&finished)?, now);
        }
        Ok(census)
    }

    fn counter(&mut self, status: &Value) -> &mut i64 {
        let status = match status {
            Value::Text(word) => RunStatus::of(word),
            _ => None,
        };
        match status {
            Some(RunStatus::Completed) => &mut self.completed,
            Some(RunStatus::Running) => &mut self.running,
            Some(RunStatus::Failed) => &mut self.failed,
            Some(RunStatus::Pending) => &mut self.pending,
            None => &mut self.other,
        }
    }

    pub(super) fn total(&self) -> i64 {
        self.completed + self.running + self.failed + self.pending + self.other
    }

    /// Whether nothing is left to be done.
    pub(super) fn is_over(&self) -> bool {
        self.running + self.pending == 0
    }

    /// How long it takes at this rate.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(super) fn left(&self) -> Option<TimeDelta> {
        let left = (self.running + self.pending) as f64 / self.rate?;
        let left = std::time::Duration::try_from_secs_f64(left).ok()?;
        TimeDelta::from_std(left).ok()
    }
}

const RUNNING: &str = "status == \"running\"";
const FINISHED: &str = "status in [\"completed\", \"failed\"]";

fn condition(reading: &Reading, query: &Query<Row>, text: &str) -> Result<Query<Row>, Failure> {
    let condition = dynamic::parse(reading.store.schema(), text).map_err(Failure::expression)?;
    Ok(query.clone().filter(condition))
}

/// Those that were silent for longest.
fn workers(
    schema: &Schema,
    running: &Query<Row>,
    now: DateTime<Utc>,
) -> Result<Vec<Worker>, Error> {
    let query = running.clone().columns(&["uuid", "updated_at"])?;
    let order = dynamic::order(schema, "updated_at")?;
    let rows = query.order_by(order).limit(LISTED).all()?;
    let workers = rows.iter().map(|row| Worker {
        uuid: row.uuid().to_owned(),
        silent: match row.get("updated_at") {
            Some(Value::Time(time)) => (now - time).max(TimeDelta::zero()),
            _ => TimeDelta::zero(),
        },
    });
    Ok(workers.collect())
}

fn times(finished: &Query<Row>) -> Result<Vec<DateTime<Utc>>, Error> {
    let rows = finished.clone().columns(&["updated_at"])?.all()?;
    let times = rows.iter().filter_map(|row| match row.get("updated_at") {
        Some(Value::Time(time)) => Some(*time),
        _ => None,
    });
    Ok(times.collect())
}

/// Runs in a second, from when the last ones finished, the latest first.
fn rate(times: &[DateTime<Utc>], now: DateTime<Utc>) -> Option<f64> {
    let fresh = times.iter().take_while(|time| now - **time < HOUR).count();
    let times = if fresh >= A_FEW {
        &times[..fresh]
    } else {
        times
    };
    // The first of them opens the span, and the others are counted in it.
    let (first, counted) = times.split_last()?;
    let span = (now - first).as_seconds_f64();
    let count = u32::try_from(counted.len()).ok()?;
    (span > 0.0 && count > 0).then(|| f64::from(count) / span)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate_of(seconds: &[i64]) -> Option<f64> {
        let now = DateTime::UNIX_EPOCH;
        let times = seconds.iter().map(|ago| now - TimeDelta::seconds(*ago));
        rate(&times.collect::<Vec<_>>(), now)
    }

    #[test]
    fn the_rate_is_that_of_the_last_runs() {
        assert_eq!(rate_of(&[]), None);
        assert_eq!(rate_of(&[5]), None);
        assert_eq!(rate_of(&[5, 10]), Some(0.1));
        assert_eq!(rate_of(&[0, 0]), None);
        // Of the clock of another machine.
        assert_eq!(rate_of(&[-5, -5]), None);
    }

    #[test]
    fn a_pause_does_not_count() {
        let fresh = (1..=10).map(|second| 10 * second).collect::<Vec<_>>();
        let paused = fresh.iter().copied().chain([9000, 9010]);
        assert_eq!(rate_of(&paused.collect::<Vec<_>>()), rate_of(&fresh));
        assert_eq!(rate_of(&[10, 7200]), Some(1.0 / 7200.0));
    }
}
