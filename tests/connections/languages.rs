//! A server that speaks German: errors are recognised nevertheless.

use std::time::Duration;

use postgres_server::{Server, not_tested};
use wallow::ErrorKind;
use wallow::diesel::connection::SimpleConnection as _;
use wallow::diesel::{Connection as _, PgConnection};

use crate::sweep::{Store, key};

#[test]
fn a_lock_is_recognised_in_german() {
    if Server::shared().is_none() {
        return;
    }
    let server = Server::options().speaking("de").start().unwrap();
    let said = server.psql("postgres", "SELECT 1/0").unwrap_err();
    if !said.contains("Division durch Null") {
        return not_tested("a server that speaks German: its translations are not installed");
    }
    let url = server.url("postgres");
    let options = Store::options().busy_timeout(Duration::from_millis(300));
    let store = options.open(&url).unwrap();
    store.enqueue([key(1), key(2)]).unwrap();
    let mut other = PgConnection::establish(&url).unwrap();
    let lock = "BEGIN; SELECT FROM runs WHERE seed = 1 FOR UPDATE";
    other.batch_execute(lock).unwrap();
    let error = store.heartbeat(&key(1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    let text = error.to_string();
    assert!(
        text.contains("Zeitüberschreitung") && text.contains("busy_timeout"),
        "{text}"
    );
    other.batch_execute("ROLLBACK").unwrap();
    store.heartbeat(&key(1)).unwrap();
    other.batch_execute(lock).unwrap();
    let timed_out = store.with_postgres(|conn| {
        conn.batch_execute("SET statement_timeout = 100; SET lock_timeout = 0; SELECT FROM runs WHERE seed = 1 FOR UPDATE")
    });
    let text = timed_out.unwrap_err().to_string();
    assert!(text.contains("`statement_timeout`"), "{text}");
}
