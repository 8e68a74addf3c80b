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
use crate::clock::Environment;
use crate::statistics::{ExactSum, Spread};
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
    /// The same of ints, which may have more digits than a float.
    #[aggregate]
    fn wallow_int_std_dev(value: Nullable<BigInt>) -> Nullable<Double>;
    /// The mean; SQLite's own overflows.
    #[aggregate]
    fn wallow_mean(value: Nullable<Double>) -> Nullable<Double>;
    #[aggregate]
    fn wallow_int_mean(value: Nullable<BigInt>) -> Nullable<Double>;
    /// The sum; SQLite's own overflows on the way.
    #[aggregate]
    fn wallow_sum(value: Nullable<Double>) -> Nullable<Double>;
    /// The sum, NULL if it is too large; SQLite's own is an error then.
    #[aggregate]
    fn wallow_int_sum(value: Nullable<BigInt>) -> Nullable<BigInt>;
}

use diesel::sql_types::{BigInt, Double, Integer, Nullable, Text};

/// The instant of the statement that runs on a connection.
#[derive(Debug, Clone)]
pub(super) struct StatementClock {
    environment: Environment,
    /// Microseconds since 1970; `UNASKED` until the statement asks.
    micros: Arc<AtomicI64>,
}

const UNASKED: i64 = i64::MIN;

impl StatementClock {
    pub(super) fn new(environment: Environment) -> Self {
        StatementClock {
            environment,
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
                let micros = to_micros(&self.environment.now());
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
    wallow_std_dev_utils::register_impl::<StdDev, Option<f64>>(conn)?;
    wallow_int_std_dev_utils::register_impl::<StdDev, Option<i64>>(conn)?;
    wallow_mean_utils::register_impl::<Mean, _>(conn)?;
    wallow_int_mean_utils::register_impl::<IntMean, _>(conn)?;
    wallow_sum_utils::register_impl::<Sum, _>(conn)?;
    wallow_int_sum_utils::register_impl::<IntSum, _>(conn)
}

/// An answer that cannot be given.
#[derive(Debug)]
struct Changed;

impl ToSql<Integer, Sqlite> for Changed {
    fn to_sql<'b>(&'b self, _: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        Err(CHANGED.into())
    }
}

/// What is computed from the values of a group. `NULL`s do not count; NaN leaves as `NULL`, which SQLite has instead.
#[derive(Debug, Default)]
struct StdDev(Spread);

impl SqliteAggregateFunction<Option<f64>> for StdDev {
    type Output = Option<f64>;

    fn step(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.0.add(value);
        }
    }

    fn finalize(sample: Option<Self>) -> Self::Output {
        sample?.0.std_dev()
    }
}

impl SqliteAggregateFunction<Option<i64>> for StdDev {
    type Output = Option<f64>;

    fn step(&mut self, value: Option<i64>) {
        if let Some(value) = value {
            self.0.add_int(value);
        }
    }

    fn finalize(sample: Option<Self>) -> Self::Output {
        sample?.0.std_dev()
    }
}

#[derive(Debug, Default)]
struct Mean(ExactSum);

impl SqliteAggregateFunction<Option<f64>> for Mean {
    type Output = Option<f64>;

    fn step(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.0.add(value);
        }
    }

    fn finalize(sample: Option<Self>) -> Self::Output {
        sample.map(|Mean(sum)| sum.mean())
    }
}

#[derive(Debug, Default)]
struct Sum(ExactSum);

impl SqliteAggregateFunction<Option<f64>> for Sum {
    type Output = Option<f64>;

    fn step(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.0.add(value);
        }
    }

    fn finalize(sample: Option<Self>) -> Self::Output {
        let Sum(sum) = sample.filter(|Sum(sum)| sum.count() > 0)?;
        Some(sum.sum())
    }
}

/// 2^64 ints fit into the sum.
#[derive(Debug, Default)]
struct IntSum {
    count: u32,
    sum: i128,
}

impl SqliteAggregateFunction<Option<i64>> for IntSum {
    type Output = Option<i64>;

    fn step(&mut self, value: Option<i64>) {
        if let Some(value) = value {
            self.count += 1;
            self.sum += i128::from(value);
        }
    }

    fn finalize(sample: Option<Self>) -> Self::Output {
        let sample = sample.filter(|sample| sample.count > 0)?;
        i64::try_from(sample.sum).ok()
    }
}

#[derive(Debug, Default)]
struct IntMean(IntSum);

impl SqliteAggregateFunction<Option<i64>> for IntMean {
    type Output = Option<f64>;

    fn step(&mut self, value: Option<i64>) {
        self.0.step(value);
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "the quotient is rounded to a float"
    )]
    fn finalize(sample: Option<Self>) -> Self::Output {
        let IntMean(sample) = sample.filter(|sample| sample.0.count > 0)?;
        let count = i128::from(sample.count);
        let (whole, rest) = (sample.sum / count, sample.sum % count);
        Some(whole as f64 + rest as f64 / f64::from(sample.count))
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
