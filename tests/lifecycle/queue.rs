//! The queue: which run comes next, and workers that share it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use wallow::{ClaimOptions, ErrorKind, OnDuplicate, Reclaim, WorkOptions};

use super::place::Stores as _;
use super::registry::{Annotating, Run, Store, fields};
use super::{MINUTE, accuracy, ended, key, status};
use test_support::{Place, on_shared_databases};

on_shared_databases! {
    the_queue_gives_out_each_run_once_and_in_order,
    silent_and_failed_runs_come_after_the_waiting_ones,
    workers_share_the_queue_and_a_bad_run_ends_alone,
    work_stops_when_asked_to,
    a_worker_that_waits_for_others_takes_what_they_leave,
    claims_that_are_given_back_can_write_nothing,
}

fn the_queue_gives_out_each_run_once_and_in_order(place: &Place) {
    let store = place.open();
    let counts = store.enqueue((0..10).map(key)).unwrap();
    assert_eq!((counts.inserted, counts.skipped), (10, 0));
    let keys = (0..12).map(key).collect::<Vec<_>>();
    assert_eq!(store.enqueue(&keys).unwrap().inserted, 2);
    assert_eq!(store.plan(&keys).unwrap().pending.len(), 12);
    let next = |options: ClaimOptions<Run>| store.claim_next(options).unwrap();
    let any = || ClaimOptions::new(Reclaim::WhenStale(MINUTE));
    let first = next(any()).unwrap();
    let second = next(any()).unwrap();
    assert_eq!((first.run().seed, second.run().seed), (0, 1));
    let last = next(any().order_by(fields::seed.desc())).unwrap();
    let odd = next(
        any()
            .filter(fields::seed.is_in([5, 7]))
            .order_by(fields::seed.desc()),
    )
    .unwrap();
    assert_eq!((last.run().seed, odd.run().seed), (11, 7));
    assert!(next(any().filter(fields::seed.gt(99))).is_none());
    let error = store
        .claim_next(any().filter(fields::val_loss.eq(f64::NAN)))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Validation);
    let found = store.claim_next(any().filter(fields::host.eq("\0")));
    if place.has_nul() {
        assert!(found.unwrap().is_none());
    } else {
        let error = found.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Validation);
        assert!(error.to_string().contains("U+0000"), "{error}");
    }
    first.complete(Annotating::new()).unwrap();
    second.fail("no").unwrap();
    let plan = store.plan((0..14).map(key)).unwrap();
    let lengths = (
        plan.new.len(),
        plan.pending.len(),
        plan.running.len(),
        plan.completed.len(),
        plan.failed.len(),
    );
    assert_eq!(lengths, (2, 8, 2, 1, 1));
}

fn silent_and_failed_runs_come_after_the_waiting_ones(place: &Place) {
    let (store, clock) = place.open_at_a_time();
    let running = |store: &Store| {
        let patch = Annotating::new().status("running");
        let _ = store
            .register(&key(0), &patch, OnDuplicate::Overwrite)
            .unwrap();
    };
    running(&store);
    store.enqueue([key(1)]).unwrap();
    let any = || ClaimOptions::new(Reclaim::WhenStale(MINUTE));
    let seed = |options| {
        store.claim_next(options).unwrap().map(|claim| {
            let seed = claim.run().seed;
            claim.fail("no").unwrap();
            seed
        })
    };
    // Long enough to see a silent run for a third of the stale time.
    let later = |time, options: ClaimOptions<Run>| clock.wait_for(time, || seed(options.clone()));
    assert_eq!(seed(any()), Some(1));
    assert_eq!(
        later(2 * MINUTE, any()),
        None,
        "a fresh run is its worker's, a failed one has failed"
    );
    clock.set(61);
    assert_eq!(seed(any()), None, "it has not been watched");
    assert_eq!(later(10 * MINUTE, any()), Some(0));
    assert_eq!(
        seed(any().max_attempts(2)),
        Some(0),
        "failed ones are tried again where that is said"
    );
    assert_eq!(seed(any().max_attempts(2)), Some(1));
    assert_eq!(seed(any().max_attempts(2)), None);
    running(&store);
    clock.set(200);
    let given_up = clock.wait_for(10 * MINUTE, || {
        assert_eq!(seed(any().max_attempts(2)), None);
        (status(&store, 0).as_deref() == Some("failed")).then_some(())
    });
    assert_eq!(given_up, Some(()), "nothing says `running` for ever");
}

fn workers_share_the_queue_and_a_bad_run_ends_alone(place: &Place) {
    let store = place.open();
    store.enqueue((0..60).map(key)).unwrap();
    for reclaim in [Reclaim::Immediately, Reclaim::WhenStale(MINUTE)] {
        let seen = Mutex::new(Vec::new());
        let counts = store.work(WorkOptions::new(reclaim).threads(4), |claim| {
            seen.lock().unwrap().push(claim.run().seed);
            match claim.run().seed % 10 {
                3 => Err("three".to_owned()),
                7 => panic!("seven"),
                _ => Ok(Annotating::new().val_accuracy(0.5)),
            }
        });
        let mut seen = seen.into_inner().unwrap();
        seen.sort_unstable();
        if reclaim == Reclaim::Immediately {
            assert_eq!(
                seen,
                (0..60).collect::<Vec<_>>(),
                "each once, though all say `running` in turn"
            );
            assert_eq!(ended(counts.unwrap()), [48, 12, 0]);
        } else {
            let counts = counts.unwrap();
            assert_eq!((ended(counts), counts.already_completed), ([0; 3], 48));
        }
    }
    assert_eq!(
        store.filter(fields::status.eq("failed")).count().unwrap(),
        12
    );
}

