//! A table that changes while a program has it open: the program goes on, or writes nothing and reports why.

#[path = "changed/faces.rs"]
mod faces;
#[path = "changed/writes.rs"]
mod writes;

use std::thread;
use std::time::Duration;

use test_support::{Place, on_every_database, on_shared_databases};
use wallow::{Claim, ClaimOutcome, Error, ErrorKind, OnDuplicate, Reclaim};
use wallow_schema::ddl::{self, Dialect};

use crate::database::Database as _;
use crate::schemas::sweep::{Annotating, Run, Store, key};

on_every_database! {
    nothing_is_written_after_the_key_grew,
    nothing_is_written_after_the_key_shrank,
    nothing_is_written_after_a_field_of_the_key_became_optional,
    nothing_is_written_after_a_field_was_renamed,
    nothing_is_written_after_a_field_of_the_key_was_renamed,
    nothing_is_written_after_a_field_was_dropped,
    nothing_is_written_to_another_table,
    a_claim_writes_nothing_after_the_key_grew,
    a_claim_writes_nothing_after_a_field_was_dropped,
    the_error_says_what_is_new_and_what_to_do,
    what_only_adds_disturbs_nobody,
    an_index_that_is_made_anew_disturbs_nobody,
    a_table_that_is_made_anew_disturbs_nobody,
    a_program_goes_on_where_its_key_comes_back,
}

on_shared_databases! {
    every_connection_notices,
}

/// The key of the schema, as columns.
const KEY: &str =
    "architecture, batch_size, learning_rate, num_epochs, optimiser, seed, weight_decay";

/// Does what a migration does that adds the identifying field `opt`, and registers runs of others, with the same values
/// in all other fields.
fn grow(database: &Place, store: &Store) {
    database.execute(
        store,
        &format!(
            "ALTER TABLE runs ADD COLUMN opt TEXT NOT NULL DEFAULT 'sgd'; \
             DROP INDEX uq_runs_identifying; \
             CREATE UNIQUE INDEX uq_runs_identifying ON runs ({KEY}, opt)"
        ),
    );
    for opt in ["adam", "lion"] {
        let columns = format!("created_at, updated_at, status, val_loss, {KEY}");
        database.execute(
            store,
            &format!(
                "INSERT INTO runs (uuid, opt, {columns}) SELECT '{opt}' || substr(uuid, 5), '{opt}', {columns} \
                 FROM runs WHERE opt = 'sgd'"
            ),
        );
    }
}

/// A store with a run of each status; seed 0 is pending.
fn filled(database: &Place) -> Store {
    let store = database.open::<Run>();
    let statuses = ["pending", "running", "failed", "completed"];
    for (seed, status) in (0..).zip(statuses) {
        let patch = Annotating::new().status(status).val_loss(0.5).host("early");
        let outcome = store.register(&key(seed), &patch, OnDuplicate::Error);
        outcome.unwrap();
    }
    store
}

/// The content of the table, as far as wallow could have changed it.
fn contents(database: &Place, store: &Store) -> String {
    let cells = ["id", "uuid", "updated_at", "status", "_wallow_attempt"];
    let cells = cells.map(|cell| format!("coalesce(CAST({cell} AS TEXT), 'none')"));
    let row = cells.join(" || ' ' || ");
    database.text(
        store,
        &format!("SELECT coalesce(string_agg({row}, '; ' ORDER BY id), '') FROM runs"),
    )
}

/// Tries every write twice, on existing runs and on a new one: what is refused stays refused.
fn assert_all_refused(database: &Place, store: &Store, kind: ErrorKind) {
    let before = contents(database, store);
    for (name, write) in [0, 1, 2, 3, 9, 0].into_iter().flat_map(writes::of_run) {
        let Err(error) = write(store) else {
            panic!("{name} was done");
        };
        assert_eq!(error.kind(), kind, "{name}: {error:?}");
        assert!(
            error.to_string().contains("nothing was written"),
            "{name}: {error}"
        );
        assert!(!error.differences().is_empty(), "{name}: {error:?}");
        assert_eq!(contents(database, store), before, "{name}");
    }
}

/// Does every write; none of them fails because of the table.
fn assert_goes_on(store: &Store) {
    for (name, write) in [0, 9].into_iter().flat_map(writes::of_run) {
        if let Err(error) = write(store) {
            let kinds = [ErrorKind::Duplicate, ErrorKind::NotFound];
            assert!(kinds.contains(&error.kind()), "{name}: {error:?}");
        }
    }
}

fn nothing_is_written_after_the_key_grew(database: &Place) {
    let store = filled(database);
    grow(database, &store);
    assert_all_refused(database, &store, ErrorKind::DatabaseAhead);
}

