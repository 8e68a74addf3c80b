//! Results and errors that a database cannot store end their own run, and nothing else.

use std::fmt;

use serde_json::json;
use wallow::{Reclaim, WorkOptions};

use super::place::Stores as _;
use super::registry::Annotating;
use super::{MINUTE, ended, key};
use test_support::{Place, on_shared_databases};

on_shared_databases! {
    a_result_that_cannot_be_stored_ends_its_run_alone,
    an_error_is_kept_whatever_its_text,
}

/// Nested so deeply that it could not be read again.
fn deep() -> serde_json::Value {
    (0..200).fold(json!(1), |inner, _| json!([inner]))
}

/// Text that cannot be compressed, and is longer than an index of PostgreSQL accepts.
fn long() -> String {
    let mut state = 1_u64;
    let words = (0..600).map(|_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        format!("{state:016x}")
    });
    words.collect()
}

fn a_result_that_cannot_be_stored_ends_its_run_alone(place: &Place) {
    let store = place.open();
    store.enqueue((0..8).map(key)).unwrap();
    let result = |seed| {
        let good = Annotating::new().train_loss(0.25);
        match seed {
            1 => good.val_accuracy(f64::NAN),
            2 => good.val_loss(f64::NAN).training_curve(deep()),
            3 => good.host("a\0b"),
            4 => good.training_curve(json!({"a\0": 1})),
            5 => good.git_commit(long()),
            _ => good,
        }
    };
    let options = WorkOptions::new(Reclaim::WhenStale(MINUTE)).threads(2);
    let counts = store.work(options, |claim| Ok::<_, String>(result(claim.run().seed)));
    let says: &[(i64, &[&str])] = if place.has_nul() {
        &[(1, &["val_accuracy"]), (2, &["val_loss", "training_curve"])]
    } else {
        &[
            (1, &["val_accuracy"]),
            (2, &["val_loss", "training_curve"]),
            (3, &["host", "U+0000"]),
            (4, &["training_curve", "U+0000"]),
            (5, &["index row"]),
        ]
    };
    let failed = says.len() as u64;
    assert_eq!(ended(counts.unwrap()), [8 - failed, failed, 0]);
    for (seed, words) in says {
        let run = store.find(&key(*seed)).unwrap().unwrap();
        assert_eq!(run.status.as_deref(), Some("failed"), "{seed}");
        let excerpt = run.error_excerpt.unwrap();
        for word in *words {
            assert!(excerpt.contains(word), "{seed}: {excerpt}");
        }
        // Values that can be stored are kept. If the database refuses, it is unknown which value is the reason, so none
        // is kept.
        assert_eq!(run.train_loss, (*seed != 5).then_some(0.25), "{seed}");
    }
}

/// An error whose `Display` panics.
#[derive(Debug)]
struct Loud;

impl fmt::Display for Loud {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("no words for it")
    }
}

/// Another one.
#[derive(Debug)]
struct Mute;

impl fmt::Display for Mute {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Err(fmt::Error)
    }
}

fn an_error_is_kept_whatever_its_text(place: &Place) {
    let store = place.open();
    store.enqueue((0..4).map(key)).unwrap();
    let options = WorkOptions::new(Reclaim::WhenStale(MINUTE));
    let counts = store.work(
        options,
        |claim| -> Result<Annotating, Box<dyn fmt::Display>> {
            match claim.run().seed {
                0 => Err(Box::new("before\0after")),
                1 => Err(Box::new(Loud)),
                2 => Err(Box::new(Mute)),
                _ => panic!("one\0two"),
            }
        },
    );
    assert_eq!(counts.unwrap().failed, 4);
    let excerpt = |seed| {
        store
            .find(&key(seed))
            .unwrap()
            .unwrap()
            .error_excerpt
            .unwrap()
    };
    assert_eq!(excerpt(0), "before\u{FFFD}after");
    assert!(excerpt(1).contains("no words for it"));
    assert!(excerpt(2).contains("Display"));
    assert_eq!(excerpt(3), "panicked: one\u{FFFD}two");
}
