//! Typed stores and stores for schemas known at run time read and write the same rows.

use serde_json::json;
use test_support::{Place, on_every_database, on_shared_databases};
use wallow::dynamic::{self, Fields, Row, Value};
use wallow::schema::Schema;
use wallow::{ErrorKind, OnDuplicate};

use crate::database::Database as _;
use crate::schemas::types::{Annotating, Identifying, Run};

on_shared_databases! {
    what_one_face_writes_the_other_reads,
    both_faces_take_defaults_and_round_alike,
    one_face_finds_the_duplicates_of_the_other,
}

on_every_database! {
    a_row_of_the_wrong_shape_is_refused,
}

fn schema() -> Schema {
    let text = include_str!("../schemas/contract.toml");
    wallow::schema::parse(text, "contract.toml").unwrap()
}

fn typed_key(rate: f64) -> Identifying {
    Identifying::builder()
        .label("a")
        .step(2)
        .rate(rate)
        .warm(true)
        .build()
}

fn dynamic_key(rate: f64) -> Fields {
    let key = Fields::new().with("label", "a").with("step", 2);
    key.with("rate", rate).with("warm", true)
}

fn time() -> chrono::DateTime<chrono::Utc> {
    "2026-03-04T05:06:07.000008Z".parse().unwrap()
}

fn typed_patch() -> Annotating {
    let patch = Annotating::new()
        .count(-1)
        .score(0.1 + 0.2)
        .note("n")
        .done(true);
    patch
        .extra(json!({"b": [1, null]}))
        .seen_at(time())
        .file("a/b")
}

fn dynamic_patch() -> Fields {
    let patch = Fields::new().with("count", -1).with("score", 0.1 + 0.2);
    let patch = patch
        .with("note", "n")
        .with("done", true)
        .with("seen_at", time());
    patch
        .with("extra", json!({"b": [1, null]}))
        .with("file", "a/b")
}

/// A typed run as a row.
fn row_of(run: &Run) -> Vec<(&'static str, Value)> {
    let path = run
        .file
        .as_ref()
        .map(|path| path.to_str().unwrap().to_owned());
    vec![
        ("id", run.id.into()),
        ("uuid", run.uuid.as_str().into()),
        ("created_at", run.created_at.into()),
        ("updated_at", run.updated_at.into()),
        ("label", run.label.as_str().into()),
        ("step", run.step.into()),
        ("rate", run.rate.into()),
        ("warm", run.warm.into()),
        ("count", run.count.into()),
        ("score", run.score.into()),
        ("note", run.note.clone().into()),
        ("done", run.done.into()),
        ("extra", run.extra.clone().into()),
        ("seen_at", run.seen_at.into()),
        ("file", path.into()),
    ]
}

fn assert_same(run: &Run, row: &Row) {
    let row = row.iter().map(|(name, value)| (name, value.clone()));
    assert_eq!(row.collect::<Vec<_>>(), row_of(run));
}

fn what_one_face_writes_the_other_reads(db: &Place) {
    let typed = db.open::<Run>();
    let dynamic = dynamic::Store::open(&schema(), db.url()).unwrap();
    let outcome = typed.register(&typed_key(0.3), &typed_patch(), OnDuplicate::Error);
    let first = outcome.unwrap().into_run().unwrap();
    assert_same(&first, &dynamic.find(&dynamic_key(0.3)).unwrap().unwrap());
    assert_same(&first, &dynamic.get(first.id).unwrap().unwrap());
    let outcome = dynamic.register(&dynamic_key(0.4), &dynamic_patch(), OnDuplicate::Error);
    let row = outcome.unwrap().into_run().unwrap();
    let second = typed.find(&typed_key(0.4)).unwrap().unwrap();
    assert_same(&second, &row);
    assert_same(
        &second,
        &dynamic.find_by_uuid(&second.uuid).unwrap().unwrap(),
    );
    let beat = dynamic.heartbeat(&dynamic_key(0.4)).unwrap();
    assert_eq!(
        typed.find(&typed_key(0.4)).unwrap().unwrap().updated_at,
        beat
    );
    let cleared = Fields::new().with("extra", Value::Null).with("count", 2);
    let outcome = dynamic.register(&dynamic_key(0.4), &cleared, OnDuplicate::Overwrite);
    let row = outcome.unwrap().into_run().unwrap();
    assert_same(&typed.delete(&typed_key(0.4)).unwrap().unwrap(), &row);
    assert_same(&first, &dynamic.delete(&dynamic_key(0.3)).unwrap().unwrap());
}

