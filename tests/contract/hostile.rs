//! Values that have broken other programs: they are stored and found exactly, or refused.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use test_support::{Place, on_every_database};
use wallow::{OnDuplicate, Store};

use crate::database::Database as _;
use crate::schemas::types::{Annotating, Identifying, Run, fields, key, runs};

on_every_database! {
    hostile_text_in_the_key_is_a_run_of_its_own,
    hostile_text_beside_the_key_is_kept,
    hostile_text_in_json_is_kept,
    extreme_integers_are_kept,
    very_long_text_is_kept_and_found,
    a_hostile_uuid_finds_nothing,
    text_that_cannot_be_stored_is_refused,
}

const HOSTILE: &[&str] = &[
    "",
    " ",
    "  ",
    "\0",
    "\0\0",
    "a",
    "a\0",
    "a\0b",
    "\0a",
    "A",
    "a ",
    " a",
    "'",
    "''",
    "\"",
    "`",
    "\\",
    "\\'",
    "'; DROP TABLE runs; --",
    "\"; DROP TABLE runs; --",
    "' OR '1'='1",
    "/* */",
    "?",
    "?1",
    "$1",
    ":label",
    "%s",
    "{}",
    "%",
    "_",
    "*",
    "NULL",
    "null",
    "true",
    "NaN",
    "1",
    "01",
    "1.0",
    "1e0",
    "0x1",
    "9223372036854775808",
    "2026-01-01 00:00:00.000000",
    "\n",
    "\r\n",
    "\t",
    "\u{1b}[2J",
    "\u{7f}",
    "é",
    "e\u{301}",
    "ß",
    "ss",
    "\u{130}",
    "日本語",
    "🐷",
    "👨‍👩‍👧‍👦",
    "🇬🇧",
    "\u{202e}abc",
    "\u{feff}",
    "\u{200b}",
    "\u{fffd}",
    "\u{ffff}",
    "\u{10ffff}",
];

/// Those that the database can hold.
fn hostile(place: &Place) -> impl Iterator<Item = &'static str> + use<> {
    let has_nul = place.has_nul();
    let all = HOSTILE.iter().copied();
    all.filter(move |text| has_nul || !text.contains('\0'))
}

fn register(store: &Store<Run>, key: &Identifying, patch: &Annotating) -> Run {
    let outcome = store.register(key, patch, OnDuplicate::Error).unwrap();
    let run = outcome.into_run().unwrap();
    assert_eq!(store.find(key).unwrap().as_ref(), Some(&run));
    run
}

fn hostile_text_in_the_key_is_a_run_of_its_own(db: &Place) {
    let store = db.open::<Run>();
    let mut ids = BTreeSet::new();
    for text in hostile(db) {
        let run = register(&store, &key(text), &Annotating::new());
        assert_eq!(run.label, text);
        assert!(ids.insert(run.id));
    }
    for text in hostile(db) {
        let again = store.register(&key(text), &Annotating::new(), OnDuplicate::ReturnExisting);
        assert_eq!(again.unwrap().into_run().unwrap().label, text);
        store.heartbeat(&key(text)).unwrap();
        assert_eq!(store.delete(&key(text)).unwrap().unwrap().label, text);
    }
    assert_eq!(ids.len(), hostile(db).count());
}

fn hostile_text_beside_the_key_is_kept(db: &Place) {
    let store = db.open::<Run>();
    for (step, text) in (0..).zip(hostile(db)) {
        let key = Identifying::builder().label("text").step(step).build();
        let run = register(&store, &key, &Annotating::new().note(text).file(text));
        assert_eq!(run.note.as_deref(), Some(text));
        assert_eq!(run.file.unwrap().as_os_str(), text);
    }
}

fn hostile_text_in_json_is_kept(db: &Place) {
    let store = db.open::<Run>();
    let all = hostile(db).map(|text| (text.to_owned(), json!([text])));
    let value = Value::Object(all.collect());
    let run = register(
        &store,
        &key("json"),
        &Annotating::new().extra(value.clone()),
    );
    assert_eq!(run.extra, Some(value));
}

fn extreme_integers_are_kept(db: &Place) {
    let store = db.open::<Run>();
    let edges = [
        0,
        1,
        -1,
        i64::MIN,
        i64::MIN + 1,
        i64::MAX,
        i64::MAX - 1,
        1 << 53,
        (1 << 53) + 1,
    ];
    for value in edges {
        let key = Identifying::builder().label("int").step(value).build();
        let run = register(
            &store,
            &key,
            &Annotating::new().count(value).extra(json!(value)),
        );
        assert_eq!((run.step, run.count), (value, Some(value)));
        assert_eq!(run.extra, Some(json!(value)));
    }
}

