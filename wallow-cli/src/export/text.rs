//! Values as text in CSV and JSON.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};

/// A time: RFC 3339, UTC, to the microsecond.
pub(super) fn time(time: &DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A float: the shortest text that reads back as the same, `inf`, `-inf`, `NaN`.
pub(super) fn float(text: &mut String, value: f64) {
    // Writing to a string does not fail.
    let _ = write!(text, "{value:?}");
}
