//! One file for the Python package `wallow` and for Rust: each finds, reads and overwrites what the other has written.

mod shared;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;

use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use wallow_runtime::OnDuplicate;
use wallow_runtime::dynamic::{Fields, Value};
use wallow_schema::canonical_float;

use self::shared::{Shared, stamps};
use crate::python;

#[test]
fn rust_takes_over_a_database_of_python_and_gives_it_back() {
    let shared = Shared::new();
    let Some(runs) = shared.made(1_000) else {
        return;
    };
    shared.python("write", &[shared.path("runs.jsonl").to_str().unwrap()]);
    let store = shared.store();
    shared.assert_found(&store, &runs, &[|run| &run.first]);
    for run in &runs {
        let outcome = store.register(&run.key, &run.then, OnDuplicate::Overwrite);
        assert!(outcome.unwrap().was_updated());
    }
    shared.assert_found(&store, &runs, &[|run| &run.first, |run| &run.then]);
    // The table has no default for annotating fields; a run registered by Rust gets it nevertheless.
    let new = Fields::new().with("label", "new");
    let outcome = store.register(&new, &Fields::new(), OnDuplicate::Error);
    let row = outcome.unwrap().into_run().unwrap();
    assert_eq!(row.get("tries"), Some(&Value::Int(-1)));
    let file = shared.path("runs.jsonl");
    let read = shared.python("read", &[file.to_str().unwrap(), "first", "then"]);
    assert_eq!(read.unwrap(), stamps(&store));
}

#[test]
fn python_takes_over_a_database_of_rust_and_gives_it_back() {
    let shared = Shared::new();
    let Some(runs) = shared.made(1_000) else {
        return;
    };
    shared.project.wallow("migrate generate initial").succeeds();
    shared.project.wallow("migrate apply").succeeds();
    let store = shared.store();
    for run in &runs {
        let outcome = store.register(&run.key, &run.first, OnDuplicate::Error);
        assert!(outcome.unwrap().was_inserted());
    }
    let file = shared.path("runs.jsonl");
    let file = file.to_str().unwrap();
    let read = shared.python("read", &[file, "first"]);
    assert_eq!(read.unwrap(), stamps(&store));
    shared.python("overwrite", &[file]);
    shared.assert_found(&store, &runs, &[|run| &run.first, |run| &run.then]);
    shared.project.wallow("status").succeeds();
}

/// Both have migrations of their own: each records its own, and accepts the table as it is.
#[test]
fn python_goes_on_after_its_database_was_adopted() {
    let shared = Shared::new();
    let Some(runs) = shared.made(20) else {
        return;
    };
    let file = shared.path("runs.jsonl");
    let file = file.to_str().unwrap();
    shared.python("migrate", &[]);
    shared.python("write", &[file]);
    shared.assert_found(&shared.store(), &runs, &[|run| &run.first]);
    shared
        .project
        .wallow("migrate generate baseline")
        .succeeds();
    shared.project.wallow("migrate stamp head").succeeds();
    shared.project.wallow("status").succeeds();
    shared.python("read", &[file, "first"]);
    shared.python("overwrite", &[file]);
    shared.assert_found(&shared.store(), &runs, &[|run| &run.first, |run| &run.then]);

    let later = "[annotating.later]\ntype = \"float\"\ndefault = 0.5\n\n[annotating.count]";
    shared.project.edits("[annotating.count]", later);
    shared.project.wallow("migrate generate later").succeeds();
    shared.project.wallow("migrate apply").succeeds();
    shared.python("read", &[file, "first", "then"]);
}

/// The list in 4.7, to keep it correct.
#[test]
fn what_the_package_means_otherwise() {
    let shared = Shared::new();
    if shared.python("differences", &[]).is_none() {
        return;
    }
    let store = shared.store();
    let key = |label: &str| Fields::new().with("label", label);
    let found = |label: &str, field: &str| {
        let row = store.find(&key(label)).unwrap().unwrap();
        row.get(field).unwrap().clone()
    };
    // A local time without its zone.
    let seen: DateTime<Utc> = "2026-01-02T03:04:05Z".parse().unwrap();
    assert_eq!(found("zone", "seen_at"), seen.into());
    assert_eq!(found("nothing", "note"), "naïve “quotes” 🐷".into());
    assert_eq!(found("nothing", "extra"), Json::Null.into());
    assert_eq!(found("number", "extra"), Value::Json(1.into()));
    assert_eq!(found("nan", "score"), Value::Null);
    let error = store.find(&key("nan in json")).unwrap_err();
    assert_eq!(error.field(), Some("extra"), "{error}");
    // An integer is a key with all its digits.
    let integer = key("integer").with("rate", 10_i64.pow(15) + 1);
    assert_eq!(store.find(&integer).unwrap(), None);
}

