//! `ClaimIfStale`: who gets a run that nobody has touched for some time.

use std::time::Duration;

use chrono::TimeDelta;
use test_support::{Place, on_every_database};
use wallow::{OnDuplicate, RegisterOutcome, Store};

use crate::clock::Clock;
use crate::database::Database as _;
use crate::schemas::{strict, sweep};

on_every_database! {
    a_run_is_stale_when_it_is_older_than_the_limit_and_not_before,
    a_claim_makes_the_run_fresh_again,
    a_heartbeat_keeps_a_run_from_being_claimed,
    with_a_limit_of_nothing_any_earlier_run_is_stale,
    with_a_limit_without_end_no_run_is_stale,
    a_run_from_the_future_is_fresh,
    a_completed_run_is_never_stale_where_there_is_a_lifecycle,
    a_status_means_nothing_where_there_is_no_lifecycle,
}

const MINUTE: OnDuplicate = OnDuplicate::ClaimIfStale(Duration::from_secs(60));

fn sweep(db: &Place, clock: &Clock) -> Store<sweep::Run> {
    let store = Store::options()
        .environment(clock.environment())
        .open(db.url())
        .unwrap();
    let outcome = store.register(&sweep::key(0), &sweep::on("first"), OnDuplicate::Error);
    assert!(outcome.unwrap().was_inserted());
    store
}

fn claim(store: &Store<sweep::Run>, policy: OnDuplicate) -> RegisterOutcome<sweep::Run> {
    let outcome = store
        .register(&sweep::key(0), &sweep::on("second"), policy)
        .unwrap();
    let host = outcome.run().unwrap().host.as_deref();
    assert_eq!(host == Some("second"), outcome.was_updated());
    outcome
}

fn a_run_is_stale_when_it_is_older_than_the_limit_and_not_before(db: &Place) {
    let clock = db.clock();
    let store = sweep(db, &clock);
    clock.step(TimeDelta::seconds(60));
    assert!(claim(&store, MINUTE).was_skipped());
    clock.step(TimeDelta::microseconds(1));
    assert!(claim(&store, MINUTE).was_updated());
}

fn a_claim_makes_the_run_fresh_again(db: &Place) {
    let clock = db.clock();
    let store = sweep(db, &clock);
    let now = clock.step(TimeDelta::hours(1));
    let run = claim(&store, MINUTE).into_run().unwrap();
    assert_eq!(run.updated_at, now);
    let outcome = store.register(&sweep::key(0), &sweep::on("third"), MINUTE);
    assert_eq!(outcome.unwrap(), RegisterOutcome::Fresh(run));
}

fn a_heartbeat_keeps_a_run_from_being_claimed(db: &Place) {
    let clock = db.clock();
    let store = sweep(db, &clock);
    for _ in 0..5 {
        clock.step(TimeDelta::seconds(50));
        store.heartbeat(&sweep::key(0)).unwrap();
        assert!(claim(&store, MINUTE).was_skipped());
    }
    clock.step(TimeDelta::seconds(61));
    assert!(claim(&store, MINUTE).was_updated());
}

fn with_a_limit_of_nothing_any_earlier_run_is_stale(db: &Place) {
    let clock = db.clock();
    let store = sweep(db, &clock);
    let at_once = OnDuplicate::ClaimIfStale(Duration::ZERO);
    assert!(claim(&store, at_once).was_skipped());
    clock.step(TimeDelta::microseconds(1));
    assert!(claim(&store, at_once).was_updated());
}

fn with_a_limit_without_end_no_run_is_stale(db: &Place) {
    let clock = db.clock();
    let store = sweep(db, &clock);
    clock.step(TimeDelta::days(365_000));
    for limit in [
        Duration::MAX,
        Duration::from_micros(u64::MAX),
        Duration::from_secs(1 << 50),
    ] {
        assert!(claim(&store, OnDuplicate::ClaimIfStale(limit)).was_skipped());
    }
}

fn a_run_from_the_future_is_fresh(db: &Place) {
    let clock = db.clock();
    let store = sweep(db, &clock);
    clock.step(TimeDelta::hours(-1));
    assert!(claim(&store, OnDuplicate::ClaimIfStale(Duration::ZERO)).was_skipped());
}

fn a_completed_run_is_never_stale_where_there_is_a_lifecycle(db: &Place) {
    let clock = db.clock();
    let store = sweep(db, &clock);
    for (status, stale) in [
        ("completed", false),
        ("Completed", true),
        ("failed", true),
        ("running", true),
        ("", true),
    ] {
        let patch = sweep::on("first").status(status);
        let _ = store
            .register(&sweep::key(0), &patch, OnDuplicate::Overwrite)
            .unwrap();
        clock.step(TimeDelta::days(1000));
        assert_eq!(claim(&store, MINUTE).was_updated(), stale, "{status}");
    }
    let patch = sweep::on("first").clear_status();
    let _ = store
        .register(&sweep::key(0), &patch, OnDuplicate::Overwrite)
        .unwrap();
    clock.step(TimeDelta::days(1));
    assert!(claim(&store, MINUTE).was_updated());
}

fn a_status_means_nothing_where_there_is_no_lifecycle(db: &Place) {
    let clock = db.clock();
    let options = Store::<strict::Run>::options().environment(clock.environment());
    let store = options.open(db.url()).unwrap();
    let patch = strict::Annotating::new().owner("me").status("completed");
    let key = strict::key("a");
    let _ = store.register(&key, &patch, OnDuplicate::Error).unwrap();
    clock.step(TimeDelta::hours(1));
    assert!(store.register(&key, &patch, MINUTE).unwrap().was_updated());
}