fn nothing_is_written_after_the_key_shrank(database: &Place) {
    let store = filled(database);
    let key = KEY.replace(", weight_decay", "");
    database.execute(
        &store,
        &format!(
            "DROP INDEX uq_runs_identifying; \
             CREATE UNIQUE INDEX uq_runs_identifying ON runs ({key})"
        ),
    );
    assert_all_refused(database, &store, ErrorKind::DatabaseAhead);
}

fn nothing_is_written_after_a_field_of_the_key_became_optional(database: &Place) {
    let store = filled(database);
    let terms = "(weight_decay IS NULL), coalesce(weight_decay, 0.0)";
    let index = |key: &str| {
        let index = format!("CREATE UNIQUE INDEX uq_runs_identifying ON runs ({key})");
        database.execute(&store, &format!("DROP INDEX uq_runs_identifying; {index}"));
    };
    index(&KEY.replace("weight_decay", terms));
    assert_all_refused(database, &store, ErrorKind::DatabaseAhead);
    let error = store.heartbeat(&key(0)).unwrap_err().to_string();
    let reason = "now optional in the key: `weight_decay`";
    assert!(error.contains(reason), "{error}");
    index(KEY);
    assert_goes_on(&store);
}

fn nothing_is_written_after_a_field_was_renamed(database: &Place) {
    let store = filled(database);
    database.execute(
        &store,
        "ALTER TABLE runs RENAME COLUMN val_loss TO validation_loss",
    );
    assert_all_refused(database, &store, ErrorKind::DatabaseAhead);
}

fn nothing_is_written_after_a_field_of_the_key_was_renamed(database: &Place) {
    let store = filled(database);
    database.execute(&store, "ALTER TABLE runs RENAME COLUMN seed TO random_seed");
    assert_all_refused(database, &store, ErrorKind::DatabaseAhead);
}

fn nothing_is_written_after_a_field_was_dropped(database: &Place) {
    let store = filled(database);
    database.execute(&store, "ALTER TABLE runs DROP COLUMN train_loss");
    assert_all_refused(database, &store, ErrorKind::DatabaseAhead);
}

/// Its columns are those that `contents` reads.
fn nothing_is_written_to_another_table(database: &Place) {
    let store = filled(database);
    database.execute(
        &store,
        "ALTER TABLE runs RENAME TO other_runs; \
         CREATE TABLE runs (id INTEGER PRIMARY KEY, uuid TEXT, created_at TIMESTAMP, updated_at TIMESTAMP, \
         status TEXT, _wallow_attempt INTEGER); \
         INSERT INTO runs (id, uuid) VALUES (1, 'another')",
    );
    assert_all_refused(database, &store, ErrorKind::SchemaMismatch);
    assert_eq!(
        database.text(&store, "SELECT CAST(count(*) AS TEXT) FROM other_runs"),
        "4"
    );
}

fn a_claim_writes_nothing_after_the_key_grew(database: &Place) {
    assert_claims_write_nothing(database, |store| grow(database, store));
}

fn a_claim_writes_nothing_after_a_field_was_dropped(database: &Place) {
    assert_claims_write_nothing(database, |store| {
        database.execute(store, "ALTER TABLE runs DROP COLUMN train_loss");
    });
}

/// Ends claims in every way after `migrate` has changed the table.
fn assert_claims_write_nothing(database: &Place, migrate: impl FnOnce(&Store)) {
    type Way = fn(Claim<Run>) -> Result<(), Error>;
    let ways: [(&str, Way); 5] = [
        ("heartbeat", |claim| claim.heartbeat().map(drop)),
        ("annotate", |claim| {
            claim.annotate(Annotating::new().val_loss(0.25)).map(drop)
        }),
        ("complete", |claim| {
            Ok(claim.complete(Annotating::new().val_loss(0.25)).map(drop)?)
        }),
        ("fail", |claim| claim.fail("reason").map(drop)),
        ("release", |claim| claim.release().map(drop)),
    ];
    let store = database.open::<Run>();
    let claims = (0..6).map(
        |seed| match store.claim(&key(seed), Reclaim::Immediately).unwrap() {
            ClaimOutcome::Claimed(claim) => claim,
            other => panic!("{other:?}"),
        },
    );
    let mut claims = claims.collect::<Vec<_>>();
    let _held = claims.pop();
    migrate(&store);
    // The first heartbeats are due meanwhile.
    let before = contents(database, &store);
    for (claim, (name, way)) in claims.into_iter().zip(ways) {
        let error = way(claim).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DatabaseAhead, "{name}: {error:?}");
        let unwritten = error.unwritten::<Annotating>();
        assert_eq!(
            unwritten == Some(&Annotating::new().val_loss(0.25)),
            ["annotate", "complete"].contains(&name),
            "{name}"
        );
        assert_eq!(contents(database, &store), before, "{name}");
    }
    thread::sleep(Duration::from_millis(600));
    assert_eq!(contents(database, &store), before);
    let error = store.release_claims().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DatabaseAhead, "{error:?}");
    assert_eq!(contents(database, &store), before);
}

