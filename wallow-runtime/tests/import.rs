//! Imported runs keep their uuids and times, and either all of them are imported or none.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use chrono::{DateTime, Utc};
use wallow_runtime::dynamic::import::{Ending, ImportOutcome, ImportedRun, OnConflict};
use wallow_runtime::dynamic::{Fields, Store, Value};
use wallow_runtime::{Error, ErrorKind, OnDuplicate};

fn store() -> Store {
    let text = "[project]\nname = 'a'\n[identifying.rate]\ntype = 'float'\n\
                [annotating.loss]\ntype = 'float'\ndefault = 9.0\n\
                [annotating.host]\ntype = 'string'\nnullable = false\ndefault = 'here'\n";
    let schema = wallow_schema::parse(text, "wallow.toml").unwrap();
    Store::open(&schema, ":memory:").unwrap()
}

fn imported(rate: f64, loss: impl Into<Value>) -> ImportedRun {
    ImportedRun {
        identifying: Fields::new().with("rate", rate),
        annotating: Fields::new().with("loss", loss),
        ..ImportedRun::default()
    }
}

fn import(store: &Store, runs: &[ImportedRun], on_conflict: OnConflict, keep: bool) -> Vec<String> {
    let outcomes = store.import(|import| {
        let outcomes = import.take(runs, on_conflict)?.into_iter();
        let outcomes = outcomes.map(|outcome| match outcome {
            ImportOutcome::Inserted => "inserted".into(),
            ImportOutcome::Updated => "updated".into(),
            ImportOutcome::Existing => "existing".into(),
            ImportOutcome::Refused(error) => error.to_string(),
        });
        let outcomes = outcomes.collect();
        Ok::<_, Error>(if keep {
            Ending::Keep(outcomes)
        } else {
            Ending::Undo(outcomes)
        })
    });
    outcomes.unwrap()
}

#[test]
fn a_run_keeps_its_uuid_and_its_times() {
    let store = store();
    let time: DateTime<Utc> = "2020-02-29T12:00:00.000250Z".parse().unwrap();
    let old = ImportedRun {
        uuid: Some("8fa740691a0a".into()),
        created_at: Some(time),
        updated_at: Some(time),
        ..imported(0.1 + 0.2, 0.5)
    };
    let new = imported(0.4, 0.5);
    assert_eq!(
        import(&store, &[old, new], OnConflict::Leave, true),
        ["inserted", "inserted"]
    );
    let run = store.find_by_uuid("8fa740691a0a").unwrap().unwrap();
    for (name, value) in [
        ("created_at", Value::Time(time)),
        ("updated_at", Value::Time(time)),
        ("rate", 0.3.into()),
        ("loss", 0.5.into()),
        ("host", "here".into()),
    ] {
        assert_eq!(run.get(name), Some(&value));
    }
    let run = store.get(2).unwrap().unwrap();
    assert_eq!(run.uuid().len(), 12);
    assert_eq!(run.get("created_at"), run.get("updated_at"));
    // An imported run is like any other.
    let key = Fields::new().with("rate", 0.3);
    assert!(store.heartbeat(&key).unwrap() > time);
}

#[test]
fn runs_that_are_there_are_left_written_or_refused() {
    let store = store();
    let twice = [imported(0.1, 1.0), imported(0.1, 2.0)];
    let outcomes = import(&store, &twice, OnConflict::Leave, true);
    assert_eq!(outcomes, ["inserted", "existing"]);
    assert_eq!(
        import(&store, &twice, OnConflict::Refuse, true),
        ["this run is registered already"; 2]
    );
    let null = [imported(0.1, 3.0), imported(0.1, None::<f64>)];
    let outcomes = import(&store, &null, OnConflict::Overwrite, true);
    assert_eq!(outcomes, ["updated", "updated"]);
    let run = store.get(1).unwrap().unwrap();
    assert_eq!(run.get("loss"), Some(&3.0.into()));
    // A NULL of a new run is stored as NULL.
    import(
        &store,
        &[imported(0.2, None::<f64>)],
        OnConflict::Leave,
        true,
    );
    let run = store.get(2).unwrap().unwrap();
    assert_eq!(run.get("loss"), Some(&Value::Null));
}

#[test]
fn what_cannot_be_stored_is_refused_and_the_rest_goes_on() {
    let store = store();
    let named = |uuid: &str, rate| ImportedRun {
        uuid: Some(uuid.into()),
        ..imported(rate, 0.5)
    };
    let outcomes = import(
        &store,
        &[
            named("000000000001", 0.1),
            named("000000000001", 0.2),
            named("8FA740691A0A", 0.3),
            imported(f64::NAN, 0.5),
            ImportedRun::default(),
            ImportedRun {
                annotating: Fields::new().with("los", 1.0),
                ..imported(0.4, 0.5)
            },
            ImportedRun {
                annotating: Fields::new().with("host", Value::Null),
                ..imported(0.4, 0.5)
            },
            imported(0.5, 0.5),
        ],
        OnConflict::Leave,
        true,
    );
    assert_eq!(
        outcomes,
        [
            "inserted",
            "field `uuid`: another run has the uuid 000000000001",
            "field `uuid`: \"8FA740691A0A\" is not 12 lower-case hexadecimal characters",
            "field `rate`: NaN cannot be stored: it equals nothing, and SQLite would turn it into NULL; \
             leave the field unset, or record the failure in a text field",
            "field `rate`: missing, and it has no default",
            "field `los`: no such annotating field; the schema has: loss, host",
            "field `host`: NULL is not allowed; give it a value",
            "inserted",
        ]
    );
    assert_eq!(store.query().count().unwrap(), 2);
}

#[test]
fn an_import_that_is_undone_or_fails_leaves_nothing() {
    let store = store();
    let outcomes = import(&store, &[imported(0.1, 0.5)], OnConflict::Leave, false);
    assert_eq!(outcomes, ["inserted"]);
    let failed = store.import(|import| {
        import.take(&[imported(0.1, 0.5)], OnConflict::Leave)?;
        // An error of any kind: here one of the store, from within.
        store.find(&Fields::new())?;
        Ok::<_, Error>(Ending::Keep(()))
    });
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::Validation);
    assert_eq!(store.query().count().unwrap(), 0);
    let key = Fields::new().with("rate", 0.1);
    let outcome = store.register(&key, &Fields::new(), OnDuplicate::Error);
    assert!(outcome.unwrap().was_inserted());
}
