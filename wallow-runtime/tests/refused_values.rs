//! A value that cannot be stored is an error before the database is asked, so the error does not depend on its content.

use wallow_runtime::dynamic::{Fields, Store};
use wallow_runtime::{ErrorKind, OnDuplicate};

const SCHEMA: &str = r#"
    [project]
    name = "demo"
    [identifying.seed]
    type = "int"
    [annotating.loss]
    type = "float"
    [annotating.status]
    type = "string"
    nullable = false
"#;

const POLICIES: [OnDuplicate; 5] = [
    OnDuplicate::Error,
    OnDuplicate::ReturnExisting,
    OnDuplicate::Overwrite,
    OnDuplicate::Skip,
    OnDuplicate::ClaimIfStale(std::time::Duration::ZERO),
];

fn store() -> Result<Store, Box<dyn std::error::Error>> {
    let schema = wallow_schema::parse(SCHEMA, "wallow.toml")?;
    Ok(Store::open(&schema, ":memory:")?)
}

#[test]
fn nan_is_refused_for_new_and_for_known_runs_under_every_policy() {
    let store = store().unwrap();
    let known = Fields::new().with("seed", 1);
    let status = Fields::new().with("status", "pending");
    let before = store.register(&known, &status, OnDuplicate::Error).unwrap();
    let nan = status.with("loss", f64::NAN);
    for policy in POLICIES {
        for seed in [1, 2] {
            let error = store
                .register(&Fields::new().with("seed", seed), &nan, policy)
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Validation, "{policy:?}");
            assert_eq!(error.error().field(), Some("loss"), "{policy:?}");
        }
    }
    assert_eq!(store.find(&known).unwrap().as_ref(), before.run());
    assert_eq!(store.find(&Fields::new().with("seed", 2)).unwrap(), None);
}

#[test]
fn a_new_run_without_a_value_for_a_field_that_needs_one_is_refused() {
    let store = store().unwrap();
    for policy in POLICIES {
        let error = store
            .register(&Fields::new().with("seed", 1), &Fields::new(), policy)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Validation, "{policy:?}");
        assert_eq!(error.error().field(), Some("status"), "{policy:?}");
    }
}

#[test]
fn a_known_run_needs_no_value_for_what_is_not_written() {
    let store = store().unwrap();
    let key = Fields::new().with("seed", 1);
    let status = Fields::new().with("status", "pending");
    let outcome = store.register(&key, &status, OnDuplicate::Error).unwrap();
    assert!(outcome.was_inserted());
    let loss = Fields::new().with("loss", 0.5);
    let outcome = store.register(&key, &loss, OnDuplicate::Overwrite).unwrap();
    assert!(outcome.was_updated());
    let run = outcome.into_run().unwrap();
    assert_eq!(run.get("loss"), Some(&0.5.into()));
    assert_eq!(run.get("status"), Some(&"pending".into()));
}
