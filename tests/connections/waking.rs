//! Workers that wait for runs, and the notification that ends the wait.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use postgres_server::{PgBouncer, Server};
use wallow::diesel::connection::SimpleConnection as _;
use wallow::diesel::{Connection as _, PgConnection};
use wallow::{ClaimOptions, Reclaim, WorkOptions};

use crate::sweep::{Annotating, Store, fields, key};
use crate::without_hanging;

const STALE: Reclaim = Reclaim::WhenStale(Duration::from_secs(600));

/// How many notifications came. Those that were sent before have arrived when a later statement is answered.
fn notified(listener: &mut PgConnection) -> usize {
    listener.batch_execute("SELECT 1").unwrap();
    listener.notifications_iter().map(Result::unwrap).count()
}

#[test]
fn what_makes_runs_pending_notifies_those_who_wait() {
    let Some(server) = Server::shared() else {
        return;
    };
    let database = server.fresh();
    let mut listener = PgConnection::establish(&database.url()).unwrap();
    listener.batch_execute("LISTEN wallow_queue").unwrap();
    let store = Store::open(database.url()).unwrap();
    assert_eq!(notified(&mut listener), 0);
    store.enqueue([key(0), key(1)]).unwrap();
    assert_eq!(notified(&mut listener), 1);
    store.enqueue([key(0), key(1)]).unwrap();
    assert_eq!(notified(&mut listener), 0, "nothing was added");
    let next = || store.claim_next(ClaimOptions::new(STALE)).unwrap().unwrap();
    next().release().unwrap();
    assert_eq!(notified(&mut listener), 1);
    next().complete(Annotating::new()).unwrap();
    assert_eq!(notified(&mut listener), 0);
    let held = next();
    assert_eq!(store.release_claims().unwrap(), 1);
    drop(held);
    assert_eq!(notified(&mut listener), 1);
}

/// Through a pooler a program neither listens nor notifies, because a session is not its own.
#[test]
fn nobody_is_notified_through_a_pooler() {
    let Some((pooler, server)) = PgBouncer::shared() else {
        return;
    };
    let database = server.fresh();
    let mut listener = PgConnection::establish(&database.url()).unwrap();
    listener.batch_execute("LISTEN wallow_queue").unwrap();
    let store = Store::open(pooler.url(database.name())).unwrap();
    store.enqueue([key(0)]).unwrap();
    assert_eq!(notified(&mut listener), 0);
}

/// Eight threads wait for the only run, which another program holds. What is added meanwhile they run, and they end when
/// the other one has ended.
#[test]
fn workers_that_wait_find_what_is_added() {
    let Some(server) = Server::shared() else {
        return;
    };
    let database = server.fresh();
    without_hanging(move || {
        let other = Store::open(database.url()).unwrap();
        other.enqueue([key(0)]).unwrap();
        let held = other.claim_next(ClaimOptions::new(STALE)).unwrap().unwrap();
        let store = Store::open(database.url()).unwrap();
        let added = AtomicBool::new(false);
        let counts = thread::scope(|scope| {
            let worker = scope.spawn(|| {
                let options = WorkOptions::new(STALE).threads(8).wait_for_others(true);
                store.work(options, |_| {
                    Ok::<_, wallow::Error>(Annotating::new().val_loss(0.5))
                })
            });
            for round in 1..4_u32 {
                // Longer pauses each time, in which the workers listen.
                thread::sleep(Duration::from_secs(round.into()));
                other.enqueue([key(round.into())]).unwrap();
                let completed = fields::status.eq("completed");
                while other.filter(completed.clone()).count().unwrap() < u64::from(round) {
                    thread::sleep(Duration::from_millis(10));
                }
            }
            added.store(true, Ordering::Relaxed);
            held.complete(Annotating::new()).unwrap();
            worker.join().unwrap().unwrap()
        });
        assert!(added.load(Ordering::Relaxed));
        assert_eq!(counts.completed, 3);
    });
}
