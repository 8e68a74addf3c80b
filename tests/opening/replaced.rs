//! A database file that is moved, deleted, replaced or cut while a program has it open: no write is reported as done, and
//! the error says what to do.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::similar_names,
    clippy::type_complexity,
    reason = "helpers of tests, a path and a patch in one place, and a list of calls"
)]

#[path = "../processes/sweep.rs"]
mod sweep;

use std::fs;
use std::path::{Path, PathBuf};

use sweep::{Annotating, Run, Store, key};
use wallow::diesel::connection::SimpleConnection as _;
use wallow::{
    Claim, ClaimOptions, ClaimOutcome, Error, ErrorKind, OnDuplicate, Reclaim, WorkOptions,
};

use crate::{execute, listing, place, url};

type Write = (&'static str, Box<dyn Fn(&Store) -> Result<(), Error>>);

fn write(name: &'static str, way: impl Fn(&Store) -> Result<(), Error> + 'static) -> Write {
    (name, Box::new(way))
}

/// Every way to write. Run 0 is pending, run 1 is completed, another worker has run 2; the others are new.
fn writes() -> Vec<Write> {
    let patch = || Annotating::new().host("late");
    vec![
        write("register", move |store| {
            store.register(&key(10), &patch(), OnDuplicate::Error)?;
            Ok(())
        }),
        write("overwrite", move |store| {
            store.register(&key(1), &patch(), OnDuplicate::Overwrite)?;
            Ok(())
        }),
        write("register_many", move |store| {
            let pairs = (20..25).map(|seed| (key(seed), patch()));
            store.register_many(pairs, OnDuplicate::Skip)?;
            Ok(())
        }),
        write("enqueue", |store| {
            store.enqueue((30..35).map(key)).map(drop)
        }),
        write("heartbeat", |store| store.heartbeat(&key(1)).map(drop)),
        write("claim a completed run", |store| {
            store.claim(&key(1), Reclaim::Immediately).map(drop)
        }),
        write("claim a new run", |store| {
            store.claim(&key(40), Reclaim::Immediately).map(drop)
        }),
        write("claim_next", |store| {
            let options = ClaimOptions::<Run>::new(Reclaim::Immediately);
            store.claim_next(options).map(drop)
        }),
        write("work", |store| {
            let options = WorkOptions::<Run>::new(Reclaim::Immediately);
            let work = store.work(options, |_| Ok::<_, Error>(Annotating::new()));
            work.map(drop)
        }),
        write("delete", |store| store.delete(&key(1)).map(drop)),
        write("the raw connection", |store| {
            store.with_sqlite(|conn| conn.batch_execute("UPDATE runs SET host = 'late'"))
        }),
    ]
}

/// Every way in which a claim writes.
fn ends() -> Vec<(&'static str, fn(Claim<Run>) -> Result<(), Error>)> {
    vec![
        ("claim.heartbeat", |claim| claim.heartbeat().map(drop)),
        ("claim.annotate", |claim| {
            claim.annotate(Annotating::new().val_loss(0.5)).map(drop)
        }),
        ("claim.complete", |claim| {
            let completed = claim.complete(Annotating::new().val_loss(0.5));
            Ok(completed.map(drop)?)
        }),
        ("claim.fail", |claim| claim.fail("reason").map(drop)),
        ("claim.release", |claim| claim.release().map(drop)),
    ]
}

fn filled(path: &Path) -> Store {
    let store = Store::open(url(path)).unwrap();
    for (seed, status) in (0..).zip(["pending", "completed", "running"]) {
        let patch = Annotating::new().status(status);
        let outcome = store.register(&key(seed), &patch, OnDuplicate::Error);
        assert!(outcome.unwrap().was_inserted());
    }
    store
}

fn claims(store: &Store) -> Vec<Claim<Run>> {
    let claims = (50..).zip(ends()).map(|(seed, _)| {
        match store.claim(&key(seed), Reclaim::Immediately).unwrap() {
            ClaimOutcome::Claimed(claim) => claim,
            other => panic!("{other:?}"),
        }
    });
    claims.collect()
}

fn assert_lost(error: &Error, path: &Path, name: &str) {
    assert_eq!(error.kind(), ErrorKind::Io, "{name}: {error:?}");
    let message = error.to_string();
    assert!(message.contains(url(path)), "{name}: {message}");
    assert!(message.contains("open it anew"), "{name}: {message}");
}

/// Checks that no write is reported as done after this happened to the file, not even by clones or in other threads,
/// and that no new file is created in place of the old one.
fn nothing_is_done_after(happen: impl Fn(&Path)) {
    let (folder, path) = place();
    let store = filled(&path);
    let claims = claims(&store);
    happen(&path);
    let there = listing(folder.path());
    for (name, write) in writes() {
        let error = write(&store).expect_err(name);
        assert_lost(&error, &path, name);
    }
    for ((name, end), claim) in ends().into_iter().zip(claims) {
        let error = end(claim).expect_err(name);
        assert_lost(&error, &path, name);
        if ["claim.annotate", "claim.complete"].contains(&name) {
            let unwritten = error.unwritten::<Annotating>();
            assert_eq!(unwritten, Some(&Annotating::new().val_loss(0.5)), "{name}");
        }
    }
    // Each of the threads has a connection of its own, some of them a new one.
    std::thread::scope(|scope| {
        for seed in 60..64 {
            let store = store.clone();
            scope.spawn(move || {
                let patch = Annotating::new();
                let outcome = store.register(&key(seed), &patch, OnDuplicate::Error);
                assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Io);
            });
        }
    });
    assert_eq!(listing(folder.path()), there);
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

#[test]
fn a_deleted_file_takes_no_write() {
    nothing_is_done_after(|path| fs::remove_file(path).unwrap());
}

#[test]
fn a_file_that_is_deleted_with_its_log_takes_no_write() {
    nothing_is_done_after(|path| {
        for end in ["", "-wal", "-shm"] {
            fs::remove_file(beside(path, end)).unwrap();
        }
    });
}

#[test]
fn a_file_that_was_moved_away_takes_no_write() {
    nothing_is_done_after(|path| fs::rename(path, beside(path, ".old")).unwrap());
}

#[test]
fn a_file_that_was_replaced_by_its_copy_takes_no_write() {
    nothing_is_done_after(|path| {
        fs::copy(path, beside(path, ".copy")).unwrap();
        fs::rename(beside(path, ".copy"), path).unwrap();
    });
}

#[test]
fn a_file_of_which_nothing_is_left_takes_no_write() {
    nothing_is_done_after(|path| {
        fs::File::options()
            .write(true)
            .truncate(true)
            .open(path)
            .unwrap();
    });
}

#[test]
fn a_file_whose_folder_was_moved_takes_no_write() {
    let (folder, _) = place();
    let (there, elsewhere) = (folder.path().join("there"), folder.path().join("elsewhere"));
    fs::create_dir(&there).unwrap();
    let path = there.join("runs.db");
    let store = filled(&path);
    fs::rename(&there, &elsewhere).unwrap();
    let error = store.heartbeat(&key(1)).unwrap_err();
    assert_lost(&error, &path, "heartbeat");
    fs::rename(&elsewhere, &there).unwrap();
    store.heartbeat(&key(1)).unwrap();
}

#[test]
fn a_program_goes_on_when_its_file_is_moved_back() {
    let (_folder, path) = place();
    let store = filled(&path);
    let claims = claims(&store);
    fs::rename(&path, beside(&path, ".old")).unwrap();
    let error = store.heartbeat(&key(1)).unwrap_err();
    assert_lost(&error, &path, "heartbeat");
    assert!(error.to_string().contains("move the file back"), "{error}");
    fs::rename(beside(&path, ".old"), &path).unwrap();
    for (name, write) in writes() {
        write(&store).expect(name);
    }
    for ((name, end), claim) in ends().into_iter().zip(claims) {
        end(claim).expect(name);
    }
}

#[test]
fn a_link_that_points_elsewhere_now_is_another_file() {
    let (_folder, path) = place();
    let target = beside(&path, ".target");
    execute(&target, "CREATE TABLE others (a)");
    std::os::unix::fs::symlink(&target, &path).unwrap();
    let store = filled(&path);
    store.heartbeat(&key(1)).unwrap();
    fs::remove_file(&path).unwrap();
    execute(&path, "CREATE TABLE others (a)");
    let error = store.heartbeat(&key(1)).unwrap_err();
    assert_lost(&error, &path, "heartbeat");
}

/// The pages after the cut are not in the log, but this program has them in memory.
#[test]
fn a_file_that_was_cut_takes_no_write() {
    let (_folder, path) = place();
    let store = filled(&path);
    let pairs = (100..2_100).map(|seed| (key(seed), Annotating::new().host("early")));
    store.register_many(pairs, OnDuplicate::Error).unwrap();
    execute(&path, "PRAGMA wal_checkpoint(TRUNCATE)");
    store.heartbeat(&key(1)).unwrap();
    execute(&path, "PRAGMA wal_checkpoint(TRUNCATE)");
    let file = fs::File::options().write(true).open(&path).unwrap();
    let length = file.metadata().unwrap().len();
    file.set_len(length / 2).unwrap();
    let error = store.heartbeat(&key(1)).unwrap_err();
    assert_lost(&error, &path, "heartbeat");
    assert!(error.to_string().contains(&length.to_string()), "{error}");
}

#[test]
fn a_file_that_was_made_compact_is_the_same() {
    let (_folder, path) = place();
    let store = filled(&path);
    let pairs = (100..2_100).map(|seed| (key(seed), Annotating::new().host("early")));
    store.register_many(pairs, OnDuplicate::Error).unwrap();
    execute(&path, "PRAGMA wal_checkpoint(TRUNCATE)");
    store.heartbeat(&key(1)).unwrap();
    let length = fs::metadata(&path).unwrap().len();
    execute(
        &path,
        "DELETE FROM runs WHERE seed >= 100; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)",
    );
    assert!(fs::metadata(&path).unwrap().len() < length);
    for (name, write) in writes() {
        write(&store).expect(name);
    }
}

/// Writes that were reported as done before are in the database, whatever happens to the log.
#[test]
fn a_deleted_log_is_noticed_and_nothing_is_lost() {
    for end in ["-wal", "-shm"] {
        what_is_deleted_beside_the_file_is_noticed(end);
    }
}

fn what_is_deleted_beside_the_file_is_noticed(end: &str) {
    let (_folder, path) = place();
    let store = filled(&path);
    fs::remove_file(beside(&path, end)).unwrap();
    let mut done = 0;
    let error = loop {
        let patch = Annotating::new().host("late");
        match store.register(&key(100 + done), &patch, OnDuplicate::Error) {
            Ok(_) => done += 1,
            Err(error) => break Error::from(error),
        }
        assert!(done < 10_000, "nobody noticed");
    };
    assert_eq!(error.kind(), ErrorKind::Io, "{error:?}");
    let message = error.to_string();
    assert!(message.contains(url(&beside(&path, end))), "{message}");
    assert!(message.contains("is in the database now"), "{message}");
    assert!(message.contains("open it anew"), "{message}");
    // As after a crash, this program does not close its files.
    std::mem::forget(store);
    let copy = beside(&path, ".copy");
    fs::copy(&path, &copy).unwrap();
    let store = Store::open(url(&copy)).unwrap();
    for seed in (0..3).chain(100..100 + done) {
        assert!(store.find(&key(seed)).unwrap().is_some(), "{seed}");
    }
}

#[test]
fn a_replaced_log_is_noticed() {
    for end in ["-wal", "-shm"] {
        let (_folder, path) = place();
        let store = filled(&path);
        let log = beside(&path, end);
        fs::copy(&log, beside(&path, ".copy")).unwrap();
        fs::rename(beside(&path, ".copy"), &log).unwrap();
        let error = (0..10_000).find_map(|_| store.heartbeat(&key(1)).err());
        let error = error.unwrap();
        assert_eq!(error.kind(), ErrorKind::Io, "{error:?}");
        assert!(error.to_string().contains(url(&log)), "{error}");
        assert!(error.to_string().contains("wallow doctor"), "{error}");
    }
}

/// SQLite keeps a log beside each name, so two programs would not see each other.
#[test]
fn a_file_with_two_names_is_not_opened_for_writing() {
    let (_folder, path) = place();
    drop(filled(&path));
    let other = beside(&path, ".other");
    fs::hard_link(&path, &other).unwrap();
    for name in [&path, &other] {
        let error = Store::open(url(name)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io, "{error:?}");
        let message = error.to_string();
        assert!(message.contains("has 2 names (hard links)"), "{message}");
    }
    let reader = Store::options().read_only(true).open(url(&path)).unwrap();
    assert_eq!(reader.count().unwrap(), 3);
    drop(reader);
    // A backup of hard links that is made while programs work disturbs nobody.
    fs::remove_file(&other).unwrap();
    let store = Store::open(url(&path)).unwrap();
    fs::hard_link(&path, &other).unwrap();
    store.heartbeat(&key(1)).unwrap();
    drop(store);
    // As the message says.
    fs::copy(&path, beside(&path, ".new")).unwrap();
    fs::rename(beside(&path, ".new"), &path).unwrap();
    Store::open(url(&path)).unwrap().heartbeat(&key(2)).unwrap();
}

#[test]
fn whoever_leaves_write_ahead_logging_is_left_alone() {
    let (_folder, path) = place();
    let store = filled(&path);
    let leave = "PRAGMA journal_mode = DELETE";
    store.with_sqlite(|conn| conn.batch_execute(leave)).unwrap();
    assert!(!beside(&path, "-wal").exists());
    for _ in 0..3 {
        for seed in 0..3 {
            store.heartbeat(&key(seed)).unwrap();
        }
    }
}
