//! What each policy does to a duplicate, and which outcome it has.

use std::error::Error as _;
use std::time::Duration;

use test_support::{Place, on_every_database};
use wallow::{Error, ErrorKind, OnDuplicate, RegisterOutcome, Store};

use crate::database::Database as _;
use crate::schemas::sweep::{Annotating, Run, key, on};

on_every_database! {
    a_new_run_is_inserted_under_every_policy,
    raise_refuses_a_duplicate_and_hands_out_the_run,
    the_error_of_a_registration_becomes_an_error_of_wallow,
    return_existing_reads_the_run_and_leaves_it,
    overwrite_writes_what_is_set_and_nothing_else,
    overwrite_with_nothing_set_is_a_write_all_the_same,
    skip_leaves_the_run_unread,
    a_fresh_run_is_not_claimed,
    a_stale_run_is_claimed_and_written,
    a_deleted_run_is_new_again,
    what_a_trigger_swallows_is_an_error,
}

const POLICIES: [OnDuplicate; 5] = [
    OnDuplicate::Error,
    OnDuplicate::ReturnExisting,
    OnDuplicate::Overwrite,
    OnDuplicate::Skip,
    OnDuplicate::ClaimIfStale(Duration::from_secs(60)),
];

/// A store with one run in it.
fn with_one_run(db: &Place) -> (Store<Run>, Run) {
    let store = db.open();
    let outcome = store.register(&key(0), &on("first").val_loss(0.5), OnDuplicate::Error);
    (store, outcome.unwrap().into_run().unwrap())
}

/// Inserted, updated, skipped.
fn flags(outcome: &RegisterOutcome<Run>) -> [bool; 3] {
    [
        outcome.was_inserted(),
        outcome.was_updated(),
        outcome.was_skipped(),
    ]
}

fn a_new_run_is_inserted_under_every_policy(db: &Place) {
    let store = db.open::<Run>();
    for (seed, policy) in (0..).zip(POLICIES) {
        let outcome = store.register(&key(seed), &on("here"), policy).unwrap();
        assert_eq!(flags(&outcome), [true, false, false], "{policy:?}");
        let RegisterOutcome::Inserted(run) = &outcome else {
            panic!("{policy:?}: {outcome:?}");
        };
        assert_eq!(outcome.run(), Some(run));
        assert_eq!(run.identifying(), key(seed));
        assert_eq!(run.host.as_deref(), Some("here"));
        assert_eq!(run.created_at, run.updated_at);
        assert_eq!(store.find(&key(seed)).unwrap().as_ref(), Some(run));
    }
}

fn raise_refuses_a_duplicate_and_hands_out_the_run(db: &Place) {
    let (store, first) = with_one_run(db);
    let error = store
        .register(&key(0), &on("second"), OnDuplicate::Error)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Duplicate);
    assert_eq!(error.existing(), Some(&first));
    assert_eq!(error.error().uuid(), Some(first.uuid.as_str()));
    assert!(error.to_string().contains(&first.uuid), "{error}");
    assert_eq!(error.into_existing(), Some(first.clone()));
    assert_eq!(store.find(&key(0)).unwrap(), Some(first));
}

fn the_error_of_a_registration_becomes_an_error_of_wallow(db: &Place) {
    fn again(store: &Store<Run>) -> wallow::Result<RegisterOutcome<Run>> {
        Ok(store.register(&key(0), &Annotating::new(), OnDuplicate::Error)?)
    }
    fn boxed(
        store: &Store<Run>,
    ) -> Result<RegisterOutcome<Run>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(store.register(&key(0), &Annotating::new(), OnDuplicate::Error)?)
    }
    let (store, first) = with_one_run(db);
    let error: Error = again(&store).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Duplicate);
    assert!(error.is_duplicate() && !error.is_validation());
    assert_eq!(error.uuid(), Some(first.uuid.as_str()));
    assert!(error.source().is_none());
    assert!(boxed(&store).unwrap_err().to_string().contains(&first.uuid));
}

fn return_existing_reads_the_run_and_leaves_it(db: &Place) {
    let (store, first) = with_one_run(db);
    let outcome = store
        .register(&key(0), &on("second"), OnDuplicate::ReturnExisting)
        .unwrap();
    assert_eq!(flags(&outcome), [false; 3]);
    assert_eq!(outcome, RegisterOutcome::Existing(first.clone()));
    assert_eq!(outcome.into_run(), Some(first.clone()));
    assert_eq!(store.find(&key(0)).unwrap(), Some(first));
}

fn overwrite_writes_what_is_set_and_nothing_else(db: &Place) {
    let (store, first) = with_one_run(db);
    let outcome = store
        .register(
            &key(0),
            &on("second").status("done"),
            OnDuplicate::Overwrite,
        )
        .unwrap();
    assert_eq!(flags(&outcome), [false, true, false]);
    let run = outcome.into_run().unwrap();
    assert!(run.updated_at > first.updated_at);
    let expected = Run {
        host: Some("second".into()),
        status: Some("done".into()),
        updated_at: run.updated_at,
        ..first
    };
    assert_eq!(run, expected);
    assert_eq!(store.find(&key(0)).unwrap(), Some(expected));
}

