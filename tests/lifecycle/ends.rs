//! How a claim ends: given back, reset before the next attempt, or returned with its result because it could not be
//! completed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use wallow::{
    ClaimError, ClaimOptions, ClaimOutcome, End, Error, ErrorKind, Lifecycle, LifecycleError,
    LifecycleOptions, LifecycleOutcome, OnDuplicate, Reclaim, Store, WorkOptions,
};

use super::place::Stores as _;
use super::registry::{Annotating, Run, fields};
use super::{MINUTE, accuracy, claimed, ended, key, options, status};
use test_support::{Place, on_shared_databases};

on_shared_databases! {
    a_run_that_is_given_back_is_pending_again,
    a_closure_may_return_a_result_or_give_back,
    work_takes_no_run_again_that_it_gave_back,
    a_run_that_is_given_back_has_an_attempt_left,
    a_claim_that_is_completed_with_a_release_is_given_back,
    a_reset_clears_what_an_earlier_attempt_left,
    a_reset_leaves_what_a_run_was_registered_with,
    the_queue_resets_too,
    a_result_that_is_refused_comes_back_and_can_be_mended,
    a_refused_result_that_nobody_mends_fails_its_run,
    a_result_that_cannot_be_written_now_comes_back_with_its_claim,
    a_claim_that_was_lost_does_not_come_back,
    work_counts_what_was_completed_before,
}

const STALE: Reclaim = Reclaim::WhenStale(MINUTE);

/// Cites specs 6.20.
fn a_run_that_is_given_back_is_pending_again(place: &Place) {
    let store = place.open();
    let outcome = store.run_lifecycle(&key(0), options(), |_| Ok::<_, Error>(wallow::End::Release));
    let LifecycleOutcome::Released(run) = outcome.unwrap() else {
        panic!()
    };
    assert_eq!(
        (run.status.as_deref(), run.started_at),
        (Some("pending"), None)
    );
    let outcome = store.run_lifecycle(&key(0), options(), |_| accuracy(0.5));
    let outcome = outcome.unwrap();
    assert!(outcome.was_run());
    assert_eq!(outcome.into_run().val_accuracy, Some(0.5));
}

/// Every form of closure that the types have to accept.
fn a_closure_may_return_a_result_or_give_back(place: &Place) {
    let store = place.open();
    let mixed = |preempted: bool| {
        store.run_lifecycle(&key(0), options().force(true), |_| -> Result<_, Error> {
            if preempted {
                return Ok(End::Release);
            }
            Ok(Annotating::new().val_loss(0.25))
        })
    };
    assert!(matches!(
        mixed(true).unwrap(),
        LifecycleOutcome::Released(_)
    ));
    assert!(mixed(false).unwrap().was_run());
    let only_fails = store.run_lifecycle(&key(1), options(), |_| Err("no"));
    assert!(matches!(only_fails, Err(LifecycleError::Run("no"))));
    let chosen = store.run_lifecycle(&key(2), options(), |claim| match claim.attempt() {
        1 => Ok(End::Release),
        2 => Err("two".to_owned()),
        _ => Ok(Annotating::new()),
    });
    assert!(!chosen.unwrap().was_run());
    assert!(in_any_schema(&store, &key(3)).is_ok_and(|outcome| !outcome.was_run()));
}

/// A function that works with any schema.
fn in_any_schema<R: Lifecycle>(
    store: &Store<R>,
    key: &R::Identifying,
) -> Result<LifecycleOutcome<R>, Error> {
    let outcome = store.run_lifecycle(key, LifecycleOptions::new(STALE), |_| {
        Ok::<_, Error>(End::Release)
    })?;
    assert_eq!(
        wallow::Lifecycle::run_status(outcome.run()),
        Some(wallow::RunStatus::Pending)
    );
    Ok(outcome)
}

