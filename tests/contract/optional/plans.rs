//! Statements by key use the unique index, although it has expressions for optional fields.

use std::sync::{Arc, Mutex};

use test_support::{Place, on_every_database};
use wallow::diesel::connection::InstrumentationEvent;
#[cfg(feature = "postgres")]
use wallow::diesel::connection::SimpleConnection as _;
use wallow::diesel::dsl::sql;
use wallow::diesel::prelude::*;
use wallow::diesel::sql_types::{Integer, Text};
use wallow::{OnDuplicate, Reclaim};

use crate::database::Database as _;
use crate::schemas::optional::{Annotating, Identifying, Optimiser, Store};

on_every_database! {
    statements_by_key_use_the_index,
}

const INDEX: &str = "uq_runs_identifying";

/// What all statements by key contain.
const BY_KEY: &str = "coalesce(\"runs\".\"momentum\"";

fn key(n: u16) -> Identifying {
    let key = Identifying::builder()
        .optimiser(Optimiser::Sgd)
        .seed(n % 50);
    let key = if n.is_multiple_of(3) {
        key
    } else {
        key.momentum(f64::from(n) / 100.0)
    };
    if n.is_multiple_of(2) {
        key.build()
    } else {
        key.warmup(n).build()
    }
}

/// Does everything that looks for a run by its key.
fn work(store: &Store) {
    let patch = Annotating::new().val_loss(0.5);
    let minute = Reclaim::WhenStale(std::time::Duration::from_secs(60));
    for n in [0, 1, 5_000] {
        store.find(&key(n)).unwrap();
        store.register(&key(n), &patch, OnDuplicate::Skip).unwrap();
        store
            .register(&key(n), &patch, OnDuplicate::Overwrite)
            .unwrap();
        let stale = OnDuplicate::ClaimIfStale(std::time::Duration::from_secs(60));
        store.register(&key(n), &patch, stale).unwrap();
        store.update(&key(n), &patch).unwrap();
        store.heartbeat(&key(n)).unwrap();
        let pending = Annotating::new().status("pending");
        store.update(&key(n), &pending).unwrap();
        drop(store.claim(&key(n), minute).unwrap());
        store.delete(&key(n)).unwrap();
    }
}

fn statements_by_key_use_the_index(place: &Place) {
    let store = Store::options().pool_size(1).open(place.url()).unwrap();
    let pairs = (0..3_000).map(|n| (key(n), Annotating::new()));
    store.register_many(pairs, OnDuplicate::Skip).unwrap();
    place.execute(&store, "ANALYZE");
    match place {
        Place::SqliteMemory | Place::SqliteFile(_) => on_sqlite(&store),
        #[cfg(feature = "postgres")]
        Place::Postgres(_) => on_postgres(&store),
        // A pooler prepares nothing.
        _ => {}
    }
}

fn on_sqlite(store: &Store) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&seen);
    let listen = move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            listener.lock().unwrap().push(query.to_string());
        }
    };
    store
        .with_sqlite(|conn| {
            conn.set_instrumentation(listen);
            Ok(())
        })
        .unwrap();
    work(store);
    let statements = std::mem::take(&mut *seen.lock().unwrap());
    let mut by_key = statements
        .iter()
        .filter(|text| text.contains(BY_KEY))
        .map(|text| text.split(" -- binds:").next().unwrap())
        .collect::<Vec<_>>();
    by_key.sort_unstable();
    by_key.dedup();
    assert!(by_key.len() >= 8, "{by_key:#?}");
    for statement in by_key {
        let explain = format!("EXPLAIN QUERY PLAN {statement}");
        let steps = sql::<(Integer, Integer, Integer, Text)>(&explain);
        let steps = store.with_sqlite(|conn| steps.load::<(i32, i32, i32, String)>(conn));
        let steps = steps.unwrap().into_iter().map(|(.., detail)| detail);
        let plan = steps.collect::<Vec<_>>();
        let plan = plan.join("; ");
        let search = format!(
            "SEARCH runs USING INDEX {INDEX} (<expr>=? AND <expr>=? AND <expr>=? AND <expr>=? AND optimiser=? AND \
             <expr>=? AND <expr>=? AND seed=? AND <expr>=? AND <expr>=? AND <expr>=? AND <expr>=?)"
        );
        let is_covering = plan.replace("COVERING INDEX", "INDEX").contains(&search);
        assert!(is_covering, "{statement}\n{plan}");
    }
}

/// With the values known, and with a plan for any values.
#[cfg(feature = "postgres")]
fn on_postgres(store: &Store) {
    work(store);
    let by_key = format!(
        "SELECT string_agg(name || ' ' || array_to_string(parameter_types::text[], ','), ';') \
         FROM pg_prepared_statements WHERE statement LIKE '%{BY_KEY}%'"
    );
    let listed: String = store
        .with_postgres(|conn| sql::<Text>(&by_key).get_result(conn))
        .unwrap();
    let statements = listed.split(';').map(|line| line.split_once(' ').unwrap());
    let statements = statements.collect::<Vec<_>>();
    assert!(statements.len() >= 6, "{listed}");
    for (name, types) in statements {
        for (mode, momentum) in [
            ("force_custom_plan", "0.5"),
            ("force_custom_plan", "NULL"),
            ("force_generic_plan", "0.5"),
        ] {
            let values = types.split(',').map(|ty| match ty {
                "double precision" => momentum,
                "bigint" | "integer" => "3",
                "text" | "character varying" => "'sgd'",
                "boolean" => "true",
                _ => "NULL",
            });
            let values = values.collect::<Vec<_>>().join(", ");
            let explain = format!("EXPLAIN EXECUTE \"{name}\" ({values})");
            let plan = store.with_postgres(|conn| {
                conn.batch_execute(&format!("SET plan_cache_mode = {mode}"))?;
                sql::<Text>(&explain).load::<String>(conn)
            });
            let plan = plan.unwrap().join("\n");
            assert!(
                plan.contains(INDEX) && !plan.contains("Seq Scan"),
                "{mode} {values}\n{plan}"
            );
            let conditions = [
                "((momentum IS NULL) = ",
                "((warmup IS NULL) = ",
                "COALESCE(momentum, ",
            ];
            let all = plan.lines().any(|line| {
                line.contains("Index Cond:") && conditions.iter().all(|part| line.contains(part))
            });
            assert!(all, "{mode} {values}\n{plan}");
        }
    }
}
