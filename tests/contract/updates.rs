//! Writes to existing runs: by key, and by query.

use std::time::Duration;

use test_support::{Place, on_every_database};
use wallow::{ClaimOutcome, ErrorKind, OnDuplicate, Reclaim};

use crate::database::Database as _;
use crate::schemas::{sweep, types};

on_every_database! {
    an_update_writes_what_is_set_and_returns_the_run,
    an_update_inserts_nothing,
    an_update_of_a_value_that_cannot_be_stored_writes_nothing,
    a_query_writes_to_all_its_runs,
    a_query_with_a_limit_writes_to_those_that_it_returns,
    a_query_deletes_all_its_runs,
    a_query_with_a_limit_deletes_those_that_it_returns,
    a_query_that_cannot_be_evaluated_changes_nothing,
    an_update_leaves_a_claim_alone,
    a_claim_on_a_run_that_a_query_deleted_is_lost,
    a_status_is_a_value_of_its_own,
}

/// A store with runs of the seeds 0 to 5, whose loss is the seed.
fn with_runs(db: &Place) -> sweep::Store {
    let store = db.open::<sweep::Run>();
    let loss = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
    let pairs = (0..)
        .zip(loss)
        .map(|(seed, loss)| (sweep::key(seed), sweep::on("first").val_loss(loss)));
    store.register_many(pairs, OnDuplicate::Error).unwrap();
    store
}

/// The hosts, in the order of the seeds.
fn hosts(store: &sweep::Store) -> Vec<Option<String>> {
    let runs = store.query().order_by(sweep::fields::seed.asc()).all();
    runs.unwrap().into_iter().map(|run| run.host).collect()
}

fn seeds(store: &sweep::Store) -> Vec<i64> {
    let runs = store.query().order_by(sweep::fields::seed.asc()).all();
    runs.unwrap().into_iter().map(|run| run.seed).collect()
}

/// Cites specs 3.36.
fn an_update_writes_what_is_set_and_returns_the_run(db: &Place) {
    let store = db.open::<types::Run>();
    let first = types::Annotating::new().note("first").score(0.5);
    let outcome = store.register(&types::key("a"), &first, OnDuplicate::Error);
    let before = outcome.unwrap().into_run().unwrap();
    let patch = types::Annotating::new().note("second").clear_score();
    let after = store.update(&types::key("a"), &patch).unwrap().unwrap();
    assert_eq!(
        (after.note.as_deref(), after.score, &after.uuid),
        (Some("second"), None, &before.uuid)
    );
    assert!(after.updated_at > before.updated_at);
    let untouched = store.update(&types::key("a"), &types::Annotating::new());
    let untouched = untouched.unwrap().unwrap();
    assert_eq!(untouched.note.as_deref(), Some("second"));
    assert!(untouched.updated_at > after.updated_at);
}

fn an_update_inserts_nothing(db: &Place) {
    let store = db.open::<types::Run>();
    let patch = types::Annotating::new().note("a");
    assert_eq!(store.update(&types::key("a"), &patch).unwrap(), None);
    assert_eq!(store.count().unwrap(), 0);
}

fn an_update_of_a_value_that_cannot_be_stored_writes_nothing(db: &Place) {
    let store = with_runs(db);
    let patch = sweep::on("second").val_loss(f64::NAN);
    let error = store.update(&sweep::key(0), &patch).unwrap_err();
    assert_eq!(error.field(), Some("val_loss"));
    let error = store.query().update(&patch).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Validation);
    assert_eq!(hosts(&store), vec![Some("first".to_owned()); 6]);
}

/// Cites specs 5.13.
fn a_query_writes_to_all_its_runs(db: &Place) {
    let store = with_runs(db);
    let before = store.find(&sweep::key(5)).unwrap().unwrap();
    let some = store.filter(sweep::fields::val_loss.ge(2.0));
    assert_eq!(some.update(&sweep::on("second")).unwrap(), 4);
    let moved = [None, None, Some(()), Some(()), Some(()), Some(())];
    let expected = moved.map(|moved| Some(moved.map_or("first", |()| "second").to_owned()));
    assert_eq!(hosts(&store), expected);
    let after = store.find(&sweep::key(5)).unwrap().unwrap();
    assert!(after.updated_at > before.updated_at);
    let none = store.filter(sweep::fields::val_loss.gt(9.0));
    assert_eq!(none.update(&sweep::on("third")).unwrap(), 0);
    assert_eq!(store.query().update(&sweep::Annotating::new()).unwrap(), 6);
}

fn a_query_with_a_limit_writes_to_those_that_it_returns(db: &Place) {
    let store = with_runs(db);
    let best = store
        .filter(sweep::fields::val_loss.lt(5.0))
        .order_by(sweep::fields::val_loss.desc())
        .offset(1)
        .limit(2);
    assert_eq!(best.update(&sweep::on("second")).unwrap(), 2);
    let changed = store
        .filter(sweep::fields::host.eq("second"))
        .all()
        .unwrap();
    let changed = changed.into_iter().map(|run| run.seed).collect::<Vec<_>>();
    assert_eq!(changed, [2, 3]);
    let rest = store.query().order_by(sweep::fields::seed.asc()).offset(4);
    assert_eq!(rest.update(&sweep::on("third")).unwrap(), 2);
    assert_eq!(store.query().limit(0).update(&sweep::on("no")).unwrap(), 0);
}

