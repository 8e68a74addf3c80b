//! A process that is killed while it registers.

use wallow::OnDuplicate;
use wallow::diesel::dsl::{select, sql};
use wallow::diesel::prelude::*;
use wallow::diesel::sql_types::Text;

use crate::crew::{Crew, Part, answer, database};
use crate::sweep::{Annotating, Store, key};

/// Registers one run after the other, beginning with the first missing one; answers with each.
pub(crate) fn register_without_end(part: &Part) {
    let store = Store::open(part.database()).unwrap();
    part.wait_for_the_others();
    for seed in 0.. {
        let patch = Annotating::new().host("x".repeat(2000));
        let outcome = store
            .register(&key(seed), &patch, OnDuplicate::Skip)
            .unwrap();
        if outcome.was_inserted() {
            answer(seed);
        }
    }
}

#[test]
fn a_killed_process_leaves_the_database_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut registered = Vec::new();
    for round in 0..8 {
        let crew = Crew::start("register without end", 1, folder.path());
        let answers = crew.kill_after(100 + 37 * round);
        registered.extend(answers.iter().map(|seed| seed.parse::<i64>().unwrap()));
        let store = Store::open(database(folder.path())).unwrap();
        let check = sql::<Text>("group_concat(integrity_check) FROM pragma_integrity_check");
        let state = store.with_sqlite(|conn| select(check).get_result::<String>(conn));
        assert_eq!(state.unwrap(), "ok");
        for seed in &registered {
            let run = store.find(&key(*seed)).unwrap().unwrap();
            assert_eq!(run.host.map(|host| host.len()), Some(2000));
        }
        let last = registered[registered.len() - 1];
        assert!(registered.iter().copied().eq(0..=last));
        // The child may have written one more run than it had time to report.
        let more = (last + 1..last + 3).filter(|seed| store.delete(&key(*seed)).unwrap().is_some());
        assert!(more.count() <= 1);
    }
}
