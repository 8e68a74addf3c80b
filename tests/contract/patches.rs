//! A patch writes the fields that it sets, in any combination, and no others.

use chrono::{DateTime, Utc};
use serde_json::json;
use test_support::{Place, on_every_database};
use wallow::{OnDuplicate, Store};

use crate::database::Database as _;
use crate::schemas::types::{Annotating, Run, key};

on_every_database! {
    each_field_is_written_alone,
    each_field_is_cleared_alone,
    the_last_word_on_a_field_counts,
    any_combination_of_fields_is_written,
}

/// One change of a run, as a patch and by hand.
type Change = (fn(Annotating) -> Annotating, fn(&mut Run));

fn time() -> DateTime<Utc> {
    "2026-03-04T05:06:07.000008Z".parse().unwrap()
}

const SETTERS: [Change; 7] = [
    (|p| p.count(7), |r| r.count = Some(7)),
    (|p| p.score(0.25), |r| r.score = Some(0.25)),
    (|p| p.note("text"), |r| r.note = Some("text".into())),
    (|p| p.done(true), |r| r.done = Some(true)),
    (
        |p| p.extra(json!([1, "a"])),
        |r| r.extra = Some(json!([1, "a"])),
    ),
    (|p| p.seen_at(time()), |r| r.seen_at = Some(time())),
    (|p| p.file("a/b"), |r| r.file = Some("a/b".into())),
];

const CLEARERS: [Change; 7] = [
    (Annotating::clear_count, |r| r.count = None),
    (Annotating::clear_score, |r| r.score = None),
    (Annotating::clear_note, |r| r.note = None),
    (Annotating::clear_done, |r| r.done = None),
    (Annotating::clear_extra, |r| r.extra = None),
    (Annotating::clear_seen_at, |r| r.seen_at = None),
    (Annotating::clear_file, |r| r.file = None),
];

/// Overwrites the run, and checks that exactly the expected fields changed.
fn apply(store: &Store<Run>, before: &Run, changes: &[Change]) -> Run {
    let patch = changes
        .iter()
        .fold(Annotating::new(), |patch, (set, _)| set(patch));
    let outcome = store.register(&before.identifying(), &patch, OnDuplicate::Overwrite);
    let after = outcome.unwrap().into_run().unwrap();
    let mut expected = before.clone();
    for (_, by_hand) in changes {
        by_hand(&mut expected);
    }
    assert!(after.updated_at > before.updated_at);
    expected.updated_at = after.updated_at;
    assert_eq!(after, expected, "{patch:?}");
    assert_eq!(store.get(after.id).unwrap().as_ref(), Some(&after));
    after
}

fn empty(store: &Store<Run>, label: &str) -> Run {
    let outcome = store.register(&key(label), &Annotating::new(), OnDuplicate::Error);
    outcome.unwrap().into_run().unwrap()
}

fn each_field_is_written_alone(db: &Place) {
    let store = db.open();
    for (index, setter) in SETTERS.iter().enumerate() {
        apply(&store, &empty(&store, &format!("run {index}")), &[*setter]);
    }
}

fn each_field_is_cleared_alone(db: &Place) {
    let store = db.open();
    for (index, clearer) in CLEARERS.iter().enumerate() {
        let run = empty(&store, &format!("run {index}"));
        let full = apply(&store, &run, &SETTERS);
        apply(&store, &full, &[*clearer]);
    }
}

fn the_last_word_on_a_field_counts(db: &Place) {
    let store = db.open();
    let run = empty(&store, "run");
    let run = apply(&store, &run, &[SETTERS[0], CLEARERS[0]]);
    let run = apply(&store, &run, &[CLEARERS[0], SETTERS[0]]);
    assert_eq!(run.count, Some(7));
}

/// More shapes of updates than are kept prepared.
fn any_combination_of_fields_is_written(db: &Place) {
    let store = db.open();
    let mut run = empty(&store, "run");
    for set in 0..1_u32 << SETTERS.len() {
        let changes = (0..SETTERS.len()).map(|index| match set >> index & 1 {
            0 => CLEARERS[index],
            _ => SETTERS[index],
        });
        let some = changes
            .enumerate()
            .filter(|(index, _)| set % 7 != u32::try_from(*index).unwrap());
        let changes = some.map(|(_, change)| change).collect::<Vec<_>>();
        run = apply(&store, &run, &changes);
        run = apply(&store, &run, &changes[changes.len() / 2..]);
    }
}
