//! The values of fields that nobody set.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde_json::json;
use test_support::{Place, on_every_database};
use wallow::{ErrorKind, OnDuplicate};

use crate::database::Database as _;
use crate::schemas::strict::{Annotating, Run, key};
use crate::schemas::sweep;

on_every_database! {
    a_key_takes_its_defaults,
    a_new_run_takes_the_defaults_of_what_is_not_set,
    what_is_set_goes_before_a_default,
    a_default_can_be_cleared,
    a_default_is_for_new_runs_alone,
    without_a_value_that_must_be_there_nothing_is_written,
    an_existing_run_needs_no_value_again,
}

fn a_key_takes_its_defaults(db: &Place) {
    let store = db.open::<sweep::Run>();
    let spelt_out = sweep::Identifying::builder()
        .architecture("mlp-32x16")
        .optimiser("adamw")
        .learning_rate(1e-3)
        .batch_size(32)
        .weight_decay(0.0)
        .num_epochs(10)
        .seed(0);
    let outcome = store.register(&sweep::key(0), &sweep::on("here"), OnDuplicate::Error);
    let run = outcome.unwrap().into_run().unwrap();
    assert_eq!((run.num_epochs, run.seed), (10, 0));
    assert_eq!(store.find(&spelt_out.build()).unwrap(), Some(run));
}

fn a_new_run_takes_the_defaults_of_what_is_not_set(db: &Place) {
    let store = db.open::<Run>();
    let patch = Annotating::new().owner("me");
    let outcome = store.register(&key("a"), &patch, OnDuplicate::Error);
    let run = outcome.unwrap().into_run().unwrap();
    assert_eq!(run.owner, "me");
    assert_eq!(run.tries, 1);
    assert_eq!(run.score, Some(0.1));
    assert!(run.open);
    assert_eq!(run.tags, json!({"kind": "first", "sizes": [1, 2]}));
    let due: DateTime<Utc> = "2026-01-31T10:00:00Z".parse().unwrap();
    assert_eq!(run.due_at, Some(due));
    assert_eq!(run.file, Some(PathBuf::from("none yet")));
    assert_eq!(run.status, None);
    assert_eq!(store.find(&key("a")).unwrap(), Some(run));
}

fn what_is_set_goes_before_a_default(db: &Place) {
    let store = db.open::<Run>();
    let patch = Annotating::new()
        .owner("me")
        .tries(0)
        .score(2.5)
        .open(false)
        .tags(json!([]))
        .file("there");
    let outcome = store.register(&key("a"), &patch, OnDuplicate::Error);
    let run = outcome.unwrap().into_run().unwrap();
    assert_eq!((run.tries, run.score, run.open), (0, Some(2.5), false));
    assert_eq!(run.tags, json!([]));
    assert_eq!(run.file, Some(PathBuf::from("there")));
}

fn a_default_can_be_cleared(db: &Place) {
    let store = db.open::<Run>();
    let patch = Annotating::new().owner("me").clear_score().clear_due_at();
    let outcome = store.register(&key("a"), &patch.clear_file(), OnDuplicate::Error);
    let run = outcome.unwrap().into_run().unwrap();
    assert_eq!((run.score, run.due_at, run.file), (None, None, None));
}

fn a_default_is_for_new_runs_alone(db: &Place) {
    let store = db.open::<Run>();
    let patch = Annotating::new().owner("me").tries(7).clear_score();
    let _ = store
        .register(&key("a"), &patch, OnDuplicate::Error)
        .unwrap();
    let patch = Annotating::new().owner("you");
    let outcome = store.register(&key("a"), &patch, OnDuplicate::Overwrite);
    let run = outcome.unwrap().into_run().unwrap();
    assert_eq!((run.owner.as_str(), run.tries, run.score), ("you", 7, None));
}

fn without_a_value_that_must_be_there_nothing_is_written(db: &Place) {
    let store = db.open::<Run>();
    let patch = Annotating::new().tries(3);
    for policy in [
        OnDuplicate::Error,
        OnDuplicate::ReturnExisting,
        OnDuplicate::Overwrite,
        OnDuplicate::Skip,
        OnDuplicate::ClaimIfStale(std::time::Duration::ZERO),
    ] {
        let error = store.register(&key("a"), &patch, policy).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Validation, "{policy:?}");
        assert_eq!(error.error().field(), Some("owner"));
        assert!(error.to_string().contains("`owner`"), "{error}");
        assert!(error.existing().is_none());
    }
    assert_eq!(store.find(&key("a")).unwrap(), None);
    assert_eq!(store.get(1).unwrap(), None);
}

fn an_existing_run_needs_no_value_again(db: &Place) {
    let store = db.open::<Run>();
    let patch = Annotating::new().owner("me");
    let _ = store
        .register(&key("a"), &patch, OnDuplicate::Error)
        .unwrap();
    let patch = Annotating::new().tries(2);
    let outcome = store.register(&key("a"), &patch, OnDuplicate::Overwrite);
    assert!(outcome.unwrap().was_updated());
    let outcome = store.register(&key("a"), &patch, OnDuplicate::ReturnExisting);
    assert_eq!(outcome.unwrap().into_run().unwrap().owner, "me");
}
