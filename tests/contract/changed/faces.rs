//! The same with schemas that are known only at run time.

use test_support::{Place, on_shared_databases};
use wallow::dynamic::copy::CopyOp;
use wallow::dynamic::import::{Ending, ImportOutcome, ImportedRun, OnConflict};
use wallow::dynamic::{self, Fields, Store};
use wallow::{Error, ErrorKind, OnDuplicate};

use super::{contents, filled, grow};

on_shared_databases! {
    the_other_face_writes_nothing_either,
}

fn fields(seed: i64) -> Fields {
    let key = Fields::new().with("architecture", "mlp-32x16");
    let key = key.with("optimiser", "adamw").with("learning_rate", 1e-3);
    key.with("batch_size", 32).with("seed", seed)
}

fn import(store: &Store, seed: i64, on_conflict: OnConflict) -> Result<(), Error> {
    let run = ImportedRun {
        identifying: fields(seed),
        annotating: Fields::new().with("host", "late"),
        ..ImportedRun::default()
    };
    store.import(|import| {
        let outcomes = import.take(std::slice::from_ref(&run), on_conflict)?;
        let refusal = outcomes.into_iter().find_map(|outcome| match outcome {
            ImportOutcome::Refused(error) => Some(error),
            _ => None,
        });
        refusal.map_or(Ok(Ending::Keep(())), Err)
    })
}

/// One way to write: its name, and what is done.
type Way<'a> = (String, Box<dyn Fn() -> Result<(), Error> + 'a>);

fn way<'a>(name: impl Into<String>, way: impl Fn() -> Result<(), Error> + 'a) -> Way<'a> {
    (name.into(), Box::new(way))
}

fn the_other_face_writes_nothing_either(database: &Place) {
    let typed = filled(database);
    let text = include_str!("../../schemas/ml_sweep.toml");
    let schema = wallow::schema::parse(text, "ml_sweep.toml").unwrap();
    let store = Store::open(&schema, database.url()).unwrap();
    let raw_runs = store.raw_runs().unwrap();
    let mut page = raw_runs.page(1..=10, 10).unwrap();
    let new = page.pop().unwrap();
    store.delete(&fields(3)).unwrap().unwrap();
    grow(database, &typed);
    let before = contents(database, &typed);
    let everything = || dynamic::parse(&schema, "seed >= 0").unwrap();
    let mut ways: Vec<Way<'_>> = Vec::new();
    for seed in [0, 9] {
        for policy in [
            OnDuplicate::Error,
            OnDuplicate::ReturnExisting,
            OnDuplicate::Overwrite,
            OnDuplicate::Skip,
        ] {
            let store = &store;
            ways.push(way(format!("register {seed} {policy:?}"), move || {
                let outcome = store.register(&fields(seed), &Fields::new(), policy);
                Ok(outcome.map(drop)?)
            }));
        }
        for on_conflict in [OnConflict::Leave, OnConflict::Overwrite, OnConflict::Refuse] {
            let store = &store;
            let name = format!("import {seed} {on_conflict:?}");
            ways.push(way(name, move || import(store, seed, on_conflict)));
        }
    }
    ways.push(way("heartbeat", || store.heartbeat(&fields(0)).map(drop)));
    ways.push(way("delete", || store.delete(&fields(0)).map(drop)));
    ways.push(way("find", || store.find(&fields(0)).map(drop)));
    for running in [false, true] {
        let change = store.delete_where(everything(), running);
        ways.push(way("delete_where", move || change.apply().map(drop)));
    }
    let change = store.retry_where(everything(), Some(std::time::Duration::ZERO));
    let change = change.unwrap();
    let agreed = change.clone();
    ways.push(way("retry_where", move || change.apply().map(drop)));
    ways.push(way("retry as agreed", move || agreed.apply_to(9).map(drop)));
    let pages = [
        vec![CopyOp::New(&new)],
        vec![CopyOp::Newer {
            run: &page[0],
            than: &page[0],
        }],
        vec![
            CopyOp::New(&new),
            CopyOp::Newer {
                run: &page[0],
                than: &page[0],
            },
        ],
    ];
    for page in pages {
        let raw_runs = &raw_runs;
        ways.push(way("copy", move || raw_runs.write(&page).map(drop)));
    }
    for (name, write) in &ways {
        let error = write().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DatabaseAhead, "{name}: {error:?}");
        assert!(error.to_string().contains("`opt`"), "{name}: {error}");
        assert_eq!(contents(database, &typed), before, "{name}");
    }
}
