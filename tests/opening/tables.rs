//! Existing tables: used as they are if they fit, and refused with every difference if they do not.

use std::path::Path;

use wallow::diesel::dsl::{select, sql};
use wallow::diesel::prelude::*;
use wallow::diesel::sql_types::Text;
use wallow::{Error, ErrorKind, OnDuplicate};

use crate::types::{Annotating, Store, key};
use crate::{assert_usable, execute, listing, place, url};

pub(super) const BUILT_IN: &str =
    "id INTEGER PRIMARY KEY, uuid TEXT NOT NULL, created_at DATETIME, updated_at DATETIME";
pub(super) const KEY: &str =
    "label TEXT NOT NULL, step INTEGER NOT NULL, rate REAL NOT NULL, warm BOOLEAN NOT NULL";
pub(super) const REST: &str =
    "count INTEGER, score REAL, note TEXT, done BOOLEAN, extra TEXT, seen_at DATETIME, file TEXT";
pub(super) const FENCE: &str = "_wallow_attempt INTEGER NOT NULL DEFAULT 0";
pub(super) const UNIQUE: &str = "CREATE UNIQUE INDEX any_name ON runs (warm, step, label, rate)";

/// Creates a table with these columns and constraints.
pub(super) fn table(path: &Path, parts: &[&str], indexes: &[&str]) {
    let sql = format!(
        "CREATE TABLE runs ({}); {}",
        parts.join(", "),
        indexes.join(";")
    );
    execute(path, &sql);
}

/// The statements that made the tables and indexes.
fn shape(path: &Path) -> String {
    let mut connection = SqliteConnection::establish(url(path)).unwrap();
    let statements = sql::<Text>("group_concat(sql, '; ') FROM sqlite_master");
    select(statements).get_result(&mut connection).unwrap()
}

pub(super) fn mismatch(path: &Path) -> Error {
    let before = shape(path);
    let error = Store::open(url(path)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch, "{error}");
    for difference in error.differences() {
        assert!(error.to_string().contains(difference), "{error}");
    }
    assert_eq!(shape(path), before);
    error
}

#[test]
fn a_table_that_fits_is_used_as_it_is() {
    let (_folder, path) = place();
    table(&path, &[BUILT_IN, KEY, REST, FENCE], &[UNIQUE]);
    let before = shape(&path);
    assert_usable(&Store::open(url(&path)).unwrap());
    assert_eq!(shape(&path), before);
}

#[test]
fn columns_of_others_are_left_alone() {
    let (_folder, path) = place();
    let mine = "mine TEXT DEFAULT 'x', \"order\" BLOB";
    table(
        &path,
        &[mine, BUILT_IN, KEY, REST, FENCE],
        &[UNIQUE, "CREATE TABLE other (a)"],
    );
    execute(&path, "INSERT INTO other VALUES (1)");
    let store = Store::open(url(&path)).unwrap();
    assert_usable(&store);
    store.check_schema().unwrap();
    assert!(shape(&path).contains("mine TEXT"));
}

#[test]
fn a_column_of_others_that_wants_a_value_is_named_when_it_gets_none() {
    let (_folder, path) = place();
    table(
        &path,
        &["mine TEXT NOT NULL", BUILT_IN, KEY, REST, FENCE],
        &[UNIQUE],
    );
    let store = Store::open(url(&path)).unwrap();
    let outcome = store.register(&key("a"), &Annotating::new(), OnDuplicate::Error);
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Database);
    assert!(error.to_string().contains("runs.mine"), "{error}");
}

#[test]
fn every_difference_is_listed() {
    let (_folder, path) = place();
    table(
        &path,
        &[
            "id INTEGER PRIMARY KEY, created_at DATETIME, updated_at DATETIME",
            "label TEXT, step INTEGER, rate REAL",
            "count INTEGER, score REAL, note TEXT, done BOOLEAN, seen_at DATETIME",
        ],
        &["CREATE UNIQUE INDEX u ON runs (label, step, rate)"],
    );
    let error = mismatch(&path);
    assert_eq!(
        error.differences(),
        [
            "column `uuid` is missing",
            "column `warm` is missing",
            "column `extra` is missing",
            "column `file` is missing",
            "no unique index or constraint over exactly (label, rate, step, warm)",
        ]
    );
}

#[test]
fn uniqueness_must_be_over_the_whole_key_and_no_more() {
    for index in [
        "",
        "CREATE INDEX i ON runs (label, step, rate, warm)",
        "CREATE UNIQUE INDEX u ON runs (label, step, rate)",
        "CREATE UNIQUE INDEX u ON runs (label, step, rate, warm, note)",
        "CREATE UNIQUE INDEX u ON runs (label, step, rate, warm) WHERE warm = 0",
        "CREATE UNIQUE INDEX u ON runs (label, step, rate, warm, lower(note))",
        "CREATE UNIQUE INDEX u ON runs (lower(label), step, rate, warm)",
        "CREATE UNIQUE INDEX u ON runs (label COLLATE NOCASE, step, rate, warm)",
    ] {
        let (_folder, path) = place();
        table(&path, &[BUILT_IN, KEY, REST, FENCE], &[index]);
        let error = mismatch(&path);
        let expected = "no unique index or constraint over exactly (label, rate, step, warm)";
        assert_eq!(error.differences(), [expected], "{index}");
    }
}

