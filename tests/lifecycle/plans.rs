//! How the databases search for the next run if their statistics say that nearly all runs are finished.

use std::cell::RefCell;

#[cfg(feature = "postgres")]
use wallow::diesel::Connection as _;
use wallow::diesel::connection::{
    InstrumentationEvent, SimpleConnection, set_default_instrumentation,
};
use wallow::diesel::dsl::sql;
use wallow::diesel::{RunQueryDsl as _, sql_types};
use wallow::{ClaimOptions, OnDuplicate, Reclaim};

use super::place::Stores as _;
use super::registry::{Annotating, Run, Store, fields};
use super::{MINUTE, key};
use test_support::{Place, on_shared_databases};

on_shared_databases! {
    the_next_run_is_found_by_its_status,
}

thread_local! {
    /// The statements that this thread sent to its database, including `EXPLAIN`.
    static SENT: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn listen() {
    set_default_instrumentation(|| {
        Some(Box::new(|event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { query, .. } = event {
                SENT.with_borrow_mut(|sent| sent.push(query.to_string()));
            }
        }))
    })
    .unwrap();
}

/// The statements since the last call that search for a run.
fn searches() -> Vec<String> {
    let sent = SENT.take().into_iter();
    let texts = sent.map(|text| {
        text.split(" -- binds")
            .next()
            .unwrap_or_default()
            .to_owned()
    });
    let takes = |text: &str| text.starts_with("UPDATE") && text.contains("(SELECT \"runs\".\"id\"");
    let is_search = |text: &String| takes(text) || text.starts_with("SELECT EXISTS");
    texts.filter(is_search).collect()
}

fn the_next_run_is_found_by_its_status(place: &Place) {
    listen();
    let store = place.open();
    let finished = (0..1_500).map(|seed| {
        let patch = Annotating::new().status("completed").val_loss(0.5);
        (key(seed), patch.val_accuracy(0.5))
    });
    store.register_many(finished, OnDuplicate::Error).unwrap();
    let waiting = || {
        let any = || ClaimOptions::<Run>::new(Reclaim::WhenStale(MINUTE));
        let usual = fields::architecture.eq("mlp") & fields::val_loss.is_null();
        [
            any(),
            any().filter(usual.clone()),
            any().order_by(fields::val_accuracy.desc()),
            any()
                .filter(usual)
                .order_by(fields::learning_rate.asc())
                .max_attempts(3),
        ]
    };
    store.enqueue((2_000..2_004).map(key)).unwrap();
    analyse(&store, place);
    searches();
    let mut claims = Vec::new();
    // Four runs wait. After them, silent and failed ones are searched for.
    for options in waiting().into_iter().chain(waiting()) {
        claims.extend(store.claim_next(options).unwrap());
        let searches = searches();
        assert!(!searches.is_empty());
        for search in searches {
            let plan = plan(&store, place, &search);
            let by_status = plan.contains("ix_runs_status") || plan.contains("runs_queue");
            assert!(by_status, "{search}\n{plan}");
            assert!(
                !plan.contains("SCAN") && !plan.contains("Seq Scan"),
                "{plan}"
            );
        }
    }
    assert_eq!(claims.len(), 4);
    // If most runs wait, a walk in the order of registration looks cheap to the server, but begins with all those that
    // are finished.
    store.enqueue((3_000..9_000).map(key)).unwrap();
    analyse(&store, place);
    store.claim_next(waiting()[0].clone()).unwrap();
    searches();
    claims.extend(store.claim_next(waiting()[0].clone()).unwrap());
    for search in searches() {
        let plan = plan(&store, place, &search);
        let by_status = plan.contains("ix_runs_status") || plan.contains("runs_queue");
        assert!(by_status, "{search}\n{plan}");
    }
}

#[cfg_attr(not(feature = "postgres"), expect(unused_variables))]
fn analyse(store: &Store, place: &Place) {
    #[cfg(feature = "postgres")]
    if place.on_server().is_some() {
        let analysed = store.with_postgres(|conn| conn.batch_execute("ANALYZE runs"));
        return analysed.unwrap();
    }
    let sql = "ANALYZE; PRAGMA optimize";
    store.with_sqlite(|conn| conn.batch_execute(sql)).unwrap();
}

#[cfg_attr(not(feature = "postgres"), expect(unused_variables))]
fn plan(store: &Store, place: &Place, search: &str) -> String {
    type Step = (
        sql_types::Integer,
        sql_types::Integer,
        sql_types::Integer,
        sql_types::Text,
    );

    #[cfg(feature = "postgres")]
    if place.on_server().is_some() {
        let binds = (1..).take_while(|n| search.contains(&format!("${n}")));
        let nulls = binds.map(|_| "NULL").collect::<Vec<_>>().join(", ");
        let execute = if nulls.is_empty() {
            "EXPLAIN EXECUTE search".to_owned()
        } else {
            format!("EXPLAIN EXECUTE search ({nulls})")
        };
        // In one transaction, so that it is one session even through a pooler.
        let steps = store.with_postgres(|conn| {
            conn.transaction(|conn| {
                // With the generic plan that a statement gets after a few executions.
                conn.batch_execute(&format!(
                    "SET LOCAL plan_cache_mode = force_generic_plan; PREPARE search AS {search}"
                ))?;
                let steps = sql::<sql_types::Text>(&execute).load::<String>(conn);
                conn.batch_execute("DEALLOCATE search")?;
                steps
            })
        });
        return steps.unwrap().join("\n");
    }
    let steps = store.with_sqlite(|conn| {
        let explain = format!("EXPLAIN QUERY PLAN {search}");
        sql::<Step>(&explain).load::<(i32, i32, i32, String)>(conn)
    });
    let steps = steps.unwrap().into_iter().map(|step| step.3);
    // The look at the queue is a row of answers, each with a search of its own.
    let steps = steps.filter(|step| step != "SCAN CONSTANT ROW");
    steps.collect::<Vec<_>>().join("\n")
}
