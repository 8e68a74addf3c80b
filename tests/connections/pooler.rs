//! PgBouncer in front of the server: programs do not disturb each other, and leave nothing in a session.

use std::thread;

use postgres_server::{Fresh, PgBouncer, Server};
use wallow::diesel::connection::SimpleConnection;
use wallow::diesel::dsl::sql;
use wallow::diesel::sql_types::{Bool, Text};
use wallow::diesel::{Connection as _, PgConnection, QueryResult, RunQueryDsl as _};
use wallow::{ClaimOptions, ErrorKind, OnDuplicate, Reclaim};

use crate::sweep::{Annotating, Run, Store, fields, key};

/// A pooler for this test alone, in front of the shared server, and a database.
fn pooler(mode: &str, size: &str) -> Option<(PgBouncer, Fresh)> {
    let server = Server::shared()?;
    let settings = [("pool_mode", mode), ("default_pool_size", size)];
    Some((PgBouncer::before(server, &settings)?, server.fresh()))
}

/// One program sends heartbeats while another one deletes. If their prepared statements had names, a heartbeat of the
/// one could execute a DELETE of the other.
#[test]
fn statements_of_different_programs_do_not_meet() {
    let Some((pooler, server)) = PgBouncer::shared() else {
        return;
    };
    let database = server.fresh();
    let url = pooler.url(database.name());
    let store = Store::open(&url).unwrap();
    store.enqueue((0..2_000).map(key)).unwrap();
    thread::scope(|scope| {
        for number in 0..4 {
            let url = &url;
            scope.spawn(move || {
                let store = Store::open(url).unwrap();
                for seed in (number * 500..).take(500) {
                    store.heartbeat(&key(seed)).unwrap();
                }
            });
            scope.spawn(move || {
                let store = Store::open(url).unwrap();
                for seed in (2_000 + number * 100..).take(100) {
                    let added = store.register(&key(seed), &Annotating::new(), OnDuplicate::Error);
                    assert!(added.unwrap().was_inserted());
                    assert_eq!(store.delete(&key(seed)).unwrap().unwrap().seed, seed);
                }
            });
        }
    });
    assert_eq!(store.count().unwrap(), 2_000);
}

#[test]
fn many_programs_share_few_sessions() {
    let Some((pooler, server)) = PgBouncer::shared() else {
        return;
    };
    let database = server.fresh();
    let url = pooler.url(database.name());
    thread::scope(|scope| {
        for _ in 0..24 {
            scope.spawn(|| {
                // All of them open a database that is still empty.
                let store = Store::open(&url).unwrap();
                store.enqueue((0..240).map(key)).unwrap();
                let reclaim = Reclaim::WhenStale(std::time::Duration::from_secs(600));
                while let Some(claim) = store.claim_next(ClaimOptions::new(reclaim)).unwrap() {
                    claim.complete(Annotating::new().val_loss(0.5)).unwrap();
                }
            });
        }
    });
    let store = Store::open(&url).unwrap();
    let rows = store.filter(fields::status.eq("completed")).all().unwrap();
    assert_eq!(rows.len(), 240);
}

/// What another program finds in the only session of a pooler.
fn left_behind(pooler: &PgBouncer, database: &Fresh) -> Vec<String> {
    let mut other = PgConnection::establish(&pooler.url(database.name())).unwrap();
    let settings = "SELECT name || '=' || setting FROM pg_settings WHERE source = 'session' \
                    AND name NOT IN ('application_name', 'client_encoding', 'DateStyle', 'TimeZone', \
                    'standard_conforming_strings')";
    let statements = "SELECT name || ': ' || statement FROM pg_prepared_statements";
    // Other tests hold locks on the same server.
    let locks = "SELECT locktype || ' ' || mode FROM pg_locks WHERE locktype = 'advisory' \
                 AND pid = pg_backend_pid()";
    [settings, statements, locks]
        .into_iter()
        .flat_map(|query| sql::<Text>(query).load::<String>(&mut other).unwrap())
        .collect()
}

#[test]
fn nothing_is_left_in_a_session() {
    let Some((pooler, database)) = pooler("transaction", "1") else {
        return;
    };
    let url = pooler.url(database.name());
    let store = Store::open(&url).unwrap();
    store.enqueue((0..3).map(key)).unwrap();
    assert_eq!(left_behind(&pooler, &database), [""; 0]);
    let reader = Store::options().read_only(true).open(&url).unwrap();
    assert_eq!(reader.count().unwrap(), 3);
    assert_eq!(reader.find(&key(1)).unwrap().unwrap().seed, 1);
    assert_eq!(left_behind(&pooler, &database), [""; 0]);
    // The next program writes in the same session.
    store.heartbeat(&key(0)).unwrap();
    let error = reader.heartbeat(&key(0)).unwrap_err();
    assert!(error.to_string().contains("read-only"), "{error}");
    assert_eq!(left_behind(&pooler, &database), [""; 0]);
}