fn both_faces_take_defaults_and_round_alike(db: &Place) {
    let typed = db.open::<Run>();
    let dynamic = dynamic::Store::open(&schema(), db.url()).unwrap();
    let key = Fields::new().with("label", "a");
    let outcome = dynamic.register(&key, &Fields::new(), OnDuplicate::Error);
    let row = outcome.unwrap().into_run().unwrap();
    let run = typed
        .find(&Identifying::builder().label("a").build())
        .unwrap()
        .unwrap();
    assert_same(&run, &row);
    for (one, other) in [
        (0.1 + 0.2, 0.3),
        (-0.0, 0.0),
        (f64::INFINITY, f64::INFINITY),
    ] {
        let outcome = dynamic.register(&dynamic_key(one), &Fields::new(), OnDuplicate::Error);
        let row = outcome.unwrap().into_run().unwrap();
        assert_same(&typed.find(&typed_key(other)).unwrap().unwrap(), &row);
    }
    let whole = Fields::new().with("label", "whole").with("rate", 1);
    let outcome = dynamic.register(&whole, &Fields::new(), OnDuplicate::Error);
    assert!(outcome.unwrap().was_inserted());
    let key = Identifying::builder().label("whole").rate(1.0).build();
    assert!(typed.find(&key).unwrap().is_some());
}

fn one_face_finds_the_duplicates_of_the_other(db: &Place) {
    let typed = db.open::<Run>();
    let dynamic = dynamic::Store::open(&schema(), db.url()).unwrap();
    let outcome = typed.register(&typed_key(0.3), &typed_patch(), OnDuplicate::Error);
    let run = outcome.unwrap().into_run().unwrap();
    let error = dynamic
        .register(&dynamic_key(0.1 + 0.2), &Fields::new(), OnDuplicate::Error)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Duplicate);
    assert_same(&run, error.existing().unwrap());
    let outcome = dynamic.register(&dynamic_key(0.3), &Fields::new(), OnDuplicate::Skip);
    assert!(outcome.unwrap().was_skipped());
    let outcome = dynamic.register(
        &dynamic_key(0.3),
        &Fields::new(),
        OnDuplicate::ReturnExisting,
    );
    assert_same(&run, &outcome.unwrap().into_run().unwrap());
}

fn a_row_of_the_wrong_shape_is_refused(db: &Place) {
    let store = dynamic::Store::open(&schema(), db.url()).unwrap();
    let key = || Fields::new().with("label", "a");
    for (key, patch, field) in [
        (Fields::new(), Fields::new(), "label"),
        (key().with("lable", "a"), Fields::new(), "lable"),
        (key().with("count", 1), Fields::new(), "count"),
        (key().with("step", "one"), Fields::new(), "step"),
        (key().with("step", 1.0), Fields::new(), "step"),
        (key().with("warm", 1), Fields::new(), "warm"),
        (key().with("label", Value::Null), Fields::new(), "label"),
        (key().with("rate", f64::NAN), Fields::new(), "rate"),
        (key(), Fields::new().with("label", "b"), "label"),
        (key(), Fields::new().with("counts", 1), "counts"),
        (key(), Fields::new().with("count", 0.5), "count"),
        (key(), Fields::new().with("score", f64::NAN), "score"),
        (key(), Fields::new().with("score", "0.5"), "score"),
        (key(), Fields::new().with("extra", "text"), "extra"),
        (key(), Fields::new().with("seen_at", "now"), "seen_at"),
        (key(), Fields::new().with("done", 0), "done"),
    ] {
        let error = store
            .register(&key, &patch, OnDuplicate::Error)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Validation, "{error}");
        assert_eq!(error.error().field(), Some(field), "{error}");
    }
    assert_eq!(store.find(&key()).unwrap(), None);
}
