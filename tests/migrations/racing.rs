//! Processes that migrate at the same time: one does it, the others go on.

use std::path::Path;

use crate::crew::{Crew, Part, answer, database};
use crate::history::{fill, make, names, noted, versions};
use crate::managed::{Store, key};

/// Opens a database that may not exist yet; answers with its number of runs.
pub(crate) fn open(part: &Part) {
    part.wait_for_the_others();
    let store = Store::open(part.database()).unwrap();
    answer(store.count().unwrap());
}

/// Migrates; answers with the migrations that it applied itself.
pub(crate) fn migrate(part: &Part) {
    let store = Store::options()
        .check_schema(false)
        .open(part.database())
        .unwrap();
    part.wait_for_the_others();
    for name in store.migrate().unwrap() {
        answer(name);
    }
    store.check_schema().unwrap();
    store.find(&key(1)).unwrap().unwrap();
}

#[test]
fn processes_that_migrate_at_once_apply_each_migration_once() {
    for _ in 0..3 {
        let folder = tempfile::tempdir().unwrap();
        let path = database(folder.path());
        make(Path::new(&path), 1);
        fill(Path::new(&path), 5000);
        let answers = Crew::start("migrate", 4, folder.path()).answers();
        let mut applied = answers.into_iter().flatten().collect::<Vec<_>>();
        applied.sort();
        assert_eq!(applied, names()[1..]);
        assert_eq!(Store::open(&path).unwrap().count().unwrap(), 5000);
    }
}

#[test]
fn processes_that_open_a_fresh_database_at_once_all_use_it() {
    for _ in 0..3 {
        let folder = tempfile::tempdir().unwrap();
        let answers = Crew::start("open", 4, folder.path()).answers();
        assert_eq!(answers, vec![vec!["0"]; 4]);
        let path = database(folder.path());
        assert_eq!(noted(Path::new(&path)), versions().join(","));
    }
}
