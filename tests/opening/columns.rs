//! Columns whose types or constraints would change what is written: a store that writes is refused, and none of the
//! table's own rules deletes runs.

use wallow::OnDuplicate;

use super::tables::{BUILT_IN, FENCE, KEY, REST, UNIQUE, mismatch, table};
use crate::types::{Annotating, Store, key};
use crate::{execute, place, url};

#[test]
fn a_column_that_would_change_values_is_refused_for_writing() {
    for (ought, is) in [
        // `1e3` would become the number 1000.
        ("label TEXT", "label STRING"),
        ("label TEXT", "label NUMERIC"),
        ("step INTEGER", "step TEXT"),
        ("step INTEGER", "step REAL"),
        ("warm BOOLEAN", "warm TEXT"),
        ("score REAL", "score TEXT"),
        ("note TEXT", "note INTEGER"),
        // "Keep" would be found by `keep`.
        ("note TEXT", "note TEXT COLLATE NOCASE"),
        ("file TEXT", "file TEXT COLLATE RTRIM"),
    ] {
        let (_folder, path) = place();
        let (key, rest) = (KEY.replace(ought, is), REST.replace(ought, is));
        assert_ne!((&*key, &*rest), (KEY, REST), "{ought}");
        table(&path, &[BUILT_IN, &key, &rest, FENCE], &[UNIQUE]);
        let (name, ty) = is.split_once(' ').unwrap();
        let (_, expected) = ought.split_once(' ').unwrap();
        let line = format!("column `{name}` is {ty}, not {expected}");
        assert_eq!(mismatch(&path).differences(), [line]);
        // What it has can be read, and so be moved.
        let reader = Store::options().read_only(true).open(url(&path)).unwrap();
        assert_eq!(reader.count().unwrap(), 0);
    }
}

/// A store that only reads opens a table in which "keep" finds "Keep", and returns the key that is stored.
#[test]
fn the_key_of_a_found_run_is_the_one_that_is_stored() {
    let (_folder, path) = place();
    let any_case = KEY.replace("label TEXT", "label TEXT COLLATE NOCASE");
    let binary = UNIQUE.replace("label", "label COLLATE BINARY");
    table(&path, &[BUILT_IN, &any_case, REST, FENCE], &[&binary]);
    execute(
        &path,
        "INSERT INTO runs (uuid, created_at, updated_at, label, step, rate, warm) VALUES \
         ('aaaaaaaaaaaa', '2026-01-01 00:00:00', '2026-01-01 00:00:00', 'Keep', 0, 0.5, 0)",
    );
    let reader = Store::options().read_only(true).open(url(&path)).unwrap();
    let found = reader.find(&key("keep")).unwrap().unwrap();
    assert_eq!(found.label, "Keep");
}

#[test]
fn types_of_other_names_that_keep_values_are_used() {
    let (_folder, path) = place();
    let key = KEY
        .replace("label TEXT", "label VARCHAR(10)")
        .replace("rate REAL", "rate NUMERIC");
    let rest = REST
        .replace("note TEXT", "note CLOB COLLATE BINARY")
        .replace("count INTEGER", "count BIGINT")
        .replace("file TEXT", "file");
    table(&path, &[BUILT_IN, &key, &rest, FENCE], &[UNIQUE]);
    crate::assert_usable(&Store::open(url(&path)).unwrap());
}

#[test]
fn what_a_constraint_says_about_conflicts_deletes_no_run() {
    for rule in ["REPLACE", "IGNORE", "ROLLBACK"] {
        let (_folder, path) = place();
        let unique = format!("UNIQUE (note) ON CONFLICT {rule}");
        table(&path, &[BUILT_IN, KEY, REST, FENCE, &unique], &[UNIQUE]);
        let store = Store::open(url(&path)).unwrap();
        let register = |label: &str, note: &str| {
            let noted = Annotating::new().note(note);
            store.register(&key(label), &noted, OnDuplicate::Overwrite)
        };
        register("a", "one").unwrap();
        register("b", "two").unwrap();
        register("c", "one").unwrap_err();
        register("b", "one").unwrap_err();
        store
            .update(&key("b"), &Annotating::new().note("one"))
            .unwrap_err();
        let runs = store.query().all().unwrap();
        let mut notes = runs
            .into_iter()
            .map(|run| (run.label, run.note.unwrap()))
            .collect::<Vec<_>>();
        notes.sort();
        let pair = |label: &str, note: &str| (label.to_owned(), note.to_owned());
        assert_eq!(notes, [pair("a", "one"), pair("b", "two")], "{rule}");
    }
}
