//! A clock that the test moves. A PostgreSQL server has its own clock; in the database of a test, other functions hide
//! those that return its time.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use wallow::Environment;

/// A clock that stands still until it is moved.
#[derive(Clone)]
pub(crate) struct Clock {
    now: Arc<Mutex<DateTime<Utc>>>,
    /// Sets the clock of a server.
    set: Arc<dyn Fn(DateTime<Utc>)>,
}

impl Clock {
    /// A clock at noon of the first day of 2026; `set` sets the clock of a server.
    pub(crate) fn new(set: impl Fn(DateTime<Utc>) + 'static) -> Self {
        let noon = Utc.with_ymd_and_hms(2026, 1, 1, 12, 0, 0).unwrap();
        set(noon);
        Clock {
            now: Arc::new(Mutex::new(noon)),
            set: Arc::new(set),
        }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        *self.now.lock().unwrap()
    }

    /// Moves it by a step, which may be negative; returns the new time.
    pub(crate) fn step(&self, by: TimeDelta) -> DateTime<Utc> {
        let mut now = self.now.lock().unwrap();
        *now += by;
        (self.set)(*now);
        *now
    }

    /// The environment of a store that uses this clock.
    pub(crate) fn environment(&self) -> Environment {
        let now = Arc::clone(&self.now);
        Environment::default().with_clock(move || *now.lock().unwrap())
    }
}
