//! When a run of a tracker began and ended, how long it took, and when its last sign of life was.
//!
//! Trackers record two readings of a clock. If the clock was set back in between, the end is before the start, and the
//! duration is unknown.

use chrono::{DateTime, Utc};
use wallow_runtime::dynamic::Value;

use super::Cell;
use super::alteration::Alteration;

/// A reading of a clock: the value that the tracker recorded, and the time that it means.
pub(super) struct Reading<'a> {
    pub(super) noted: Option<&'a Value>,
    pub(super) time: Option<DateTime<Utc>>,
}

impl Reading<'_> {
    /// A value that is not a time becomes NULL, and is reported.
    fn cell(&self) -> Cell {
        match (self.noted, self.time) {
            (Some(Value::Null) | None, _) | (_, Some(_)) => Value::from(self.time).into(),
            (Some(_), None) => Cell::Altered(Value::Null, Some(Alteration::NoTime).into()),
        }
    }
}

/// The values that two readings give, by column name.
pub(super) fn of(start: &Reading<'_>, end: &Reading<'_>) -> [(&'static str, Cell); 5] {
    let seconds = match start.time.zip(end.time) {
        None => Value::Null.into(),
        Some((start, end)) if end < start => {
            Cell::Altered(Value::Null, Some(Alteration::Backwards).into())
        }
        #[expect(clippy::cast_precision_loss, reason = "a time span in microseconds")]
        Some((start, end)) => match (end - start).num_microseconds() {
            Some(microseconds) => (microseconds as f64 / 1e6).into(),
            None => Value::Null.into(),
        },
    };
    [
        ("created_at", Value::from(start.time).into()),
        ("updated_at", Value::from(start.time.max(end.time)).into()),
        ("started_at", start.cell()),
        ("completed_at", end.cell()),
        ("wallclock_seconds", seconds),
    ]
}
