//! What is at the path, and how the path is written.

use std::fs;
use std::path::Path;

use wallow::{Error, ErrorKind, OnDuplicate};

use crate::types::{Annotating, Store, key};
use crate::{assert_usable, listing, place, url};

/// The error of opening, whose text names the path.
fn refused(path: &Path, kind: ErrorKind) -> Error {
    let error = Store::open(url(path)).unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    let displayed = path.display().to_string();
    assert!(error.to_string().contains(&displayed), "{error}");
    error
}

#[test]
fn a_folder_is_refused() {
    let (folder, _) = place();
    let error = refused(folder.path(), ErrorKind::Io);
    assert!(error.to_string().contains("it is a folder"), "{error}");
    assert!(listing(folder.path()).is_empty());
}

#[test]
fn a_text_file_is_refused_and_left_as_it_is() {
    let (folder, path) = place();
    let text = "learning_rate,val_loss\n0.1,0.5\n".repeat(100);
    fs::write(&path, &text).unwrap();
    let error = refused(&path, ErrorKind::Database);
    assert!(error.to_string().contains("not a database"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    assert_eq!(listing(folder.path()).len(), 1);
}

#[test]
fn a_short_text_file_is_refused_and_left_as_it_is() {
    let (_folder, path) = place();
    fs::write(&path, "hello").unwrap();
    refused(&path, ErrorKind::Database);
    assert_eq!(fs::read_to_string(&path).unwrap(), "hello");
}

#[test]
fn an_empty_file_becomes_a_database() {
    let (_folder, path) = place();
    fs::write(&path, "").unwrap();
    assert_usable(&Store::open(url(&path)).unwrap());
    assert_usable(&Store::open(url(&path)).unwrap());
}

#[test]
fn a_missing_folder_is_named() {
    let (folder, _) = place();
    let missing = folder.path().join("not").join("there");
    let error = refused(&missing.join("runs.db"), ErrorKind::Io);
    assert!(error.to_string().contains("does not exist"), "{error}");
    assert!(listing(folder.path()).is_empty());
}

#[test]
fn a_file_among_the_folders_is_named() {
    let (folder, path) = place();
    fs::write(&path, "").unwrap();
    let error = refused(&path.join("runs.db"), ErrorKind::Io);
    assert!(error.to_string().contains("is not a folder"), "{error}");
    assert_eq!(listing(folder.path()).len(), 1);
}

#[test]
fn a_path_that_cannot_be_is_refused() {
    for path in ["", "sqlite://", "sqlite:", "a\0b", "sqlite://\0"] {
        let error = Store::open(path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io, "{error}");
    }
    let (folder, _) = place();
    let long = folder.path().join("x".repeat(300));
    refused(&long, ErrorKind::Io);
    refused(Path::new("/dev/full/runs.db"), ErrorKind::Io);
}

#[test]
fn a_damaged_database_is_an_error_and_no_panic() {
    let (_folder, path) = place();
    let store = Store::open(url(&path)).unwrap();
    for step in 0..200 {
        let note = Annotating::new().note("x".repeat(500));
        let _ = store
            .register(&key(&step.to_string()), &note, OnDuplicate::Error)
            .unwrap();
    }
    drop(store);
    let whole = fs::read(&path).unwrap();
    for keep in [17, 100, 4096, whole.len() / 2] {
        for filler in [0x00, 0xff] {
            let mut bytes = whole.clone();
            bytes[keep..].fill(filler);
            fs::write(&path, &bytes).unwrap();
            let _ = fs::remove_file(path.with_extension("db-wal"));
            let _ = fs::remove_file(path.with_extension("db-shm"));
            let Ok(store) = Store::open(url(&path)) else {
                continue;
            };
            for step in 0..200 {
                let _ = store.find(&key(&step.to_string()));
            }
            let _ = store.register(&key("new"), &Annotating::new(), OnDuplicate::Overwrite);
            let _ = store.delete(&key("7"));
        }
    }
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let error = Store::open(url(&path)).and_then(|store| store.find(&key("199")));
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Database);
}

#[test]
fn odd_names_are_files_of_that_name() {
    for name in [
        "with space.db",
        "a?b=c&mode=memory.db",
        "a#b.db",
        "100%.db",
        "%41.db",
        "ünïcode 🐷 日本.db",
        "'quote\".db",
        "semi;colon.db",
        "back\\slash.db",
        "-dash.db",
        "no extension",
        ".hidden",
        "new\nline.db",
        "file:a.db",
        "sqlite:a.db",
        "postgres:a.db",
        ":memory:.db",
    ] {
        let (folder, path) = place();
        let path = path.with_file_name(name);
        let store = Store::open(url(&path)).unwrap();
        let outcome = store.register(&key(name), &Annotating::new(), OnDuplicate::Error);
        let run = outcome.unwrap().into_run();
        drop(store);
        assert_eq!(
            listing(folder.path()).into_iter().collect::<Vec<_>>(),
            [name]
        );
        let prefixed = format!("sqlite://{}", url(&path));
        assert_eq!(
            Store::open(&prefixed).unwrap().find(&key(name)).unwrap(),
            run
        );
        let reading = Store::options().read_only(true).open(url(&path)).unwrap();
        assert_eq!(reading.find(&key(name)).unwrap(), run, "{name:?}");
    }
}

#[test]
fn a_postgres_url_that_cannot_be_opened_keeps_its_password() {
    for url in [
        "postgres://me:s3cret@db/runs",
        "postgresql://me:s3cret@db/runs",
    ] {
        let error = Store::open(url).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cret"));
        #[cfg(not(feature = "postgres"))]
        assert!(error.to_string().contains("PostgreSQL"), "{error}");
        #[cfg(feature = "postgres")]
        assert!(error.to_string().contains("@db/runs"), "{error}");
    }
}

#[test]
fn databases_in_memory_are_apart() {
    let (one, other) = (
        Store::open(":memory:").unwrap(),
        Store::open("sqlite://:memory:").unwrap(),
    );
    let outcome = one.register(&key("a"), &Annotating::new(), OnDuplicate::Error);
    assert!(outcome.unwrap().was_inserted());
    assert_eq!(other.find(&key("a")).unwrap(), None);
    assert_usable(&one);
    assert_usable(&other);
}
