//! Heartbeats go on whatever else happens in the database or the program.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use chrono::{DateTime, Utc};
use wallow::{ClaimOptions, Reclaim};

use super::place::Stores as _;
use super::registry::{Run, Store};
use super::{claimed, key};
use test_support::{Place, on_shared_databases};

on_shared_databases! {
    lent_connections_silence_no_claim,
    many_claims_send_heartbeats_together,
}

/// Heartbeats are a quarter of a second apart.
const STALE: Reclaim = Reclaim::WhenStale(Duration::from_secs(1));

fn heartbeat(store: &Store, seed: i64) -> DateTime<Utc> {
    store.find(&key(seed)).unwrap().unwrap().updated_at
}

/// Waits until a claim has sent this many heartbeats.
fn wait_for_heartbeats(store: &Store, seed: i64, times: usize) {
    for _ in 0..times {
        let last = heartbeat(store, seed);
        while heartbeat(store, seed) == last {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

fn lent_connections_silence_no_claim(place: &Place) {
    let connections = match place {
        // A pooler has four connections to its server, and a lent one occupies one of them.
        #[cfg(feature = "postgres")]
        Place::Pooled(..) => 2,
        _ => 8,
    };
    let store = Store::options()
        .pool_size(connections)
        .open(place.url())
        .unwrap();
    let observer = place.open();
    let claim = claimed(store.claim(&key(0), STALE).unwrap());
    let (all_lent, seen) = (Barrier::new(connections + 1), Barrier::new(connections + 1));
    thread::scope(|scope| {
        for _ in 0..connections {
            scope.spawn(|| {
                place.lend(&store, || {
                    all_lent.wait();
                    seen.wait();
                });
            });
        }
        all_lent.wait();
        wait_for_heartbeats(&observer, 0, 3);
        seen.wait();
    });
    assert!(!claim.is_lost());
}

fn many_claims_send_heartbeats_together(place: &Place) {
    const CLAIMS: i64 = 700;
    let store = place.open();
    store.enqueue((0..CLAIMS).map(key)).unwrap();
    let next = |_| store.claim_next(ClaimOptions::new(STALE)).unwrap().unwrap();
    let claims = (0..CLAIMS).map(next).collect::<Vec<_>>();
    for seed in [0, CLAIMS / 2, CLAIMS - 1] {
        wait_for_heartbeats(&store, seed, 3);
    }
    assert!(claims.iter().all(|claim| !claim.is_lost()));
    let other = place.open();
    let stale = other.claim_next(ClaimOptions::<Run>::new(STALE)).unwrap();
    assert!(stale.is_none());
}

#[cfg(feature = "postgres")]
mod on_postgres {
    use postgres_server::{Proxy, Server};
    use wallow::diesel::PgConnection;
    use wallow::diesel::connection::{Connection as _, SimpleConnection as _};

    use super::*;
    use crate::registry::Annotating;

    fn transaction(url: &str, sql: &str) -> PgConnection {
        let mut other = PgConnection::establish(url).unwrap();
        other.batch_execute("BEGIN").unwrap();
        other.batch_execute(sql).unwrap();
        other
    }

    #[test]
    fn a_locked_row_silences_no_other_claim_and_loses_none() {
        let Some(server) = Server::shared() else {
            return;
        };
        let place = Place::Postgres(server.fresh());
        let store = place.open();
        let claims = [0, 1].map(|seed| claimed(store.claim(&key(seed), STALE).unwrap()));
        wait_for_heartbeats(&store, 1, 1);
        let id = claims[1].run().id;
        let lock = format!("SELECT 1 FROM runs WHERE id = {id} FOR UPDATE");
        let mut other = transaction(&place.url(), &lock);
        let held = heartbeat(&store, 1);
        wait_for_heartbeats(&store, 0, 4);
        assert_eq!(heartbeat(&store, 1), held);
        assert!(claims.iter().all(|claim| !claim.is_lost()));
        other.batch_execute("ROLLBACK").unwrap();
        wait_for_heartbeats(&store, 1, 2);
        let [first, second] = claims;
        first.complete(Annotating::new()).unwrap();
        second.complete(Annotating::new()).unwrap();
    }

    /// The lock of a row that refers to a run by a foreign key does not conflict with a heartbeat.
    #[test]
    fn a_reference_keeps_no_run_from_beating_or_being_claimed() {
        let Some(server) = Server::shared() else {
            return;
        };
        let place = Place::Postgres(server.fresh());
        let store = place.open();
        store.enqueue([key(0)]).unwrap();
        let create = "CREATE TABLE notes (run BIGINT REFERENCES runs (id))";
        store
            .with_postgres(|conn| conn.batch_execute(create))
            .unwrap();
        let note = "INSERT INTO notes SELECT id FROM runs";
        let mut other = transaction(&place.url(), note);
        let claim = store.claim_next(ClaimOptions::new(STALE)).unwrap().unwrap();
        wait_for_heartbeats(&store, 0, 2);
        assert!(!claim.is_lost());
        other.batch_execute("ROLLBACK").unwrap();
    }

    /// With round trips of 50 ms, a statement for each of these claims would take fifteen seconds.
    #[test]
    fn a_slow_network_silences_none_of_many_claims() {
        const CLAIMS: i64 = 300;
        let Some(server) = Server::shared() else {
            return;
        };
        let fresh = server.fresh();
        let proxy = Proxy::to(server).unwrap();
        let store = Store::open(proxy.url(fresh.name())).unwrap();
        store.enqueue((0..CLAIMS).map(key)).unwrap();
        let next = |_| store.claim_next(ClaimOptions::new(STALE)).unwrap().unwrap();
        let claims = (0..CLAIMS).map(next).collect::<Vec<_>>();
        let (there, back) = (Duration::from_millis(25), Duration::from_millis(25));
        proxy.delay(there, back);
        let observer = Store::open(fresh.url()).unwrap();
        wait_for_heartbeats(&observer, 0, 2);
        let before = proxy.counts().requests;
        let rounds = 6;
        for _ in 0..rounds {
            for seed in [0, CLAIMS / 2, CLAIMS - 1] {
                wait_for_heartbeats(&observer, seed, 1);
            }
        }
        let requests = proxy.counts().requests - before;
        // At most a few requests for each round of heartbeats.
        assert!(requests <= 3 * rounds * 4, "{requests} requests");
        assert!(claims.iter().all(|claim| !claim.is_lost()));
    }
}
