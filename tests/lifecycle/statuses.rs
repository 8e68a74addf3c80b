//! What each status means in each operation: the table of specs 6.14, cell by cell.

use std::time::Duration;

use wallow::{
    ClaimOptions, ClaimOutcome, LifecycleOptions, OnDuplicate, Reclaim, WorkOptions, dynamic,
};

use super::place::Stores as _;
use super::registry::{Annotating, Run, Store, fields};
use super::{MINUTE, accuracy, ended, key};
use test_support::{Place, on_shared_databases};

on_shared_databases! {
    every_operation_reads_a_status_in_the_same_way,
    an_unknown_status_says_what_to_do,
}

const STALE: Reclaim = Reclaim::WhenStale(MINUTE);

/// The outcome of a claim by key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ByKey {
    Claimed,
    Completed,
    Held,
    Refused,
}

/// A row of the table.
struct Row {
    run: Annotating,
    plan: &'static str,
    by_key: ByKey,
    /// Whether the queue claims it, and whether it does with attempts left.
    queued: [bool; 2],
    forced: bool,
    /// Whether `ClaimIfStale` takes it.
    stale: bool,
    retried: bool,
}

fn table() -> Vec<Row> {
    let word = |word: &str| Annotating::new().status(word);
    let row = |run, plan, by_key, queued, [forced, stale, retried]: [bool; 3]| Row {
        run,
        plan,
        by_key,
        queued,
        forced,
        stale,
        retried,
    };
    let waits = |run| {
        row(
            run,
            "pending",
            ByKey::Claimed,
            [true; 2],
            [true, true, false],
        )
    };
    let unknown = |run| {
        row(
            run,
            "unknown",
            ByKey::Refused,
            [false; 2],
            [true, true, false],
        )
    };
    vec![
        waits(word("pending")),
        waits(Annotating::new()),
        waits(Annotating::new().host("here").git_commit("8fa7406")),
        row(
            word("running"),
            "running",
            ByKey::Held,
            [false; 2],
            [false, true, false],
        ),
        row(
            word("completed"),
            "completed",
            ByKey::Completed,
            [false; 2],
            [true, false, false],
        ),
        row(
            word("failed"),
            "failed",
            ByKey::Claimed,
            [false, true],
            [true, true, true],
        ),
        unknown(word("pruned")),
        unknown(word("FINISHED")),
        unknown(word("Completed")),
        unknown(word("")),
        unknown(word("pending ")),
        unknown(Annotating::new().val_loss(0.5)),
        unknown(Annotating::new().best_checkpoint("a.pt")),
        unknown(Annotating::new().training_curve(serde_json::json!([1]))),
        unknown(Annotating::new().completed_at(chrono::DateTime::UNIX_EPOCH)),
    ]
}

fn every_operation_reads_a_status_in_the_same_way(place: &Place) {
    let store = place.open();
    for (index, row) in (0..).zip(table()) {
        check(&store, &place.url(), 100 * index, &row);
    }
}

/// Checks a row, with a new run for each operation, from this seed on.
fn check(store: &Store, url: &str, seed: i64, row: &Row) {
    let displayed = format!("{:?}", row.run);
    let put = |offset: i64| {
        let run = store.register(&key(seed + offset), &row.run, OnDuplicate::Error);
        assert!(run.unwrap().was_inserted());
        seed + offset
    };
    let only = |seed: i64| fields::seed.eq(seed);

    let planned = put(0);
    let plan = store.plan([key(planned)]).unwrap();
    let lists = [
        ("new", plan.new),
        ("pending", plan.pending),
        ("running", plan.running),
        ("completed", plan.completed),
        ("failed", plan.failed),
        ("unknown", plan.unknown),
    ];
    for (name, list) in lists {
        assert_eq!(
            list.len(),
            usize::from(name == row.plan),
            "{name} {displayed}"
        );
    }
    let enqueued = store.enqueue([key(planned)]).unwrap();
    assert_eq!((enqueued.inserted, enqueued.skipped), (0, 1), "{displayed}");

    let by_key = match store.claim(&key(put(1)), STALE) {
        Ok(ClaimOutcome::Claimed(_)) => ByKey::Claimed,
        Ok(ClaimOutcome::AlreadyCompleted(_)) => ByKey::Completed,
        Ok(ClaimOutcome::HeldByAnother(_)) => ByKey::Held,
        Err(_) => ByKey::Refused,
    };
    assert_eq!(by_key, row.by_key, "{displayed}");
    for (force, runs) in [(false, row.by_key == ByKey::Claimed), (true, row.forced)] {
        let options = LifecycleOptions::new(STALE).force(force).max_attempts(9);
        let key = key(put(2 + i64::from(force)));
        let outcome = store.run_lifecycle(&key, options, |_| accuracy(0.5));
        let was_run = outcome.is_ok_and(|outcome| outcome.was_run());
        assert_eq!(was_run, runs, "force({force}) {displayed}");
    }

    let next = put(4);
    for (options, expected) in [
        (ClaimOptions::<Run>::new(STALE), row.queued[0]),
        (ClaimOptions::new(STALE).max_attempts(9), row.queued[1]),
    ] {
        let claim = store.claim_next(options.filter(only(next))).unwrap();
        assert_eq!(claim.is_some(), expected, "{displayed}");
        if let Some(claim) = claim {
            claim.release().unwrap();
        }
    }
    // A `running` run would be waited for.
    let waits = row.by_key != ByKey::Held;
    let options = WorkOptions::new(STALE)
        .wait_for_others(waits)
        .filter(only(put(5)));
    let worked = store.work(options, |_| accuracy(0.5)).unwrap();
    let expected = [u64::from(row.queued[0]), 0, 0];
    assert_eq!(ended(worked), expected, "{displayed}");

    let stale = store.register(
        &key(put(6)),
        &Annotating::new().train_loss(0.1),
        OnDuplicate::ClaimIfStale(Duration::ZERO),
    );
    assert_eq!(stale.unwrap().was_updated(), row.stale, "{displayed}");

    let schema = wallow::schema::load("tests/schemas/ml_sweep.toml".as_ref()).unwrap();
    let people = dynamic::Store::open(&schema, url).unwrap();
    let back = dynamic::parse(&schema, &format!("seed == {}", put(7))).unwrap();
    let back = people.retry_where(back, None).unwrap().apply();
    assert_eq!(back.unwrap(), u64::from(row.retried), "{displayed}");
}

fn an_unknown_status_says_what_to_do(place: &Place) {
    let store = place.open();
    for (seed, run, says) in [
        (0, Annotating::new().status("pruned"), "the status `pruned`"),
        (1, Annotating::new().val_loss(0.5), "results and no status"),
    ] {
        let run = store.register(&key(seed), &run, OnDuplicate::Error);
        let uuid = run.unwrap().into_run().unwrap().uuid;
        let error = store.claim(&key(seed), STALE).unwrap_err();
        assert_eq!(error.field(), Some("status"));
        assert_eq!(error.uuid(), Some(&*uuid));
        let text = error.to_string();
        assert!(
            text.contains(says) && text.contains("`pending` to have it run"),
            "{text}"
        );
        // Following the advice solves the problem.
        let back = store.register(
            &key(seed),
            &Annotating::new().status("pending"),
            OnDuplicate::Overwrite,
        );
        assert!(back.unwrap().was_updated());
        assert!(matches!(
            store.claim(&key(seed), STALE).unwrap(),
            ClaimOutcome::Claimed(_)
        ));
    }
}
