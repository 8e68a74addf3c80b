//! One store in many threads.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use test_support::{Place, on_every_database, on_shared_databases};
use wallow::{OnDuplicate, Store};

use crate::database::Database as _;
use crate::schemas::sweep::{Run, key, on};

on_every_database! {
    a_store_can_go_anywhere,
    clones_share_one_database,
    of_many_threads_one_inserts_a_run,
    of_many_threads_one_claims_a_stale_run,
    threads_may_be_more_than_connections,
    a_wait_without_end_may_be_asked_for,
}

on_shared_databases! {
    stores_of_one_file_see_each_other,
}

const THREADS: i64 = 8;
const KEYS: i64 = 100;

/// Runs `work` in threads that begin together, and adds up their results.
fn in_threads(work: impl Fn(i64) -> i64 + Sync) -> i64 {
    let barrier = Barrier::new(usize::try_from(THREADS).unwrap());
    thread::scope(|scope| {
        let threads = (0..THREADS).map(|number| {
            let (barrier, work) = (&barrier, &work);
            scope.spawn(move || {
                barrier.wait();
                work(number)
            })
        });
        let threads = threads.collect::<Vec<_>>();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    })
}

/// How many of the keys `policy` inserted or updated.
fn register_all(store: &Store<Run>, policy: OnDuplicate) -> i64 {
    let written = |seed: &i64| {
        let outcome = store.register(&key(*seed), &on("here"), policy).unwrap();
        outcome.was_inserted() || outcome.was_updated()
    };
    i64::try_from((0..KEYS).filter(written).count()).unwrap()
}

fn a_store_can_go_anywhere(db: &Place) {
    fn anywhere<T: Send + Sync + Clone + 'static>(_: &T) {}
    let store = db.open::<Run>();
    anywhere(&store);
    let moved = thread::spawn(move || store.find(&key(0)).unwrap());
    assert_eq!(moved.join().unwrap(), None);
}

fn clones_share_one_database(db: &Place) {
    let store = db.open::<Run>();
    let clone = store.clone();
    let outcome = store.register(&key(0), &on("here"), OnDuplicate::Error);
    drop(store);
    assert_eq!(clone.find(&key(0)).unwrap(), outcome.unwrap().into_run());
}

fn of_many_threads_one_inserts_a_run(db: &Place) {
    let store = db.open();
    for policy in [OnDuplicate::ReturnExisting, OnDuplicate::Skip] {
        let inserted = in_threads(|_| register_all(&store.clone(), policy));
        let expected = if policy == OnDuplicate::ReturnExisting {
            KEYS
        } else {
            0
        };
        assert_eq!(inserted, expected);
    }
}

fn of_many_threads_one_claims_a_stale_run(db: &Place) {
    let store = db.open();
    register_all(&store, OnDuplicate::Error);
    db.execute(
        &store,
        "UPDATE runs SET updated_at = '2020-01-01 00:00:00.000000'",
    );
    let hour = OnDuplicate::ClaimIfStale(Duration::from_secs(3_600));
    assert_eq!(in_threads(|_| register_all(&store, hour)), KEYS);
}

fn threads_may_be_more_than_connections(db: &Place) {
    for size in [0, 1, 2] {
        let store = Store::<Run>::options()
            .pool_size(size)
            .open(db.url())
            .unwrap();
        in_threads(|number| {
            for seed in 0..10 {
                let _ = store
                    .register(&key(seed), &on("here"), OnDuplicate::Overwrite)
                    .unwrap();
                store.heartbeat(&key(seed)).unwrap();
                assert!(store.find(&key(seed)).unwrap().is_some(), "{number}");
            }
            0
        });
    }
}

fn a_wait_without_end_may_be_asked_for(db: &Place) {
    let options = Store::<Run>::options().busy_timeout(Duration::MAX);
    let store = options.pool_size(1).open(db.url()).unwrap();
    assert_eq!(
        in_threads(|_| register_all(&store, OnDuplicate::Skip)),
        KEYS
    );
}

fn stores_of_one_file_see_each_other(db: &Place) {
    let (one, other) = (db.open::<Run>(), db.open::<Run>());
    for seed in 0..10 {
        let outcome = one.register(&key(seed), &on("here"), OnDuplicate::Error);
        assert_eq!(other.find(&key(seed)).unwrap(), outcome.unwrap().into_run());
        let beat = other.heartbeat(&key(seed)).unwrap();
        assert_eq!(one.delete(&key(seed)).unwrap().unwrap().updated_at, beat);
        assert_eq!(other.find(&key(seed)).unwrap(), None);
    }
    let stores = [one, other];
    let inserted = in_threads(|number| {
        let store = &stores[usize::try_from(number % 2).unwrap()];
        register_all(store, OnDuplicate::ReturnExisting)
    });
    assert_eq!(inserted, KEYS);
}
