//! Keys with optional fields as values: builders, text, serde, configurations.

use std::collections::HashSet;

use wallow::serde_json;

use super::{bare, keys};
use crate::schemas::optional::{Identifying, Optimiser, Schedule};

#[test]
fn a_builder_takes_bare_values_and_leaves_the_others_out() {
    let key = Identifying::builder()
        .optimiser(Optimiser::Sgd)
        .momentum(0.1_f32)
        .schedule(Schedule::Cosine)
        .tag("x")
        .warmup(3_u8)
        .build();
    assert_eq!((key.momentum(), key.warmup()), (Some(0.1), Some(3)));
    assert_eq!(
        (key.tag(), key.schedule()),
        (Some("x"), Some(Schedule::Cosine))
    );
    assert_eq!((key.nesterov(), key.seed()), (None, 0));
    let bare = key.to_builder().clear_momentum().clear_schedule();
    let bare = bare.clear_tag().clear_warmup().build();
    assert_eq!(bare, super::bare());
    let varied = key.to_builder().seed(2).optimiser(Optimiser::Adamw).build();
    assert_eq!((varied.seed(), varied.momentum()), (2, Some(0.1)));
    for key in keys() {
        assert_eq!(key.to_builder().build(), key);
    }
}

#[test]
fn absent_equals_only_itself() {
    let keys = keys();
    for (index, one) in keys.iter().enumerate() {
        for (place, other) in keys.iter().enumerate() {
            assert_eq!(one == other, index == place);
            assert_eq!(one.cmp(other).is_eq(), index == place);
        }
    }
    assert_eq!(
        keys.iter().chain(&keys).collect::<HashSet<_>>().len(),
        keys.len()
    );
    let rounded = |momentum: f64| bare().to_builder().momentum(momentum).build();
    assert_eq!(rounded(0.1 + 0.2), rounded(0.3));
    assert_eq!(rounded(-0.0), rounded(0.0));
}

#[test]
fn the_text_of_a_key_tells_absence_from_a_text() {
    let texts = [bare(), bare().to_builder().tag("none").momentum(1).build()];
    assert_eq!(
        texts.map(|key| key.to_string()),
        [
            "momentum=none, optimiser=\"sgd\", warmup=none, schedule=none, tag=none, nesterov=none, seed=0",
            "momentum=1.0, optimiser=\"sgd\", warmup=none, schedule=none, tag=\"none\", nesterov=none, seed=0",
        ]
    );
}

#[test]
fn absence_is_null_in_json_and_may_be_left_out() {
    let json = serde_json::to_string(&bare()).unwrap();
    assert_eq!(
        json,
        r#"{"momentum":null,"optimiser":"sgd","warmup":null,"schedule":null,"tag":null,"nesterov":null,"seed":0}"#
    );
    for text in [
        &*json,
        r#"{"optimiser":"sgd"}"#,
        r#"{"optimiser":"sgd","tag":null}"#,
    ] {
        assert_eq!(serde_json::from_str::<Identifying>(text).unwrap(), bare());
    }
    for (text, part) in [
        (r#"{"optimiser":null}"#, "`optimiser`"),
        (
            r#"{"optimiser":"sgd","momentum":"NaN"}"#,
            "NaN identifies nothing",
        ),
        (
            r#"{"optimiser":"sgd","schedule":"cosin"}"#,
            "did you mean `cosine`?",
        ),
        (r#"{"optimiser":"sgd","seed":null}"#, "`seed`"),
        (
            r#"{"optimiser":"sgd","momentun":1}"#,
            "did you mean `momentum`?",
        ),
    ] {
        let error = serde_json::from_str::<Identifying>(text).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn every_format_gives_the_same_key_back() {
    for key in keys() {
        let key = key.to_builder().momentum(f64::INFINITY).build();
        for key in [key.clone(), key.to_builder().clear_momentum().build()] {
            let json = serde_json::to_string(&key).unwrap();
            assert_eq!(serde_json::from_str::<Identifying>(&json).unwrap(), key);
            let bytes = postcard::to_allocvec(&key).unwrap();
            assert_eq!(postcard::from_bytes::<Identifying>(&bytes).unwrap(), key);
            let bytes = rmp_serde::to_vec(&key).unwrap();
            assert_eq!(rmp_serde::from_slice::<Identifying>(&bytes).unwrap(), key);
            let bytes = rmp_serde::to_vec_named(&key).unwrap();
            assert_eq!(rmp_serde::from_slice::<Identifying>(&bytes).unwrap(), key);
        }
    }
}

/// A configuration in which `None` leaves a value out.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
struct Config {
    optimiser: String,
    momentum: Option<f64>,
    warmup: Option<u32>,
    schedule: Option<String>,
    seed: i64,
}

#[test]
fn none_in_a_configuration_is_absent() {
    let config = |momentum| Config {
        optimiser: "sgd".to_owned(),
        momentum,
        warmup: None,
        schedule: None,
        seed: 0,
    };
    let absent = Identifying::from_config(&config(None)).unwrap();
    assert_eq!(absent, bare());
    let some = Identifying::from_config(&config(Some(0.9))).unwrap();
    assert_eq!(some, bare().to_builder().momentum(0.9).build());
    let store = crate::schemas::optional::Store::open(":memory:").unwrap();
    for (key, config) in [(absent, config(None)), (some, config(Some(0.9)))] {
        let patch = crate::schemas::optional::Annotating::new();
        let outcome = store.register(&key, &patch, wallow::OnDuplicate::Error);
        let run = outcome.unwrap().into_run().unwrap();
        assert_eq!(run.config::<Config>().unwrap(), config);
        let json = serde_json::to_string(&run).unwrap();
        assert_eq!(
            serde_json::from_str::<crate::schemas::optional::Run>(&json).unwrap(),
            run
        );
    }
}