/// The canonical form of a float in a key decides what is a duplicate. Between these precisions, not all are the same
/// (4.7).
#[test]
fn floats_are_the_same_keys() {
    const PRECISIONS: [u32; 6] = [1, 2, 3, 6, 12, 17];
    let shared = Shared::new();
    let (schema, floats) = (shared.path("wallow.toml"), shared.path("floats"));
    let precisions = PRECISIONS.map(|precision| precision.to_string());
    let mut arguments = vec![Path::new("canonical"), &schema, &floats];
    arguments.extend(precisions.iter().map(Path::new));
    if python::run("sharing.py", &arguments).is_none() {
        return;
    }
    let text = fs::read_to_string(&floats).unwrap();
    let lines = text.lines().map(|line| {
        // A zero has only one sign, here and in the database.
        let values = line
            .split(' ')
            .map(|value| value.parse::<f64>().unwrap() + 0.0);
        values.collect::<Vec<_>>()
    });
    let lines = lines.collect::<Vec<_>>();
    assert_eq!(lines.len(), 30_000);
    for values in &lines {
        for (precision, &theirs) in PRECISIONS.iter().zip(&values[1..]) {
            let ours = canonical_float(values[0], *precision);
            assert_eq!(
                ours.to_bits(),
                theirs.to_bits(),
                "{values:?} at {precision}"
            );
        }
    }

    // As the databases see it: registered there and found here, and the other way round.
    let some = &lines[..2_000];
    let file = floats.to_str().unwrap();
    let count = some.len().to_string();
    let theirs: usize = shared
        .python("floats", &[file, &count])
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    let mut new = 0;
    for round in 0..2 {
        let store = shared.store();
        for values in some {
            let key = Fields::new().with("label", "rate").with("rate", values[0]);
            let outcome = store.register(&key, &Fields::new(), OnDuplicate::ReturnExisting);
            new += usize::from(outcome.unwrap().was_inserted());
        }
        if round == 0 {
            assert_eq!(new, 0);
            drop(store);
            fs::remove_file(shared.path("runs.db")).unwrap();
        }
    }
    assert_eq!(new, theirs);
    assert!(new < some.len(), "some of them are duplicates");
    let again = shared.python("floats", &[file, &count]).unwrap();
    assert_eq!(again.trim(), "0");
}

/// A Python process and this one register the same keys at the same time.
#[test]
fn both_register_the_same_keys_at_once() {
    const KEYS: i64 = 1_000;
    for made_by_python in [true, false] {
        let shared = Shared::new();
        if made_by_python && shared.python("race", &["0"]).is_none() {
            return;
        }
        let store = shared.store();
        let (database, schema) = (shared.path("runs.db"), shared.path("wallow.toml"));
        let keys = KEYS.to_string();
        let arguments = [Path::new("race"), &database, &schema, Path::new(&keys)];
        let Some(mut command) = python::script("sharing.py", &arguments) else {
            return;
        };
        let mut python = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(python.stdout.take().unwrap()).lines();
        assert_eq!(said.next().unwrap().unwrap(), "ready");
        // Its input ends here, so it exits.
        drop(python.stdin.take());
        let mut ours = 0;
        for step in 0..KEYS {
            #[expect(clippy::cast_precision_loss, reason = "few keys")]
            let rate = step as f64 / 10.0;
            let key = Fields::new().with("label", "race").with("step", step);
            let key = key.with("rate", rate);
            let outcome = store.register(&key, &Fields::new(), OnDuplicate::ReturnExisting);
            ours += i64::from(outcome.unwrap().was_inserted());
        }
        let theirs: i64 = said.next().unwrap().unwrap().parse().unwrap();
        assert!(python.wait().unwrap().success());
        assert_eq!(ours + theirs, KEYS, "{ours} here, {theirs} there");
        assert_eq!(shared.project.reads("SELECT count(*) FROM runs"), "1000");
    }
}
