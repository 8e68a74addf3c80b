//! A worker that is stopped for longer than the stale time, and then goes on as if nothing had happened.

use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use test_support::{Place, on_file_and_server};
use wallow::{ClaimOutcome, ErrorKind, LifecycleError, LifecycleOptions, Reclaim};

use crate::crew::{Member, Part, answer, release};
use crate::database::Database;
use crate::sweep::{Annotating, Store, key};

on_file_and_server! { a_stopped_worker_loses_its_run_and_keeps_its_result }

const STALE: Reclaim = Reclaim::WhenStale(Duration::from_secs(1));

fn result() -> Annotating {
    Annotating::new().val_accuracy(0.1).host("the slow one")
}

/// Executes one run, and ends it when the test says so; answers with the outcome.
pub(crate) fn be_slow(part: &Part) {
    let store = Store::open(part.database()).unwrap();
    let outcome = store.run_lifecycle(&key(0), LifecycleOptions::new(STALE), |claim| {
        answer(claim.attempt());
        while !part.is_released() {
            thread::sleep(Duration::from_millis(10));
        }
        Ok::<_, wallow::Error>(result())
    });
    let Err(LifecycleError::Store(error)) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(error.kind(), ErrorKind::ClaimLost);
    assert_eq!(error.unwritten::<Annotating>(), Some(&result()));
    answer("lost");
}

/// Sends a signal to a worker.
pub(crate) fn signal(member: &Member, signal: Signal) {
    let id = Pid::from_raw(member.id().try_into().unwrap()).unwrap();
    kill_process(id, signal).unwrap();
}

fn a_stopped_worker_loses_its_run_and_keeps_its_result(place: &Place) {
    let db = Database::of(place);
    let store = Store::open(&db.url).unwrap();
    let mut slow = Member::start(&db.url, "be slow", 0, db.folder());
    assert_eq!(slow.answer().as_deref(), Some("1"));
    signal(&slow, Signal::STOP);
    let other = loop {
        match store.claim(&key(0), STALE).unwrap() {
            ClaimOutcome::Claimed(claim) => break claim,
            ClaimOutcome::HeldByAnother(_) => thread::sleep(Duration::from_millis(10)),
            done @ ClaimOutcome::AlreadyCompleted(_) => panic!("{done:?}"),
        }
    };
    assert_eq!(other.attempt(), 2);
    let finished = other.complete(Annotating::new().val_accuracy(0.9)).unwrap();
    release(db.folder());
    signal(&slow, Signal::CONT);
    assert_eq!(slow.answer().as_deref(), Some("lost"));
    assert!(slow.end().success());
    assert_eq!(store.find(&key(0)).unwrap(), Some(finished));
}
