//! SQLite's write-ahead log is written back, however the runs are registered.

use std::path::Path;

use wallow::OnDuplicate;
use wallow::diesel::prelude::*;

use crate::crew::{Crew, Part, answer, database};
use crate::sweep::{Annotating, Run, Store, key, runs};

const LARGEST: u64 = 64 << 20;

/// Registers this many runs, one by one; returns the largest size of the log.
fn register_one_by_one(folder: &Path, count: i64) -> u64 {
    let store = Store::open(database(folder)).unwrap();
    let wal = folder.join("runs.db-wal");
    let mut largest = 0;
    for seed in 0..count {
        let patch = Annotating::new()
            .status("completed")
            .val_loss(0.5)
            .host("here");
        let outcome = store.register(&key(seed), &patch, OnDuplicate::Error);
        assert!(outcome.unwrap().was_inserted());
        largest = largest.max(wal.metadata().unwrap().len());
    }
    largest
}

#[test]
fn single_registrations_leave_a_short_log() {
    let folder = tempfile::tempdir().unwrap();
    let largest = register_one_by_one(folder.path(), 50_000);
    assert!(largest > 0 && largest < LARGEST, "{largest} bytes");
}

/// Reads single runs and many at once, as a notebook and a dashboard would; answers with the number of reads.
pub(crate) fn read_without_end(part: &Part) {
    let store = Store::open(part.database()).unwrap();
    part.wait_for_the_others();
    let mut reads = 0;
    while !part.is_dismissed() {
        for seed in 0..100 {
            store.find(&key(seed)).unwrap();
        }
        let newest = runs::table
            .select(Run::as_select())
            .order_by(runs::id.desc());
        store
            .with_sqlite(|conn| newest.limit(1000).load(conn))
            .unwrap();
        reads += 101;
    }
    answer(reads);
}

#[test]
fn single_registrations_leave_a_short_log_though_another_process_reads_all_the_while() {
    let folder = tempfile::tempdir().unwrap();
    let crew = Crew::start("read without end", 1, folder.path());
    let largest = register_one_by_one(folder.path(), 20_000);
    crew.dismiss();
    let reads = crew.answers()[0][0].parse::<i64>().unwrap();
    assert!(
        largest > 0 && largest < LARGEST,
        "{largest} bytes while {reads} reads"
    );
    assert!(reads > 101);
}
