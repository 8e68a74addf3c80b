//! How often an operation on a single run waits for the server: once, or as often as the test says.

#![expect(
    clippy::type_complexity,
    reason = "a list of operations with their names"
)]

use std::cell::RefCell;

use postgres_server::{Proxy, Server};
use wallow::{ClaimOptions, OnDuplicate, Reclaim};

use crate::sweep::{Annotating, Store, key};

#[test]
fn single_operations_take_as_few_round_trips_as_they_can() {
    let Some(server) = Server::shared() else {
        return;
    };
    let database = server.fresh();
    let proxy = Proxy::to(server).unwrap();
    let store = Store::open(proxy.url(database.name())).unwrap();
    let patch = || Annotating::new().val_loss(0.5);
    let described = Annotating::new().status("pending").host("here");
    let register = |seed, policy| store.register(&key(seed), &described, policy).map(drop);
    let claim = |seed| match store.claim(&key(seed), Reclaim::Immediately).unwrap() {
        wallow::ClaimOutcome::Claimed(claim) => claim,
        _ => panic!("nobody else has it"),
    };
    let held = RefCell::new(None);
    let mut operations: [(&str, u64, &mut dyn FnMut(i64)); 8] = [
        ("insert", 2, &mut |seed| {
            register(seed, OnDuplicate::Error).unwrap();
        }),
        ("find", 1, &mut |seed| drop(store.find(&key(seed)).unwrap())),
        ("skip", 1, &mut |seed| {
            register(seed, OnDuplicate::Skip).unwrap();
        }),
        ("overwrite", 1, &mut |seed| {
            register(seed, OnDuplicate::Overwrite).unwrap();
        }),
        ("heartbeat", 1, &mut |seed| {
            assert!(store.heartbeat(&key(seed)).is_ok());
        }),
        ("claim", 1, &mut |seed| {
            *held.borrow_mut() = Some(claim(seed));
        }),
        ("complete", 1, &mut |_| {
            drop(held.take().unwrap().complete(patch()).unwrap());
        }),
        ("delete", 1, &mut |seed| {
            drop(store.delete(&key(seed)).unwrap());
        }),
    ];
    // The fewest requests of several rounds count: in the first round, statements are prepared, and on a busy machine a
    // connection may have been idle for so long that it is asked for a sign of life.
    let mut fewest = operations.iter().map(|_| u64::MAX).collect::<Vec<_>>();
    for seed in 0..6 {
        for ((_, _, operation), fewest) in operations.iter_mut().zip(&mut fewest) {
            let before = proxy.counts().requests;
            operation(seed);
            *fewest = (*fewest).min(proxy.counts().requests - before);
        }
    }
    for ((name, expected, _), fewest) in operations.iter().zip(fewest) {
        assert_eq!(fewest, *expected, "{name}");
    }
    assert_eq!(proxy.counts().connections, 1);
}

/// A worker that found no run looks from time to time: with one statement, whatever it may claim, also through a pooler.
#[test]
fn a_worker_without_a_run_asks_once() {
    for pooler in ["none", "transaction"] {
        asks_once(pooler);
    }
}

fn asks_once(pooler: &str) {
    let Some(server) = Server::shared() else {
        return;
    };
    let database = server.fresh();
    let proxy = Proxy::to(server).unwrap();
    let url = format!("{}?pooler={pooler}", proxy.url(database.name()));
    let store = Store::open(url).unwrap();
    store.enqueue([key(0)]).unwrap();
    let stale = Reclaim::WhenStale(std::time::Duration::from_secs(600));
    let outcome = store.claim(&key(0), stale).unwrap();
    let held = match outcome {
        wallow::ClaimOutcome::Claimed(held) => Some(held),
        _ => None,
    };
    let held = held.unwrap();
    let options = || ClaimOptions::new(stale).max_attempts(3);
    let mut fewest = u64::MAX;
    for _ in 0..5 {
        let before = proxy.counts().requests;
        assert!(store.claim_next(options()).unwrap().is_none());
        fewest = fewest.min(proxy.counts().requests - before);
    }
    assert_eq!(fewest, 1, "{pooler}");
    // What comes is found.
    store.enqueue([key(1)]).unwrap();
    let claim = store.claim_next(options()).unwrap().unwrap();
    assert_eq!(claim.run().seed, 1);
    claim.complete(Annotating::new()).unwrap();
    held.fail("no good").unwrap();
    assert_eq!(store.claim_next(options()).unwrap().unwrap().attempt(), 2);
}
