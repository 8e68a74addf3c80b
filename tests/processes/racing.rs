//! Processes that do the same at the same moment: each thing is done once, and none is refused.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use wallow::diesel::prelude::*;
use wallow::{Environment, OnDuplicate};

use crate::crew::{Crew, Part, answer, database};
use crate::sweep::{Annotating, Run, Store, key, runs};

const KEYS: i64 = 500;

fn rows(folder: &Path) -> Vec<Run> {
    let store = Store::open(database(folder)).unwrap();
    let all = runs::table.select(Run::as_select()).order_by(runs::seed);
    store.with_sqlite(|conn| all.load(conn)).unwrap()
}

/// Opens the database, which does not exist yet.
pub(crate) fn open(part: &Part) {
    part.wait_for_the_others();
    let store = Store::open(part.database()).unwrap();
    store.check_schema().unwrap();
    assert!(store.find(&key(0)).unwrap().is_none());
}

#[test]
fn any_number_of_processes_opens_a_fresh_database() {
    for _ in 0..30 {
        let folder = tempfile::tempdir().unwrap();
        Crew::start("open", 16, folder.path()).answers();
        assert!(rows(folder.path()).is_empty());
    }
}

/// Opens the database and registers every key; answers with how many were new.
pub(crate) fn register(part: &Part) {
    part.wait_for_the_others();
    let store = Store::open(part.database()).unwrap();
    let policy = match part.number % 3 {
        0 => OnDuplicate::ReturnExisting,
        1 => OnDuplicate::Skip,
        _ => OnDuplicate::ClaimIfStale(Duration::from_secs(3_600)),
    };
    let host = Annotating::new().host(part.number.to_string());
    let new = (0..KEYS).filter(|seed| {
        let outcome = store.register(&key(*seed), &host, policy).unwrap();
        outcome.was_inserted()
    });
    answer(new.count());
}

fn processes_insert_every_run_once(count: i64) {
    let folder = tempfile::tempdir().unwrap();
    let answers = Crew::start("register", count, folder.path()).answers();
    let new = answers
        .iter()
        .flatten()
        .map(|new| new.parse::<i64>().unwrap());
    assert_eq!(new.sum::<i64>(), KEYS);
    let rows = rows(folder.path());
    assert!(rows.iter().map(|run| run.seed).eq(0..KEYS));
}

#[test]
fn two_processes_insert_every_run_once() {
    processes_insert_every_run_once(2);
}

#[test]
fn sixteen_processes_insert_every_run_once() {
    processes_insert_every_run_once(16);
}

/// Claims every key that is stale; answers with those that it got.
pub(crate) fn claim(part: &Part) {
    let store = Store::open(part.database()).unwrap();
    let host = Annotating::new().host(part.number.to_string());
    part.wait_for_the_others();
    for seed in 0..KEYS {
        let policy = OnDuplicate::ClaimIfStale(Duration::from_secs(10 * 60));
        let outcome = store.register(&key(seed), &host, policy).unwrap();
        assert!(!outcome.was_inserted());
        if outcome.was_updated() {
            answer(seed);
        }
    }
}

fn processes_claim_every_run_once(count: i64) {
    let folder = tempfile::tempdir().unwrap();
    let hour_ago = Environment::default().with_clock(|| Utc::now() - TimeDelta::hours(1));
    let store = Store::options()
        .environment(hour_ago)
        .open(database(folder.path()))
        .unwrap();
    for seed in 0..KEYS {
        let outcome = store.register(&key(seed), &Annotating::new(), OnDuplicate::Error);
        assert!(outcome.unwrap().was_inserted());
    }
    let mut owners = BTreeMap::new();
    for (number, claimed) in Crew::start("claim", count, folder.path())
        .answers()
        .iter()
        .enumerate()
    {
        for seed in claimed {
            let other = owners.insert(seed.parse::<i64>().unwrap(), number);
            assert_eq!(other, None, "{seed} was claimed twice");
        }
    }
    assert!(owners.keys().copied().eq(0..KEYS));
    for run in rows(folder.path()) {
        assert_eq!(run.host, Some(owners[&run.seed].to_string()));
    }
}

#[test]
fn two_processes_claim_every_stale_run_once() {
    processes_claim_every_run_once(2);
}

#[test]
fn sixteen_processes_claim_every_stale_run_once() {
    processes_claim_every_run_once(16);
}

/// Does every operation on the same keys as all others: none may fail.
pub(crate) fn do_everything(part: &Part) {
    part.wait_for_the_others();
    for round in 0..10 {
        let store = Store::open(part.database()).unwrap();
        for seed in 0..8 {
            let patch = Annotating::new()
                .val_loss(f64::from(round))
                .host("x".repeat(500));
            for policy in [
                OnDuplicate::Overwrite,
                OnDuplicate::ClaimIfStale(Duration::ZERO),
            ] {
                let _ = store.register(&key(seed), &patch, policy).unwrap();
            }
            match store.heartbeat(&key(seed)) {
                Ok(_) => {}
                // Another process has deleted it meanwhile.
                Err(error) => assert!(error.is_not_found(), "{error}"),
            }
            store.find(&key(seed)).unwrap();
            if (seed + part.number) % 4 == 0 {
                store.delete(&key(seed)).unwrap();
            }
        }
    }
}

#[test]
fn sixteen_processes_never_see_a_lock() {
    let folder = tempfile::tempdir().unwrap();
    Crew::start("everything", 16, folder.path()).answers();
    assert!(rows(folder.path()).len() <= 8);
}

/// Runs of a queue that processes drain as fast as they can.
const QUEUED: i64 = 2_000;

/// Claims and completes runs until none is left; answers with how many it had.
pub(crate) fn drain(part: &Part) {
    let store = Store::open(part.database()).unwrap();
    part.wait_for_the_others();
    let reclaim = wallow::Reclaim::WhenStale(Duration::from_secs(3_600));
    let mut count = 0;
    while let Some(claim) = store
        .claim_next(wallow::ClaimOptions::new(reclaim))
        .unwrap()
    {
        claim.complete(Annotating::new().val_loss(0.5)).unwrap();
        count += 1;
    }
    answer(count);
}

/// SQLite has a single writer, and each of the processes has its turn.
#[test]
fn each_of_eight_processes_that_drain_a_queue_gets_runs() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(database(folder.path())).unwrap();
    store.enqueue((0..QUEUED).map(key)).unwrap();
    let answers = Crew::start("drain", 8, folder.path()).answers();
    let counts = answers.concat();
    let counts = counts
        .iter()
        .map(|count| count.parse().unwrap())
        .collect::<Vec<i64>>();
    assert_eq!(counts.iter().sum::<i64>(), QUEUED);
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
}
