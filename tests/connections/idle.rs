//! Connections that end while they are idle or during a statement: work that was not sent or not committed is done
//! again, and work that may have been done is an error.

use std::thread;
use std::time::Duration;

use postgres_server::{Fresh, Proxy, Server};
use wallow::{ErrorKind, OnDuplicate};

use crate::sweep::{Annotating, Run, Store, key};

/// Waits until the server has no connection to the database except the one that asks.
fn wait_for_the_end(database: &Fresh) {
    let others = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND pid <> pg_backend_pid()",
        database.name()
    );
    while database.server().psql("postgres", &others).unwrap().trim() != "0" {
        thread::sleep(Duration::from_millis(10));
    }
}

/// Opens a few connections, which are idle afterwards.
fn open_some(store: &Store) {
    store
        .with_postgres(|_| {
            let nested = store.with_postgres(|_| {
                let nested = store.with_postgres(|_| Ok(()));
                nested.unwrap();
                Ok(())
            });
            nested.unwrap();
            Ok(())
        })
        .unwrap();
}

/// A write that is not repeated by itself, because nobody can know whether it was done.
fn delete(store: &Store, seed: i64) -> Result<Option<Run>, wallow::Error> {
    store.delete(&key(seed))
}

#[test]
fn a_write_begins_anew_if_its_connection_was_closed_while_idle() {
    let Some(server) = Server::shared() else {
        return;
    };
    let database = server.fresh();
    let store = Store::open(database.url()).unwrap();
    store.enqueue((0..5).map(key)).unwrap();
    for seed in 0..5 {
        open_some(&store);
        let end = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'",
            database.name()
        );
        server.psql("postgres", &end).unwrap();
        wait_for_the_end(&database);
        assert_eq!(delete(&store, seed).unwrap().unwrap().seed, seed);
    }
}

/// A connection that was in use a moment ago gets only a short look, and this one closes instead of answering.
#[test]
fn a_write_begins_anew_if_the_server_says_that_it_did_nothing() {
    let Some(server) = Server::shared() else {
        return;
    };
    let database = server.fresh();
    let store = Store::open(database.url()).unwrap();
    store.enqueue((0..20).map(key)).unwrap();
    let end = format!(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{}'",
        database.name()
    );
    for seed in 0..20 {
        store.find(&key(seed)).unwrap();
        server.psql("postgres", &end).unwrap();
        assert!(delete(&store, seed).unwrap().is_some());
    }
}

#[test]
fn a_session_may_time_out() {
    let Some(server) = Server::shared() else {
        return;
    };
    let database = server.fresh();
    let limit = format!(
        "ALTER DATABASE {} SET idle_session_timeout = '50ms'",
        database.name()
    );
    server.psql("postgres", &limit).unwrap();
    let store = Store::open(database.url()).unwrap();
    store.enqueue((0..3).map(key)).unwrap();
    for seed in 0..3 {
        wait_for_the_end(&database);
        // The server process ends some time after the session.
        thread::sleep(Duration::from_secs(1));
        assert!(delete(&store, seed).unwrap().is_some());
    }
}

#[test]
fn a_server_may_be_restarted() {
    if Server::shared().is_none() {
        return;
    }
    let server = Server::start().unwrap();
    server.psql("postgres", "CREATE DATABASE runs").unwrap();
    let store = Store::open(server.url("runs")).unwrap();
    store.enqueue((0..3).map(key)).unwrap();
    for seed in 0..3 {
        server.stop().unwrap();
        server.begin().unwrap();
        assert!(delete(&store, seed).unwrap().is_some());
    }
}

/// The proxy loses the answer to a statement in a transaction. The server rolls it back, so it is done again.
#[test]
fn a_transaction_that_was_not_committed_is_done_again() {
    let Some(server) = Server::shared() else {
        return;
    };
    let database = server.fresh();
    let proxy = Proxy::to(server).unwrap();
    let store = Store::open(proxy.url(database.name())).unwrap();
    store.enqueue([key(0)]).unwrap();
    // With a key that occurs twice, runs are registered one by one, in one transaction.
    let twice = [1, 2, 1].map(|seed| (key(seed), Annotating::new()));
    proxy.lose_reply_to("INSERT");
    let counts = store
        .register_many(twice.clone(), OnDuplicate::Skip)
        .unwrap();
    assert_eq!(proxy.counts().lost, 1);
    assert_eq!((counts.inserted, counts.skipped), (2, 1));
    assert_eq!(store.count().unwrap(), 3);
}

#[test]
fn what_may_have_been_done_is_reported_and_not_repeated() {
    let Some(server) = Server::shared() else {
        return;
    };
    let database = server.fresh();
    let proxy = Proxy::to(server).unwrap();
    let store = Store::open(proxy.url(database.name())).unwrap();
    store.enqueue((0..20).map(key)).unwrap();
    // A prepared statement is sent without its text. On a busy machine the connection may have been idle for so long
    // that the lost answer is that of a sign of life. Then the write is done, and the test tries another one.
    let lost = (0..10).find_map(|round| {
        delete(&store, 2 * round).unwrap().unwrap();
        proxy.lose_reply(1);
        let seed = 2 * round + 1;
        delete(&store, seed).err().map(|error| (seed, error))
    });
    let (seed, error) = lost.unwrap();
    assert_eq!(error.kind(), ErrorKind::Database);
    assert!(error.to_string().contains("is not known"), "{error}");
    assert!(store.find(&key(seed)).unwrap().is_none(), "it was done");
    proxy.lose_reply_to("COMMIT");
    let twice = [40, 40].map(|seed| (key(seed), Annotating::new()));
    let error = store.register_many(twice, OnDuplicate::Skip).unwrap_err();
    assert!(error.to_string().contains("is not known"), "{error}");
    assert!(store.find(&key(40)).unwrap().is_some(), "it was done");
}

/// Two answers to one read are lost. A read can always be repeated.
#[test]
fn a_read_is_done_again() {
    let Some(server) = Server::shared() else {
        return;
    };
    let database = server.fresh();
    let proxy = Proxy::to(server).unwrap();
    let store = Store::open(proxy.url(database.name())).unwrap();
    store.enqueue([key(0)]).unwrap();
    proxy.lose_reply(1);
    assert!(store.find(&key(0)).unwrap().is_some());
    let hasty = Store::options().busy_timeout(Duration::ZERO);
    let hasty: Store = hasty.open(proxy.url(database.name())).unwrap();
    proxy.lose_reply(1);
    let error = hasty.find(&key(0)).unwrap_err();
    assert!(error.to_string().contains("nothing was changed"), "{error}");
}
