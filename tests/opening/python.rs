//! A database that the Python package made.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use wallow::{ErrorKind, OnDuplicate};

use crate::types::{Annotating, Identifying, Run, Store, key};
use crate::{assert_usable, execute, place, url};

/// A store on what `tests/fixtures/python-0.2.1.py` wrote.
fn opened() -> (tempfile::TempDir, Store) {
    let (folder, path) = place();
    execute(&path, include_str!("../fixtures/python-0.2.1.sql"));
    let store = Store::open(url(&path)).unwrap();
    (folder, store)
}

fn at(label: &str, rate: f64) -> Identifying {
    Identifying::builder().label(label).rate(rate).build()
}

fn found(store: &Store, key: &Identifying) -> Run {
    store.find(key).unwrap().unwrap()
}

#[test]
fn its_runs_are_duplicates() {
    let (_folder, store) = opened();
    for key in [
        at("sum", 0.1 + 0.2),
        at("sum", 0.3),
        key("default"),
        at("naïve “quotes” 🐷", 1e-300),
        Identifying::builder()
            .label("infinite")
            .rate(f64::INFINITY)
            .step(3)
            .warm(true)
            .build(),
    ] {
        let error = store
            .register(&key, &Annotating::new(), OnDuplicate::Error)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Duplicate, "{error}");
        assert_eq!(error.existing().unwrap().identifying(), key);
    }
    let outcome = store.register(&at("sum", 0.4), &Annotating::new(), OnDuplicate::Error);
    assert!(outcome.unwrap().was_inserted());
}

#[test]
fn its_values_are_read() {
    let (_folder, store) = opened();
    let run = found(&store, &at("sum", 0.3));
    assert_eq!(run.rate.to_bits(), 0.3_f64.to_bits());
    assert_eq!((run.count, run.done), (Some(-(1 << 53)), Some(true)));
    assert_eq!(run.score.map(f64::to_bits), Some((0.1_f64 + 0.2).to_bits()));
    assert_eq!(run.uuid.len(), 12);
    assert!(run.created_at <= run.updated_at);

    let infinite = Identifying::builder().label("infinite").rate(f64::INFINITY);
    let run = found(&store, &infinite.step(3).warm(true).build());
    assert_eq!(
        (run.score, run.done),
        (Some(f64::NEG_INFINITY), Some(false))
    );

    let run = found(&store, &at("naïve “quotes” 🐷", 1e-300));
    let extra = json!({
        "curve": [1.5, 1e-7, null], "name": "größer", "big": i64::MAX, "nested": [[{}]],
    });
    assert_eq!(run.extra, Some(extra));
    assert_eq!(run.note.as_deref(), Some("two\nlines"));
    assert_eq!(
        run.file.unwrap().as_os_str(),
        "artefacts/ein Ordner/model.safetensors"
    );
    let seen: DateTime<Utc> = "2024-02-29T12:30:15.000250Z".parse().unwrap();
    assert_eq!(run.seen_at, Some(seen));
}

#[test]
fn its_json_of_a_single_value_is_read() {
    let (_folder, store) = opened();
    assert_eq!(found(&store, &key("scalar")).extra, Some(json!(5)));
    assert_eq!(found(&store, &key("null")).extra, Some(Value::Null));
    assert_eq!(found(&store, &key("default")).extra, None);
}

#[test]
fn its_nan_in_json_is_an_error_of_that_row_alone() {
    let (_folder, store) = opened();
    let error = store.find(&key("not a number")).unwrap_err();
    assert_eq!(
        (error.kind(), error.field()),
        (ErrorKind::Database, Some("extra"))
    );
    assert!(error.to_string().contains(r#"{\"loss\": NaN}"#), "{error}");
    let patch = Annotating::new().extra(json!({"loss": null}));
    let outcome = store.register(&key("not a number"), &patch, OnDuplicate::Overwrite);
    assert!(outcome.unwrap().was_updated());
    assert_eq!(
        found(&store, &key("not a number")).extra,
        Some(json!({"loss": null}))
    );
}

/// That package writes local times of any zone. They are read as UTC.
#[test]
fn its_times_are_taken_for_utc() {
    let (_folder, store) = opened();
    let seen: DateTime<Utc> = "2024-02-29T12:30:00Z".parse().unwrap();
    assert_eq!(found(&store, &key("elsewhere")).seen_at, Some(seen));
}

#[test]
fn its_table_takes_all_writes() {
    let (_folder, store) = opened();
    assert_usable(&store);
    let before = found(&store, &key("default"));
    let beat = store.heartbeat(&key("default")).unwrap();
    assert!(beat > before.updated_at);
    let values = [
        json!("text"),
        json!("5"),
        json!(5),
        json!(0.5),
        json!(true),
        json!([1.0]),
    ];
    for value in values {
        let patch = Annotating::new().extra(value.clone());
        let outcome = store.register(&key("default"), &patch, OnDuplicate::Overwrite);
        assert_eq!(outcome.unwrap().into_run().unwrap().extra, Some(value));
    }
    assert!(store.delete(&key("default")).unwrap().is_some());
}