fn work_stops_when_asked_to(place: &Place) {
    let store = place.open();
    store.enqueue((0..10).map(key)).unwrap();
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let done = AtomicU64::new(0);
    let options = WorkOptions::new(Reclaim::Immediately).stop_when(Arc::clone(&stop));
    let counts = store.work(options, |_| {
        if done.fetch_add(1, Ordering::SeqCst) == 2 {
            stop.store(true, Ordering::SeqCst);
        }
        accuracy(0.5)
    });
    assert_eq!(counts.unwrap().completed, 3);
    assert_eq!(
        store.filter(fields::status.eq("pending")).count().unwrap(),
        7
    );
}

fn a_worker_that_waits_for_others_takes_what_they_leave(place: &Place) {
    let open = || place.open();
    let (store, other) = (open(), open());
    store.enqueue((0..3).map(key)).unwrap();
    let held = other.claim_next(ClaimOptions::new(Reclaim::WhenStale(MINUTE)));
    let held = held.unwrap().unwrap();
    let options = || WorkOptions::new(Reclaim::WhenStale(MINUTE));
    let counts = store.work(options(), |_| accuracy(0.5)).unwrap();
    assert_eq!(counts.completed, 2, "it does not wait unless that is said");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let options = options().wait_for_others(true);
            store.work(options, |_| accuracy(0.5)).unwrap()
        });
        held.release().unwrap();
        assert_eq!(waiting.join().unwrap().completed, 1);
    });
    assert_eq!(
        store
            .filter(fields::status.eq("completed"))
            .count()
            .unwrap(),
        3
    );
}

fn claims_that_are_given_back_can_write_nothing(place: &Place) {
    let store = place.open();
    store.enqueue((0..3).map(key)).unwrap();
    let next = |options| store.claim_next(options).unwrap();
    let any = || ClaimOptions::new(Reclaim::WhenStale(MINUTE));
    let (first, second) = (next(any()).unwrap(), next(any()).unwrap());
    first.complete(Annotating::new()).unwrap();
    assert_eq!(store.release_claims().unwrap(), 1);
    assert_eq!(store.release_claims().unwrap(), 0);
    assert!(second.is_lost());
    let late = second.complete(Annotating::new()).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::ClaimLost);
    assert_eq!(status(&store, 1).as_deref(), Some("pending"));
    let again = next(any().max_attempts(1)).unwrap();
    assert_eq!(
        again.run().seed,
        1,
        "what was put back is run, however often it was begun"
    );
}

/// What `wallow rm` and `wallow retry` do.
#[test]
fn changes_of_many_runs_fence_off_workers_or_leave_them_alone() {
    use wallow::dynamic;
    let dir = tempfile::tempdir().unwrap();
    let url = dir.path().join("runs.db");
    let store = Store::open(url.to_str().unwrap()).unwrap();
    store.enqueue((0..3).map(key)).unwrap();
    let schema = wallow::schema::load("tests/schemas/ml_sweep.toml".as_ref()).unwrap();
    let people = dynamic::Store::open(&schema, url.to_str().unwrap()).unwrap();
    let all = || dynamic::parse(&schema, "id > 0").unwrap();
    let next = || {
        let options = ClaimOptions::new(Reclaim::WhenStale(MINUTE));
        store.claim_next(options).unwrap().unwrap()
    };
    let (kept, lost) = (next(), next());
    let patient = people.retry_where(all(), Some(MINUTE)).unwrap();
    assert_eq!(patient.apply().unwrap(), 0);
    let deletion = people.delete_where(all(), false);
    assert_eq!(
        deletion.apply_to(2).unwrap(),
        dynamic::Applied::CountMismatch(1)
    );
    assert_eq!(store.count().unwrap(), 3);
    assert_eq!(deletion.apply_to(1).unwrap(), dynamic::Applied::All(1));
    kept.complete(Annotating::new()).unwrap();
    let impatient = people
        .retry_where(all(), Some(std::time::Duration::ZERO))
        .unwrap();
    assert_eq!(impatient.count().unwrap(), 1);
    assert_eq!(impatient.apply().unwrap(), 1);
    let late = lost.complete(Annotating::new()).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::ClaimLost);
    assert_eq!(status(&store, 1).as_deref(), Some("pending"));
    let taken = next();
    assert_eq!(people.delete_where(all(), true).apply().unwrap(), 2);
    let late = taken.complete(Annotating::new()).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::ClaimLost);
}

#[test]
fn runs_are_not_deleted_under_their_workers() {
    let dir = tempfile::tempdir().unwrap();
    let url = dir.path().join("runs.db");
    let store = Store::open(url.to_str().unwrap()).unwrap();
    store.enqueue((0..200).map(key)).unwrap();
    let schema = wallow::schema::load("tests/schemas/ml_sweep.toml".as_ref()).unwrap();
    let people = wallow::dynamic::Store::open(&schema, url.to_str().unwrap()).unwrap();
    let odd =
        wallow::dynamic::parse(&schema, "status == 'pending' or status == 'running'").unwrap();
    let counts = std::thread::scope(|scope| {
        let working = scope.spawn(|| {
            let options = WorkOptions::new(Reclaim::WhenStale(MINUTE)).threads(3);
            store.work(options, |claim| {
                claim.heartbeat()?;
                accuracy(0.5)
            })
        });
        while store
            .filter(fields::status.eq("completed"))
            .count()
            .unwrap()
            < 50
        {
            std::thread::yield_now();
        }
        people.delete_where(odd, false).apply().unwrap();
        working.join().unwrap().unwrap()
    });
    assert_eq!((counts.failed, counts.lost), (0, 0));
    assert_eq!(store.count().unwrap(), counts.completed);
}
