//! The lifecycle of a run, its claims and the queue, on one machine.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "lifecycle/attempts.rs"]
mod attempts;
#[path = "lifecycle/declared.rs"]
mod declared;
#[path = "lifecycle/ends.rs"]
mod ends;
#[path = "lifecycle/heartbeats.rs"]
mod heartbeats;
#[path = "lifecycle/lasting.rs"]
mod lasting;
#[path = "lifecycle/place.rs"]
mod place;
#[path = "lifecycle/plans.rs"]
mod plans;
#[path = "lifecycle/queue.rs"]
mod queue;
#[path = "lifecycle/results.rs"]
mod results;
#[path = "lifecycle/statuses.rs"]
mod statuses;
#[cfg(target_os = "linux")]
#[path = "lifecycle/threads.rs"]
mod threads;
#[path = "lifecycle/watching.rs"]
mod watching;

mod registry {
    wallow::wallow_schema!("tests/schemas/ml_sweep.toml");
}

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use place::Stores as _;
use registry::{Annotating, Identifying, Run, Store};
use test_support::{Place, on_shared_databases};
use wallow::{
    ClaimOutcome, ErrorKind, LifecycleError, LifecycleOptions, LifecycleOutcome, OnDuplicate,
    Reclaim,
};

const MINUTE: Duration = Duration::from_secs(60);

fn key(seed: i64) -> Identifying {
    Identifying::builder()
        .architecture("mlp")
        .optimiser("adam")
        .learning_rate(0.1)
        .batch_size(8)
        .seed(seed)
        .build()
}

fn options() -> LifecycleOptions<Run> {
    LifecycleOptions::new(Reclaim::WhenStale(MINUTE))
}

#[expect(clippy::unnecessary_wraps, reason = "what a run returns")]
fn accuracy(value: f64) -> Result<Annotating, wallow::Error> {
    Ok(Annotating::new().val_accuracy(value))
}

fn claimed(outcome: ClaimOutcome<Run>) -> wallow::Claim<Run> {
    match outcome {
        ClaimOutcome::Claimed(claim) => claim,
        other => panic!("{other:?}"),
    }
}

/// How the runs of a worker ended: completed, failed, lost.
fn ended(counts: wallow::WorkCounts) -> [u64; 3] {
    [counts.completed, counts.failed, counts.lost]
}

fn status(store: &Store, seed: i64) -> Option<String> {
    store.find(&key(seed)).unwrap().and_then(|run| run.status)
}

on_shared_databases! {
    a_run_is_run_once,
    a_silent_claim_is_taken_over_in_the_same_program,
    an_error_is_written_and_passed_on,
    a_panic_is_written_and_goes_on,
    attempts_end,
    a_silent_worker_loses_its_run_and_can_write_nothing,
    a_claim_on_a_deleted_run_writes_to_no_other,
    a_claim_ends_as_it_is_asked_to,
    a_result_that_cannot_be_stored_is_a_failed_run,
    a_crash_is_taken_over_by_the_one_dispatcher,
    a_long_run_stays_fresh_by_itself,
}

fn a_run_is_run_once(place: &Place) {
    let store = place.open();
    let starting = options().starting(Annotating::new().host("here").status("ignored"));
    let outcome = store.run_lifecycle(&key(0), starting, |claim| {
        assert_eq!(claim.attempt(), 1);
        assert_eq!(claim.run().status.as_deref(), Some("running"));
        assert_eq!(claim.run().host.as_deref(), Some("here"));
        assert!(claim.run().started_at.is_some());
        accuracy(0.5)
    });
    let LifecycleOutcome::Completed(run) = outcome.unwrap() else {
        panic!()
    };
    assert_eq!(run.status.as_deref(), Some("completed"));
    assert_eq!(run.val_accuracy, Some(0.5));
    assert!(run.completed_at >= run.started_at);
    assert!(run.wallclock_seconds.unwrap() >= 0.0);
    let again = store.run_lifecycle(&key(0), options(), |_| -> Result<_, wallow::Error> {
        panic!("it is completed")
    });
    assert_eq!(again.unwrap(), LifecycleOutcome::AlreadyCompleted(run));
    let forced = store.run_lifecycle(&key(0), options().force(true), |claim| {
        assert_eq!(claim.attempt(), 2);
        assert_eq!(claim.run().completed_at, None);
        accuracy(0.6)
    });
    assert!(forced.unwrap().was_run());
}

