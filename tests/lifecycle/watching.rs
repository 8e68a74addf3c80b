//! A run that looks silent is not taken from a live worker: a worker watches a run before it takes it from the queue.

use std::time::Duration;

use wallow::{ClaimOptions, OnDuplicate, Reclaim, WorkOptions};

use super::place::Stores as _;
use super::registry::{Annotating, Store};
use super::{MINUTE, accuracy, key};
use test_support::{Place, on_shared_databases};

on_shared_databases! {
    live_claims_outlive_a_clock_that_jumps_by_an_hour,
    what_a_crash_left_is_taken_after_it_was_watched,
    a_worker_stays_until_it_has_watched_what_a_crash_left,
    a_stale_time_of_nothing_needs_no_watching,
}

fn any() -> ClaimOptions<super::Run> {
    ClaimOptions::new(Reclaim::WhenStale(MINUTE))
}

/// As after a killed process: a run that is `running` and that nobody holds.
fn crash(store: &Store, seed: i64) {
    let patch = Annotating::new().status("running");
    let left = store.register(&key(seed), &patch, OnDuplicate::Overwrite);
    assert!(left.unwrap().run().is_some());
}

fn live_claims_outlive_a_clock_that_jumps_by_an_hour(place: &Place) {
    let (store, clock) = place.open_at_a_time();
    store.enqueue((0..8).map(key)).unwrap();
    let claims = (0..8).map(|_| store.claim_next(any()).unwrap().unwrap());
    let claims = claims.collect::<Vec<_>>();
    crash(&store, 8);
    let next = || store.claim_next(any()).unwrap();
    clock.set(3600);
    let crashed = clock.wait_for(10 * MINUTE, next).unwrap();
    assert_eq!(crashed.run().seed, 8, "a live claim was taken");
    crashed.complete(Annotating::new()).unwrap();
    clock.set(2 * 3600);
    let taken = clock.wait_for(2 * MINUTE, next);
    assert!(taken.is_none(), "{taken:?}");
    for claim in claims {
        assert!(!claim.is_lost());
        let run = claim.complete(Annotating::new().val_accuracy(0.5));
        assert_eq!(run.unwrap().val_accuracy, Some(0.5));
    }
}

fn what_a_crash_left_is_taken_after_it_was_watched(place: &Place) {
    let (store, clock) = place.open_at_a_time();
    crash(&store, 0);
    crash(&store, 1);
    clock.set(61);
    assert!(store.claim_next(any()).unwrap().is_none());
    // Another program takes one of them at once, by its key.
    let other = place.open_frozen(&clock);
    let claim = super::claimed(other.claim(&key(1), Reclaim::WhenStale(MINUTE)).unwrap());
    let taken = clock.wait_for(10 * MINUTE, || store.claim_next(any()).unwrap());
    let taken = taken.unwrap();
    assert_eq!((taken.run().seed, taken.attempt()), (0, 1));
    taken.complete(Annotating::new()).unwrap();
    let further = clock.wait_for(2 * MINUTE, || store.claim_next(any()).unwrap());
    assert!(further.is_none());
    claim.complete(Annotating::new()).unwrap();
}

/// With the real clock.
fn a_worker_stays_until_it_has_watched_what_a_crash_left(place: &Place) {
    let store = place.open();
    for seed in 0..3 {
        crash(&store, seed);
    }
    let brief = Reclaim::WhenStale(Duration::from_millis(300));
    // Until they look silent, there is nothing to do and nothing to wait for.
    let done = loop {
        let counts = store.work(WorkOptions::new(brief).threads(2), |_| accuracy(0.5));
        let counts = counts.unwrap();
        if counts.completed > 0 {
            break counts.completed;
        }
        std::thread::yield_now();
    };
    let options = WorkOptions::new(brief).wait_for_others(true);
    let rest = store.work(options, |_| accuracy(0.5)).unwrap();
    assert_eq!(done + rest.completed, 3);
}

fn a_stale_time_of_nothing_needs_no_watching(place: &Place) {
    let (store, clock) = place.open_at_a_time();
    crash(&store, 0);
    clock.set(1);
    let options = ClaimOptions::new(Reclaim::WhenStale(Duration::ZERO));
    assert!(store.claim_next(options).unwrap().is_some());
}
