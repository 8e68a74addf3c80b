//! The SQL functions that wallow's own statements use on SQLite.
//!
//! The time has to be read after a write has got its lock: a statement that waited five seconds and wrote an earlier
//! time would leave a run that looks five seconds stale. So the statement itself reads the clock, once: all calls in
//! one statement see the same instant.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use diesel::QueryResult;
use diesel::serialize::{self, Output, ToSql};
use diesel::sqlite::{Sqlite, SqliteAggregateFunction, SqliteConnection};

use crate::backend::CHANGED;
use crate::clock::Sources;
use crate::value::{format_time, from_micros, parse_time, to_micros};

#[diesel::declare_sql_function]
extern "SQL" {
    /// The time of the statement.
    fn wallow_now() -> Text;
    /// The time of the statement; or, if that is not later than the given time, just after the given time.
    fn wallow_tick(previous: Text) -> Text;
    /// The time this many microseconds before the statement's.
    fn wallow_before(micros: BigInt) -> Text;
    /// Fails: the table is another than the statement was made for.
    fn wallow_table_changed() -> Integer;
    /// The standard deviation of a sample; SQLite has none.
    #[aggregate]
    fn wallow_std_dev(value: Nullable<Double>) -> Nullable<Double>;
}

use diesel::sql_types::{BigInt, Double, Integer, Nullable, Text};

/// The instant of the statement that runs on a connection.
#[derive(Debug, Clone)]
pub(super) struct StatementClock {
    sources: Sources,
    /// Microseconds since 1970; `UNASKED` until the statement asks.
    micros: Arc<AtomicI64>,
}

const UNASKED: i64 = i64::MIN;

impl StatementClock {
    pub(super) fn new(sources: Sources) -> Self {
        StatementClock {
            sources,
            micros: Arc::new(AtomicI64::new(UNASKED)),
        }
    }

    /// Begins a statement: its first call reads the clock.
    pub(super) fn reset(&self) {
        self.micros.store(UNASKED, Ordering::Relaxed);
    }

    fn micros(&self) -> i64 {
        match self.micros.load(Ordering::Relaxed) {
            UNASKED => {
                let micros = to_micros(&self.sources.now());
                self.micros.store(micros, Ordering::Relaxed);
                micros
            }
            micros => micros,
        }
    }
}

/// Makes the functions known on a connection.
pub(super) fn register(conn: &mut SqliteConnection, clock: &StatementClock) -> QueryResult<()> {
    let now = Unwinding(clock.clone());
    wallow_now_utils::register_nondeterministic_impl(conn, move || text(now.get().micros()))?;
    let next_updated_at = Unwinding(clock.clone());
    wallow_tick_utils::register_nondeterministic_impl(conn, move |previous: String| {
        let now = next_updated_at.get().micros();
        match parse_time(&previous).map(|time| to_micros(&time)) {
            Some(previous) => text(now.max(previous.saturating_add(1))),
            None => text(now),
        }
    })?;
    let before = Unwinding(clock.clone());
    wallow_before_utils::register_nondeterministic_impl(conn, move |micros: i64| {
        text(before.get().micros().saturating_sub(micros))
    })?;
    wallow_table_changed_utils::register_impl(conn, || Changed)?;
    wallow_std_dev_utils::register_impl::<StdDev, _>(conn)
}

/// An answer that cannot be given.
#[derive(Debug)]
struct Changed;

impl ToSql<Integer, Sqlite> for Changed {
    fn to_sql<'b>(&'b self, _: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        Err(CHANGED.into())
    }
}

/// Mean and spread in one pass (Welford 1962): no difference of large sums.
#[derive(Debug, Default)]
struct StdDev {
    count: u32,
    mean: f64,
    squares: f64,
}

impl SqliteAggregateFunction<Option<f64>> for StdDev {
    type Output = Option<f64>;

    fn step(&mut self, value: Option<f64>) {
        let Some(value) = value else { return };
        self.count += 1;
        let off = value - self.mean;
        self.mean += off / f64::from(self.count);
        self.squares += off * (value - self.mean);
    }

    fn finalize(sample: Option<Self>) -> Self::Output {
        let sample = sample.filter(|sample| sample.count > 1)?;
        Some((sample.squares / f64::from(sample.count - 1)).sqrt())
    }
}

fn text(micros: i64) -> String {
    format_time(&from_micros(micros))
}

/// A clock that panics leaves nothing half-changed here: the only state is one number.
struct Unwinding(StatementClock);

impl Unwinding {
    fn get(&self) -> &StatementClock {
        &self.0
    }
}

impl std::panic::UnwindSafe for Unwinding {}
