//! Workers that are asked to end: others can claim their runs at once.

use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use test_support::{Place, on_file_and_server};
use wallow::{ClaimOptions, Reclaim};

use crate::crew::{Member, Part, answer};
use crate::database::Database;
use crate::sweep::{Annotating, Store, fields, key};

on_file_and_server! { a_worker_that_has_to_end_gives_its_runs_back }

/// Longer than the test: others claim only runs that were given back.
const STALE: Reclaim = Reclaim::WhenStale(Duration::from_secs(24 * 3_600));

/// Claims two runs, and waits for a signal to end.
pub(crate) fn hold_two_runs(part: &Part) {
    let store = Store::open(part.database()).unwrap();
    store.release_on_ctrl_c().unwrap();
    let next = || store.claim_next(ClaimOptions::new(STALE)).unwrap().unwrap();
    let held = [next(), next()];
    answer(held.len());
    loop {
        thread::park();
    }
}

fn a_worker_that_has_to_end_gives_its_runs_back(place: &Place) {
    let db = Database::of(place);
    let store = Store::open(&db.url).unwrap();
    store.enqueue((0..2).map(key)).unwrap();
    for (round, signal) in [Signal::INT, Signal::TERM].into_iter().enumerate() {
        let mut worker = Member::start(&db.url, "hold two runs", 0, db.folder());
        assert_eq!(worker.answer().as_deref(), Some("2"));
        let running = store.filter(fields::status.eq("running")).count().unwrap();
        assert_eq!(running, 2, "round {round}");
        let id = Pid::from_raw(worker.id().try_into().unwrap()).unwrap();
        kill_process(id, signal).unwrap();
        assert_eq!(worker.end().code(), Some(130));
        let waiting = store.filter(fields::status.eq("pending")).all().unwrap();
        assert_eq!(waiting.len(), 2, "round {round}");
        assert!(waiting.iter().all(|run| run.started_at.is_none()));
    }
    // A run that was given back is claimed again, even with a limit of one attempt.
    let once = || ClaimOptions::new(STALE).max_attempts(1);
    for _ in 0..2 {
        let claim = store.claim_next(once()).unwrap().unwrap();
        claim.complete(Annotating::new()).unwrap();
    }
    assert!(store.claim_next(once()).unwrap().is_none());
}