#[test]
fn a_store_that_only_reads_lends_no_session_that_writes() {
    let Some((pooler, database)) = pooler("transaction", "1") else {
        return;
    };
    let url = pooler.url(database.name());
    let store = Store::open(&url).unwrap();
    store.enqueue([key(0)]).unwrap();
    let reader: wallow::Store<Run> = Store::options().read_only(true).open(&url).unwrap();
    let delete = "DELETE FROM runs";
    let deleted = reader.with_postgres(|conn| conn.batch_execute(delete));
    assert!(deleted.unwrap_err().to_string().contains("read-only"));
    let deleted = reader.with_postgres(|conn| {
        conn.transaction(|conn| -> QueryResult<()> { conn.batch_execute(delete) })
    });
    assert!(deleted.unwrap_err().to_string().contains("read-only"));
    assert_eq!(reader.count().unwrap(), 1);
    store
        .with_postgres(|conn| conn.batch_execute(delete))
        .unwrap();
    assert_eq!(reader.count().unwrap(), 0);
}

/// A pooler refuses libpq's `options`, or drops them silently. The settings in them apply anyway.
#[test]
fn options_of_the_url_hold_through_a_pooler() {
    let Some(server) = Server::shared() else {
        return;
    };
    let database = server.fresh();
    for ignored in ["extra_float_digits", "options"] {
        let settings = [
            ("pool_mode", "transaction"),
            ("default_pool_size", "2"),
            ("ignore_startup_parameters", ignored),
        ];
        let Some(pooler) = PgBouncer::before(server, &settings) else {
            return;
        };
        let create = format!("CREATE SCHEMA of_{ignored}");
        server.psql(database.name(), &create).unwrap();
        let url = pooler.url(database.name());
        let store = Store::open(format!("{url}&options=-csearch_path%3Dof_{ignored}")).unwrap();
        store.enqueue((0..5).map(key)).unwrap();
        assert_eq!(store.count().unwrap(), 5);
        let count = format!("SELECT count(*) FROM of_{ignored}.runs");
        assert_eq!(server.psql(database.name(), &count).unwrap(), "5\n");
        let error = Store::open(format!("{url}&options=-d%205")).unwrap_err();
        assert!(error.to_string().contains("`-d`"), "{error}");
    }
}

#[test]
fn sessions_may_be_pooled_too() {
    let Some((pooler, database)) = pooler("session", "8") else {
        return;
    };
    let url = pooler.url(database.name());
    for (url, keeps_statements) in [
        (url.clone(), false),
        (format!("{url}&pooler=transaction"), false),
        (format!("{url}&pooler=session"), true),
        (database.url(), true),
        (format!("{}&pooler=none", database.url()), true),
        (format!("{}&pooler=transaction", database.url()), false),
    ] {
        let store = Store::open(&url).unwrap();
        store.enqueue((0..3).map(key)).unwrap();
        store.heartbeat(&key(0)).unwrap();
        assert_eq!(store.count().unwrap(), 3);
        let kept = store.with_postgres(|conn| {
            sql::<Bool>(
                "SELECT EXISTS (SELECT FROM pg_prepared_statements WHERE name LIKE '\\_\\_diesel%' \
                         AND statement LIKE '%runs%')",
            )
            .get_result::<bool>(conn)
        });
        assert_eq!(kept.unwrap(), keeps_statements, "{url}");
    }
}

#[test]
fn pooled_statements_are_refused() {
    let Some((pooler, database)) = pooler("statement", "4") else {
        return;
    };
    let error = Store::open(pooler.url(database.name())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Database);
    assert!(error.to_string().contains("pool_mode"), "{error}");
}

#[test]
fn a_pooler_that_is_none_is_named() {
    for (pooler, advice) in [
        ("statement", "needs transactions"),
        ("yes", "pooler=session"),
    ] {
        let error =
            Store::open(format!("postgres://127.0.0.1:1/runs?pooler={pooler}")).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains(&format!("`{pooler}`")) && text.contains(advice),
            "{text}"
        );
    }
}
