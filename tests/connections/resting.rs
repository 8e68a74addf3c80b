//! How many connections a process has: two, whatever the number of its threads, as soon as it rests or its runs take
//! their time.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use postgres_server::{Fresh, Server};
use wallow::{Reclaim, WorkOptions};

use crate::sweep::{Annotating, Store, key};
use crate::without_hanging;

const THREADS: u32 = 64;
const RUNS: u32 = 2 * THREADS;

/// The connections to a database, without the one that asks.
fn connections(database: &Fresh) -> usize {
    let sql = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND pid <> pg_backend_pid()",
        database.name()
    );
    let count = database.server().psql("postgres", &sql).unwrap();
    count.trim().parse().unwrap()
}

fn wait_for_two(database: &Fresh) {
    while connections(database) > 2 {
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn sixty_four_threads_need_two_connections_while_their_runs_take_time_and_afterwards() {
    let Some(server) = Server::shared() else {
        return;
    };
    let database = server.fresh();
    without_hanging(move || {
        let store = Store::open(database.url()).unwrap();
        store.enqueue((0..i64::from(RUNS)).map(key)).unwrap();
        let (at_work, may_end) = (AtomicU32::new(0), AtomicBool::new(false));
        let counts = thread::scope(|scope| {
            let worker = scope.spawn(|| {
                let reclaim = Reclaim::WhenStale(Duration::from_secs(600));
                let options = WorkOptions::new(reclaim).threads(usize::try_from(THREADS).unwrap());
                store.work(options, |_| {
                    at_work.fetch_add(1, Ordering::Relaxed);
                    while !may_end.load(Ordering::Relaxed) {
                        thread::sleep(Duration::from_millis(10));
                    }
                    Ok::<_, wallow::Error>(Annotating::new().val_loss(0.5))
                })
            });
            while at_work.load(Ordering::Relaxed) < THREADS {
                thread::sleep(Duration::from_millis(10));
            }
            // The pool has eight at most, and the heartbeats one.
            let most = connections(&database);
            assert!(most <= 9, "{most}");
            wait_for_two(&database);
            may_end.store(true, Ordering::Relaxed);
            worker.join().unwrap().unwrap()
        });
        assert_eq!(counts.completed, u64::from(RUNS));
        wait_for_two(&database);
        assert_eq!(store.count().unwrap(), u64::from(RUNS));
    });
}
