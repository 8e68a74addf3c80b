//! What a program with migrations reports about the database that it opens.

use std::path::Path;

use wallow::{ErrorKind, OnDuplicate};

use crate::history::{execute, fill, make, make_without_notes, note, noted, place, read, schema};
use crate::history::{names, versions};
use crate::managed::{Annotating, Store, key};

fn open(path: &Path) -> Result<Store, wallow::Error> {
    Store::open(path.to_str().unwrap())
}

fn unchecked(path: &Path) -> Store {
    let options = Store::options().check_schema(false);
    options.open(path.to_str().unwrap()).unwrap()
}

fn assert_usable(store: &Store) {
    let patch = Annotating::new().steps(0.5);
    let outcome = store.register(&key(-1), &patch, OnDuplicate::Error);
    assert!(outcome.unwrap().was_inserted());
}

#[test]
fn a_fresh_database_is_managed_from_its_first_day() {
    let (_folder, path) = place();
    let store = open(&path).unwrap();
    assert_usable(&store);
    store.check_schema().unwrap();
    assert_eq!(noted(&path), versions().join(","));
    assert_eq!(store.migrate().unwrap(), Vec::<String>::new());
    assert_usable(&Store::open(":memory:").unwrap());
}

#[test]
fn a_fresh_database_has_what_one_that_grew_has() {
    let (_folder, fresh) = place();
    open(&fresh).unwrap();
    let (_other, grown) = place();
    make(&grown, 1);
    fill(&grown, 3);
    unchecked(&grown).migrate().unwrap();
    assert_eq!(schema(&fresh), schema(&grown));
}

#[test]
fn a_database_that_is_behind_is_refused_and_left_alone() {
    for count in 0..3 {
        let (_folder, path) = place();
        make(&path, count);
        let before = schema(&path);
        let error = open(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PendingMigration, "{error}");
        let current = count.checked_sub(1).map(|last| versions()[last].clone());
        assert_eq!(
            (error.current_revision(), error.head_revision()),
            (
                Some(current.as_deref().unwrap_or("base")),
                Some(versions()[2].as_str())
            )
        );
        for name in &names()[count..] {
            assert!(error.to_string().contains(name), "{error}");
        }
        assert!(
            error.to_string().contains("wallow migrate apply"),
            "{error}"
        );
        assert_eq!(schema(&path), before);
    }
}

#[test]
fn a_program_migrates_the_database_that_is_behind() {
    for count in 0..3 {
        let (_folder, path) = place();
        make(&path, count);
        if count > 0 {
            fill(&path, 100);
        }
        let store = unchecked(&path);
        let error = store.check_schema().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PendingMigration);
        assert_eq!(store.migrate().unwrap(), names()[count..]);
        store.check_schema().unwrap();
        if count > 0 {
            let run = store.find(&key(42)).unwrap().unwrap();
            assert_eq!((run.warmup, run.steps), (0, Some(42.0)));
            assert_eq!(store.count().unwrap(), 100);
        }
        assert_usable(&open(&path).unwrap());
    }
}

#[test]
fn a_database_of_another_branch_is_not_migrated() {
    let (_folder, path) = place();
    make(&path, 1);
    note(&path, "20990101000000");
    let before = schema(&path);
    let error = unchecked(&path).migrate().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DatabaseAhead, "{error}");
    assert_eq!(schema(&path), before);
}

#[test]
fn a_database_without_notes_is_used_as_it_is() {
    let (_folder, path) = place();
    make_without_notes(&path, 3);
    let before = schema(&path);
    let store = open(&path).unwrap();
    assert_usable(&store);
    let error = store.migrate().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch, "{error}");
    assert!(
        error.to_string().contains("wallow migrate adopt"),
        "{error}"
    );
    assert_eq!(schema(&path), before);
}

#[test]
fn a_database_without_notes_that_lacks_a_column_is_refused() {
    let (_folder, path) = place();
    make_without_notes(&path, 1);
    let error = open(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch, "{error}");
    assert!(error.to_string().contains("`warmup`"), "{error}");
}

#[test]
fn a_read_only_store_looks_at_the_notes_too() {
    let (_folder, path) = place();
    make(&path, 2);
    let reading = || {
        Store::options()
            .read_only(true)
            .open(path.to_str().unwrap())
    };
    let error = reading().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PendingMigration, "{error}");
    open(&path).unwrap_err();
    unchecked(&path).migrate().unwrap();
    assert_eq!(reading().unwrap().count().unwrap(), 0);
}

#[test]
fn a_migration_that_stops_changes_nothing() {
    let (_folder, path) = place();
    make(&path, 2);
    fill(&path, 3);
    // This integer is not exactly a float.
    execute(
        &path,
        "UPDATE runs SET steps = 9007199254740993 WHERE seed = 1",
    );
    let before = schema(&path);
    let error = unchecked(&path).migrate().unwrap_err();
    assert!(error.to_string().contains(&names()[2]), "{error}");
    assert!(error.to_string().contains("`steps`"), "{error}");
    assert_eq!(schema(&path), before);
    assert_eq!(
        read(&path, "SELECT max(steps) FROM runs"),
        "9007199254740993"
    );
    execute(&path, "UPDATE runs SET steps = 1 WHERE seed = 1");
    assert_eq!(unchecked(&path).migrate().unwrap(), names()[2..]);
}

/// `runs` is a name that other programs use, too.
#[test]
fn a_table_of_another_program_is_not_migrated() {
    const MLFLOW: &str =
        "CREATE TABLE runs (run_uuid VARCHAR(32) PRIMARY KEY, experiment_id INTEGER, name TEXT);
                          INSERT INTO runs VALUES ('a', 1, 'b')";
    let (_folder, path) = place();
    execute(&path, MLFLOW);
    let before = schema(&path);
    for error in [
        open(&path).unwrap_err(),
        unchecked(&path).migrate().unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::SchemaMismatch, "{error}");
        assert!(error.to_string().contains("is one of MLflow"), "{error}");
        assert!(error.to_string().contains("nothing was changed"), "{error}");
    }
    // With a note that the first migration was applied, as an earlier `stamp` wrote it.
    execute(
        &path,
        "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, run_on TIMESTAMP)",
    );
    note(&path, &versions()[0]);
    let noted_before = schema(&path);
    for error in [
        open(&path).unwrap_err(),
        unchecked(&path).migrate().unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::SchemaMismatch, "{error}");
        assert!(error.to_string().contains("is one of MLflow"), "{error}");
    }
    assert_eq!(schema(&path), noted_before);
    assert!(noted_before.contains(&before));
    assert_eq!(read(&path, "SELECT count(*) FROM runs"), "1");
}

/// As `wallow migrate apply` does: the table of a program that was compiled before there were migrations.
#[test]
fn the_table_that_the_first_migration_makes_is_recognised() {
    let (_folder, path) = place();
    make_without_notes(&path, 1);
    fill(&path, 3);
    let store = unchecked(&path);
    assert_eq!(store.migrate().unwrap(), names()[1..]);
    assert_eq!(noted(&path), versions().join(","));
    assert_eq!(store.count().unwrap(), 3);
    assert_usable(&open(&path).unwrap());
    // One that differs in anything is not.
    let (_folder, path) = place();
    make_without_notes(&path, 1);
    execute(&path, "ALTER TABLE runs ADD COLUMN mine TEXT");
    let before = schema(&path);
    let error = unchecked(&path).migrate().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch, "{error}");
    assert_eq!(schema(&path), before);
}
