//! A worker that is cut off from the database for longer than the stale time.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use postgres_server::{Proxy, Server};
use wallow::{ClaimOptions, Reclaim};

use crate::crew::{Member, Part, answer, release};
use crate::journal;
use crate::sweep::{Annotating, Store, fields, key};

/// Others cannot know that it is alive, and take its run. It notices that as soon as it is back, and its result does
/// not overwrite theirs.
#[test]
fn a_worker_that_is_cut_off_loses_its_run_and_nothing_else() {
    let Some(server) = Server::shared() else {
        return;
    };
    let database = server.fresh();
    let store = Store::open(database.url()).unwrap();
    store.enqueue((0..2).map(key)).unwrap();
    let proxy = Proxy::to(server).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let hold = |url: &str, number: i64| {
        let mut member = Member::start(url, "hold", number, folder.path());
        assert_eq!(member.answer().as_deref(), Some("open"));
        let holds = format!("holds {number}");
        assert_eq!(member.answer(), Some(holds));
        member
    };
    let mut cut = hold(&proxy.url(database.name()), 0);
    let mut other = hold(&database.url(), 1);
    let mut watcher = Member::start(&database.url(), "hold", 2, folder.path());
    assert_eq!(watcher.answer().as_deref(), Some("open"));

    proxy.cut().unwrap();
    assert_eq!(watcher.answer().as_deref(), Some("holds 0"));
    proxy.heal().unwrap();
    // It holds its run until it notices that the claim is lost.
    let journal_of = |member: &Member| journal::executions(folder.path(), [member.id()]);
    while journal_of(&cut)[&0][0].end.is_none() {
        thread::sleep(Duration::from_millis(20));
    }
    release(folder.path());
    assert_eq!(cut.last_answer().as_deref(), Some("0 failed, 1 lost"));
    for member in [&mut other, &mut watcher] {
        assert_eq!(member.last_answer().as_deref(), Some("0 failed, 0 lost"));
    }
    let rows = store.filter(fields::status.eq("completed")).all().unwrap();
    let results = rows.iter().map(|row| row.host.clone());
    let expected = [(&watcher, 2), (&other, 1)];
    let expected = expected.map(|(member, attempt)| Some(format!("{} {attempt}", member.id())));
    assert!(results.eq(expected), "{rows:?}");
}

const BUSY: Duration = Duration::from_secs(2);
const STALE: Reclaim = Reclaim::WhenStale(Duration::from_secs(600));

/// Claims a run, reads while it is cut off, and ends the run when it is back.
pub(crate) fn be_cut_off(part: &Part) {
    let store = Store::options().busy_timeout(BUSY);
    let store = store.open(part.database()).unwrap();
    let claim = store.claim_next(ClaimOptions::new(STALE)).unwrap().unwrap();
    answer("holds");
    while !part.is_released() {
        thread::sleep(Duration::from_millis(10));
    }
    answer(match store.count() {
        Ok(_) => "it reads over a cut network",
        Err(_) => "an error",
    });
    while !part.is_dismissed() {
        thread::sleep(Duration::from_millis(10));
    }
    answer(match claim.complete(Annotating::new().host("cut off")) {
        Ok(_) => "done".to_owned(),
        Err(error) => error.to_string(),
    });
}

/// A call over a dead connection ends by itself, although nothing reports that the connection is dead. The claim goes
/// on when the network is back.
#[test]
fn a_worker_that_is_cut_off_does_not_hang() {
    let Some(server) = Server::shared() else {
        return;
    };
    let database = server.fresh();
    let store = Store::open(database.url()).unwrap();
    store.enqueue([key(0)]).unwrap();
    let proxy = Proxy::to(server).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut cut = Member::start(&proxy.url(database.name()), "be cut off", 0, folder.path());
    assert_eq!(cut.answer().as_deref(), Some("holds"));
    proxy.cut().unwrap();
    release(folder.path());
    let (done, wait) = channel::<()>();
    let network = &proxy;
    thread::scope(|scope| {
        // Long after the busy timeout, the network is repaired in any case, so that the test ends.
        let healed = scope.spawn(move || {
            let hangs = wait.recv_timeout(BUSY * 15) == Err(RecvTimeoutError::Timeout);
            network.heal().unwrap();
            hangs
        });
        assert_eq!(cut.answer().as_deref(), Some("an error"));
        drop(done);
        assert!(
            !healed.join().unwrap(),
            "it hangs until the network is back"
        );
    });
    std::fs::write(folder.path().join("dismissed"), "").unwrap();
    assert_eq!(cut.last_answer().as_deref(), Some("done"));
    let row = store.find(&key(0)).unwrap().unwrap();
    assert_eq!(row.host.as_deref(), Some("cut off"));
}
