//! Rows that another program wrote or damaged: reading such a row is an error that names the row and the field; other
//! rows are not affected.

use std::time::Duration;

use serde_json::json;
use test_support::{Place, on_sqlite};
use wallow::{Error, ErrorKind, OnDuplicate, Store};

use crate::database::Database as _;
use crate::schemas::types::{Annotating, Run, key};

on_sqlite! {
    a_damaged_value_is_an_error_that_names_row_and_field,
    a_damaged_row_spoils_no_other,
    a_damaged_row_can_be_repaired_through_the_store,
    an_error_over_a_damaged_row_means_that_nothing_was_written,
    times_of_other_programs_are_read,
    text_that_is_no_text_is_reported,
}

/// What SQL writes into a column, and how the error describes it.
const DAMAGE: [(&str, &str, &str); 12] = [
    ("extra", r#"'{"a": NaN}'"#, r#"{\"a\": NaN}"#),
    ("extra", "'{'", "{"),
    ("extra", "''", "\"\""),
    ("extra", "x'00ff'", "binary"),
    ("seen_at", "'yesterday'", "yesterday"),
    ("seen_at", "'2026-02-30 00:00:00.000000'", "2026-02-30"),
    ("updated_at", "'garbage'", "garbage"),
    ("created_at", "1764076020", "1764076020"),
    ("done", "7", "7"),
    ("count", "'many'", "many"),
    ("score", "'low'", "low"),
    ("note", "x'61'", "binary"),
];

/// A store with the runs `bad` and `good`.
fn with_two_runs(db: &Place) -> (Store<Run>, Run, Run) {
    let store = db.open();
    let add = |label: &str| {
        let patch = Annotating::new().extra(json!({"a": 1})).count(1).note("n");
        let outcome = store.register(&key(label), &patch, OnDuplicate::Error);
        outcome.unwrap().into_run().unwrap()
    };
    let (bad, good) = (add("bad"), add("good"));
    (store, bad, good)
}

fn damage(db: &Place, store: &Store<Run>, column: &str, sql: &str) {
    let statement = format!("UPDATE runs SET {column} = {sql} WHERE label = 'bad'");
    db.execute(store, &statement);
}

fn a_damaged_value_is_an_error_that_names_row_and_field(db: &Place) {
    let (store, bad, _) = with_two_runs(db);
    for (column, sql, described) in DAMAGE {
        damage(db, &store, column, sql);
        let register = |policy| {
            let outcome = store.register(&key("bad"), &Annotating::new(), policy);
            Error::from(outcome.unwrap_err())
        };
        for error in [
            store.find(&key("bad")).unwrap_err(),
            store.get(bad.id).unwrap_err(),
            store.find_by_uuid(&bad.uuid).unwrap_err(),
            register(OnDuplicate::Error),
            register(OnDuplicate::ReturnExisting),
            register(OnDuplicate::ClaimIfStale(Duration::from_secs(3_600))),
        ] {
            assert_eq!(error.kind(), ErrorKind::Database, "{column} = {sql}");
            assert_eq!(error.field(), Some(column), "{error}");
            assert_eq!(error.uuid(), Some(bad.uuid.as_str()));
            assert!(error.expected().is_some() && error.actual().is_some());
            let text = error.to_string();
            for part in [bad.uuid.as_str(), column, described] {
                assert!(text.contains(part), "{part} is not in: {text}");
            }
        }
        let healthy = format!("(SELECT o.{column} FROM runs AS o WHERE o.label = 'good')");
        damage(db, &store, column, &healthy);
        store.find(&key("bad")).unwrap();
    }
}

fn a_damaged_row_spoils_no_other(db: &Place) {
    let (store, _, good) = with_two_runs(db);
    for (column, sql, _) in DAMAGE {
        damage(db, &store, column, sql);
        assert_eq!(store.find(&key("good")).unwrap().as_ref(), Some(&good));
        assert_eq!(store.get(good.id).unwrap().as_ref(), Some(&good));
        assert_eq!(
            store.find_by_uuid(&good.uuid).unwrap().as_ref(),
            Some(&good)
        );
        let outcome = store.register(&key("good"), &Annotating::new(), OnDuplicate::Error);
        assert_eq!(outcome.unwrap_err().existing(), Some(&good));
    }
    let outcome = store.register(&key("new"), &Annotating::new(), OnDuplicate::Error);
    assert!(outcome.unwrap().was_inserted());
}

fn a_damaged_row_can_be_repaired_through_the_store(db: &Place) {
    let (store, bad, _) = with_two_runs(db);
    damage(db, &store, "extra", "'{'");
    let skipped = store.register(&key("bad"), &Annotating::new(), OnDuplicate::Skip);
    assert!(skipped.unwrap().was_skipped());
    store.heartbeat(&key("bad")).unwrap();
    let patch = Annotating::new().extra(json!([]));
    let outcome = store.register(&key("bad"), &patch, OnDuplicate::Overwrite);
    let run = outcome.unwrap().into_run().unwrap();
    assert_eq!((run.uuid, run.extra), (bad.uuid, Some(json!([]))));
    damage(db, &store, "updated_at", "'garbage'");
    let beat = store.heartbeat(&key("bad")).unwrap();
    assert_eq!(store.find(&key("bad")).unwrap().unwrap().updated_at, beat);
}

fn an_error_over_a_damaged_row_means_that_nothing_was_written(db: &Place) {
    let (store, bad, good) = with_two_runs(db);
    damage(db, &store, "extra", "'{'");
    let old = "'2020-01-01 00:00:00.000000'";
    damage(db, &store, "updated_at", old);
    let patch = Annotating::new().note("written").count(2);
    for policy in [
        OnDuplicate::Overwrite,
        OnDuplicate::ClaimIfStale(Duration::ZERO),
    ] {
        let error = store.register(&key("bad"), &patch, policy).unwrap_err();
        assert_eq!(error.error().field(), Some("extra"), "{policy:?}");
    }
    assert_eq!(
        store.delete(&key("bad")).unwrap_err().field(),
        Some("extra")
    );
    damage(db, &store, "extra", "NULL");
    let run = store.find(&key("bad")).unwrap().unwrap();
    assert_eq!(
        run.updated_at,
        "2020-01-01T00:00:00Z"
            .parse::<chrono::DateTime<chrono::Utc>>()
            .unwrap()
    );
    let expected = Run {
        updated_at: run.updated_at,
        extra: None,
        ..bad
    };
    assert_eq!(run, expected);
    assert_eq!(store.find(&key("good")).unwrap(), Some(good));
}

fn times_of_other_programs_are_read(db: &Place) {
    let (store, ..) = with_two_runs(db);
    for (sql, expected) in [
        ("'2026-01-02 03:04:05'", "2026-01-02T03:04:05Z"),
        ("'2026-01-02T03:04:05.5+01:00'", "2026-01-02T02:04:05.5Z"),
        ("'2026-01-02 03:04'", "2026-01-02T03:04:00Z"),
        ("CURRENT_TIMESTAMP", ""),
    ] {
        damage(db, &store, "seen_at", sql);
        let run = store.find(&key("bad")).unwrap().unwrap();
        assert!(run.seen_at.is_some(), "{sql}");
        if !expected.is_empty() {
            assert_eq!(run.seen_at, Some(expected.parse().unwrap()), "{sql}");
        }
    }
}

/// Bytes that are not UTF-8 are not repaired, because the result would not be the text that was meant.
fn text_that_is_no_text_is_reported(db: &Place) {
    let (store, ..) = with_two_runs(db);
    damage(db, &store, "note", "CAST(x'61ff62' AS TEXT)");
    let error = store.find(&key("bad")).unwrap_err();
    assert_eq!(error.field(), Some("note"), "{error}");
}