fn overwrite_with_nothing_set_is_a_write_all_the_same(db: &Place) {
    let (store, first) = with_one_run(db);
    let mut before = first.updated_at;
    for patch in [Annotating::new(), on("first").val_loss(0.5)] {
        let outcome = store.register(&key(0), &patch, OnDuplicate::Overwrite);
        let RegisterOutcome::Updated(run) = outcome.unwrap() else {
            panic!("not updated");
        };
        assert!(run.updated_at > before);
        before = run.updated_at;
        assert_eq!(
            run,
            Run {
                updated_at: before,
                ..first.clone()
            }
        );
    }
}

fn skip_leaves_the_run_unread(db: &Place) {
    let (store, first) = with_one_run(db);
    let outcome = store
        .register(&key(0), &on("second"), OnDuplicate::Skip)
        .unwrap();
    assert_eq!(flags(&outcome), [false, false, true]);
    assert_eq!(outcome, RegisterOutcome::Skipped);
    assert_eq!(outcome.run(), None);
    assert_eq!(store.find(&key(0)).unwrap(), Some(first));
}

fn a_fresh_run_is_not_claimed(db: &Place) {
    let (store, first) = with_one_run(db);
    let policy = OnDuplicate::ClaimIfStale(Duration::from_secs(3_600));
    let outcome = store.register(&key(0), &on("second"), policy).unwrap();
    assert_eq!(flags(&outcome), [false, false, true]);
    assert_eq!(outcome, RegisterOutcome::Fresh(first.clone()));
    assert_eq!(store.find(&key(0)).unwrap(), Some(first));
}

fn a_stale_run_is_claimed_and_written(db: &Place) {
    let (store, first) = with_one_run(db);
    db.execute(
        &store,
        "UPDATE runs SET updated_at = '2020-01-01 00:00:00.000000'",
    );
    let policy = OnDuplicate::ClaimIfStale(Duration::from_secs(3_600));
    let outcome = store.register(&key(0), &on("second"), policy).unwrap();
    assert_eq!(flags(&outcome), [false, true, false]);
    let run = outcome.into_run().unwrap();
    assert!(run.updated_at >= first.updated_at);
    let expected = Run {
        host: Some("second".into()),
        updated_at: run.updated_at,
        ..first
    };
    assert_eq!(run, expected);
    assert!(
        store
            .register(&key(0), &on("third"), policy)
            .unwrap()
            .was_skipped()
    );
}

fn a_deleted_run_is_new_again(db: &Place) {
    let (store, first) = with_one_run(db);
    assert_eq!(store.delete(&key(0)).unwrap(), Some(first.clone()));
    let outcome = store.register(&key(0), &on("second"), OnDuplicate::Error);
    let run = outcome.unwrap().into_run().unwrap();
    assert_ne!(run.uuid, first.uuid);
    assert_eq!(run.val_loss, None);
}

fn what_a_trigger_swallows_is_an_error(db: &Place) {
    let (store, first) = with_one_run(db);
    let (insert, update, spare) = if db.dialect() == "sqlite" {
        (
            "CREATE TRIGGER swallow BEFORE INSERT ON runs BEGIN SELECT RAISE(IGNORE); END",
            "CREATE TRIGGER swallow BEFORE UPDATE ON runs BEGIN SELECT RAISE(IGNORE); END",
            "DROP TRIGGER swallow",
        )
    } else {
        db.execute(
            &store,
            "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
        );
        (
            "CREATE TRIGGER swallow BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION swallow()",
            "CREATE TRIGGER swallow BEFORE UPDATE ON runs FOR EACH ROW EXECUTE FUNCTION swallow()",
            "DROP TRIGGER swallow ON runs",
        )
    };
    let assert_reported = |error: &Error| {
        assert_eq!(error.kind(), ErrorKind::Database, "{error}");
        assert!(error.to_string().contains("stored nothing"), "{error}");
    };
    db.execute(&store, insert);
    for policy in POLICIES {
        let error = store.register(&key(1), &on("b"), policy).unwrap_err();
        assert_reported(error.error());
        let pairs = (1..3).map(|seed| (key(seed), on("b")));
        assert_reported(store.register_many(pairs, policy).unwrap_err().error());
        // Beside a run that exists, too.
        let pairs = (0..3).map(|seed| (key(seed), on("b")));
        match store.register_many(pairs, policy) {
            Ok(counts) => panic!("{policy:?}: {counts:?}"),
            Err(error) if policy == OnDuplicate::Error => {
                assert_eq!(error.error().kind(), ErrorKind::Duplicate);
            }
            Err(error) => assert_reported(error.error()),
        }
    }
    db.execute(&store, spare);
    db.execute(&store, update);
    let error = store.register(&key(0), &on("b"), OnDuplicate::Overwrite);
    assert_reported(error.unwrap_err().error());
    let pairs = [(key(0), on("b"))];
    let error = store.register_many(pairs, OnDuplicate::Overwrite);
    assert_reported(error.unwrap_err().error());
    assert_eq!(store.find(&key(0)).unwrap(), Some(first));
}
