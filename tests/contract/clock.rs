//! A clock that the test moves.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use wallow::Sources;

/// Stands still until it is moved.
#[derive(Clone)]
pub(crate) struct Clock(Arc<Mutex<DateTime<Utc>>>);

impl Clock {
    /// At noon of the first day of 2026.
    pub(crate) fn new() -> Self {
        let noon = Utc.with_ymd_and_hms(2026, 1, 1, 12, 0, 0).unwrap();
        Clock(Arc::new(Mutex::new(noon)))
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }

    /// Moves it, back where the step is negative; the new time.
    pub(crate) fn step(&self, by: TimeDelta) -> DateTime<Utc> {
        let mut now = self.0.lock().unwrap();
        *now += by;
        *now
    }

    /// The sources of a store that goes by this clock.
    pub(crate) fn sources(&self) -> Sources {
        let clock = self.clone();
        Sources::default().with_clock(move || clock.now())
    }
}
