//! A server that is away for longer than the stale time, without a restart that it would know of: a standby takes its
//! place, or it is frozen.

use std::thread;

use postgres_server::{Server, Standby};

use crate::gap;

#[test]
fn live_claims_survive_a_failover() {
    if Server::shared().is_none() {
        return;
    }
    let primary = Server::start().unwrap();
    primary.psql("postgres", "CREATE DATABASE runs").unwrap();
    let standby = Standby::of(&primary).unwrap();
    let url = standby.url_with(&primary, "runs");
    let folder = tempfile::tempdir().unwrap();
    gap::live_claims_survive(&url, folder.path(), |_| {
        primary.stop().unwrap();
        thread::sleep(gap::LENGTH);
        standby.promote().unwrap();
    });
}

#[test]
fn live_claims_survive_a_server_that_stands_still() {
    if Server::shared().is_none() {
        return;
    }
    let server = Server::start().unwrap();
    server.psql("postgres", "CREATE DATABASE runs").unwrap();
    let folder = tempfile::tempdir().unwrap();
    gap::live_claims_survive(&server.url("runs"), folder.path(), |_| {
        server.freeze().unwrap();
        thread::sleep(gap::LENGTH);
        server.thaw().unwrap();
    });
}
