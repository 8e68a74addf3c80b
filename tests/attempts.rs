//! The history of attempts: a row for each claim, closed with the claim, and gone with its run.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "attempts/counting.rs"]
mod counting;
#[path = "attempts/protocol.rs"]
mod protocol;
#[path = "attempts/schemas.rs"]
mod schemas;

mod registry {
    wallow::wallow_schema!("tests/schemas/attempts.toml");
}

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use registry::{Annotating, Identifying, Run, Store, fields};
use test_support::{Place, on_every_database, on_shared_databases};
use wallow::diesel::{RunQueryDsl as _, sql_query};
use wallow::dynamic::{self, Fields};
use wallow::{
    Attempt, AttemptOutcome, ClaimOptions, ClaimOutcome, End, LifecycleOptions, OnDuplicate,
    Reclaim, WorkOptions,
};

on_every_database! {
    an_attempt_says_who_ran_a_run_and_how_that_ended,
    every_end_of_a_claim_is_an_outcome,
    workers_note_their_attempts,
    a_claim_in_progress_is_an_attempt_without_an_end,
    a_run_takes_its_attempts_along_when_it_is_deleted,
    a_store_of_a_schema_known_at_run_time_notes_the_same,
    rows_that_other_programs_left_are_replaced,
}

on_shared_databases! {
    who_takes_a_run_over_closes_the_attempt_before,
    a_claim_by_registration_closes_the_attempt_before,
    runs_that_are_put_back_by_others_close_their_attempts,
}

const MINUTE: Duration = Duration::from_secs(60);

fn open(place: &Place) -> Store {
    Store::open(place.url()).unwrap()
}

fn key(seed: i64) -> Identifying {
    Identifying::builder().seed(seed).build()
}

fn immediate() -> LifecycleOptions<Run> {
    LifecycleOptions::new(Reclaim::Immediately)
}

fn claimed(store: &Store, seed: i64) -> wallow::Claim<Run> {
    match store.claim(&key(seed), Reclaim::Immediately).unwrap() {
        ClaimOutcome::Claimed(claim) => claim,
        other => panic!("{other:?}"),
    }
}

fn attempts(store: &Store, seed: i64) -> Vec<Attempt> {
    store.attempts(&key(seed)).unwrap()
}

/// The outcomes of a run's attempts, in order.
fn outcomes(store: &Store, seed: i64) -> Vec<Option<AttemptOutcome>> {
    let attempts = attempts(store, seed).into_iter();
    attempts.map(|attempt| attempt.outcome).collect()
}

/// Runs a statement that both databases understand; returns how many rows it changed.
fn execute(store: &Store, sql: &str) -> usize {
    #[cfg(feature = "postgres")]
    if let Ok(changed) = store.with_postgres(|connection| sql_query(sql).execute(connection)) {
        return changed;
    }
    let changed = store.with_sqlite(|connection| sql_query(sql).execute(connection));
    changed.unwrap()
}

/// How many rows the history has in all.
fn rows(store: &Store) -> usize {
    execute(store, "UPDATE _wallow_attempts SET host = host")
}

fn an_attempt_says_who_ran_a_run_and_how_that_ended(place: &Place) {
    let store = open(place);
    assert_eq!(attempts(&store, 0), []);
    let run = |_: &_| Ok::<_, std::io::Error>(Annotating::new().val_loss(0.5));
    let run = store.run_lifecycle(&key(0), immediate(), run).unwrap();
    let run = run.into_run();
    let all = attempts(&store, 0);
    let [attempt] = &all[..] else {
        panic!("{all:?}")
    };
    assert_eq!((attempt.run_id, &attempt.run_uuid), (run.id, &run.uuid));
    assert_eq!(attempt.attempt, 1);
    assert_eq!(attempt.pid, Some(std::process::id().into()));
    assert_eq!(Some(attempt.started_at), run.started_at);
    assert_eq!(attempt.ended_at, Some(run.updated_at));
    assert_eq!(attempt.outcome, Some(AttemptOutcome::Completed));
    assert_eq!((attempt.exit_code, &attempt.error), (None, &None));
    let argv = std::env::args().collect::<Vec<_>>();
    assert_eq!(attempt.argv, argv);
    let cwd = std::env::current_dir().unwrap();
    assert_eq!(attempt.cwd.as_deref(), cwd.to_str());
    let program = std::env::current_exe().unwrap();
    assert_eq!(attempt.program.as_deref(), program.to_str());
    assert!(attempt.host.is_some());
}

