//! A store that only reads.

use std::fs;

use wallow::{Error, ErrorKind, OnDuplicate, RegisterOutcome};

use crate::types::{Annotating, Run, Store, key};
use crate::{execute, listing, place, url};

fn open(url: &str) -> Result<Store, Error> {
    Store::options().read_only(true).open(url)
}

/// A database with one run, closed.
fn with_one_run(path: &std::path::Path) -> Run {
    let store = Store::open(url(path)).unwrap();
    let outcome = store.register(&key("a"), &Annotating::new().note("n"), OnDuplicate::Error);
    outcome.unwrap().into_run().unwrap()
}

#[test]
fn it_reads_and_writes_nothing() {
    let (folder, path) = place();
    let run = with_one_run(&path);
    let bytes = fs::read(&path).unwrap();
    for url in [url(&path).to_owned(), format!("file:{}", url(&path))] {
        let store = open(&url).unwrap();
        assert_eq!(store.find(&key("a")).unwrap().as_ref(), Some(&run));
        assert_eq!(store.find(&key("b")).unwrap(), None);
        let register = |label, policy| store.register(&key(label), &Annotating::new(), policy);
        let outcome = register("a", OnDuplicate::ReturnExisting).unwrap();
        assert_eq!(outcome, RegisterOutcome::Existing(run.clone()));
        assert!(register("a", OnDuplicate::Skip).unwrap().was_skipped());
        for error in [
            register("b", OnDuplicate::Error).unwrap_err().into(),
            register("a", OnDuplicate::Overwrite).unwrap_err().into(),
            store.heartbeat(&key("a")).unwrap_err(),
            store.delete(&key("a")).unwrap_err(),
        ] {
            let error: Error = error;
            assert_eq!(error.kind(), ErrorKind::Database, "{error}");
            assert!(error.to_string().contains("read only"), "{error}");
        }
        drop(store);
        assert_eq!(fs::read(&path).unwrap(), bytes);
        assert_eq!(
            listing(folder.path()).len(),
            1,
            "{:?}",
            listing(folder.path())
        );
    }
}

#[test]
fn it_creates_no_file() {
    let (folder, path) = place();
    for url in [url(&path).to_owned(), format!("file:{}", url(&path))] {
        let error = open(&url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io, "{error}");
        assert!(
            error.to_string().contains(path.to_str().unwrap()),
            "{error}"
        );
        assert!(listing(folder.path()).is_empty());
    }
}

#[test]
fn it_creates_no_table() {
    let (_folder, path) = place();
    execute(&path, "CREATE TABLE other (a)");
    let bytes = fs::read(&path).unwrap();
    let error = open(url(&path)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
    assert_eq!(error.differences(), ["there is no table `runs`"]);
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn it_sees_what_others_write() {
    let (_folder, path) = place();
    let run = with_one_run(&path);
    let reading = open(url(&path)).unwrap();
    let writing = Store::open(url(&path)).unwrap();
    for round in 0..5 {
        assert!(reading.find(&key("a")).unwrap().is_some());
        let count = Annotating::new().count(round);
        let written = writing.register(&key("a"), &count, OnDuplicate::Overwrite);
        let written = written.unwrap().into_run();
        assert_eq!(reading.find_by_uuid(&run.uuid).unwrap(), written);
    }
}
