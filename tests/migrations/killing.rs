//! A process that is killed in the middle of a migration.

use std::fs;
use std::path::Path;

use crate::crew::{Crew, database};
use crate::history::{fill, make, names, noted, read, versions};
use crate::managed::{Store, key};

const RUNS: usize = 20_000;
const ROUNDS: usize = 12;

/// The runs, whatever type their steps have: all of them, in one text.
const CONTENT: &str = "SELECT count(*) || ' ' || sum(seed * 31 + steps) || ' ' || \
    sum(length(status)) || ' ' || count(DISTINCT uuid) FROM runs";

/// The log grows while a migration copies, so its size shows the progress. The process is killed at sizes from nothing
/// to the whole log.
#[test]
fn a_migration_that_is_killed_leaves_the_old_schema_or_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let full = folder.path().join("full.db");
    make(&full, 2);
    fill(&full, RUNS);
    let content = read(&full, CONTENT);
    let all = migrated_until(folder.path(), &full, u64::MAX);
    assert!(all > 0, "nothing was logged before the end");
    let mut random = fastrand::Rng::with_seed(7);
    let mut unfinished = 0;
    for round in 0..ROUNDS {
        let size = if round == 0 { 1 } else { random.u64(1..=all) };
        migrated_until(folder.path(), &full, size);
        unfinished += usize::from(is_old_or_new(&database(folder.path()), &content) == "old");
    }
    assert!(unfinished > 0, "every migration was faster than its end");
}

/// Lets a process migrate a copy of a database, and kills it when the log has this size. Returns the largest size that
/// was seen.
fn migrated_until(folder: &Path, full: &Path, size: u64) -> u64 {
    let path = database(folder);
    for suffix in ["", "-wal", "-shm"] {
        // It does not exist in the first round.
        let _ = fs::remove_file(format!("{path}{suffix}"));
    }
    fs::copy(full, &path).unwrap();
    let log = format!("{path}-wal");
    let mut seen = 0;
    Crew::start("migrate", 1, folder).kill_when(|| {
        seen = seen.max(fs::metadata(&log).map_or(0, |log| log.len()));
        seen >= size
    });
    seen
}

/// Whether the schema is the old or the new one. Every run is unchanged, and the migration works afterwards.
fn is_old_or_new(path: &str, content: &str) -> &'static str {
    let file = Path::new(path);
    assert_eq!(
        read(
            file,
            "SELECT group_concat(integrity_check) FROM pragma_integrity_check"
        ),
        "ok"
    );
    let ty = read(
        file,
        "SELECT type FROM pragma_table_info('runs') WHERE name = 'steps'",
    );
    assert!(["INTEGER", "REAL"].contains(&ty.as_str()), "{ty}");
    let (state, count) = if ty == "INTEGER" {
        ("old", 2)
    } else {
        ("new", 3)
    };
    assert_eq!(noted(file), versions()[..count].join(","));
    let left = "SELECT count(*) FROM sqlite_master WHERE name LIKE '\\_wallow%' ESCAPE '\\'";
    assert_eq!(read(file, left), "0");
    let unique = "SELECT count(*) FROM pragma_index_list('runs') WHERE name = 'uq_runs_identifying' AND \"unique\"";
    assert_eq!(read(file, unique), "1");
    let is = read(file, CONTENT).replace(".0 ", " ");
    assert_eq!(is, content);
    let store = Store::options().check_schema(false).open(path).unwrap();
    assert_eq!(store.migrate().unwrap(), names()[count..]);
    let run = store.find(&key(1)).unwrap().unwrap();
    assert_eq!(run.steps, Some(1.0));
    assert_eq!(read(file, CONTENT).replace(".0 ", " "), content);
    state
}