fn every_end_of_a_claim_is_an_outcome(place: &Place) {
    let store = open(place);
    let failed = store.run_lifecycle(&key(0), immediate(), |_| Err("no luck"));
    assert!(failed.is_err());
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        store.run_lifecycle(&key(0), immediate(), |_| -> Result<_, &str> {
            panic!("oh")
        })
    }));
    assert!(panicked.is_err());
    let released = store.run_lifecycle(&key(0), immediate(), |_| Ok::<_, &str>(End::Release));
    released.unwrap();
    claimed(&store, 0).release().unwrap();
    drop(claimed(&store, 0));
    // The value cannot be stored, so the run is failed.
    let refused = claimed(&store, 0).complete(Annotating::new().val_loss(f64::NAN));
    drop(refused.unwrap_err());
    claimed(&store, 0).complete(Annotating::new()).unwrap();
    let all = attempts(&store, 0);
    let ends = all.iter().map(|attempt| {
        assert!(attempt.ended_at >= Some(attempt.started_at));
        let error = attempt.error.as_deref().unwrap_or_default();
        (attempt.attempt, attempt.outcome.as_deref().unwrap(), error)
    });
    let ends = ends.collect::<Vec<_>>();
    assert_eq!(
        ends[..5],
        [
            (1, "failed", "no luck"),
            (2, "failed", "panicked: oh"),
            (3, "released", ""),
            (4, "released", ""),
            (5, "failed", "the claim was dropped without a result"),
        ]
    );
    assert_eq!((ends[5].0, ends[5].1), (6, "failed"));
    assert!(ends[5].2.contains("val_loss"), "{ends:?}");
    assert_eq!(ends[6..], [(7, "completed", "")]);
}

fn workers_note_their_attempts(place: &Place) {
    let store = open(place);
    store.enqueue((0..4).map(key)).unwrap();
    let options = WorkOptions::new(Reclaim::Immediately).threads(2);
    let counts = store.work(options, |claim| match claim.run().seed {
        0 => Err("odd"),
        _ => Ok(Annotating::new()),
    });
    assert_eq!(counts.unwrap().completed, 3);
    let next = ClaimOptions::new(Reclaim::Immediately).max_attempts(2);
    let again = store.claim_next(next).unwrap().unwrap();
    assert_eq!(again.attempt(), 2);
    again.complete(Annotating::new()).unwrap();
    let (failed, completed) = (AttemptOutcome::Failed, AttemptOutcome::Completed);
    assert_eq!(outcomes(&store, 0), [Some(failed), Some(completed)]);
    for seed in 1..4 {
        assert_eq!(outcomes(&store, seed), [Some(completed)]);
    }
}

fn a_claim_in_progress_is_an_attempt_without_an_end(place: &Place) {
    let store = open(place);
    let claim = claimed(&store, 0);
    claim.annotate(Annotating::new().val_loss(0.5)).unwrap();
    claim.heartbeat().unwrap();
    let [attempt] = &attempts(&store, 0)[..] else {
        panic!()
    };
    assert_eq!((attempt.outcome, attempt.ended_at), (None, None));
    claim.complete(Annotating::new()).unwrap();
    assert_eq!(outcomes(&store, 0), [Some(AttemptOutcome::Completed)]);
}

fn who_takes_a_run_over_closes_the_attempt_before(place: &Place) {
    let store = open(place);
    std::mem::forget(claimed(&store, 0));
    // Another dispatcher, after a crash of the first.
    let other = open(place);
    let claim = claimed(&other, 0);
    let [first, second] = &attempts(&other, 0)[..] else {
        panic!()
    };
    assert_eq!(first.outcome, Some(AttemptOutcome::Lost));
    assert_eq!(first.ended_at, Some(second.started_at));
    assert_eq!(second.outcome, None);
    claim.release().unwrap();
    std::mem::forget(claimed(&other, 0));
    let third = open(place);
    let next = third.claim_next(ClaimOptions::new(Reclaim::Immediately));
    let claim = next.unwrap().unwrap();
    claim.fail("no").unwrap();
    let all = outcomes(&store, 0);
    let all = all.iter().map(|outcome| outcome.as_deref().unwrap());
    assert_eq!(
        all.collect::<Vec<_>>(),
        ["lost", "released", "lost", "failed"]
    );
}

