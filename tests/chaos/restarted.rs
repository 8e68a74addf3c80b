//! A server that goes away in the middle of the work, and comes back.

use std::thread;
use std::time::{Duration, Instant};

use postgres_server::Server;
use wallow::OnDuplicate;

use crate::crew::Member;
use crate::journal;
use crate::sweep::{Annotating, Store, fields, key};
use crate::worker::{Run, Worker};

const RUNS: i64 = 240;
const WORKERS: i64 = 4;
const RUN: Duration = Duration::from_millis(100);
/// Shorter than the server is away, because silence counts only while the server runs.
const STALE: Duration = Duration::from_secs(3);
const AWAY: Duration = Duration::from_secs(4);

/// The worker of each process.
pub(crate) const WORKER: Worker = Worker::new(STALE, Run::For(RUN));

#[test]
fn workers_wait_for_a_server_that_is_away() {
    if Server::shared().is_none() {
        return;
    }
    let server = Server::start().unwrap();
    server.psql("postgres", "CREATE DATABASE runs").unwrap();
    let url = server.url("runs");
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&url).unwrap();
    store.enqueue((0..RUNS).map(key)).unwrap();
    let start = |number| Member::start(&url, "work on", number, folder.path());
    let mut crew = (0..WORKERS).map(start).collect::<Vec<_>>();
    for share in [4, 2] {
        let enough = u64::try_from(RUNS).unwrap() / share;
        while store
            .filter(fields::status.eq("completed"))
            .count()
            .unwrap()
            < enough
        {
            thread::sleep(Duration::from_millis(20));
        }
        server.stop().unwrap();
        thread::sleep(AWAY);
        server.begin().unwrap();
    }
    for member in &mut crew {
        assert_eq!(member.last_answer().as_deref(), Some("0 failed, 0 lost"));
    }
    journal::judge(&store, folder.path(), &crew, RUNS);
}

/// Reads are repeated by themselves. A write that may have been done is an error, and is safe to repeat.
#[test]
fn a_store_outlives_its_server() {
    if Server::shared().is_none() {
        return;
    }
    let server = Server::start().unwrap();
    server.psql("postgres", "CREATE DATABASE runs").unwrap();
    let store = Store::open(server.url("runs")).unwrap();
    let register = |seed| {
        let patch = Annotating::new().host("here");
        let outcome = store.register(&key(seed), &patch, OnDuplicate::Overwrite);
        outcome.map_err(wallow::Error::from)
    };
    assert!(register(0).unwrap().was_inserted());
    server.stop().unwrap();
    server.begin().unwrap();
    assert!(store.find(&key(0)).unwrap().is_some());
    assert!(register(1).unwrap().was_inserted());
    let impatient = Store::options().busy_timeout(Duration::from_millis(300));
    let impatient = impatient.open(server.url("runs")).unwrap();
    server.stop().unwrap();
    let began = Instant::now();
    let error = impatient.find(&key(0)).unwrap_err();
    assert_eq!(error.kind(), wallow::ErrorKind::Database, "{error}");
    assert!(began.elapsed() < Duration::from_secs(10));
    let error = register(2).unwrap_err();
    assert_eq!(error.kind(), wallow::ErrorKind::Database, "{error}");
    server.begin().unwrap();
    assert!(register(2).unwrap().run().is_some());
    assert_eq!(store.count().unwrap(), 3);
}