fn an_error_is_written_and_passed_on(place: &Place) {
    let store = place.open();
    let long = "é".repeat(2_000);
    let error = store
        .run_lifecycle(&key(0), options(), |_| Err(long.clone()))
        .unwrap_err();
    assert!(matches!(error, LifecycleError::Run(ref text) if *text == long));
    let run = store.find(&key(0)).unwrap().unwrap();
    assert_eq!(run.status.as_deref(), Some("failed"));
    assert_eq!(run.error_excerpt, Some("é".repeat(1_000)));
    assert_eq!(run.completed_at, None);
    let outcome = store.run_lifecycle(&key(0), options(), |claim| {
        assert_eq!(claim.attempt(), 2);
        accuracy(0.5)
    });
    let outcome = outcome.unwrap();
    assert_eq!(
        outcome.run().error_excerpt,
        None,
        "a success leaves no old error"
    );
}

fn a_panic_is_written_and_goes_on(place: &Place) {
    let store = place.open();
    let what = String::from("memory");
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        store.run_lifecycle(&key(0), options(), |_| -> Result<_, wallow::Error> {
            panic!("out of {what}")
        })
    }));
    let payload = panicked.unwrap_err();
    assert_eq!(
        payload.downcast_ref::<String>().map(String::as_str),
        Some("out of memory")
    );
    let run = store.find(&key(0)).unwrap().unwrap();
    assert_eq!(
        run.error_excerpt.as_deref(),
        Some("panicked: out of memory")
    );
}

fn attempts_end(place: &Place) {
    let store = place.open();
    for _ in 0..2 {
        let failed = store.run_lifecycle(&key(0), options().max_attempts(2), |_| Err("no"));
        assert!(failed.is_err());
    }
    let outcome = store.run_lifecycle(&key(0), options().max_attempts(2), |_| accuracy(0.5));
    assert!(matches!(
        outcome.unwrap(),
        LifecycleOutcome::AttemptsExhausted(_)
    ));
}

fn a_silent_worker_loses_its_run_and_can_write_nothing(place: &Place) {
    let (store, clock) = place.open_at_a_time();
    let slow = claimed(store.claim(&key(0), Reclaim::WhenStale(MINUTE)).unwrap());
    let reclaim = Reclaim::WhenStale(MINUTE);
    assert!(matches!(
        store.claim(&key(0), reclaim).unwrap(),
        ClaimOutcome::HeldByAnother(_)
    ));
    clock.set(61);
    // Another program, which does not know the claim of this one.
    let other = store.register(
        &key(0),
        &Annotating::new().status("running"),
        OnDuplicate::ClaimIfStale(MINUTE),
    );
    assert!(other.unwrap().was_updated());
    let late = slow.annotate(Annotating::new().val_loss(9.0)).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::ClaimLost);
    assert_eq!(slow.heartbeat().unwrap_err().kind(), ErrorKind::ClaimLost);
    assert!(slow.is_lost());
    let result = Annotating::new().val_accuracy(0.9);
    let late = slow.complete(result.clone()).unwrap_err();
    assert_eq!(late.unwritten::<Annotating>(), Some(&result));
    let run = store.find(&key(0)).unwrap().unwrap();
    assert_eq!(
        (run.status.as_deref(), run.val_accuracy, run.val_loss),
        (Some("running"), None, None)
    );
}

/// SQLite gives the id of a deleted run to the next one, whose first claim has the same number, too.
fn a_claim_on_a_deleted_run_writes_to_no_other(place: &Place) {
    let store = place.open();
    let claim = |seed| claimed(store.claim(&key(seed), Reclaim::Immediately).unwrap());
    let deleted = claim(0);
    store.delete(&key(0)).unwrap();
    let other = claim(1);
    let reused = matches!(place, Place::SqliteFile(_));
    assert_eq!(other.run().id == deleted.run().id, reused);
    assert_eq!(other.attempt(), deleted.attempt());
    let late = deleted
        .complete(Annotating::new().val_accuracy(0.9))
        .unwrap_err();
    assert_eq!(late.kind(), ErrorKind::ClaimLost);
    assert_eq!(
        other.complete(Annotating::new()).unwrap().val_accuracy,
        None
    );
}

