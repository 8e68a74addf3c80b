//! A finished result is retried while its claim is alive, with a warning each time.

use std::sync::Arc;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use wallow::{ErrorKind, LifecycleOptions, Reclaim, WorkOptions};

use super::place::Stores as _;
use super::registry::{Annotating, Store};
use super::{MINUTE, claimed, key, status};
use test_support::{Place, on_shared_databases};

on_shared_databases! {
    a_result_outlasts_a_lock,
    a_result_outlasts_lent_connections,
    a_result_is_given_up_when_its_claim_is,
    a_worker_that_has_to_stop_gives_its_result_back,
}

/// Much shorter than the time for which the database is locked.
const BUSY: Duration = Duration::from_millis(20);
const LONGER: Duration = Duration::from_millis(300);
const STALE: Reclaim = Reclaim::WhenStale(MINUTE);

fn impatient(place: &Place, connections: usize) -> Store {
    let options = Store::options().busy_timeout(BUSY).pool_size(connections);
    options.open(place.url()).unwrap()
}

fn result() -> Annotating {
    Annotating::new().val_accuracy(0.5)
}

fn a_result_outlasts_a_lock(place: &Place) {
    let store = impatient(place, 2);
    let (by_hand, failing) = (
        claimed(store.claim(&key(0), STALE).unwrap()),
        claimed(store.claim(&key(1), STALE).unwrap()),
    );
    let barrier = Barrier::new(4);
    thread::scope(|scope| {
        let by_hand = scope.spawn(|| {
            barrier.wait();
            by_hand
                .annotate(Annotating::new().train_loss(0.25))
                .unwrap();
            by_hand.complete(result()).unwrap()
        });
        let failing = scope.spawn(|| {
            barrier.wait();
            failing.fail("no").unwrap()
        });
        let run = scope.spawn(|| {
            let run = store.run_lifecycle(&key(2), LifecycleOptions::new(STALE), |_| {
                barrier.wait();
                Ok::<_, String>(result())
            });
            run.unwrap()
        });
        let lock = lock_when_claimed(&store, place);
        barrier.wait();
        thread::sleep(LONGER);
        drop(lock);
        let written = by_hand.join().unwrap();
        assert_eq!(
            (written.val_accuracy, written.train_loss),
            (Some(0.5), Some(0.25))
        );
        assert_eq!(failing.join().unwrap().error_excerpt.as_deref(), Some("no"));
        assert!(run.join().unwrap().was_run());
    });
}

/// Takes the lock of all writers as soon as the third run is claimed, too.
fn lock_when_claimed(store: &Store, place: &Place) -> super::place::Lock {
    while status(store, 2).as_deref() != Some("running") {
        thread::yield_now();
    }
    place.lock_writers()
}

fn a_result_outlasts_lent_connections(place: &Place) {
    let store = impatient(place, 1);
    let claim = claimed(store.claim(&key(0), STALE).unwrap());
    let written = thread::scope(|scope| {
        let (lent, is_lent) = std::sync::mpsc::channel();
        let finishing = scope.spawn(move || {
            is_lent.recv().unwrap();
            claim.complete(result())
        });
        place.lend(&store, || {
            lent.send(()).unwrap();
            thread::sleep(LONGER);
        });
        finishing.join().unwrap()
    });
    assert_eq!(written.unwrap().status.as_deref(), Some("completed"));
}

fn a_result_is_given_up_when_its_claim_is(place: &Place) {
    let store = impatient(place, 2);
    let claim = claimed(store.claim(&key(0), STALE).unwrap());
    let lock = place.lock_writers();
    let error = thread::scope(|scope| {
        let finishing = scope.spawn(|| claim.complete(result()).unwrap_err());
        // The release cannot be written either.
        assert!(store.release_claims().unwrap_err().is_busy());
        finishing.join().unwrap()
    });
    assert_eq!(error.kind(), ErrorKind::ClaimLost);
    assert_eq!(error.unwritten::<Annotating>(), Some(&result()));
    drop(lock);
    assert_eq!(
        status(&store, 0).as_deref(),
        Some("running"),
        "it looks silent soon"
    );
}

fn a_worker_that_has_to_stop_gives_its_result_back(place: &Place) {
    let store = impatient(place, 2);
    store.enqueue([key(0)]).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let lock = std::sync::Mutex::new(None);
    let options = WorkOptions::new(STALE).stop_when(Arc::clone(&stop));
    let error = store.work(options, |_| {
        *lock.lock().unwrap() = Some(place.lock_writers());
        stop.store(true, Ordering::SeqCst);
        Ok::<_, String>(result())
    });
    let error = error.unwrap_err();
    assert!(error.is_busy(), "{error}");
    assert_eq!(error.unwritten::<Annotating>(), Some(&result()));
    drop(lock);
    assert_eq!(
        status(&store, 0).as_deref(),
        Some("running"),
        "it has not failed"
    );
}
