//! Sixteen processes use one queue as fast as they can: none is refused.

use std::time::Duration;

use test_support::{Place, on_file_and_server};
use wallow::{ClaimOptions, Reclaim};

use crate::crew::{Crew, Part, answer};
use crate::database::Database;
use crate::sweep::{Annotating, Store, fields, key};

on_file_and_server! { sixteen_processes_at_one_queue_never_see_a_lock }

const KEYS: i64 = 400;
const STALE: Reclaim = Reclaim::WhenStale(Duration::from_secs(10 * 60));

/// Enqueues the same runs as the others, claims what it can get, and answers with the runs that it got.
pub(crate) fn queue(part: &Part) {
    part.wait_for_the_others();
    let store = Store::open(part.database()).unwrap();
    store.enqueue((0..KEYS).map(key)).unwrap();
    while let Some(claim) = store.claim_next(ClaimOptions::new(STALE)).unwrap() {
        let seed = claim.run().seed;
        claim.heartbeat().unwrap();
        claim.annotate(Annotating::new().val_loss(0.5)).unwrap();
        if seed % 7 == part.number % 7 && claim.attempt() == 1 {
            claim.release().unwrap();
            continue;
        }
        claim.complete(Annotating::new().val_accuracy(0.5)).unwrap();
        answer(seed);
    }
}

fn sixteen_processes_at_one_queue_never_see_a_lock(place: &Place) {
    let db = Database::of(place);
    let crew = Crew::start_on(&db.url, "queue", 16, db.folder());
    let answers = crew.answers().concat();
    let mut done = answers
        .iter()
        .map(|seed| seed.parse::<i64>().unwrap())
        .collect::<Vec<_>>();
    done.sort_unstable();
    assert!(done.into_iter().eq(0..KEYS));
    let store = Store::open(&db.url).unwrap();
    let completed = store.filter(fields::status.eq("completed")).count();
    assert_eq!(completed.unwrap(), u64::try_from(KEYS).unwrap());
}
