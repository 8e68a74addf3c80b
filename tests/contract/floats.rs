//! Floats: canonical in the key, and stored to the last bit elsewhere.

use test_support::{Place, on_every_database};
use wallow::{ErrorKind, OnDuplicate, Store};

use crate::database::Database as _;
use crate::schemas::{strict, types};

on_every_database! {
    noise_in_the_last_digits_makes_no_other_run,
    the_precision_of_the_schema_counts,
    both_zeros_are_one_run,
    infinities_are_keys,
    the_largest_floats_are_keys,
    a_key_that_is_not_a_number_is_refused_everywhere,
    what_is_recorded_keeps_every_bit,
    a_zero_beside_the_key_is_a_zero,
    what_is_recorded_may_be_infinite_but_must_be_a_number,
}

fn at(rate: f64) -> types::Identifying {
    types::Identifying::builder()
        .label("float")
        .rate(rate)
        .build()
}

/// Registers a run with one float, and looks for it with the other.
fn is_one_run(store: &Store<types::Run>, one: f64, other: f64) -> bool {
    let patch = types::Annotating::new();
    let first = store
        .register(&at(one), &patch, OnDuplicate::Error)
        .unwrap()
        .into_run();
    let same = store.find(&at(other)).unwrap() == first;
    let again = store
        .register(&at(other), &patch, OnDuplicate::ReturnExisting)
        .unwrap();
    assert_eq!(again.was_inserted(), !same);
    assert_eq!(again.into_run() == first, same);
    store.heartbeat(&at(other)).unwrap();
    assert!(store.delete(&at(other)).unwrap().is_some());
    assert_eq!(store.delete(&at(one)).unwrap().is_none(), same);
    same
}

fn noise_in_the_last_digits_makes_no_other_run(db: &Place) {
    let store = db.open();
    assert!(is_one_run(&store, 0.1 + 0.2, 0.3));
    assert!(is_one_run(&store, 0.3, 0.1 + 0.2));
    assert!(is_one_run(&store, -0.1 - 0.2, -0.3));
    assert!(is_one_run(&store, 1e300 * (1.0 + 1e-14), 1e300));
    assert!(is_one_run(&store, 5e-324, 5e-324));
    assert!(!is_one_run(&store, 0.3, 0.300_000_000_01));
    assert!(!is_one_run(&store, 0.3, -0.3));
    assert!(!is_one_run(&store, 1e-300, 0.0));
}

fn the_precision_of_the_schema_counts(db: &Place) {
    let store = db.open::<strict::Run>();
    let at = |rate| strict::Identifying::builder().name("a").rate(rate).build();
    let patch = strict::Annotating::new().owner("me");
    let outcome = store.register(&at(0.123_456), &patch, OnDuplicate::Error);
    let run = outcome.unwrap().into_run().unwrap();
    assert_eq!(run.rate.to_bits(), 0.123_f64.to_bits());
    assert_eq!(store.find(&at(0.122_9)).unwrap(), Some(run));
    assert_eq!(store.find(&at(0.124)).unwrap(), None);
}

fn both_zeros_are_one_run(db: &Place) {
    let store = db.open();
    assert!(is_one_run(&store, 0.0, -0.0));
    assert!(is_one_run(&store, -0.0, 0.0));
    let outcome = store.register(&at(-0.0), &types::Annotating::new(), OnDuplicate::Error);
    assert_eq!(outcome.unwrap().run().unwrap().rate.to_bits(), 0);
}

fn infinities_are_keys(db: &Place) {
    let store = db.open();
    assert!(is_one_run(&store, f64::INFINITY, f64::INFINITY));
    assert!(is_one_run(&store, f64::NEG_INFINITY, f64::NEG_INFINITY));
    assert!(!is_one_run(&store, f64::INFINITY, f64::NEG_INFINITY));
    assert!(!is_one_run(&store, f64::INFINITY, f64::MAX));
}

fn the_largest_floats_are_keys(db: &Place) {
    let store = db.open();
    for value in [f64::MAX, f64::MIN, f64::MIN_POSITIVE] {
        assert!(is_one_run(&store, value, value), "{value:e}");
    }
}

fn a_key_that_is_not_a_number_is_refused_everywhere(db: &Place) {
    let store = db.open::<types::Run>();
    let (nan, patch) = (at(f64::NAN), types::Annotating::new());
    let hour = std::time::Duration::from_secs(3_600);
    let mut errors = vec![
        store.find(&nan).unwrap_err(),
        store.heartbeat(&nan).unwrap_err(),
        store.delete(&nan).unwrap_err(),
    ];
    for policy in [
        OnDuplicate::Error,
        OnDuplicate::ReturnExisting,
        OnDuplicate::Overwrite,
        OnDuplicate::Skip,
        OnDuplicate::ClaimIfStale(hour),
    ] {
        errors.push(store.register(&nan, &patch, policy).unwrap_err().into());
    }
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Validation);
        assert_eq!(error.field(), Some("rate"));
        assert!(error.to_string().contains("NaN"), "{error}");
    }
    assert_eq!(store.get(1).unwrap(), None);
}

/// Writes a float to an annotating field, and reads it back in every way.
fn kept(store: &Store<types::Run>, value: f64) -> f64 {
    let patch = types::Annotating::new().score(value);
    let outcome = store.register(&types::key("bits"), &patch, OnDuplicate::Overwrite);
    let written = outcome.unwrap().into_run().unwrap().score.unwrap();
    let read = store
        .find(&types::key("bits"))
        .unwrap()
        .unwrap()
        .score
        .unwrap();
    assert_eq!(written.to_bits(), read.to_bits(), "{value:e}");
    read
}

fn what_is_recorded_keeps_every_bit(db: &Place) {
    let store = db.open();
    let chosen = [
        0.0,
        1.0,
        -1.0,
        0.1 + 0.2,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        5e-324,
        -5e-324,
        f64::EPSILON,
        9_007_199_254_740_993.0,
        -9.223_372_036_854_776e18,
        1.844_674_407_370_955_2e19,
    ];
    let mut random = fastrand::Rng::with_seed(20_261_125);
    let drawn = std::iter::repeat_with(|| f64::from_bits(random.u64(..)));
    let drawn = drawn.filter(|value| !value.is_nan()).take(500);
    for value in chosen.into_iter().chain(drawn) {
        assert_eq!(kept(&store, value).to_bits(), value.to_bits(), "{value:e}");
    }
}

/// Not every database stores the sign of a zero.
fn a_zero_beside_the_key_is_a_zero(db: &Place) {
    let zero = kept(&db.open(), -0.0);
    assert_eq!(zero.to_bits() << 1, 0);
}

fn what_is_recorded_may_be_infinite_but_must_be_a_number(db: &Place) {
    let store = db.open::<types::Run>();
    for value in [f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(kept(&store, value).to_bits(), value.to_bits());
    }
    let before = store.find(&types::key("bits")).unwrap();
    for nan in [f64::NAN, -f64::NAN, f64::from_bits(0x7ff0_0000_0000_0001)] {
        let patch = types::Annotating::new().score(nan).note("not written");
        for label in ["bits", "new"] {
            let outcome = store.register(&types::key(label), &patch, OnDuplicate::Overwrite);
            let error = outcome.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Validation);
            assert_eq!(error.error().field(), Some("score"));
            assert_eq!(error.error().actual(), Some("NaN"));
        }
    }
    assert_eq!(store.find(&types::key("bits")).unwrap(), before);
    assert_eq!(store.find(&types::key("new")).unwrap(), None);
}
