//! A server with few connections: a thread takes whatever becomes free first.

use std::thread;

use postgres_server::Server;
use wallow::diesel::{Connection as _, PgConnection};
use wallow::{OnDuplicate, Reclaim};

use crate::sweep::{Annotating, Run, Store, key};
use crate::without_hanging;

/// A server that accepts this many connections, with an empty database `runs`.
fn server(connections: &str) -> Option<Server> {
    Server::shared()?;
    let server = Server::options()
        .set("max_connections", connections)
        .set("superuser_reserved_connections", "0")
        .set("max_wal_senders", "0")
        .start()
        .unwrap();
    server.psql("postgres", "CREATE DATABASE runs").unwrap();
    Some(server)
}

/// Takes connections until the server refuses one.
fn take_all(server: &Server) -> Vec<PgConnection> {
    let url = server.url("runs");
    std::iter::from_fn(|| PgConnection::establish(&url).ok()).collect()
}

#[test]
fn forty_workers_share_a_few_connections() {
    let Some(server) = server("6") else {
        return;
    };
    let store: wallow::Store<Run> = Store::options()
        .pool_size(40)
        .open(server.url("runs"))
        .unwrap();
    thread::scope(|scope| {
        for worker in 0..40 {
            let store = &store;
            scope.spawn(move || {
                for seed in (worker * 5..).take(5) {
                    let wallow::ClaimOutcome::Claimed(claim) =
                        store.claim(&key(seed), Reclaim::Immediately).unwrap()
                    else {
                        panic!("nobody else has it");
                    };
                    claim.complete(Annotating::new().val_loss(0.5)).unwrap();
                }
            });
        }
    });
    assert_eq!(store.count().unwrap(), 200);
}

/// The server accepts no further connection, so the threads take turns with the one that the store has.
#[test]
fn a_connection_that_comes_back_is_taken_while_the_server_refuses_others() {
    let Some(server) = server("5") else {
        return;
    };
    let url = server.url("runs");
    without_hanging(move || {
        let store: wallow::Store<Run> = Store::options()
            .busy_timeout(std::time::Duration::from_secs(3_600))
            .open(&url)
            .unwrap();
        let others = take_all(&server);
        assert!(!others.is_empty());
        thread::scope(|scope| {
            for worker in 0..8 {
                let store = &store;
                scope.spawn(move || {
                    for seed in (worker * 20..).take(20) {
                        let patch = Annotating::new();
                        let added = store.register(&key(seed), &patch, OnDuplicate::Error);
                        assert!(added.unwrap().was_inserted());
                    }
                });
            }
        });
        assert_eq!(store.count().unwrap(), 160);
    });
}

#[test]
fn a_store_that_opens_waits_for_room() {
    let Some(server) = server("5") else {
        return;
    };
    let url = server.url("runs");
    let others = take_all(&server);
    let options = || Store::options().busy_timeout(std::time::Duration::from_millis(50));
    let error = options()
        .open(&url)
        .map(|_: wallow::Store<Run>| ())
        .unwrap_err();
    assert!(error.is_busy(), "{error}");
    assert!(
        error.to_string().contains("takes no more connections now"),
        "{error}"
    );
    thread::scope(|scope| {
        let opened = scope.spawn(|| Store::open(&url));
        drop(others);
        opened.join().unwrap().unwrap();
    });
}

#[test]
fn a_server_that_is_not_there_is_an_error_at_once() {
    without_hanging(|| {
        let options = Store::options().busy_timeout(std::time::Duration::from_secs(3_600));
        let opened = options.open("postgres://127.0.0.1:1/runs");
        let error = opened.map(|_: wallow::Store<Run>| ()).unwrap_err();
        assert!(
            error.to_string().contains("check that the server runs"),
            "{error}"
        );
    });
}
