//! The proxy and the standby do what their docs say, as seen by `psql`.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::process::Output;
use std::time::Duration;

use postgres_server::{Proxy, Server, Standby};

fn psql(url: &str, commands: &[&str]) -> Output {
    let mut psql = postgres_server::client("psql").unwrap();
    psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url]);
    for command in commands {
        psql.args(["-c", command]);
    }
    psql.output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn requests_are_counted_and_a_reply_is_lost_after_the_work_is_done() {
    let Some(server) = Server::shared() else {
        return;
    };
    let database = server.fresh();
    let proxy = Proxy::to(server).unwrap();
    let url = proxy.url(database.name());
    let made = psql(&url, &["CREATE TABLE seen (n int)", "SELECT 7"]);
    assert_eq!(said(&made), "7", "{made:?}");
    let counts = proxy.counts();
    assert_eq!((counts.connections, counts.requests), (1, 2));

    proxy.lose_reply(2);
    let cut = psql(&url, &["SELECT 1", "INSERT INTO seen VALUES (1)"]);
    assert!(!cut.status.success(), "{cut:?}");
    proxy.lose_reply_to("(2)");
    let cut = psql(&url, &["SELECT 1", "INSERT INTO seen VALUES (2)"]);
    assert!(!cut.status.success(), "{cut:?}");
    let seen = psql(&url, &["SELECT sum(n) FROM seen"]);
    assert_eq!(said(&seen), "3", "{seen:?}");
    assert_eq!(proxy.counts().lost, 2);

    proxy.lose_one_in(1, 0);
    assert!(!psql(&url, &["SELECT 1"]).status.success());
    proxy.lose_one_in(0, 0);
    proxy.limit(Some(0));
    assert!(!psql(&url, &["SELECT 1"]).status.success());
    proxy.limit(None);
    proxy.delay(Duration::from_millis(1), Duration::from_millis(1));
    let rows = psql(&url, &["SELECT count(*) FROM generate_series(1, 100000)"]);
    assert_eq!(said(&rows), "100000");
}

#[test]
fn nothing_comes_through_a_cut_or_frozen_network_until_it_heals() {
    let Some(server) = Server::shared() else {
        return;
    };
    let database = server.fresh();
    let proxy = Proxy::to(server).unwrap();
    let url = format!("{}?connect_timeout=2", proxy.url(database.name()));
    for wrong in [Proxy::cut, |proxy: &Proxy| {
        proxy.freeze();
        Ok(())
    }] {
        assert_eq!(said(&psql(&url, &["SELECT 1"])), "1");
        wrong(&proxy).unwrap();
        let output = psql(&url, &["SELECT 1"]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains("timeout expired"), "{stderr}");
        proxy.heal().unwrap();
        assert_eq!(said(&psql(&url, &["SELECT 1"])), "1");
    }
}

/// A connection over a cut network ends by its own settings, and its session stays on the server.
#[test]
fn a_cut_connection_is_found_dead_by_its_client_alone() {
    let Some(server) = Server::shared() else {
        return;
    };
    let database = server.fresh();
    let proxy = Proxy::to(server).unwrap();
    let url = format!(
        "{}?keepalives_idle=1&keepalives_interval=1&keepalives_count=1&application_name=cut",
        proxy.url(database.name())
    );
    let asking = std::thread::spawn(move || psql(&url, &["SELECT pg_sleep(20)"]));
    let sessions = || {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%sleep(20)' \
                   AND application_name = 'cut'";
        server.psql("postgres", sql).unwrap()
    };
    while sessions().trim() != "1" {
        std::thread::sleep(Duration::from_millis(10));
    }
    proxy.cut().unwrap();
    let output = asking.join().unwrap();
    assert!(!output.status.success(), "{output:?}");
    assert_eq!(sessions().trim(), "1");
}

#[test]
fn a_standby_has_what_was_answered_and_takes_over() {
    if Server::shared().is_none() {
        return;
    }
    let primary = Server::options().tcp().start().unwrap();
    primary
        .psql("postgres", "CREATE TABLE seen (n int)")
        .unwrap();
    let standby = Standby::of(&primary).unwrap();
    let url = standby.url_with(&primary, "postgres");
    assert!(
        psql(&url, &["INSERT INTO seen VALUES (1)"])
            .status
            .success()
    );
    primary.stop().unwrap();
    standby.promote().unwrap();
    let seen = psql(
        &url,
        &["INSERT INTO seen VALUES (2) RETURNING n", "TABLE seen"],
    );
    assert_eq!(said(&seen), "2\n1\n2", "{seen:?}");
}

#[test]
fn a_frozen_server_goes_on_where_it_stopped() {
    if Server::shared().is_none() {
        return;
    }
    let server = Server::start().unwrap();
    server.freeze().unwrap();
    let url = server.url("postgres");
    let asking = std::thread::spawn(move || psql(&url, &["SELECT 7"]));
    std::thread::sleep(Duration::from_millis(200));
    assert!(!asking.is_finished());
    server.thaw().unwrap();
    assert_eq!(said(&asking.join().unwrap()), "7");
}