fn very_long_text_is_kept_and_found(db: &Place) {
    let store = db.open::<Run>();
    let piece = if db.has_nul() { "a'\0🐷" } else { "a'.🐷" };
    let long = piece.repeat(db.longest_key() / 7);
    let longer = format!("{long}.");
    let text = piece.repeat(10_000_000 / 7);
    let patch = Annotating::new().note(text.as_str()).file(text.as_str());
    for label in [&long, &longer] {
        let run = register(
            &store,
            &key(label),
            &patch.clone().extra(json!({"text": text})),
        );
        assert!(run.label == *label && run.note.as_ref() == Some(&text));
        assert!(run.extra.unwrap()["text"] == json!(text));
    }
    assert!(store.find(&key(&long[1..])).unwrap().is_none());
    assert_eq!(
        store.delete(&key(&long)).unwrap().map(|run| run.label),
        Some(long)
    );
}

fn a_hostile_uuid_finds_nothing(db: &Place) {
    let store = db.open::<Run>();
    register(&store, &key("run"), &Annotating::new());
    for text in HOSTILE {
        assert_eq!(store.find_by_uuid(text).unwrap(), None, "{text:?}");
    }
    assert_eq!(store.find_by_uuid(&"f".repeat(1_000_000)).unwrap(), None);
}

fn text_that_cannot_be_stored_is_refused(db: &Place) {
    use wallow::diesel::prelude::*;
    let store = db.open::<Run>();
    register(&store, &key("run"), &Annotating::new());
    let overwrite = |key: &Identifying, patch: &Annotating| {
        let outcome = store.register(key, patch, OnDuplicate::Overwrite);
        outcome.map(|_| ()).map_err(wallow::Error::from)
    };
    let inside = json!({"deep": [{"a\0": 1}, "\\u0000"]});
    let patches = [
        ("note", Annotating::new().note("a\0b")),
        ("file", Annotating::new().file("a\0b")),
        ("extra", Annotating::new().extra(inside)),
    ];
    let outcomes = patches.map(|(field, patch)| (field, overwrite(&key("run"), &patch)));
    let looked = [
        ("label", overwrite(&key("\0"), &Annotating::new())),
        ("label", store.find(&key("\0")).map(|_| ())),
        ("label", store.heartbeat(&key("\0")).map(|_| ())),
    ];
    // A long list is bound as JSON, in which the character is escaped.
    let long = (0..600).map(|number| format!("{number}\0"));
    for filter in [
        fields::label.is_in(long),
        fields::label.is_in(["a", "b\0"]),
        !fields::label.eq("a\0"),
        fields::note.contains("\0") | fields::count.eq(1),
        fields::extra.json_path(["a\0"]).eq(1) & fields::count.is_null(),
        fields::count.is_null() | !(fields::extra.json_path("a").eq("b\0") & fields::count.eq(1)),
        fields::label.between("a", "b\0"),
        fields::note.ends_with("\0"),
    ] {
        let counted = store.filter(filter.clone()).count();
        // Neither does a query of diesel's send it.
        let query = runs::table.filter(filter).count();
        let by_diesel = match db.on_server() {
            None => store.with_sqlite(|conn| query.get_result::<i64>(conn)),
            #[cfg(feature = "postgres")]
            Some(_) => store.with_postgres(|conn| query.get_result::<i64>(conn)),
            #[cfg(not(feature = "postgres"))]
            Some(_) => unreachable!(),
        };
        match (counted, by_diesel) {
            (Ok(count), Ok(by_diesel)) => {
                assert!(db.has_nul() && i64::try_from(count) == Ok(by_diesel));
            }
            (Err(error), Err(by_diesel)) => {
                assert!(!db.has_nul(), "{error}");
                assert_eq!(error.kind(), wallow::ErrorKind::Validation, "{error}");
                assert!(error.to_string().contains("U+0000"), "{error}");
                assert!(by_diesel.to_string().contains("U+0000"), "{by_diesel}");
            }
            (counted, by_diesel) => panic!("{counted:?}, {by_diesel:?}"),
        }
    }
    for (field, outcome) in outcomes.into_iter().chain(looked) {
        match outcome {
            Ok(()) => assert!(db.has_nul(), "{field}"),
            Err(error) if db.has_nul() => panic!("{error}"),
            Err(error) => {
                assert_eq!(error.kind(), wallow::ErrorKind::Validation, "{error}");
                assert_eq!(error.field(), Some(field));
                assert!(error.to_string().contains("U+0000"), "{error}");
            }
        }
    }
}
