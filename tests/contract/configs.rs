//! Keys of programs that have their configuration as a serde struct, and back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;
use wallow::{ErrorKind, OnDuplicate};

use crate::schemas::config::{Annotating, Identifying, Model, Store};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Config {
    model: String,
    optim: Optim,
    data: Data,
    seed: u64,
    augment: Option<bool>,
    #[serde(default)]
    workers: usize,
    #[serde(default)]
    logging: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Optim {
    Sgd { lr: f32, momentum: f32 },
    Adam(Adam),
    Frozen,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Adam {
    lr: f32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Data {
    name: String,
    crop: Option<u16>,
}

fn config(optim: Optim) -> Config {
    Config {
        model: "ResNet".into(),
        optim,
        data: Data {
            name: "cifar".into(),
            crop: None,
        },
        seed: 7,
        augment: None,
        workers: 0,
        logging: BTreeMap::new(),
    }
}

#[test]
fn a_configuration_is_a_key_and_comes_back() {
    let store = Store::open(":memory:").unwrap();
    let sgd = Optim::Sgd {
        lr: 0.1,
        momentum: 0.9,
    };
    for optim in [sgd, Optim::Adam(Adam { lr: 1e-3 })] {
        let mut config = config(optim);
        config.workers = 8;
        config.logging.insert("level".into(), "debug".into());
        let key = Identifying::from_config(&config).unwrap();
        store
            .register(&key, &Annotating::new(), OnDuplicate::Error)
            .unwrap();
        let run = store.find(&key).unwrap().unwrap();
        // What the schema ignores is not in the run, and defaults are.
        config.workers = 0;
        config.logging.clear();
        config.data.crop = Some(224);
        config.augment = Some(false);
        assert_eq!(run.config::<Config>().unwrap(), config);
        assert_eq!(
            Identifying::from_config(&run.config::<Config>().unwrap()).unwrap(),
            key
        );
    }
    let sgd = Optim::Sgd {
        lr: 0.1,
        momentum: 0.9,
    };
    let key = Identifying::from_config(&config(sgd)).unwrap();
    assert_eq!(
        key.to_string(),
        r#"model="ResNet", optim="Sgd", optim_lr=0.1, optim_momentum=0.9, data_name="cifar", data_crop=224, seed=7, augment=false"#
    );
    assert_eq!(key.model(), Model::ResNet);
}

#[test]
fn what_is_no_field_is_named() {
    let mut config = serde_json::to_value(config(Optim::Adam(Adam { lr: 1e-3 }))).unwrap();
    // As a map of JSON, a variant with content is a map of its own.
    config["optim"] = json!("adam");
    config["optim_lr"] = json!(1e-3);
    assert!(Identifying::from_config(&config).is_ok());
    config["data"]["shuffle"] = json!(true);
    config["layers"] = json!([32, 16]);
    config["dropout"] = json!(null);
    let error = Identifying::from_config(&config).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Validation);
    let message = error.to_string();
    for part in [
        "`data.shuffle` (the field `data_shuffle`)",
        "`dropout`",
        "`layers`",
        "`ignored = [",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let good =
        json!({"model": "mlp", "optim": "sgd", "optim_lr": 0.1, "data": {"name": "a"}, "seed": 1});
    assert!(Identifying::from_config(&good).is_ok());
    let cases = [
        ("model", json!("mpl"), "did you mean `mlp`?"),
        ("seed", json!(u64::MAX), "field `seed`"),
        ("seed", json!(1.5), "field `seed`"),
        ("seed", json!(null), "seed"),
        ("optim_lr", json!("fast"), "field `optim_lr`"),
        ("optim_lr", json!([0.1]), "`optim_lr` is a list"),
        (
            "optim",
            json!({"lr": 0.2}),
            "`optim.lr` and `optim_lr` would both be the field `optim_lr`",
        ),
    ];
    for (name, value, part) in cases {
        let mut config = good.clone();
        config[name] = value;
        let error = Identifying::from_config(&config).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Validation, "{error}");
        assert!(error.to_string().contains(part), "{name}: {error}");
    }
    assert!(
        Identifying::from_config(&7)
            .unwrap_err()
            .to_string()
            .contains("no struct or map")
    );
    let error = Identifying::from_config(&config(Optim::Frozen)).unwrap_err();
    assert!(error.to_string().contains("optim_lr"), "{error}");
    let nan = BTreeMap::from([("optim_lr", f64::NAN)]);
    assert!(Identifying::from_config(&nan).is_err());
}

#[test]
fn a_type_that_wants_more_is_an_error_that_names_it() {
    #[derive(Debug, Deserialize)]
    struct More {
        #[expect(dead_code, reason = "it is only read")]
        data: Deeper,
    }
    #[derive(Debug, Deserialize)]
    struct Deeper {
        #[expect(dead_code, reason = "it is only read")]
        shuffle: bool,
    }
    let store = Store::open(":memory:").unwrap();
    let key = Identifying::from_config(&config(Optim::Adam(Adam { lr: 0.5 }))).unwrap();
    store
        .register(&key, &Annotating::new(), OnDuplicate::Error)
        .unwrap();
    let run = store.find(&key).unwrap().unwrap();
    let error = run.config::<More>().unwrap_err();
    assert!(error.to_string().contains("shuffle"), "{error}");
    // A map takes what is below, by the rest of its name.
    let flat = run.config::<BTreeMap<String, serde_json::Value>>().unwrap();
    assert_eq!(flat["optim_lr"], json!(0.5));
}
