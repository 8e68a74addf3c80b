//! The state of a sweep at one moment.

use chrono::{DateTime, TimeDelta, Utc};
use wallow_runtime::dynamic::{self, Row, Value};
use wallow_runtime::{Error, Query, RunStatus};
use wallow_schema::{FieldType, Schema};

use crate::args::Filter;
use crate::commands::show::place;
use crate::open::{Reading, misused};
use crate::output::Failure;

/// At most this many running runs are listed, those without a heartbeat for longest first.
const LISTED: usize = 8;

/// The rate is computed from at most this many runs that finished last.
const RECENT: usize = 50;

/// If at least this many of them finished within the last hour, only these are used, so that an earlier pause does not
/// count.
const HOUR: TimeDelta = TimeDelta::hours(1);
const A_FEW: usize = 10;

/// The state of a sweep at one moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Progress {
    pub(super) now: DateTime<Utc>,
    pub(crate) completed: i64,
    pub(crate) running: i64,
    pub(crate) failed: i64,
    pub(crate) pending: i64,
    /// Runs whose `status` is not a word of wallow, or that have results but no `status`: nothing executes them, and
    /// nobody knows whether they are done.
    pub(crate) other: i64,
    /// Finished runs for each second; `None` if it cannot be computed.
    pub(crate) rate: Option<f64>,
    /// Some of the running runs.
    pub(super) workers: Vec<Worker>,
}

/// A run whose status is `running`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Worker {
    pub(super) uuid: String,
    /// Time since its last heartbeat.
    pub(super) silent: TimeDelta,
    /// Where it is executed, and for how long, if the schema keeps a history of attempts.
    pub(super) place: Option<String>,
}

/// Checks that the schema has a `status`; without it, a sweep cannot be watched.
pub(super) fn check(schema: &Schema) -> Result<(), Failure> {
    match schema.field("status") {
        Some(field) if field.ty == FieldType::String => Ok(()),
        _ => Err(Failure::usage(
            "the schema has no field `status` of type string, so nothing tells what is running; declare \
             `[annotating.status]`, or list the runs with `wallow ls`",
        )),
    }
}

impl Progress {
    pub(crate) fn take(
        reading: &Reading,
        filter: &Filter,
        now: DateTime<Utc>,
    ) -> Result<Self, Failure> {
        let query = reading.query(filter)?;
        let mut progress = Progress {
            now,
            ..Progress::default()
        };
        progress.count(reading, &query)?;
        // Runs without a status and without a result are waiting, too.
        if progress.other > 0
            && let Some(waiting) = dynamic::pending_without_status(reading.store.schema())
        {
            let count = query.clone().filter(waiting).count().map_err(misused)?;
            let count =
                i64::try_from(count).map_or(progress.other, |count| count.min(progress.other));
            progress.pending += count;
            progress.other -= count;
        }
        let having = |text| condition(reading, &query, text);
        progress.workers = workers(reading.store.schema(), &having(RUNNING)?, now)?;
        find_places(reading, &mut progress.workers, now)?;
        // Without running runs, there is no rate to estimate the end from.
        if progress.running > 0 {
            let order = dynamic::order(reading.store.schema(), "-updated_at")?;
            let finished = having(FINISHED)?.order_by(order).limit(RECENT);
            progress.rate = rate(&times(&finished)?, now);
        }
        Ok(progress)
    }

    /// Counts the runs of each status.
    fn count(&mut self, reading: &Reading, query: &Query<Row>) -> Result<(), Failure> {
        // One statement, unless the status of a run is no text, which must not hide the others.
        if let Ok(groups) = query.group(&["status"], &[]) {
            for group in groups.rows {
                let mut values = group.iter().map(|(_, value)| value);
                if let (Some(status), Some(Value::Int(count))) = (values.next(), values.next()) {
                    *self.counter(status) += count;
                }
            }
            return Ok(());
        }
        let counted = |query: &Query<Row>| {
            let count = query.count().map_err(misused)?;
            Ok::<_, Failure>(i64::try_from(count).unwrap_or(i64::MAX))
        };
        for status in RunStatus::ALL {
            let word = status.as_str();
            let having = condition(reading, query, &format!("status == \"{word}\""))?;
            *self.counter(&Value::Text(word.to_owned())) = counted(&having)?;
        }
        self.other = (counted(query)? - self.total()).max(0);
        Ok(())
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

    /// Whether no run is pending or running.
    pub(super) fn is_over(&self) -> bool {
        self.running + self.pending == 0
    }

    /// The estimated remaining time at this rate.
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

/// The running runs without a heartbeat for longest.
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
        place: None,
    });
    Ok(workers.collect())
}

/// Adds where the runs are executed, from their attempts.
fn find_places(
    reading: &Reading,
    workers: &mut [Worker],
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let store = &reading.store;
    if !store.schema().project.attempts || workers.is_empty() {
        return Ok(());
    }
    let uuids = workers.iter().map(|worker| format!("{:?}", worker.uuid));
    let uuids = uuids.collect::<Vec<_>>().join(", ");
    let condition = dynamic::parse(store.schema(), &format!("uuid in [{uuids}]"));
    for attempt in store.attempts_where(condition.map_err(Failure::expression)?) {
        let attempt = match attempt {
            // Without this attempt, nobody knows the place of its worker; `doctor` reports it.
            Err(error) if error.uuid().is_some() => continue,
            attempt => attempt?,
        };
        let mut workers = workers.iter_mut();
        let worker = workers.find(|worker| worker.uuid == attempt.run_uuid);
        if let (None, Some(worker)) = (attempt.outcome, worker) {
            worker.place = Some(place(&attempt, now));
        }
    }
    Ok(())
}

fn times(finished: &Query<Row>) -> Result<Vec<DateTime<Utc>>, Error> {
    let rows = finished.clone().columns(&["updated_at"])?.all()?;
    let times = rows.iter().filter_map(|row| match row.get("updated_at") {
        Some(Value::Time(time)) => Some(*time),
        _ => None,
    });
    Ok(times.collect())
}

/// The rate in runs for each second, from the times at which the last ones finished, latest first.
fn rate(times: &[DateTime<Utc>], now: DateTime<Utc>) -> Option<f64> {
    let fresh = times.iter().take_while(|time| now - **time < HOUR).count();
    let times = if fresh >= A_FEW {
        &times[..fresh]
    } else {
        times
    };
    // The earliest of them starts the time span; only the others are counted in it.
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
        // These times come from the clock of another machine.
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
