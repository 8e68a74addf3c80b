//! Keys, patches, runs and dynamic rows through formats of every kind: for people (JSON), with kinds and without names
//! (`MessagePack`), with kinds and names (`MessagePack`), and with neither (postcard).

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use test_support::{Place, on_every_database};
use wallow::dynamic::{Fields, Row};
use wallow::{OnDuplicate, dynamic};

use crate::database::Database as _;
use crate::schemas::{strict, sweep, types};

on_every_database! {
    a_run_comes_back_from_every_format,
    a_row_comes_back_from_every_format,
}

/// A format: its name, and a value that was written and read.
type Format<T> = (&'static str, fn(&T) -> Result<T, String>);

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` hands over")]
fn text(error: impl ToString) -> String {
    error.to_string()
}

fn through_json<T: Serialize + DeserializeOwned>(value: &T) -> Result<T, String> {
    let written = serde_json::to_string(value).map_err(text)?;
    serde_json::from_str(&written).map_err(text)
}

fn through_postcard<T: Serialize + DeserializeOwned>(value: &T) -> Result<T, String> {
    let written = postcard::to_allocvec(value).map_err(text)?;
    let (read, rest) = postcard::take_from_bytes(&written).map_err(text)?;
    if rest.is_empty() {
        Ok(read)
    } else {
        Err("not read to its end".to_owned())
    }
}

fn through_arrays<T: Serialize + DeserializeOwned>(value: &T) -> Result<T, String> {
    let written = rmp_serde::to_vec(value).map_err(text)?;
    rmp_serde::from_slice(&written).map_err(text)
}

fn through_names<T: Serialize + DeserializeOwned>(value: &T) -> Result<T, String> {
    let written = rmp_serde::to_vec_named(value).map_err(text)?;
    rmp_serde::from_slice(&written).map_err(text)
}

fn formats<T: Serialize + DeserializeOwned>() -> [Format<T>; 4] {
    [
        ("JSON", through_json),
        ("postcard", through_postcard),
        ("MessagePack with arrays", through_arrays),
        ("MessagePack with names", through_names),
    ]
}

/// Cites specs 2.12.
fn comes_back<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
    for (format, through) in formats::<T>() {
        match through(value) {
            Ok(read) => assert_eq!(read, *value, "{format}"),
            Err(error) => panic!("{format}: {error}"),
        }
    }
}

fn time() -> DateTime<Utc> {
    "2026-01-01T00:00:00.000001Z".parse().unwrap()
}

/// A patch that sets a field of every type.
fn full() -> types::Annotating {
    types::Annotating::new()
        .count(i64::MIN)
        .score(0.1 + 0.2)
        .note("a \"b\"\n\u{1f437}")
        .done(true)
        .extra(json!({"a": [null, 1, 2.5, "b"]}))
        .seen_at(time())
        .file("a/b")
}

#[test]
fn a_key_comes_back_from_every_format() {
    let key = types::Identifying::builder().label("a").rate(0.1 + 0.2);
    comes_back(&key.step(-1).warm(true).build());
    let infinite = types::Identifying::builder()
        .label("")
        .rate(f64::NEG_INFINITY);
    comes_back(&infinite.build());
    comes_back(&vec![sweep::key(1), sweep::key(2)]);
}

#[test]
fn a_patch_comes_back_from_every_format() {
    let patch = types::Annotating::new;
    comes_back(&patch());
    comes_back(&full());
    comes_back(&patch().clear_count().note("a").clear_extra());
    comes_back(&patch().score(f64::INFINITY));
    comes_back(&patch().extra(json!("text")));
    comes_back(
        &strict::Annotating::new()
            .owner("me")
            .tries(3)
            .tags(json!([])),
    );
    comes_back(&vec![patch().count(1), patch(), patch().done(false)]);
}

#[test]
fn an_array_of_the_wrong_length_is_refused() {
    let short = rmp_serde::to_vec(&("a", 1)).unwrap();
    let error = rmp_serde::from_slice::<types::Identifying>(&short).unwrap_err();
    assert!(error.to_string().contains("too short"), "{error}");
    let long = rmp_serde::to_vec(&("a", 1, 0.5, false, "more")).unwrap();
    assert!(rmp_serde::from_slice::<types::Identifying>(&long).is_err());
    let not_a_number = rmp_serde::to_vec(&("a", 1, f64::NAN, false)).unwrap();
    let error = rmp_serde::from_slice::<types::Identifying>(&not_a_number).unwrap_err();
    assert!(error.to_string().contains("`rate`"), "{error}");
}

fn a_run_comes_back_from_every_format(db: &Place) {
    let store = db.open::<types::Run>();
    for (label, patch) in [
        ("full", full()),
        ("empty", types::Annotating::new()),
        ("infinite", types::Annotating::new().score(f64::INFINITY)),
    ] {
        let outcome = store.register(&types::key(label), &patch, OnDuplicate::Error);
        comes_back(&outcome.unwrap().into_run().unwrap());
    }
}

fn a_row_comes_back_from_every_format(db: &Place) {
    let text = include_str!("../schemas/contract.toml");
    let schema = wallow::schema::parse(text, "contract.toml").unwrap();
    let store = dynamic::Store::open(&schema, db.url()).unwrap();
    let key = Fields::new().with("label", "a").with("rate", 0.1 + 0.2);
    let annotating = Fields::new()
        .with("count", 7)
        .with("score", f64::INFINITY)
        .with("done", true)
        .with("extra", json!({"a": [1]}))
        .with("seen_at", time());
    let outcome = store.register(&key, &annotating, OnDuplicate::Error);
    let row: Row = outcome.unwrap().into_run().unwrap();
    for (format, through) in &formats::<Row>()[1..] {
        assert_eq!(through(&row).as_ref(), Ok(&row), "{format}");
    }
    for (format, through) in &formats::<Fields>()[1..] {
        assert_eq!(through(&annotating).as_ref(), Ok(&annotating), "{format}");
    }
    comes_back(&key);
    // JSON is for people, so a time is a text.
    let json = serde_json::to_value(&row).unwrap();
    assert_eq!(json["label"], "a");
    assert_eq!(json["score"], "inf");
    assert_eq!(json["note"], serde_json::Value::Null);
    assert_eq!(json["extra"], json!({"a": [1]}));
    assert_eq!(json["seen_at"], "2026-01-01T00:00:00.000001Z");
    let twice = r#"{"label": "a", "label": "b"}"#;
    let error = serde_json::from_str::<Fields>(twice).unwrap_err();
    assert!(error.to_string().contains("duplicate field"), "{error}");
}
