//! `file:` URIs, and texts that look like a file name but are refused.

use std::fs;
use std::path::Path;

use wallow::{ErrorKind, OnDuplicate};

use crate::types::{Annotating, Store, key};
use crate::{assert_usable, listing, place, url};

/// A path in a URI, with special characters escaped.
fn escaped(path: &Path) -> String {
    url(path)
        .replace('%', "%25")
        .replace('?', "%3F")
        .replace(' ', "%20")
}

#[test]
fn uris_are_written_and_read() {
    for name in ["runs.db", "a b?c%.db"] {
        let (folder, path) = place();
        let path = path.with_file_name(name);
        let path_of = escaped(&path);
        let forms = [
            format!("file:{path_of}"),
            format!("file://{path_of}"),
            format!("file://localhost{path_of}"),
            format!("FILE://{path_of}"),
            format!("file://{path_of}?cache=private"),
            format!("file://{path_of}?mode=rwc&psow=1#fragment"),
            format!("sqlite://{}", url(&path)),
        ];
        for form in &forms {
            assert_usable(&Store::open(form).unwrap());
            assert_eq!(
                listing(folder.path()).into_iter().collect::<Vec<_>>(),
                [name],
                "{form}"
            );
        }
        let store = Store::open(url(&path)).unwrap();
        let outcome = store.register(&key("a"), &Annotating::new(), OnDuplicate::Error);
        let run = outcome.unwrap().into_run();
        drop(store);
        for form in &forms {
            let reading = Store::options().read_only(true).open(form).unwrap();
            assert_eq!(reading.find(&key("a")).unwrap(), run, "{form}");
            assert_eq!(
                reading.heartbeat(&key("a")).unwrap_err().kind(),
                ErrorKind::Database
            );
        }
    }
}

#[test]
fn a_uri_that_is_to_be_read_is_not_written() {
    let (folder, path) = place();
    for query in ["mode=ro", "immutable=1", "mode=ro&immutable=1", "mode=rw"] {
        let uri = format!("file://{}?{query}", url(&path));
        let error = Store::open(&uri).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io, "{uri}: {error}");
        assert!(listing(folder.path()).is_empty(), "{uri}");
    }
    let store = Store::open(url(&path)).unwrap();
    let outcome = store.register(&key("a"), &Annotating::new(), OnDuplicate::Error);
    let run = outcome.unwrap().into_run();
    drop(store);
    let bytes = fs::read(&path).unwrap();
    for query in [
        "mode=ro",
        "immutable=1",
        "mode=ro&immutable=1",
        "immutable=true",
    ] {
        let store = Store::open(format!("file://{}?{query}", url(&path))).unwrap();
        assert_eq!(store.find(&key("a")).unwrap(), run, "{query}");
        let error = store.heartbeat(&key("a")).unwrap_err();
        assert!(error.to_string().contains("read only"), "{error}");
        let outcome = store.register(&key("b"), &Annotating::new(), OnDuplicate::Error);
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Database);
    }
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn runs_in_a_log_are_not_passed_over() {
    let (folder, path) = place();
    let store = Store::open(url(&path)).unwrap();
    let outcome = store.register(&key("a"), &Annotating::new(), OnDuplicate::Error);
    let run = outcome.unwrap().into_run();
    let uri = |path: &Path| format!("file://{}?immutable=1", url(path));
    let error = Store::open(uri(&path)).unwrap_err();
    let said = "copy both files into a folder of your own";
    assert!(error.to_string().contains(said), "{error}");
    // Following the message solves the problem.
    let copy = folder.path().join("copy");
    fs::create_dir(&copy).unwrap();
    for name in ["runs.db", "runs.db-wal"] {
        fs::copy(folder.path().join(name), copy.join(name)).unwrap();
    }
    let copied = Store::options()
        .read_only(true)
        .open(url(&copy.join("runs.db")));
    assert_eq!(copied.unwrap().find(&key("a")).unwrap(), run);
    drop(store);
    assert_eq!(
        Store::open(uri(&path)).unwrap().find(&key("a")).unwrap(),
        run
    );
}

#[test]
fn databases_in_memory_are_shared_by_name_alone() {
    for uri in ["file::memory:", "file:x?mode=memory"] {
        let (one, other) = (Store::open(uri).unwrap(), Store::open(uri).unwrap());
        let outcome = one.register(&key("a"), &Annotating::new(), OnDuplicate::Error);
        assert!(outcome.unwrap().was_inserted());
        assert_eq!(other.find(&key("a")).unwrap(), None, "{uri}");
    }
    let open = |name: &str| Store::open(format!("file:{name}?mode=memory&cache=shared")).unwrap();
    let (one, other, apart) = (open("uris"), open("uris"), open("uris-2"));
    let outcome = one.register(&key("a"), &Annotating::new(), OnDuplicate::Error);
    assert_eq!(other.find(&key("a")).unwrap(), outcome.unwrap().into_run());
    assert_eq!(apart.find(&key("a")).unwrap(), None);
}

#[test]
fn what_looks_like_a_url_makes_no_file() {
    let names = || listing(Path::new("."));
    let before = names();
    for text in [
        "postgre://me:s3cret@db/runs",
        "postgres:/db/runs",
        "postgres//db/runs",
        "postgresql:db",
        "mysql+pymysql://me:s3cret@db/runs",
        "redis://:s3cret@db",
        "jdbc:sqlite:runs.db",
        "sqlite3://runs.db",
        "sqlite+pysqlite:///runs.db",
        "Host=db;Password=s3cret",
        "me:s3cret@db",
        "db.example.org:5432/runs",
        "'postgres://db/runs'",
        "runs.db?mode=ro",
        "file://runs.db",
    ] {
        let error = Store::open(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io, "{text}: {error}");
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
    }
    let after = names();
    let new = after.difference(&before).collect::<Vec<_>>();
    assert!(
        new.iter()
            .all(|name| !name.contains(['@', ':', '=', '?', '\''])),
        "{new:?}"
    );
}

#[test]
fn a_path_is_a_file_whatever_its_name_looks_like() {
    let (folder, path) = place();
    for name in ["host=db", "postgres:db", ":memory:", "file:x", "me:pw@db"] {
        let path = path.with_file_name(name);
        assert_usable(&Store::open(path.as_path()).unwrap());
        assert!(path.is_file(), "{name}");
        fs::remove_file(&path).unwrap();
    }
    assert!(listing(folder.path()).is_empty());
}
