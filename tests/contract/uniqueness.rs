//! uuids, and unique columns of the user's own.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use test_support::{Place, on_every_database};
use wallow::{Environment, ErrorKind, OnDuplicate, Store};

use crate::database::Database as _;
use crate::schemas::sweep::{Annotating, Run, key, on};

on_every_database! {
    a_uuid_is_twelve_hexadecimal_characters_of_its_own,
    a_uuid_is_never_changed,
    a_taken_uuid_is_replaced_by_another,
    a_source_without_a_free_uuid_is_an_error_and_no_more,
    a_unique_column_of_the_users_own_makes_no_duplicate,
}

fn a_uuid_is_twelve_hexadecimal_characters_of_its_own(db: &Place) {
    let store = db.open::<Run>();
    let mut seen = BTreeSet::new();
    for seed in 0..100 {
        let outcome = store.register(&key(seed), &Annotating::new(), OnDuplicate::Error);
        let uuid = outcome.unwrap().into_run().unwrap().uuid;
        let digits = uuid.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'));
        assert!(uuid.len() == 12 && digits, "{uuid}");
        assert!(seen.insert(uuid));
    }
}

fn a_uuid_is_never_changed(db: &Place) {
    let store = db.open::<Run>();
    let register = |policy| {
        let outcome = store.register(&key(0), &on("here"), policy);
        outcome.unwrap().into_run().unwrap()
    };
    let first = register(OnDuplicate::Error);
    assert_eq!(register(OnDuplicate::Overwrite).uuid, first.uuid);
    store.heartbeat(&key(0)).unwrap();
    db.execute(
        &store,
        "UPDATE runs SET updated_at = '2020-01-01 00:00:00.000000'",
    );
    let claimed = register(OnDuplicate::ClaimIfStale(Duration::from_secs(1)));
    assert_eq!((claimed.id, &claimed.uuid), (first.id, &first.uuid));
    assert_eq!(register(OnDuplicate::ReturnExisting).uuid, first.uuid);
}

fn a_taken_uuid_is_replaced_by_another(db: &Place) {
    let calls = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&calls);
    // Each uuid is drawn four times: 0 0 0 0 1 1 1 1 2 …
    let uuids = move || format!("{:012x}", counter.fetch_add(1, Ordering::Relaxed) / 4);
    let store = Store::options()
        .environment(Environment::default().with_uuids(uuids))
        .open(db.url())
        .unwrap();
    for seed in 0..5 {
        let outcome = store.register(&key(seed), &on("here"), OnDuplicate::Error);
        let run: Run = outcome.unwrap().into_run().unwrap();
        assert_eq!(run.uuid, format!("{seed:012x}"));
        assert_eq!(store.find(&key(seed)).unwrap(), Some(run));
    }
    assert_eq!(calls.load(Ordering::Relaxed), 17);
}

fn a_source_without_a_free_uuid_is_an_error_and_no_more(db: &Place) {
    let broken = Arc::new(AtomicBool::new(true));
    let switch = Arc::clone(&broken);
    let uuids = move || {
        let digit = if switch.load(Ordering::Relaxed) {
            "0"
        } else {
            "1"
        };
        digit.repeat(12)
    };
    let store = Store::options()
        .environment(Environment::default().with_uuids(uuids))
        .open(db.url())
        .unwrap();
    let register = |seed, policy| store.register(&key(seed), &on("here"), policy);
    let first: Run = register(0, OnDuplicate::Error).unwrap().into_run().unwrap();
    for policy in [
        OnDuplicate::Error,
        OnDuplicate::Overwrite,
        OnDuplicate::Skip,
    ] {
        let error = register(1, policy).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Database);
        assert!(error.to_string().contains("no free uuid"), "{error}");
        assert!(error.existing().is_none());
    }
    assert_eq!(store.find(&key(1)).unwrap(), None);
    assert_eq!(store.find(&key(0)).unwrap(), Some(first));
    assert!(register(0, OnDuplicate::Overwrite).unwrap().was_updated());
    broken.store(false, Ordering::Relaxed);
    assert!(register(1, OnDuplicate::Error).unwrap().was_inserted());
}

fn a_unique_column_of_the_users_own_makes_no_duplicate(db: &Place) {
    let draws = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&draws);
    let uuids = move || format!("{:012x}", counter.fetch_add(1, Ordering::Relaxed));
    let store = Store::options()
        .environment(Environment::default().with_uuids(uuids))
        .open(db.url())
        .unwrap();
    db.execute(&store, "CREATE UNIQUE INDEX one_run_a_host ON runs (host)");
    let register = |seed, host, policy| store.register(&key(seed), &on(host), policy);
    let first: Run = register(0, "a", OnDuplicate::Error)
        .unwrap()
        .into_run()
        .unwrap();
    let second = register(1, "b", OnDuplicate::Error).unwrap().into_run();
    let hour = Duration::from_secs(3_600);
    for policy in [
        OnDuplicate::Error,
        OnDuplicate::ReturnExisting,
        OnDuplicate::Skip,
        OnDuplicate::Overwrite,
        OnDuplicate::ClaimIfStale(hour),
    ] {
        let before = draws.load(Ordering::Relaxed);
        let error = register(2, "a", policy).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Database, "{policy:?}");
        assert!(error.to_string().contains("host"), "{error}");
        assert!(error.existing().is_none());
        assert_eq!(draws.load(Ordering::Relaxed), before + 1);
    }
    assert_eq!(store.find(&key(2)).unwrap(), None);
    let error = register(1, "a", OnDuplicate::Overwrite).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Database);
    assert_eq!(store.find(&key(1)).unwrap(), second);
    assert_eq!(store.find(&key(0)).unwrap(), Some(first));
    assert!(register(2, "c", OnDuplicate::Error).unwrap().was_inserted());
}
