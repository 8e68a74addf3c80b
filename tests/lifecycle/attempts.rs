//! Which attempts count: those whose worker has sent a heartbeat.

use std::time::Duration;

use wallow::{ClaimOptions, LifecycleOptions, LifecycleOutcome, Reclaim};

use super::place::{Clock, Stores as _};
use super::registry::{Run, Store};
use super::{MINUTE, accuracy, claimed, key, status};
use test_support::{Place, on_shared_databases};

on_shared_databases! {
    a_claim_whose_worker_never_heard_of_it_counts_for_no_attempt,
    the_same_by_key,
    a_worker_that_dies_at_once_each_time_is_given_up,
    a_claim_shows_its_first_sign_of_life_soon,
}

fn once() -> ClaimOptions<Run> {
    ClaimOptions::new(Reclaim::WhenStale(MINUTE)).max_attempts(1)
}

/// A claim whose reply was lost, or whose worker crashed at that moment.
fn lose_reply(place: &Place, clock: &Clock) {
    let worker = place.open_frozen(clock);
    std::mem::forget(worker.claim_next(once()).unwrap().unwrap());
}

fn next(store: &Store, clock: &Clock) -> Option<wallow::Claim<Run>> {
    clock.wait_for(10 * MINUTE, || store.claim_next(once()).unwrap())
}

fn a_claim_whose_worker_never_heard_of_it_counts_for_no_attempt(place: &Place) {
    let (store, clock) = place.open_at_a_time();
    store.enqueue([key(0)]).unwrap();
    lose_reply(place, &clock);
    clock.set(100);
    let claim = next(&store, &clock).unwrap();
    assert_eq!(claim.attempt(), 2);
    claim.fail("no").unwrap();
    assert!(
        store.claim_next(once()).unwrap().is_none(),
        "this attempt counted"
    );
    assert_eq!(status(&store, 0).as_deref(), Some("failed"));
}

fn the_same_by_key(place: &Place) {
    let (store, clock) = place.open_at_a_time();
    store.enqueue([key(0)]).unwrap();
    lose_reply(place, &clock);
    let run = || {
        let options = LifecycleOptions::new(Reclaim::WhenStale(MINUTE)).max_attempts(1);
        store
            .run_lifecycle(&key(0), options, |_| accuracy(0.5))
            .unwrap()
    };
    assert!(matches!(run(), LifecycleOutcome::HeldByAnother(_)));
    clock.set(100);
    assert!(run().was_run());
}

/// A claim over one without a heartbeat sends its own heartbeat first, so that an immediate crash counts.
fn a_worker_that_dies_at_once_each_time_is_given_up(place: &Place) {
    let (store, clock) = place.open_at_a_time();
    store.enqueue([key(0)]).unwrap();
    lose_reply(place, &clock);
    clock.set(1000);
    let worker = place.open_frozen(&clock);
    let dies = worker.claim(&key(0), Reclaim::WhenStale(MINUTE)).unwrap();
    std::mem::forget(claimed(dies));
    clock.set(2000);
    let given_up = clock.wait_for(10 * MINUTE, || {
        assert!(store.claim_next(once()).unwrap().is_none());
        (status(&store, 0).as_deref() == Some("failed")).then_some(())
    });
    assert_eq!(given_up, Some(()));
}

/// It does not wait for its first regular heartbeat, which may be half a minute away.
fn a_claim_shows_its_first_sign_of_life_soon(place: &Place) {
    let (store, clock) = place.open_at_a_time();
    let claim = claimed(store.claim(&key(0), Reclaim::Immediately).unwrap());
    assert_eq!(Some(claim.run().updated_at), claim.run().started_at);
    clock.pass(Duration::from_millis(500));
    while store.find(&key(0)).unwrap().unwrap().updated_at == claim.run().updated_at {
        std::thread::yield_now();
    }
    assert!(!claim.is_lost());
}
