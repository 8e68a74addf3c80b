//! Random values and rows.

use chrono::{DateTime, TimeZone, Utc};
use proptest::prelude::*;
use test_support::Kind;
use wallow::OnDuplicate;

use super::registry::{Annotating, Identifying, Store};

pub(super) fn ints() -> impl Strategy<Value = i64> + Clone {
    prop_oneof![
        -2..3_i64,
        Just(i64::MIN),
        Just(i64::MAX),
        Just(1 << 53),
        Just((1 << 53) + 1)
    ]
}

pub(super) fn floats() -> impl Strategy<Value = f64> + Clone {
    prop_oneof![
        Just(0.0),
        Just(-0.0),
        Just(0.3),
        Just(0.1 + 0.2),
        Just(1.0),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        Just(f64::MIN_POSITIVE / 2.0),
        Just(f64::MAX),
        -2.0..2.0,
    ]
}

pub(super) fn texts(kind: Kind) -> impl Strategy<Value = String> + Clone {
    let texts = prop_oneof![
        Just(String::new()),
        Just("a".to_owned()),
        Just("A".to_owned()),
        Just("a%".to_owned()),
        Just("a_b".to_owned()),
        Just("ab".to_owned()),
        Just("'; drop table runs; --".to_owned()),
        Just("\u{10FFFF}".to_owned()),
        Just("é".to_owned()),
        Just("nul\0nul".to_owned()),
        "[aAbé%_\\\\\"' \0\u{10FFFF}]{0,4}",
    ];
    texts.prop_map(move |text| kind.holdable(text))
}

pub(super) fn times() -> impl Strategy<Value = DateTime<Utc>> + Clone {
    (0..4_i64, 0..2_i64).prop_map(|(second, micro)| {
        Utc.timestamp_micros(second * 1_000_000 + micro)
            .single()
            .unwrap_or_default()
    })
}

fn extras(kind: Kind) -> impl Strategy<Value = serde_json::Value> {
    let element = prop_oneof![
        (-2..3_i64).prop_map(serde_json::Value::from),
        Just(serde_json::json!(1.5)),
        Just(serde_json::json!("1")),
        Just(serde_json::json!(true)),
        Just(serde_json::Value::Null),
        Just(serde_json::json!({"deep": [1]})),
    ];
    (
        proptest::option::of(element),
        proptest::option::of(texts(kind)),
        proptest::option::of(any::<bool>()),
    )
        .prop_map(|(a, b, x)| {
            let mut object = serde_json::Map::new();
            if let Some(a) = a {
                object.insert("a".into(), serde_json::json!([a]));
            }
            if let Some(b) = b {
                object.insert("b.c".into(), b.into());
            }
            if let Some(x) = x {
                object.insert("\"x".into(), x.into());
            }
            object.into()
        })
}

pub(super) fn rows(kind: Kind) -> impl Strategy<Value = (Identifying, Annotating)> {
    use proptest::option::of;
    let key = (ints(), floats(), texts(kind), any::<bool>()).prop_map(|(n, lr, name, flag)| {
        Identifying::builder()
            .n(n)
            .lr(lr)
            .name(name)
            .flag(flag)
            .build()
    });
    let patch = (
        of(texts(kind)),
        of(floats()),
        of(ints()),
        of(any::<bool>()),
        of(times()),
        of(texts(kind)),
        of(extras(kind)),
    );
    let patch = patch.prop_map(|(text, score, count, on, at, file, extra)| {
        let mut patch = Annotating::new();
        patch = text.map_or(patch.clone(), |value| patch.text(value));
        patch = score.map_or(patch.clone(), |value| patch.score(value));
        patch = count.map_or(patch.clone(), |value| patch.count(value));
        patch = on.map_or(patch.clone(), |value| patch.on(value));
        patch = at.map_or(patch.clone(), |value| patch.at(value));
        patch = file.map_or(patch.clone(), |value| patch.file(value));
        extra.map_or(patch.clone(), |value| patch.extra(value))
    });
    (key, patch)
}

pub(super) fn store_of(kind: Kind, rows: &[(Identifying, Annotating)]) -> Store {
    let store = Store::open(kind.fresh()).unwrap();
    for (key, patch) in rows {
        let _ = store.register(key, patch, OnDuplicate::Overwrite).unwrap();
    }
    store
}
