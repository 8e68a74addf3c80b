//! Keys, patches and runs with serde.

use serde_json::{Value, from_value, json, to_value};
use test_support::{Place, on_every_database};
use wallow::OnDuplicate;

use crate::database::Database as _;
use crate::schemas::{strict, sweep, types};

on_every_database! {
    a_key_survives_a_round_trip,
    a_key_is_read_with_its_defaults,
    a_key_with_an_unknown_or_missing_name_is_refused,
    a_patch_survives_a_round_trip,
    a_patch_says_only_what_is_set,
    a_run_is_written_column_by_column,
}

fn a_key_survives_a_round_trip(db: &Place) {
    let key = types::Identifying::builder()
        .label("\"\u{1f437}\"\n")
        .step(i64::MIN)
        .rate(0.1 + 0.2)
        .warm(true)
        .build();
    let text = serde_json::to_string(&key).unwrap();
    assert_eq!(
        serde_json::from_str::<types::Identifying>(&text).unwrap(),
        key
    );
    let value = to_value(&key).unwrap();
    assert_eq!(value["rate"], json!(0.3));
    let store = db.open();
    let read = from_value::<types::Identifying>(value).unwrap();
    let outcome = store.register(&key, &types::Annotating::new(), OnDuplicate::Error);
    let run: types::Run = outcome.unwrap().into_run().unwrap();
    assert_eq!(
        store.find(&read).unwrap().map(|run| run.uuid),
        Some(run.uuid)
    );
}

fn a_key_is_read_with_its_defaults(db: &Place) {
    let store = db.open::<types::Run>();
    let key = from_value::<types::Identifying>(json!({"label": "a"})).unwrap();
    assert_eq!(key, types::key("a"));
    let key: types::Identifying = from_value(json!({"label": "a", "rate": 1})).unwrap();
    let outcome = store.register(&key, &types::Annotating::new(), OnDuplicate::Error);
    assert_eq!(
        outcome.unwrap().run().unwrap().rate.to_bits(),
        1.0_f64.to_bits()
    );
}

fn a_key_with_an_unknown_or_missing_name_is_refused(_: &Place) {
    for (value, complaint) in [
        (json!({"label": "a", "stepp": 1}), "did you mean `step`"),
        (json!({"label": "a", "count": 1}), "unknown field `count`"),
        (json!({"step": 1}), "missing field `label`"),
        (json!({"label": "a", "step": 1.5}), "1.5"),
        (json!({"label": null}), "null"),
        (json!({"label": "a", "rate": "fast"}), "fast"),
        (json!(["a"]), "Identifying"),
    ] {
        let error = from_value::<types::Identifying>(value).unwrap_err();
        assert!(error.to_string().contains(complaint), "{error}");
    }
    let twice = r#"{"label": "a", "label": "b"}"#;
    let error = serde_json::from_str::<types::Identifying>(twice).unwrap_err();
    assert!(
        error.to_string().contains("duplicate field `label`"),
        "{error}"
    );
}

fn a_patch_survives_a_round_trip(db: &Place) {
    let patch = types::Annotating::new()
        .count(i64::MAX)
        .score(0.1 + 0.2)
        .note("text")
        .done(false)
        .extra(json!({"a": [null, 1]}))
        .seen_at(
            "2026-01-01T00:00:00.000001Z"
                .parse::<chrono::DateTime<chrono::Utc>>()
                .unwrap(),
        )
        .file("a/b");
    let text = serde_json::to_string(&patch).unwrap();
    let read = serde_json::from_str::<types::Annotating>(&text).unwrap();
    assert_eq!(read, patch);
    let store = db.open::<types::Run>();
    let register = |label, patch| {
        let outcome = store.register(&types::key(label), patch, OnDuplicate::Error);
        let run = outcome.unwrap().into_run().unwrap();
        (
            run.count,
            run.score,
            run.note,
            run.done,
            run.extra,
            run.seen_at,
            run.file,
        )
    };
    assert_eq!(register("patch", &patch), register("read", &read));
}

fn a_patch_says_only_what_is_set(db: &Place) {
    assert_eq!(to_value(types::Annotating::new()).unwrap(), json!({}));
    let patch = types::Annotating::new().note("a").clear_count();
    assert_eq!(
        to_value(&patch).unwrap(),
        json!({"count": null, "note": "a"})
    );
    let read = from_value::<types::Annotating>(json!({"count": null, "note": "a"}));
    assert_eq!(read.unwrap(), patch);
    let error = from_value::<types::Annotating>(json!({"nota": "a"})).unwrap_err();
    assert!(error.to_string().contains("did you mean `note`"), "{error}");
    assert!(from_value::<strict::Annotating>(json!({"owner": null})).is_err());
    let store = db.open::<types::Run>();
    let first = types::Annotating::new().count(1).score(1.0);
    let _ = store
        .register(&types::key("a"), &first, OnDuplicate::Error)
        .unwrap();
    let outcome = store.register(&types::key("a"), &patch, OnDuplicate::Overwrite);
    let run = outcome.unwrap().into_run().unwrap();
    assert_eq!(
        (run.count, run.score, run.note.as_deref()),
        (None, Some(1.0), Some("a"))
    );
}

fn a_run_is_written_column_by_column(db: &Place) {
    let store = db.open::<sweep::Run>();
    let outcome = store.register(&sweep::key(3), &sweep::on("here"), OnDuplicate::Error);
    let run = outcome.unwrap().into_run().unwrap();
    let text = serde_json::to_string(&run).unwrap();
    let names = [
        "\"id\"",
        "\"uuid\"",
        "\"created_at\"",
        "\"architecture\"",
        "\"seed\"",
        "\"status\"",
        "\"error_excerpt\"",
    ];
    let places = names.map(|name| text.find(name).unwrap());
    assert!(places.is_sorted(), "{text}");
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["uuid"], json!(run.uuid));
    assert_eq!(
        (&value["host"], &value["status"]),
        (&json!("here"), &Value::Null)
    );
    assert_eq!(value.as_object().unwrap().len(), 4 + 7 + 12);
    let key = value
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| to_value(run.identifying()).unwrap().get(name).is_some());
    let key = key
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let key = from_value::<sweep::Identifying>(Value::Object(key)).unwrap();
    assert_eq!(key, run.identifying());
}
