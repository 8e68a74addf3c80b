//! The raw diesel connection is lent, and comes back clean.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use test_support::{Place, on_sqlite};
use wallow::diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use wallow::diesel::prelude::*;
use wallow::diesel::result::Error as DieselError;
use wallow::{ErrorKind, OnDuplicate, Store};

use crate::schemas::sweep::{Annotating, Run, key, on, runs};

on_sqlite! {
    a_query_of_ones_own_reads_runs,
    an_error_of_a_query_is_an_error_of_wallow,
    a_transaction_left_open_is_rolled_back,
    a_transaction_left_open_in_diesel_is_rolled_back,
    a_panic_leaves_nothing_open,
    a_panic_in_a_transaction_leaves_nothing_open,
}

/// A store with one connection, which every call therefore has to share, and one run.
fn narrow(db: &Place) -> Store<Run> {
    let options = Store::options()
        .pool_size(1)
        .busy_timeout(Duration::from_millis(50));
    let store = options.open(db.url()).unwrap();
    let _ = store
        .register(&key(0), &on("first"), OnDuplicate::Error)
        .unwrap();
    store
}

/// Checks that no transaction is open: the run is unchanged, and another connection can write at once.
fn assert_clean(store: &Store<Run>) {
    let run = store.find(&key(0)).unwrap().unwrap();
    assert_eq!(run.host.as_deref(), Some("first"));
    store
        .with_sqlite(|conn| conn.batch_execute("BEGIN IMMEDIATE; ROLLBACK"))
        .unwrap();
    store.heartbeat(&key(0)).unwrap();
    let outcome = store.register(&key(1), &Annotating::new(), OnDuplicate::Error);
    assert!(outcome.unwrap().was_inserted());
    assert!(store.delete(&key(1)).unwrap().is_some());
}

const SPOIL: &str = "UPDATE runs SET host = 'spoilt'";

fn a_query_of_ones_own_reads_runs(db: &Place) {
    let store = narrow(db);
    let run = store.find(&key(0)).unwrap().unwrap();
    let read = store.with_sqlite(|conn| {
        let first = runs::table.filter(runs::host.eq("first"));
        first.select(Run::as_select()).load(conn)
    });
    assert_eq!(read.unwrap(), std::slice::from_ref(&run));
    // The default selection of the table is a run, too.
    let read =
        store.with_sqlite(|conn| runs::table.filter(runs::host.eq("first")).load::<Run>(conn));
    assert_eq!(read.unwrap(), [run]);
    let attempt =
        store.with_sqlite(|conn| runs::table.select(runs::_wallow_attempt).first::<i32>(conn));
    assert_eq!(attempt.unwrap(), 0);
    let written = store.with_sqlite(|conn| {
        conn.transaction(|conn| {
            diesel_update(conn, "second")?;
            Ok::<_, DieselError>(())
        })
    });
    written.unwrap();
    let run = store.find(&key(0)).unwrap().unwrap();
    assert_eq!(run.host.as_deref(), Some("second"));
}

fn diesel_update(conn: &mut SqliteConnection, host: &str) -> QueryResult<usize> {
    let all = wallow::diesel::update(runs::table);
    all.set(runs::host.eq(host)).execute(conn)
}

fn an_error_of_a_query_is_an_error_of_wallow(db: &Place) {
    let store = narrow(db);
    let error = store
        .with_sqlite(|conn| conn.batch_execute("SELECT nonsense"))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Database);
    assert!(error.to_string().contains("nonsense"), "{error}");
    let underlying = error.underlying().unwrap();
    assert!(underlying.downcast_ref::<DieselError>().is_some());
    assert_clean(&store);
}

fn a_transaction_left_open_is_rolled_back(db: &Place) {
    let store = narrow(db);
    for begin in [
        "BEGIN",
        "BEGIN IMMEDIATE",
        "BEGIN EXCLUSIVE",
        "SAVEPOINT a; SAVEPOINT b",
    ] {
        store
            .with_sqlite(|conn| conn.batch_execute(&format!("{begin}; {SPOIL}")))
            .unwrap();
        assert_clean(&store);
        let sql = format!("{begin}; {SPOIL}; SELECT nonsense");
        store
            .with_sqlite(|conn| conn.batch_execute(&sql))
            .unwrap_err();
        assert_clean(&store);
    }
}

fn a_transaction_left_open_in_diesel_is_rolled_back(db: &Place) {
    let store = narrow(db);
    for depth in 1..4 {
        let spoilt = store.with_sqlite(|conn| {
            for _ in 0..depth {
                AnsiTransactionManager::begin_transaction(conn)?;
            }
            diesel_update(conn, "spoilt")
        });
        assert_eq!(spoilt.unwrap(), 1);
        assert_clean(&store);
    }
}

fn a_panic_leaves_nothing_open(db: &Place) {
    let store = narrow(db);
    for _ in 0..3 {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            store.with_sqlite(|conn| -> QueryResult<()> {
                conn.batch_execute(&format!("BEGIN IMMEDIATE; {SPOIL}"))?;
                panic!("on purpose");
            })
        }));
        assert!(panicked.is_err());
        assert_clean(&store);
    }
}

fn a_panic_in_a_transaction_leaves_nothing_open(db: &Place) {
    let store = narrow(db);
    for _ in 0..3 {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            store.with_sqlite(|conn| {
                conn.transaction(|conn| -> QueryResult<()> {
                    diesel_update(conn, "spoilt")?;
                    panic!("on purpose");
                })
            })
        }));
        assert!(panicked.is_err());
        assert_clean(&store);
    }
}
