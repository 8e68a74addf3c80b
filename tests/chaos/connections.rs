//! Two hundred workers at a server that accepts fifty connections.

use std::time::Duration;

use postgres_server::Server;

use crate::crew::Member;
use crate::journal;
use crate::sweep::{Store, key};
use crate::worker::{Run, Worker};

const RUNS: i64 = 1200;
const PROCESSES: i64 = 8;

/// The worker of each process. Its pool would open eight connections if the server allowed it.
pub(crate) const WORKER: Worker = Worker {
    threads: 25,
    ..Worker::new(Duration::from_secs(6), Run::For(Duration::from_millis(50)))
};

#[test]
fn two_hundred_workers_share_fifty_connections() {
    if Server::shared().is_none() {
        return;
    }
    let server = Server::options()
        .set("max_connections", "50")
        .start()
        .unwrap();
    server.psql("postgres", "CREATE DATABASE runs").unwrap();
    let url = server.url("runs");
    let store = Store::open(&url).unwrap();
    store.enqueue((0..RUNS).map(key)).unwrap();
    drop(store);
    let folder = tempfile::tempdir().unwrap();
    let start = |number| Member::start(&url, "be many", number, folder.path());
    let mut crew = (0..PROCESSES).map(start).collect::<Vec<_>>();
    for member in &mut crew {
        assert_eq!(member.last_answer().as_deref(), Some("0 failed, 0 lost"));
    }
    let store = Store::open(&url).unwrap();
    journal::judge(&store, folder.path(), &crew, RUNS);
}
