//! A read takes no lock that a writer needs: a duplicate that is only returned is a read.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use test_support::{Place, on_shared_databases};
use wallow::{ClaimOptions, ClaimOutcome, ErrorKind, OnDuplicate, Reclaim, RegisterOutcome, Store};

use crate::database::Database as _;
use crate::schemas::sweep::{Annotating, Run, key, on};

on_shared_databases! {
    reads_answer_while_another_program_writes,
    reads_answer_though_many_threads_wait_to_write,
    writes_are_busy_while_another_program_writes,
    what_failed_for_a_lock_works_after_it,
    a_claim_that_met_a_lock_gives_its_result_back,
}

/// A store that does not wait for locks, with one run.
fn impatient(db: &Place) -> (Store<Run>, Run) {
    let store = Store::options()
        .busy_timeout(Duration::ZERO)
        .open(db.url())
        .unwrap();
    let outcome = store.register(&key(0), &on("first"), OnDuplicate::Error);
    (store, outcome.unwrap().into_run().unwrap())
}

fn reads_answer_while_another_program_writes(db: &Place) {
    let (store, run) = impatient(db);
    let _lock = db.lock_writers();
    assert_eq!(store.find(&key(0)).unwrap().as_ref(), Some(&run));
    assert_eq!(store.find(&key(1)).unwrap(), None);
    assert_eq!(store.find_by_uuid(&run.uuid).unwrap().as_ref(), Some(&run));
    assert_eq!(store.get(run.id).unwrap().as_ref(), Some(&run));
    store.check_schema().unwrap();
    let register = |policy| store.register(&key(0), &on("second"), policy);
    let error = register(OnDuplicate::Error).unwrap_err();
    assert_eq!(error.existing(), Some(&run));
    let existing = register(OnDuplicate::ReturnExisting).unwrap();
    assert_eq!(existing, RegisterOutcome::Existing(run.clone()));
    assert_eq!(
        register(OnDuplicate::Skip).unwrap(),
        RegisterOutcome::Skipped
    );
    let hour = Duration::from_secs(3_600);
    let fresh = register(OnDuplicate::ClaimIfStale(hour)).unwrap();
    assert_eq!(fresh, RegisterOutcome::Fresh(run.clone()));
    // A store that is opened now finds its table, so it writes nothing.
    let second = Store::<Run>::options()
        .busy_timeout(Duration::ZERO)
        .open(db.url());
    assert_eq!(second.unwrap().find(&key(0)).unwrap(), Some(run));
}

/// Readers get a connection even if there are more writers than connections.
fn reads_answer_though_many_threads_wait_to_write(db: &Place) {
    let options = Store::options()
        .pool_size(2)
        .busy_timeout(Duration::from_secs(10));
    let store = options.open(db.url()).unwrap();
    let outcome = store.register(&key(0), &on("first"), OnDuplicate::Error);
    let run: Run = outcome.unwrap().into_run().unwrap();
    let lock = db.lock_writers();
    let barrier = Barrier::new(5);
    thread::scope(|scope| {
        for seed in 1..5 {
            let (store, barrier) = (&store, &barrier);
            scope.spawn(move || {
                barrier.wait();
                let outcome = store.register(&key(seed), &on("later"), OnDuplicate::Error);
                assert!(outcome.unwrap().was_inserted());
            });
        }
        barrier.wait();
        for _ in 0..1000 {
            assert_eq!(store.find(&key(0)).unwrap().as_ref(), Some(&run));
        }
        drop(lock);
    });
}

fn writes_are_busy_while_another_program_writes(db: &Place) {
    let (store, run) = impatient(db);
    let lock = db.lock_writers();
    let register = |seed, policy| {
        let outcome = store.register(&key(seed), &on("second"), policy);
        wallow::Error::from(outcome.unwrap_err())
    };
    for error in [
        register(1, OnDuplicate::Error),
        register(1, OnDuplicate::Skip),
        register(0, OnDuplicate::Overwrite),
        register(0, OnDuplicate::ClaimIfStale(Duration::ZERO)),
        store.heartbeat(&key(0)).unwrap_err(),
        store.delete(&key(0)).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
        assert!(error.is_busy());
        assert!(error.to_string().contains("busy_timeout"), "{error}");
    }
    drop(lock);
    assert_eq!(store.find(&key(0)).unwrap(), Some(run));
    assert_eq!(store.find(&key(1)).unwrap(), None);
}

fn what_failed_for_a_lock_works_after_it(db: &Place) {
    let (store, _) = impatient(db);
    for round in 1..4 {
        let lock = db.lock_writers();
        let patch = Annotating::new();
        assert!(
            store
                .register(&key(round), &patch, OnDuplicate::Error)
                .is_err()
        );
        assert!(store.heartbeat(&key(0)).is_err());
        drop(lock);
        let outcome = store.register(&key(round), &patch, OnDuplicate::Error);
        assert!(outcome.unwrap().was_inserted());
        store.heartbeat(&key(0)).unwrap();
    }
}

/// The result of a long run is not lost because the database is busy at its end.
fn a_claim_that_met_a_lock_gives_its_result_back(db: &Place) {
    let (store, run) = impatient(db);
    let claim = |reclaim| match store.claim(&key(0), reclaim).unwrap() {
        ClaimOutcome::Claimed(claim) => claim,
        other => panic!("{other:?}"),
    };
    let held = claim(Reclaim::Immediately);
    let lock = db.lock_writers();
    let result = on("here").val_accuracy(0.9);
    for error in [
        store.claim(&key(1), Reclaim::Immediately).unwrap_err(),
        store.enqueue([key(1)]).unwrap_err(),
        store
            .claim_next(ClaimOptions::new(Reclaim::WhenStale(Duration::ZERO)))
            .unwrap_err(),
        held.heartbeat().unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
        assert!(error.to_string().contains("busy_timeout"), "{error}");
    }
    let error = held.annotate(on("midway")).unwrap_err();
    assert_eq!(error.unwritten::<Annotating>(), Some(&on("midway")));
    assert!(!held.is_lost());
    let error = held.complete(result.clone()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert_eq!(error.unwritten::<Annotating>(), Some(&result));
    assert!(
        error.claim().is_some(),
        "it is held until the error is dropped"
    );
    drop(error);
    drop(lock);
    // Nothing was written, so another worker takes over the run.
    let again = claim(Reclaim::Immediately);
    assert_eq!(again.attempt(), 2);
    assert_eq!(again.complete(result).unwrap().uuid, run.uuid);
}