fn a_claim_ends_as_it_is_asked_to(place: &Place) {
    let store = place.open();
    let claim = |seed| claimed(store.claim(&key(seed), Reclaim::Immediately).unwrap());
    let released = claim(0).release().unwrap();
    assert_eq!(
        (released.status.as_deref(), released.started_at),
        (Some("pending"), None)
    );
    drop(claim(1));
    let dropped = store.find(&key(1)).unwrap().unwrap();
    assert_eq!(
        dropped.error_excerpt.as_deref(),
        Some("the claim was dropped without a result")
    );
    claim(2).fail("by hand").unwrap();
    assert_eq!(status(&store, 2).as_deref(), Some("failed"));
    let held = claim(3);
    let other = store.claim(&key(3), Reclaim::Immediately).unwrap();
    assert!(
        matches!(other, ClaimOutcome::HeldByAnother(_)),
        "a claim that lives here is no crash"
    );
    let part = held.annotate(Annotating::new().train_loss(0.3)).unwrap();
    assert_eq!(
        (part.status.as_deref(), part.train_loss),
        (Some("running"), Some(0.3))
    );
    assert_eq!(
        held.complete(Annotating::new()).unwrap().train_loss,
        Some(0.3)
    );
}

/// A value that cannot be stored must not leave the run `running`.
fn a_result_that_cannot_be_stored_is_a_failed_run(place: &Place) {
    let store = place.open();
    let outcome = store.run_lifecycle(&key(0), options(), |_| accuracy(f64::NAN));
    assert!(matches!(outcome, Err(LifecycleError::Store(error)) if error.is_validation()));
    assert_eq!(status(&store, 0).as_deref(), Some("failed"));
}

fn a_crash_is_taken_over_by_the_one_dispatcher(place: &Place) {
    let open = || place.open();
    // As after a killed process: a run that is `running` and that nobody holds.
    let _ = open()
        .register(
            &key(0),
            &Annotating::new().status("running"),
            OnDuplicate::Error,
        )
        .unwrap();
    let patient = Reclaim::WhenStale(MINUTE);
    assert!(matches!(
        open().claim(&key(0), patient).unwrap(),
        ClaimOutcome::HeldByAnother(_)
    ));
    let outcome =
        open().run_lifecycle(&key(0), LifecycleOptions::new(Reclaim::Immediately), |_| {
            accuracy(0.5)
        });
    assert!(outcome.unwrap().was_run());
}

fn a_long_run_stays_fresh_by_itself(place: &Place) {
    let open = || place.open();
    let brief = Reclaim::WhenStale(Duration::from_millis(300));
    let store = open();
    let claim = claimed(store.claim(&key(0), brief).unwrap());
    let first = claim.run().updated_at;
    let mut last = first;
    // For three heartbeats, nobody else gets the run.
    for _ in 0..3 {
        while store.find(&key(0)).unwrap().unwrap().updated_at == last {
            let other = open().claim(&key(0), brief).unwrap();
            assert!(matches!(other, ClaimOutcome::HeldByAnother(_)));
            std::thread::yield_now();
        }
        last = store.find(&key(0)).unwrap().unwrap().updated_at;
    }
    assert!(claim.complete(Annotating::new()).is_ok());
}

fn a_silent_claim_is_taken_over_in_the_same_program(place: &Place) {
    let (store, clock) = place.open_at_a_time();
    let patient = Reclaim::WhenStale(MINUTE);
    let first = claimed(store.claim(&key(0), patient).unwrap());
    clock.set(120);
    // No crash left it.
    assert!(matches!(
        store.claim(&key(0), Reclaim::Immediately).unwrap(),
        ClaimOutcome::HeldByAnother(_)
    ));
    let second = claimed(store.claim(&key(0), patient).unwrap());
    let error = first
        .complete(Annotating::new().val_accuracy(0.1))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ClaimLost);
    let run = second.complete(Annotating::new().val_accuracy(0.5));
    assert_eq!(run.unwrap().val_accuracy, Some(0.5));
}