/// Otherwise it would never end.
fn work_takes_no_run_again_that_it_gave_back(place: &Place) {
    let store = place.open();
    store.enqueue((0..8).map(key)).unwrap();
    let calls = AtomicU64::new(0);
    let counts = store.work(WorkOptions::new(STALE).threads(2), |claim| {
        calls.fetch_add(1, Ordering::SeqCst);
        Ok::<_, Error>(if claim.run().seed < 5 {
            End::Release
        } else {
            Annotating::new().val_accuracy(0.5)
        })
    });
    let counts = counts.unwrap();
    assert_eq!((ended(counts), counts.released), ([3, 0, 0], 5));
    assert_eq!(calls.into_inner(), 8);
    assert_eq!(status(&store, 0).as_deref(), Some("pending"));
    let counts = store
        .work(WorkOptions::new(STALE), |_| accuracy(0.5))
        .unwrap();
    assert_eq!((ended(counts), counts.already_completed), ([5, 0, 0], 3));
}

fn a_run_that_is_given_back_has_an_attempt_left(place: &Place) {
    let store = place.open();
    let once = || options().max_attempts(1);
    for _ in 0..3 {
        let outcome = store.run_lifecycle(&key(0), once(), |_| Ok::<_, Error>(End::Release));
        assert!(matches!(outcome.unwrap(), LifecycleOutcome::Released(_)));
    }
    assert!(
        store
            .run_lifecycle(&key(0), once(), |_| Err("broken"))
            .is_err()
    );
    let outcome = store.run_lifecycle(&key(0), once(), |_| accuracy(0.5));
    assert!(matches!(
        outcome.unwrap(),
        LifecycleOutcome::AttemptsExhausted(_)
    ));
}

fn a_claim_that_is_completed_with_a_release_is_given_back(place: &Place) {
    let store = place.open();
    let claim = claimed(store.claim(&key(0), STALE).unwrap());
    let run = claim.complete(End::Release).unwrap();
    assert_eq!(run.status.as_deref(), Some("pending"));
}

/// Cites specs 6.21.
fn a_reset_clears_what_an_earlier_attempt_left(place: &Place) {
    let store = place.open();
    let first = store.run_lifecycle(&key(0), options(), |_| {
        let result = Annotating::new().val_loss(0.5).host("first");
        Ok::<_, Error>(result.training_curve(serde_json::json!([1])))
    });
    assert!(first.unwrap().was_run());
    let again = options().force(true);
    let kept = store.run_lifecycle(&key(0), again.clone(), |claim| {
        assert_eq!(claim.run().val_loss, Some(0.5));
        Ok::<_, Error>(Annotating::new())
    });
    assert_eq!(kept.unwrap().run().val_loss, Some(0.5));
    let starting = Annotating::new().host("second");
    let reset = store.run_lifecycle(&key(0), again.starting(starting).reset(true), |claim| {
        let run = claim.run();
        assert_eq!((run.val_loss, &run.training_curve), (None, &None));
        assert_eq!(run.host.as_deref(), Some("second"));
        Ok::<_, Error>(Annotating::new())
    });
    let run = reset.unwrap().into_run();
    assert_eq!((run.val_loss, run.host.as_deref()), (None, Some("second")));
    assert_eq!(run.status.as_deref(), Some("completed"));
}

fn a_reset_leaves_what_a_run_was_registered_with(place: &Place) {
    let store = place.open();
    let noted = Annotating::new().status("pending").host("wanted here");
    let _ = store.register(&key(0), &noted, OnDuplicate::Error).unwrap();
    let outcome = store.run_lifecycle(&key(0), options().reset(true), |_| accuracy(0.5));
    assert_eq!(outcome.unwrap().run().host.as_deref(), Some("wanted here"));
    let fresh = options()
        .reset(true)
        .starting(Annotating::new().host("new"));
    let outcome = store.run_lifecycle(&key(1), fresh, |_| accuracy(0.5));
    assert_eq!(outcome.unwrap().run().host.as_deref(), Some("new"));
}

fn the_queue_resets_too(place: &Place) {
    let store = place.open();
    for seed in 0..2 {
        let claim = claimed(store.claim(&key(seed), STALE).unwrap());
        claim
            .annotate(Annotating::new().train_loss(9.0).host("first"))
            .unwrap();
        claim.release().unwrap();
    }
    let only = |seed: i64| ClaimOptions::new(STALE).filter(fields::seed.eq(seed));
    let kept = store.claim_next(only(0)).unwrap().unwrap();
    assert_eq!(kept.run().train_loss, Some(9.0));
    kept.release().unwrap();
    let cleared = store.claim_next(only(0).reset(true)).unwrap().unwrap();
    assert_eq!(cleared.run().train_loss, None);
    cleared.complete(Annotating::new()).unwrap();
    let counts = store.work(WorkOptions::new(STALE).reset(true), |claim| {
        assert_eq!(claim.run().host, None);
        accuracy(0.5)
    });
    assert_eq!(ended(counts.unwrap()), [1, 0, 0]);
}

