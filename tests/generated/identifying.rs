//! `Identifying`: one key for what the database calls one run, in comparisons, in texts and in files.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use proptest::prelude::*;
use serde_json::json;
use wallow::OnDuplicate;

use crate::every_type::{Annotating, Identifying, Store};

/// A key with this rate.
fn key(rate: f64) -> Identifying {
    Identifying::builder()
        .steps(10)
        .rate(rate)
        .model("mlp")
        .warm(true)
        .build()
}

/// What reading a key from JSON says.
#[expect(clippy::unwrap_used, reason = "it is no key")]
fn refused(text: &str) -> String {
    serde_json::from_str::<Identifying>(text)
        .unwrap_err()
        .to_string()
}

#[test]
fn fields_with_a_default_may_be_left_out() {
    let short = key(0.5);
    let long = Identifying::builder()
        .dry(true)
        .kind("it's \"new\" \\ 100 %")
        .seed(-1)
        .bound(f64::NEG_INFINITY)
        .decay(0.5)
        .warm(true)
        .model(String::from("mlp"))
        .rate(0.5_f32)
        .steps(10_u8)
        .build();
    assert_eq!(short, long);
    assert_eq!((short.seed(), short.decay(), short.dry()), (-1, 0.5, true));
    assert_eq!(
        (short.kind(), short.bound()),
        ("it's \"new\" \\ 100 %", f64::NEG_INFINITY)
    );
}

#[test]
fn the_last_value_of_a_field_counts() {
    let key = Identifying::builder()
        .steps(1)
        .steps(2)
        .rate(0.5)
        .model("a")
        .warm(true);
    assert_eq!(key.clone().model("b").seed(1).seed(2).build().seed(), 2);
    assert_eq!(key.build().steps(), 2);
}

#[test]
fn floats_are_canonical_from_build_on() {
    assert_eq!(key(0.1 + 0.2), key(0.3));
    assert_eq!(key(0.1 + 0.2).rate(), 0.3);
    assert_eq!(key(0.123_456_49), key(0.123_456));
    assert_eq!(key(-0.0), key(0.0));
    assert!(key(-0.0).rate().is_sign_positive());
    let equal = [key(0.1 + 0.2), key(0.3), key(0.300_000_04)];
    assert_eq!(HashSet::from(equal.clone()).len(), 1);
    assert_eq!(BTreeSet::from(equal).len(), 1);
}

#[test]
fn a_run_gives_its_key_back() -> wallow::Result<()> {
    let store = Store::open(":memory:")?;
    for rate in [0.3, 1e-300, 1e300, f64::INFINITY, f64::NEG_INFINITY, 0.0] {
        let key = key(rate);
        let patch = Annotating::new().best(0.0);
        let run = store.register(&key, &patch, OnDuplicate::Error)?.into_run();
        assert_eq!(run.map(|run| run.identifying()), Some(key));
    }
    Ok(())
}

#[test]
fn the_text_of_a_key_names_every_field() {
    assert_eq!(
        key(1e-3).to_string(),
        r#"steps=10, rate=0.001, model="mlp", warm=true, decay=0.5, bound=-inf, seed=-1, kind="it's \"new\" \\ 100 %", dry=true"#
    );
}

#[test]
fn a_file_may_leave_out_what_has_a_default() {
    let read = json!({"steps": 10, "rate": 0.5, "model": "mlp", "warm": true});
    assert_eq!(
        serde_json::from_value::<Identifying>(read).unwrap(),
        key(0.5)
    );
    let read = r#"{"rate": 0.30000000000000004, "warm": true, "model": "mlp", "steps": 10, "bound": "inf"}"#;
    let read: Identifying = serde_json::from_str(read).unwrap();
    assert_eq!((read.rate(), read.bound()), (0.3, f64::INFINITY));
}

#[test]
fn a_key_is_written_in_the_order_of_the_schema() {
    assert_eq!(
        serde_json::to_string(&key(0.5)).unwrap(),
        r#"{"steps":10,"rate":0.5,"model":"mlp","warm":true,"decay":0.5,"bound":"-inf","seed":-1,"kind":"it's \"new\" \\ 100 %","dry":true}"#
    );
}

#[test]
fn what_is_no_key_is_refused_by_name() {
    let rest = r#""model": "mlp", "warm": true"#;
    for (text, message) in [
        (
            format!(r#"{{"rate": 0.5, {rest}}}"#),
            "missing field `steps`",
        ),
        (
            format!(r#"{{"steps": 1, "rat": 0.5, {rest}}}"#),
            "unknown field `rat`, did you mean `rate`?",
        ),
        (
            format!(r#"{{"steps": 1, "loss": 0.5, {rest}}}"#),
            "unknown field `loss`, expected one of `steps`, `rate`",
        ),
        (
            format!(r#"{{"steps": 1, "steps": 2, {rest}}}"#),
            "duplicate field `steps`",
        ),
        (
            format!(r#"{{"steps": 1.5, {rest}}}"#),
            "field `steps`: invalid type: floating point `1.5`, expected i64",
        ),
        (
            format!(r#"{{"steps": null, {rest}}}"#),
            "field `steps`: invalid type: null, expected i64",
        ),
        (
            format!(r#"{{"rate": "fast", {rest}}}"#),
            "field `rate`: invalid value: string \"fast\", expected a number, `inf` or `-inf`",
        ),
        (
            format!(r#"{{"rate": true, {rest}}}"#),
            "field `rate`: invalid type: boolean `true`",
        ),
        (
            "[]".to_owned(),
            "invalid type: sequence, expected the fields of Identifying",
        ),
    ] {
        let refused = refused(&text);
        assert!(refused.starts_with(message), "{text}: {refused}");
        assert!(refused.contains(" at line 1 column "), "{refused}");
    }
}

fn hash(key: &Identifying) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(key)
}

/// Any float, and often a pair of near ones.
fn floats() -> impl Strategy<Value = (f64, f64)> {
    let any = any::<f64>().prop_filter("NaN is no value of a key", |value| !value.is_nan());
    let near = (any.clone(), -3_i64..=3).prop_map(|(value, ulps)| {
        let bits = value.to_bits().wrapping_add_signed(ulps);
        let near = f64::from_bits(bits);
        (value, if near.is_nan() { value } else { near })
    });
    prop_oneof![(any.clone(), any), near]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn equality_hash_and_order_agree((one, other) in floats()) {
        let (one, other) = (key(one), key(other));
        prop_assert_eq!(one == other, one.cmp(&other) == Ordering::Equal);
        prop_assert_eq!(one == other, one.rate() == other.rate());
        prop_assert_eq!(Some(one.cmp(&other)), one.partial_cmp(&other));
        prop_assert_eq!(one.cmp(&other), other.cmp(&one).reverse());
        // The only field that differs decides, as numbers do.
        prop_assert_eq!(Some(one.cmp(&other)), one.rate().partial_cmp(&other.rate()));
        if one == other {
            prop_assert_eq!(hash(&one), hash(&other));
        }
    }

    #[test]
    fn json_and_back_is_the_same_key(
        steps: i64, (rate, bound) in floats(), model: String, warm: bool, seed: i64,
    ) {
        let key = Identifying::builder()
            .steps(steps).rate(rate).bound(bound).model(model).warm(warm).seed(seed).build();
        let text = serde_json::to_string(&key).unwrap();
        prop_assert_eq!(serde_json::from_str::<Identifying>(&text).unwrap(), key.clone());
        let value = serde_json::to_value(&key).unwrap();
        prop_assert_eq!(serde_json::from_value::<Identifying>(value).unwrap(), key);
    }
}
