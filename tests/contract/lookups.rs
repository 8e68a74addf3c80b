//! Finding, getting, updating and deleting single runs.

use test_support::{Place, on_every_database};
use wallow::{ErrorKind, OnDuplicate};

use crate::database::Database as _;
use crate::schemas::sweep::{Annotating, Identifying, Run, key, on};

on_every_database! {
    a_run_is_found_by_key_uuid_and_id,
    what_is_not_there_is_not_found,
    a_key_finds_its_run_alone,
    a_heartbeat_moves_the_time_and_nothing_else,
    a_heartbeat_without_a_run_is_not_found,
    a_deleted_run_is_handed_out_as_it_was,
    a_column_that_goes_missing_is_noticed,
}

fn a_run_is_found_by_key_uuid_and_id(db: &Place) {
    let store = db.open::<Run>();
    for seed in 0..5 {
        let outcome = store.register(&key(seed), &on("here"), OnDuplicate::Error);
        let run = outcome.unwrap().into_run().unwrap();
        assert_eq!(store.find(&key(seed)).unwrap().as_ref(), Some(&run));
        assert_eq!(store.find_by_uuid(&run.uuid).unwrap().as_ref(), Some(&run));
        assert_eq!(store.get(run.id).unwrap(), Some(run));
    }
}

fn what_is_not_there_is_not_found(db: &Place) {
    let store = db.open::<Run>();
    let outcome = store.register(&key(0), &on("here"), OnDuplicate::Error);
    let uuid = outcome.unwrap().into_run().unwrap().uuid;
    assert_eq!(store.find(&key(1)).unwrap(), None);
    let external_db = ["", "8fa740691a0a", "%", "' OR 1=1 --", "\u{1f437}"];
    for text in external_db.map(str::to_owned).iter().chain([
        &uuid[..11].to_owned(),
        &format!("{uuid} "),
        &uuid.to_uppercase().replace(char::is_numeric, "x"),
    ]) {
        assert_eq!(store.find_by_uuid(text).unwrap(), None, "{text:?}");
    }
    for id in [0, -1, i64::MIN, i64::MAX] {
        assert_eq!(store.get(id).unwrap(), None, "{id}");
    }
    assert_eq!(store.delete(&key(1)).unwrap(), None);
}

/// Every field of the key counts.
fn a_key_finds_its_run_alone(db: &Place) {
    let store = db.open::<Run>();
    let base = || Identifying::builder().architecture("a").optimiser("b");
    let keys = [
        base().learning_rate(1.0).batch_size(1).build(),
        base().learning_rate(1.0).batch_size(2).build(),
        base().learning_rate(2.0).batch_size(1).build(),
        base().learning_rate(1.0).batch_size(1).seed(1).build(),
        base()
            .learning_rate(1.0)
            .batch_size(1)
            .num_epochs(1)
            .build(),
        base()
            .learning_rate(1.0)
            .batch_size(1)
            .weight_decay(0.1)
            .build(),
        base()
            .learning_rate(1.0)
            .batch_size(1)
            .optimiser("a")
            .build(),
        base()
            .learning_rate(1.0)
            .batch_size(1)
            .architecture("b")
            .build(),
    ];
    for key in &keys {
        let outcome = store.register(key, &Annotating::new(), OnDuplicate::Error);
        assert!(outcome.unwrap().was_inserted(), "{key}");
    }
    for key in &keys {
        assert_eq!(store.find(key).unwrap().unwrap().identifying(), *key);
    }
}

fn a_heartbeat_moves_the_time_and_nothing_else(db: &Place) {
    let store = db.open::<Run>();
    let outcome = store.register(&key(0), &on("here").val_loss(0.5), OnDuplicate::Error);
    let mut run = outcome.unwrap().into_run().unwrap();
    for _ in 0..3 {
        let beat = store.heartbeat(&key(0)).unwrap();
        assert!(beat > run.updated_at);
        run.updated_at = beat;
        assert_eq!(store.find(&key(0)).unwrap().as_ref(), Some(&run));
    }
}

fn a_heartbeat_without_a_run_is_not_found(db: &Place) {
    let store = db.open::<Run>();
    let error = store.heartbeat(&key(0)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.is_not_found());
    assert!(error.to_string().contains("no run"), "{error}");
    assert_eq!(store.find(&key(0)).unwrap(), None);
}

fn a_deleted_run_is_handed_out_as_it_was(db: &Place) {
    let store = db.open::<Run>();
    let mut runs = Vec::new();
    for seed in 0..3 {
        let outcome = store.register(&key(seed), &on("here"), OnDuplicate::Error);
        runs.extend(outcome.unwrap().into_run());
    }
    assert_eq!(store.delete(&key(1)).unwrap().as_ref(), Some(&runs[1]));
    assert_eq!(store.delete(&key(1)).unwrap(), None);
    assert_eq!(store.find(&key(1)).unwrap(), None);
    assert_eq!(store.get(runs[1].id).unwrap(), None);
    assert_eq!(store.find_by_uuid(&runs[1].uuid).unwrap(), None);
    assert_eq!(store.find(&key(0)).unwrap().as_ref(), Some(&runs[0]));
    assert_eq!(store.find(&key(2)).unwrap().as_ref(), Some(&runs[2]));
}

fn a_column_that_goes_missing_is_noticed(db: &Place) {
    let store = db.open::<Run>();
    store.check_schema().unwrap();
    db.execute(&store, "ALTER TABLE runs DROP COLUMN train_loss");
    let error = store.check_schema().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
    assert_eq!(error.differences(), ["column `train_loss` is missing"]);
    let error = store.find(&key(0)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DatabaseAhead);
    assert!(error.to_string().contains("train_loss"), "{error}");
}