/// Cites specs 6.22.
fn a_result_that_is_refused_comes_back_and_can_be_mended(place: &Place) {
    let store = place.open();
    let claim = claimed(store.claim(&key(0), STALE).unwrap());
    let result = Annotating::new().val_loss(f64::NAN).train_loss(0.25);
    let error: ClaimError<Run> = claim.complete(result).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Validation);
    assert_eq!(error.error().field(), Some("val_loss"));
    assert_eq!(format!("{error:?}"), error.to_string());
    assert!(error.claim().is_some_and(|claim| claim.attempt() == 1));
    assert_eq!(
        status(&store, 0).as_deref(),
        Some("running"),
        "nothing is lost yet"
    );
    let (_, claim, patch) = error.into_parts();
    let run = claim.unwrap().complete(patch.clear_val_loss()).unwrap();
    assert_eq!(
        (run.status.as_deref(), run.train_loss, run.val_loss),
        (Some("completed"), Some(0.25), None)
    );
}

fn a_refused_result_that_nobody_mends_fails_its_run(place: &Place) {
    let store = place.open();
    let finish = |seed| -> Result<Run, Error> {
        let claim = claimed(store.claim(&key(seed), STALE)?);
        Ok(claim.complete(Annotating::new().val_loss(f64::NAN).train_loss(0.25))?)
    };
    let error = finish(0).unwrap_err();
    assert!(error.is_validation());
    assert!(error.unwritten::<Annotating>().is_some());
    let run = store.find(&key(0)).unwrap().unwrap();
    assert_eq!(
        (run.status.as_deref(), run.train_loss),
        (Some("failed"), Some(0.25))
    );
    assert!(run.error_excerpt.unwrap().contains("val_loss"));
    // If a claim is failed with another reason, that reason is recorded.
    let claim = claimed(store.claim(&key(1), STALE).unwrap());
    let error = claim.complete(Annotating::new().val_loss(f64::NAN));
    let claim = error.unwrap_err().into_claim().unwrap();
    let run = claim.fail("it diverged").unwrap();
    assert_eq!(run.error_excerpt.as_deref(), Some("it diverged"));
}

fn a_result_that_cannot_be_written_now_comes_back_with_its_claim(place: &Place) {
    drop(place.open());
    let store = super::registry::Store::options()
        .busy_timeout(Duration::ZERO)
        .open(place.url())
        .unwrap();
    let claim = claimed(store.claim(&key(0), STALE).unwrap());
    let lock = place.lock_writers();
    let error = claim
        .complete(Annotating::new().val_accuracy(0.5))
        .unwrap_err();
    assert!(error.error().is_busy(), "{error}");
    drop(lock);
    let (_, claim, patch) = error.into_parts();
    let run = claim.unwrap().complete(patch).unwrap();
    assert_eq!(run.val_accuracy, Some(0.5));
}

fn a_claim_that_was_lost_does_not_come_back(place: &Place) {
    let store = place.open();
    let claim = claimed(store.claim(&key(0), STALE).unwrap());
    store.release_claims().unwrap();
    let error = claim
        .complete(Annotating::new().val_accuracy(0.5))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ClaimLost);
    assert!(error.claim().is_none());
    assert_eq!(error.patch().clone(), Annotating::new().val_accuracy(0.5));
    assert!(matches!(
        store.claim(&key(0), STALE).unwrap(),
        ClaimOutcome::Claimed(_)
    ));
}

fn work_counts_what_was_completed_before(place: &Place) {
    let store = place.open();
    store.enqueue((0..6).map(key)).unwrap();
    let some = || WorkOptions::new(STALE).filter(fields::seed.lt(4));
    let counts = store.work(some(), |_| accuracy(0.5)).unwrap();
    assert_eq!((ended(counts), counts.already_completed), ([4, 0, 0], 0));
    let counts = store.work(some(), |_| accuracy(0.5)).unwrap();
    assert_eq!((ended(counts), counts.already_completed), ([0; 3], 4));
}