fn a_claim_by_registration_closes_the_attempt_before(place: &Place) {
    let store = open(place);
    for seed in 0..2 {
        std::mem::forget(claimed(&store, seed));
    }
    let policy = OnDuplicate::ClaimIfStale(Duration::ZERO);
    std::thread::sleep(Duration::from_millis(2));
    let registered = store.register(&key(0), &Annotating::new(), policy);
    assert!(registered.unwrap().was_updated());
    assert_eq!(outcomes(&store, 0), [Some(AttemptOutcome::Lost)]);
    assert_eq!(outcomes(&store, 1), [None]);
    let counts = store.register_many([(key(1), Annotating::new())], policy);
    assert_eq!(counts.unwrap().updated, 1);
    assert_eq!(outcomes(&store, 1), [Some(AttemptOutcome::Lost)]);
}

fn runs_that_are_put_back_by_others_close_their_attempts(place: &Place) {
    let store = open(place);
    std::mem::forget(claimed(&store, 0));
    let held = claimed(&store, 1);
    let other = dynamic::Store::open(
        &wallow::schema::load("tests/schemas/attempts.toml".as_ref()).unwrap(),
        place.url(),
    );
    let other = other.unwrap();
    std::thread::sleep(Duration::from_millis(2));
    let stale = dynamic::parse(other.schema(), "seed == 0").unwrap();
    let retry = other.retry_where(stale, Some(Duration::ZERO)).unwrap();
    assert_eq!(retry.apply().unwrap(), 1);
    assert_eq!(outcomes(&store, 0), [Some(AttemptOutcome::Lost)]);
    assert_eq!(outcomes(&store, 1), [None]);
    // The claim on run 0 is lost, so only the other one is given back.
    assert_eq!(store.release_claims().unwrap(), 1);
    assert!(held.heartbeat().is_err());
    drop(held);
    assert_eq!(outcomes(&store, 0), [Some(AttemptOutcome::Lost)]);
    assert_eq!(outcomes(&store, 1), [Some(AttemptOutcome::Released)]);
}

fn a_run_takes_its_attempts_along_when_it_is_deleted(place: &Place) {
    let store = open(place);
    for seed in 0..6 {
        claimed(&store, seed).complete(Annotating::new()).unwrap();
    }
    assert!(store.delete(&key(0)).unwrap().is_some());
    assert_eq!(rows(&store), 5);
    assert_eq!(store.filter(fields::seed.lt(3)).delete().unwrap(), 2);
    assert_eq!(rows(&store), 3);
    let last = store.query().order_by(fields::seed.desc()).limit(1);
    assert_eq!(last.delete().unwrap(), 1);
    assert_eq!(rows(&store), 2);
    assert_eq!(store.delete(&key(0)).unwrap(), None);
    assert_eq!(rows(&store), 2);
    assert_eq!(outcomes(&store, 3).len(), 1);
    assert_eq!(store.query().delete().unwrap(), 2);
    assert_eq!(rows(&store), 0);
}

fn a_store_of_a_schema_known_at_run_time_notes_the_same(place: &Place) {
    let schema = wallow::schema::load("tests/schemas/attempts.toml".as_ref()).unwrap();
    let store = dynamic::Store::open(&schema, place.url()).unwrap();
    let seed = Fields::new().with("seed", 7);
    store.enqueue([seed.clone()]).unwrap();
    let options = ClaimOptions::new(Reclaim::Immediately);
    let claim = store.claim_next(&options).unwrap().unwrap();
    claim.release().unwrap();
    let claim = store.claim_next(&options).unwrap().unwrap();
    claim
        .complete(&Fields::new().with("val_loss", 0.5))
        .unwrap();
    let all = store.attempts(&seed).unwrap();
    let all = all.iter().map(|attempt| attempt.outcome.unwrap().as_str());
    assert_eq!(all.collect::<Vec<_>>(), ["released", "completed"]);
}

/// Another program deletes a run and not its attempts; SQLite gives the id to the next run.
fn rows_that_other_programs_left_are_replaced(place: &Place) {
    let store = open(place);
    claimed(&store, 0).complete(Annotating::new()).unwrap();
    execute(&store, "DELETE FROM runs");
    claimed(&store, 1).fail("no").unwrap();
    assert_eq!(outcomes(&store, 1), [Some(AttemptOutcome::Failed)]);
    // The number of the attempt was set back.
    execute(&store, "UPDATE runs SET _wallow_attempt = 0");
    claimed(&store, 1).complete(Annotating::new()).unwrap();
    let [attempt] = &attempts(&store, 1)[..] else {
        panic!()
    };
    assert_eq!(attempt.outcome, Some(AttemptOutcome::Completed));
    assert_eq!(attempt.error, None);
}
