//! `created_at` and `updated_at`.

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use test_support::{Place, on_every_database};
use wallow::{OnDuplicate, Store};

use crate::clock::Clock;
use crate::database::Database as _;
use crate::schemas::sweep::{Run, key, on};

on_every_database! {
    a_new_run_bears_the_time_of_its_insert,
    every_write_moves_the_time,
    the_time_moves_though_the_clock_stands_still,
    the_time_never_goes_back_though_the_clock_does,
    no_read_moves_the_time,
    times_have_whole_microseconds,
}

fn store_with(db: &Place, clock: &Clock) -> Store<Run> {
    Store::options()
        .environment(clock.environment())
        .open(db.url())
        .unwrap()
}

fn register(store: &Store<Run>, policy: OnDuplicate) -> Run {
    let outcome = store.register(&key(0), &on("here"), policy);
    outcome.unwrap().into_run().unwrap()
}

/// Every way to write to an existing run, each with the `updated_at` it leaves.
fn writes(store: &Store<Run>) -> [DateTime<Utc>; 3] {
    [
        register(store, OnDuplicate::Overwrite).updated_at,
        store.heartbeat(&key(0)).unwrap(),
        register(store, OnDuplicate::Overwrite).updated_at,
    ]
}

fn a_new_run_bears_the_time_of_its_insert(db: &Place) {
    let clock = db.clock();
    let run = register(&store_with(db, &clock), OnDuplicate::Error);
    assert_eq!((run.created_at, run.updated_at), (clock.now(), clock.now()));
}

fn every_write_moves_the_time(db: &Place) {
    let clock = db.clock();
    let store = store_with(db, &clock);
    let created_at = register(&store, OnDuplicate::Error).created_at;
    let now = clock.step(TimeDelta::seconds(5));
    let run = register(&store, OnDuplicate::Overwrite);
    assert_eq!((run.created_at, run.updated_at), (created_at, now));
    let now = clock.step(TimeDelta::seconds(5));
    assert_eq!(store.heartbeat(&key(0)).unwrap(), now);
    let now = clock.step(TimeDelta::hours(2));
    let policy = OnDuplicate::ClaimIfStale(std::time::Duration::from_secs(60));
    let run = register(&store, policy);
    assert_eq!((run.created_at, run.updated_at), (created_at, now));
}

fn the_time_moves_though_the_clock_stands_still(db: &Place) {
    let store = store_with(db, &db.clock());
    let mut last = register(&store, OnDuplicate::Error).updated_at;
    for _ in 0..3 {
        for time in writes(&store) {
            assert_eq!(time - last, TimeDelta::microseconds(1));
            last = time;
        }
    }
}

fn the_time_never_goes_back_though_the_clock_does(db: &Place) {
    let clock = db.clock();
    let store = store_with(db, &clock);
    let first = register(&store, OnDuplicate::Error);
    clock.step(TimeDelta::hours(-1));
    let mut last = first.updated_at;
    for time in writes(&store) {
        assert_eq!(time - last, TimeDelta::microseconds(1));
        last = time;
    }
    let run = store.find(&key(0)).unwrap().unwrap();
    assert_eq!((run.created_at, run.updated_at), (first.created_at, last));
    let now = clock.step(TimeDelta::hours(1) + TimeDelta::seconds(1));
    assert_eq!(writes(&store)[0], now);
}

fn no_read_moves_the_time(db: &Place) {
    let clock = db.clock();
    let store = store_with(db, &clock);
    let run = register(&store, OnDuplicate::Error);
    clock.step(TimeDelta::seconds(1));
    let again = |policy| store.register(&key(0), &on("there"), policy);
    let _ = again(OnDuplicate::Error).unwrap_err();
    let _ = again(OnDuplicate::ReturnExisting).unwrap();
    let _ = again(OnDuplicate::Skip).unwrap();
    let hour = std::time::Duration::from_secs(3_600);
    let _ = again(OnDuplicate::ClaimIfStale(hour)).unwrap();
    store.find_by_uuid(&run.uuid).unwrap();
    assert_eq!(store.get(run.id).unwrap(), Some(run));
}

/// The time that a call returns is the same as the one that is read later, to the last digit.
fn times_have_whole_microseconds(db: &Place) {
    let clock = db.clock();
    clock.step(TimeDelta::nanoseconds(123_456_789));
    let store = store_with(db, &clock);
    let run = register(&store, OnDuplicate::Error);
    assert_eq!(run.created_at.nanosecond(), 123_456_000);
    assert_eq!(store.find(&key(0)).unwrap(), Some(run));
}
