//! A slow network that loses replies after the server has executed the request.

use std::time::Duration;

use postgres_server::{Proxy, Server};

use crate::crew::Member;
use crate::journal;
use crate::sweep::{Store, key};
use crate::worker::{Run, Worker};

const RUNS: i64 = 200;
const WORKERS: i64 = 4;
/// One reply of this many is lost.
const ONE_IN: u64 = 10;

/// The worker of each process. A claim whose reply was lost does not count as an attempt.
pub(crate) const WORKER: Worker = Worker {
    max_attempts: Some(1),
    ..Worker::new(Duration::from_secs(2), Run::For(Duration::from_millis(20)))
};

#[test]
fn lost_replies_cost_no_run_and_no_result() {
    let Some(server) = Server::shared() else {
        return;
    };
    let database = server.fresh();
    let store = Store::open(database.url()).unwrap();
    store.enqueue((0..RUNS).map(key)).unwrap();
    let proxy = Proxy::to(server).unwrap();
    proxy.delay(Duration::from_millis(2), Duration::from_millis(2));
    let url = proxy.url(database.name());
    let folder = tempfile::tempdir().unwrap();
    let start = |number| Member::start(&url, "lose replies", number, folder.path());
    let mut crew = (0..WORKERS).map(start).collect::<Vec<_>>();
    for member in &mut crew {
        assert_eq!(member.answer().as_deref(), Some("open"));
    }
    proxy.lose_one_in(ONE_IN, 7);
    for member in &mut crew {
        assert_eq!(member.last_answer().as_deref(), Some("0 failed, 0 lost"));
    }
    let lost = proxy.counts().lost;
    assert!(lost > 20, "{lost} replies lost");
    journal::judge(&store, folder.path(), &crew, RUNS);
}
