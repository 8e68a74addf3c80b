//! Which attempts count against `max_attempts`.

use wallow::{AttemptOutcome, ClaimOptions, End, LifecycleOutcome, Reclaim};

use super::registry::{Annotating, Run};
use super::{claimed, execute, immediate, key, open, outcomes};
use test_support::{Place, on_shared_databases};

on_shared_databases! {
    released_attempts_do_not_count_and_crashes_do,
    released_attempts_do_not_count_in_the_queue,
    attempts_from_before_the_history_count,
}

fn twice() -> ClaimOptions<Run> {
    ClaimOptions::new(Reclaim::Immediately).max_attempts(2)
}

fn released_attempts_do_not_count_and_crashes_do(place: &Place) {
    let store = open(place);
    let run = |result: Result<Annotating, &'static str>| {
        store.run_lifecycle(&key(0), immediate().max_attempts(2), |_| result)
    };
    for _ in 0..3 {
        run(Ok(End::Release)).unwrap();
    }
    assert!(run(Err("first")).is_err());
    // It is failed now, and three of its four attempts do not count.
    let claim = claimed(&store, 0);
    claim.heartbeat().unwrap();
    std::mem::forget(claim);
    let other = open(place);
    let outcome = other.run_lifecycle(&key(0), immediate().max_attempts(2), |_| {
        Ok::<_, &str>(Annotating::new())
    });
    let outcome = outcome.unwrap();
    assert!(
        matches!(outcome, LifecycleOutcome::AttemptsExhausted(_)),
        "{outcome:?}"
    );
    let outcome = other.run_lifecycle(&key(0), immediate().max_attempts(3), |_| {
        Ok::<_, &str>(Annotating::new())
    });
    assert!(outcome.unwrap().was_run());
    let (released, lost) = (AttemptOutcome::Released, AttemptOutcome::Lost);
    let (failed, completed) = (AttemptOutcome::Failed, AttemptOutcome::Completed);
    let all = [released, released, released, failed, lost, completed];
    assert_eq!(outcomes(&other, 0), all.map(Some));
}

fn released_attempts_do_not_count_in_the_queue(place: &Place) {
    let store = open(place);
    store.enqueue([key(0)]).unwrap();
    let next = || store.claim_next(twice()).unwrap();
    for _ in 0..3 {
        next().unwrap().release().unwrap();
    }
    next().unwrap().fail("first").unwrap();
    next().unwrap().fail("second").unwrap();
    assert!(next().is_none());
    // A worker that dies with the last attempt: the run is given up, and its attempt is closed.
    let third = || ClaimOptions::new(Reclaim::Immediately).max_attempts(3);
    let claim = store.claim_next(third()).unwrap().unwrap();
    claim.heartbeat().unwrap();
    std::mem::forget(claim);
    let other = open(place);
    assert!(other.claim_next(third()).unwrap().is_none());
    let run = other.find(&key(0)).unwrap().unwrap();
    assert_eq!(run.status.as_deref(), Some("failed"));
    assert_eq!(
        outcomes(&other, 0).last(),
        Some(&Some(AttemptOutcome::Lost))
    );
}

fn attempts_from_before_the_history_count(place: &Place) {
    let store = open(place);
    claimed(&store, 0).fail("first").unwrap();
    claimed(&store, 0).fail("second").unwrap();
    execute(&store, "DELETE FROM _wallow_attempts");
    assert!(store.claim_next(twice()).unwrap().is_none());
    let third = ClaimOptions::new(Reclaim::Immediately).max_attempts(3);
    let claim = store.claim_next(third.clone()).unwrap().unwrap();
    claim.fail("third").unwrap();
    assert!(store.claim_next(third).unwrap().is_none());
    assert_eq!(outcomes(&store, 0), [Some(AttemptOutcome::Failed)]);
}