fn a_query_deletes_all_its_runs(db: &Place) {
    let store = with_runs(db);
    let some = store.filter(sweep::fields::seed.is_in([1, 3, 9]));
    assert_eq!(some.delete().unwrap(), 2);
    assert_eq!(some.delete().unwrap(), 0);
    assert_eq!(seeds(&store), [0, 2, 4, 5]);
    assert_eq!(store.query().delete().unwrap(), 4);
    assert_eq!(store.count().unwrap(), 0);
}

fn a_query_with_a_limit_deletes_those_that_it_returns(db: &Place) {
    let store = with_runs(db);
    let worst = store
        .query()
        .order_by(sweep::fields::val_loss.desc())
        .limit(2);
    assert_eq!(worst.delete().unwrap(), 2);
    assert_eq!(store.query().offset(3).delete().unwrap(), 1);
    assert_eq!(seeds(&store), [0, 1, 2]);
}

fn a_query_that_cannot_be_evaluated_changes_nothing(db: &Place) {
    let store = with_runs(db);
    let broken = store.filter(sweep::fields::val_loss.gt(f64::NAN));
    for changed in [broken.update(&sweep::on("second")), broken.delete()] {
        assert_eq!(changed.unwrap_err().kind(), ErrorKind::Validation);
    }
    assert_eq!(hosts(&store), vec![Some("first".to_owned()); 6]);
}

fn an_update_leaves_a_claim_alone(db: &Place) {
    let store = db.open::<sweep::Run>();
    let stale = Reclaim::WhenStale(Duration::from_secs(60));
    let ClaimOutcome::Claimed(claim) = store.claim(&sweep::key(0), stale).unwrap() else {
        panic!("it is new");
    };
    let noted = store.update(&sweep::key(0), &sweep::on("a note")).unwrap();
    assert_eq!(noted.unwrap().status.as_deref(), Some("running"));
    assert_eq!(store.query().update(&sweep::on("another")).unwrap(), 1);
    assert!(claim.heartbeat().is_ok());
    let run = claim
        .complete(sweep::Annotating::new().val_loss(0.5))
        .unwrap();
    assert_eq!(
        (run.host.as_deref(), run.run_status()),
        (Some("another"), Some(wallow::RunStatus::Completed))
    );
}

fn a_claim_on_a_run_that_a_query_deleted_is_lost(db: &Place) {
    let store = db.open::<sweep::Run>();
    let stale = Reclaim::WhenStale(Duration::from_secs(60));
    let ClaimOutcome::Claimed(claim) = store.claim(&sweep::key(0), stale).unwrap() else {
        panic!("it is new");
    };
    assert_eq!(store.query().delete().unwrap(), 1);
    let error = claim.complete(sweep::Annotating::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ClaimLost);
    assert_eq!(store.count().unwrap(), 0);
}

/// Cites specs 6.23.
fn a_status_is_a_value_of_its_own(db: &Place) {
    use sweep::fields::status;
    use wallow::RunStatus;

    let store = db.open::<sweep::Run>();
    for (seed, of_run) in (0..).zip(RunStatus::ALL) {
        let patch = sweep::Annotating::new().status(of_run);
        let outcome = store.register(&sweep::key(seed), &patch, OnDuplicate::Error);
        let run = outcome.unwrap().into_run().unwrap();
        assert_eq!(run.run_status(), Some(of_run));
        assert_eq!(run.status.as_deref(), Some(of_run.as_str()));
        assert_eq!(of_run.to_string().parse::<RunStatus>().unwrap(), of_run);
    }
    let count = |expression| store.filter(expression).count().unwrap();
    assert_eq!(count(status.eq(RunStatus::Completed)), 1);
    assert_eq!(count(status.ne(RunStatus::Completed)), 3);
    assert_eq!(
        count(status.is_in([RunStatus::Failed, RunStatus::Pending])),
        2
    );
    assert_eq!(count(status.not_in(RunStatus::ALL)), 0);
    let has = |patch: sweep::Annotating| {
        let run = store.update(&sweep::key(0), &patch).unwrap();
        run.unwrap().run_status()
    };
    let patch = sweep::Annotating::new;
    assert_eq!(has(patch().status("FINISHED")), None);
    assert_eq!(has(patch().clear_status()), Some(RunStatus::Pending));
    assert_eq!(has(patch().val_loss(0.5)), None, "it may be done");
    let error = "Completed".parse::<RunStatus>().unwrap_err();
    assert!(error.to_string().contains("`completed`"), "{error}");
    assert_eq!(error.kind(), ErrorKind::Validation);
    assert_eq!(serde_json::to_value(RunStatus::Failed).unwrap(), "failed");
    assert!(serde_json::from_str::<RunStatus>("\"pruned\"").is_err());
}