fn the_error_says_what_is_new_and_what_to_do(database: &Place) {
    let store = filled(database);
    grow(database, &store);
    let error = store.heartbeat(&key(0)).unwrap_err();
    let message = error.to_string();
    assert!(message.contains("new in the key: `opt`"), "{message}");
    assert!(
        message.contains("build the program anew with the wallow.toml"),
        "{message}"
    );
    let reason = "new in the key: `opt`".to_owned();
    assert!(error.differences().contains(&reason), "{error:?}");
}

fn what_only_adds_disturbs_nobody(database: &Place) {
    let store = filled(database);
    assert_goes_on(&store);
    database.execute(
        &store,
        "ALTER TABLE runs ADD COLUMN notes TEXT; \
         ALTER TABLE runs ADD COLUMN epochs BIGINT NOT NULL DEFAULT 3; \
         CREATE INDEX ix_runs_notes ON runs (notes); \
         CREATE TABLE notes (run BIGINT); \
         DROP INDEX ix_runs_host; \
         ANALYZE",
    );
    assert_goes_on(&store);
    database.execute(&store, "ALTER TABLE runs DROP COLUMN epochs");
    assert_goes_on(&store);
}

fn an_index_that_is_made_anew_disturbs_nobody(database: &Place) {
    let store = filled(database);
    assert_goes_on(&store);
    database.execute(
        &store,
        &format!(
            "CREATE TABLE before_it (a BIGINT); DROP INDEX uq_runs_identifying; \
             CREATE UNIQUE INDEX another_name ON runs (weight_decay, {})",
            KEY.replace(", weight_decay", "")
        ),
    );
    assert_goes_on(&store);
    database.execute(&store, "VACUUM");
    assert_goes_on(&store);
}

fn a_table_that_is_made_anew_disturbs_nobody(database: &Place) {
    let store = filled(database);
    assert_goes_on(&store);
    let text = include_str!("../schemas/ml_sweep.toml");
    let schema = wallow::schema::parse(text, "ml_sweep.toml").unwrap();
    let dialect = Dialect::ALL
        .into_iter()
        .find(|dialect| dialect.as_str() == database.dialect())
        .unwrap();
    database.execute(
        &store,
        "CREATE TABLE kept AS SELECT * FROM runs; DROP TABLE runs",
    );
    database.execute(&store, &ddl::create_table(&schema, dialect).join(";"));
    let columns = format!("uuid, created_at, updated_at, status, _wallow_attempt, {KEY}");
    database.execute(
        &store,
        &format!("INSERT INTO runs ({columns}) SELECT {columns} FROM kept"),
    );
    let count = store.count().unwrap();
    assert_goes_on(&store);
    assert!(store.find(&key(3)).unwrap().is_some());
    assert!(store.count().unwrap() >= count - 1);
}

fn a_program_goes_on_where_its_key_comes_back(database: &Place) {
    let store = filled(database);
    grow(database, &store);
    assert_all_refused(database, &store, ErrorKind::DatabaseAhead);
    database.execute(
        &store,
        &format!(
            "DELETE FROM runs WHERE opt <> 'sgd'; \
             DROP INDEX uq_runs_identifying; \
             ALTER TABLE runs DROP COLUMN opt; \
             CREATE UNIQUE INDEX uq_runs_identifying ON runs ({KEY})"
        ),
    );
    assert_goes_on(&store);
}

fn every_connection_notices(database: &Place) {
    let store = filled(database);
    let other = database.open::<Run>();
    let all_at_work = std::sync::Barrier::new(5);
    let changed = std::sync::Barrier::new(5);
    std::thread::scope(|scope| {
        for seed in 0..4 {
            let clone = store.clone();
            let (all_at_work, changed) = (&all_at_work, &changed);
            scope.spawn(move || {
                clone.find(&key(seed)).unwrap();
                all_at_work.wait();
                changed.wait();
                for _ in 0..3 {
                    let error = clone.find(&key(seed)).unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::DatabaseAhead, "{error:?}");
                    let error = clone.heartbeat(&key(seed)).unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::DatabaseAhead, "{error:?}");
                }
            });
        }
        all_at_work.wait();
        grow(database, &other);
        changed.wait();
    });
    assert_all_refused(database, &store, ErrorKind::DatabaseAhead);
    assert_all_refused(database, &other, ErrorKind::DatabaseAhead);
}
