//! How long a run of a tracker took, and when it was heard last.
//!
//! Trackers note two readings of a clock. If that was set back meanwhile, the end stands before the start: then nobody knows how
//! long the run took.

use chrono::{DateTime, Utc};
use wallow_runtime::dynamic::Value;

use super::Cell;
use super::alteration::Alteration;

/// What two readings of a clock say.
pub(super) struct Span {
    /// The value for `wallclock_seconds`.
    pub(super) seconds: Cell,
    /// The later one.
    pub(super) last: Option<DateTime<Utc>>,
}

impl Span {
    pub(super) fn new(start: Option<DateTime<Utc>>, end: Option<DateTime<Utc>>) -> Self {
        let seconds = match start.zip(end) {
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
        Span {
            seconds,
            last: start.max(end),
        }
    }
}

/// A reading of a clock as a cell: what is there, and is no time, is told of.
pub(super) fn reading(given: Option<&Value>, time: Option<DateTime<Utc>>) -> Cell {
    match (given, time) {
        (Some(Value::Null) | None, _) | (_, Some(_)) => Value::from(time).into(),
        (Some(_), None) => Cell::Altered(Value::Null, Some(Alteration::NoTime).into()),
    }
}