#[test]
fn uniqueness_may_be_an_index_a_constraint_or_the_primary_key() {
    let id = "id INTEGER, uuid TEXT NOT NULL, created_at DATETIME, updated_at DATETIME";
    for (columns, constraint, index) in [
        (BUILT_IN, "UNIQUE (step, rate, label, warm)", ""),
        (
            BUILT_IN,
            "CONSTRAINT uq_runs_identifying UNIQUE (label, rate, step, warm)",
            "",
        ),
        (BUILT_IN, "CHECK (1)", UNIQUE),
        (
            id,
            "PRIMARY KEY (label, rate, step, warm)",
            "CREATE TRIGGER t AFTER INSERT ON runs BEGIN \
          UPDATE runs SET id = (SELECT count(*) FROM runs) WHERE rowid = new.rowid; END",
        ),
    ] {
        let (_folder, path) = place();
        table(&path, &[columns, KEY, REST, FENCE, constraint], &[index]);
        let store = Store::open(url(&path)).unwrap();
        if columns == BUILT_IN {
            assert_usable(&store);
        }
    }
}

#[test]
fn the_column_of_the_fence_is_added_where_it_alone_is_missing() {
    let (_folder, path) = place();
    table(&path, &[BUILT_IN, KEY, REST], &[UNIQUE]);
    let values =
        "1, 'aaaaaaaaaaaa', '2026-01-01 00:00:00', '2026-01-01 00:00:00', 'old', 0, 0.5, 0";
    execute(
        &path,
        &format!("INSERT INTO runs VALUES ({values}, 1, 1, '', 0, '1', NULL, '')"),
    );
    let store = Store::open(url(&path)).unwrap();
    assert_usable(&store);
    assert_eq!(
        store.find(&key("old")).unwrap().unwrap().uuid,
        "aaaaaaaaaaaa"
    );
    assert!(shape(&path).contains("_wallow_attempt"));
    execute(&path, "UPDATE runs SET note = 1 / (_wallow_attempt = 0)");
    let before = shape(&path);
    assert_usable(&Store::open(url(&path)).unwrap());
    assert_eq!(shape(&path), before);
}

#[test]
fn a_reader_does_without_the_column_of_the_fence() {
    let (_folder, path) = place();
    table(&path, &[BUILT_IN, KEY, REST], &[UNIQUE]);
    let before = shape(&path);
    let store = Store::options().read_only(true).open(url(&path)).unwrap();
    assert_eq!(store.find(&key("a")).unwrap(), None);
    assert_eq!(shape(&path), before);
}

#[test]
fn without_the_check_a_table_is_taken_on_trust() {
    let (_folder, path) = place();
    table(&path, &[BUILT_IN, KEY, "count INTEGER"], &[UNIQUE]);
    let before = shape(&path);
    let store = Store::options()
        .check_schema(false)
        .open(url(&path))
        .unwrap();
    assert_eq!(shape(&path), before);
    let error = store.find(&key("a")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Database);
    assert!(error.to_string().contains("no such column"), "{error}");
    let error = store.check_schema().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
    assert_eq!(error.differences().len(), 6);
    assert_eq!(
        Store::options()
            .check_schema(true)
            .open(url(&path))
            .unwrap_err()
            .differences()
            .len(),
        6
    );
}

#[test]
fn without_the_check_a_fresh_database_is_made_all_the_same() {
    let (folder, path) = place();
    let store = Store::options()
        .check_schema(false)
        .open(url(&path))
        .unwrap();
    assert_usable(&store);
    store.check_schema().unwrap();
    assert!(listing(folder.path()).contains("runs.db"));
}

#[test]
fn a_view_in_the_place_of_the_table_is_an_error() {
    let (_folder, path) = place();
    execute(
        &path,
        "CREATE TABLE t (a); CREATE VIEW runs AS SELECT * FROM t",
    );
    let error = Store::open(url(&path)).unwrap_err();
    assert!(error.to_string().contains("runs"), "{error}");
}

#[test]
fn two_stores_of_one_process_share_a_file() {
    let (_folder, path) = place();
    let (one, other) = (
        Store::open(url(&path)).unwrap(),
        Store::open(url(&path)).unwrap(),
    );
    let outcome = one.register(&key("a"), &Annotating::new(), OnDuplicate::Error);
    let run = outcome.unwrap().into_run().unwrap();
    let again = other.register(&key("a"), &Annotating::new(), OnDuplicate::Error);
    assert_eq!(again.unwrap_err().existing(), Some(&run));
    drop(one);
    assert_usable(&other);
}

/// The error says first whose table it is, and then what it lacks. The table is not changed.
#[test]
fn a_table_of_another_program_is_recognised() {
    let mlflow = "run_uuid VARCHAR(32) PRIMARY KEY, name TEXT, experiment_id INTEGER, lifecycle_stage VARCHAR(20)";
    for (columns, owner) in [
        (
            mlflow,
            "one of MLflow (there is `run_uuid`, `experiment_id`), not of wallow: ",
        ),
        (
            "id INTEGER PRIMARY KEY, name TEXT",
            "one of another program (it has no `uuid`, `created_at`, `updated_at`)",
        ),
    ] {
        let (_folder, path) = place();
        table(&path, &[columns], &[]);
        let error = mismatch(&path);
        assert!(error.to_string().contains(owner), "{error}");
        assert!(
            error
                .differences()
                .contains(&"column `label` is missing".to_owned())
        );
    }
}

#[test]
fn a_view_of_this_name_is_named() {
    for (what, sql) in [
        ("a view", "CREATE VIEW runs AS SELECT 1 AS id"),
        (
            "an index",
            "CREATE TABLE a (id INTEGER); CREATE INDEX runs ON a (id)",
        ),
    ] {
        let (_folder, path) = place();
        execute(&path, sql);
        let error = mismatch(&path).to_string();
        let expected = format!("`runs` is {what} there, not a table of wallow");
        assert!(error.contains(&expected), "{error}");
    }
}
