//! Migrations that are applied or reverted while a program has the database open.

use std::fs;

use wallow::{ErrorKind, OnDuplicate};

use crate::history::{execute, fill, folder, make, names, note, place, versions};
use crate::managed::{Annotating, Store, key};

#[test]
fn a_migration_that_only_adds_disturbs_nobody() {
    let (_folder, path) = place();
    make(&path, 3);
    fill(&path, 3);
    let store = Store::open(path.to_str().unwrap()).unwrap();
    store.heartbeat(&key(1)).unwrap();
    execute(&path, "ALTER TABLE runs ADD COLUMN notes TEXT");
    note(&path, "20990101000000");
    store.heartbeat(&key(1)).unwrap();
    let half = Annotating::new().steps(0.5);
    let outcome = store.register(&key(1), &half, OnDuplicate::Overwrite);
    assert!(outcome.unwrap().was_updated());
    let outcome = store.register(&key(-1), &half, OnDuplicate::Error);
    assert!(outcome.unwrap().was_inserted());
}

#[test]
fn a_program_that_is_overtaken_says_which_migration_it_does_not_know() {
    let (_folder, path) = place();
    make(&path, 3);
    fill(&path, 3);
    let store = Store::open(path.to_str().unwrap()).unwrap();
    execute(
        &path,
        "ALTER TABLE runs ADD COLUMN opt TEXT NOT NULL DEFAULT 'sgd'; \
         DROP INDEX uq_runs_identifying; \
         CREATE UNIQUE INDEX uq_runs_identifying ON runs (opt, rate, seed, warmup)",
    );
    note(&path, "20990101000000");
    let error = store.heartbeat(&key(1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DatabaseAhead, "{error}");
    assert_eq!(error.current_revision(), Some("20990101000000"));
    assert_eq!(error.head_revision(), Some(versions()[2].as_str()));
    assert!(error.to_string().contains("`opt`"), "{error}");
}

#[test]
fn a_program_whose_migration_is_taken_back_says_so() {
    let (_folder, path) = place();
    make(&path, 3);
    fill(&path, 3);
    let store = Store::open(path.to_str().unwrap()).unwrap();
    let down = folder().join(&names()[2]).join("down.sql");
    execute(&path, &fs::read_to_string(down).unwrap());
    let last = &versions()[2];
    let table = "__diesel_schema_migrations";
    execute(
        &path,
        &format!("DELETE FROM {table} WHERE version = '{last}'"),
    );
    let error = store.heartbeat(&key(1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PendingMigration, "{error}");
    assert!(
        error.to_string().contains("wallow migrate apply"),
        "{error}"
    );
    let migrating = Store::options().check_schema(false);
    let migrating = migrating.open(path.to_str().unwrap()).unwrap();
    assert_eq!(migrating.migrate().unwrap(), names()[2..]);
    store.heartbeat(&key(1)).unwrap();
}
