//! A program that is older than its database: additive migrations do not stop it (specification, 7.8).

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use test_support::{Place, on_file_and_server};
use wallow::diesel::connection::SimpleConnection as _;
use wallow::{ErrorKind, OnDuplicate};

use crate::history::versions;
use crate::managed::{Annotating, Store, key};

on_file_and_server! {
    additive_changes_let_an_older_program_go_on_with_one_warning,
    changes_that_do_not_fit_stop_it,
    a_database_of_another_branch_is_refused,
}

/// A version that no program here knows.
const NEWER: &str = "20990101000000";

/// Counts warnings about a newer database.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl tracing::Subscriber for Warnings {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        if *event.metadata().level() == tracing::Level::WARN {
            self.0.lock().unwrap().push(text.0);
        }
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

struct Text(String);

impl tracing::field::Visit for Text {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, "{field}={value:?} ");
    }
}

/// Runs the scripts of a newer program, and notes its migration.
fn migrate(database: &Place, sql: &str) -> Store {
    let store = Store::open(database.url()).unwrap();
    let outcome = store.register(&key(1), &Annotating::new().steps(0.5), OnDuplicate::Error);
    assert!(outcome.unwrap().was_inserted());
    execute(
        database,
        &store,
        &format!("{sql}; INSERT INTO __diesel_schema_migrations (version) VALUES ('{NEWER}')"),
    );
    store
}

fn execute(database: &Place, store: &Store, sql: &str) {
    #[cfg(feature = "postgres")]
    if database.on_server().is_some() {
        return store.with_postgres(|conn| conn.batch_execute(sql)).unwrap();
    }
    assert!(database.on_server().is_none());
    store.with_sqlite(|conn| conn.batch_execute(sql)).unwrap();
}

fn additive_changes_let_an_older_program_go_on_with_one_warning(database: &Place) {
    let open = migrate(
        database,
        "ALTER TABLE runs ADD COLUMN note TEXT; \
         ALTER TABLE runs ADD COLUMN host TEXT NOT NULL DEFAULT 'none'; \
         CREATE INDEX ix_runs_note ON runs (note); \
         DROP INDEX ix_runs_seed",
    );
    let warnings = Warnings::default();
    let store = tracing::subscriber::with_default(warnings.clone(), || {
        Store::open(database.url()).unwrap()
    });
    let warned = warnings.0.lock().unwrap().clone();
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert!(
        warned[0].contains(NEWER) && warned[0].contains(&versions()[2]),
        "{warned:?}"
    );
    store.check_schema().unwrap();
    for (seed, store) in [(2, &store), (3, &open)] {
        let patch = Annotating::new().steps(1.5);
        let outcome = store.register(&key(seed), &patch, OnDuplicate::Error);
        assert!(outcome.unwrap().was_inserted());
        store.heartbeat(&key(1)).unwrap();
        let outcome = store.register(&key(1), &patch, OnDuplicate::Overwrite);
        assert_eq!(outcome.unwrap().run().unwrap().steps, Some(1.5));
    }
    assert_eq!(store.count().unwrap(), 3);
    // A program that migrates when it starts has nothing to do.
    let migrating = Store::options().check_schema(false).open(database.url());
    assert_eq!(migrating.unwrap().migrate().unwrap(), Vec::<String>::new());
    let reading = Store::options().read_only(true).open(database.url());
    assert_eq!(reading.unwrap().all().unwrap().len(), 3);
}

fn changes_that_do_not_fit_stop_it(database: &Place) {
    let store = migrate(database, "SELECT 1");
    Store::open(database.url()).unwrap();
    // Each of them is taken back before the next one.
    for (change, back, reason) in [
        (
            "ALTER TABLE runs RENAME COLUMN steps TO epochs",
            "ALTER TABLE runs RENAME COLUMN epochs TO steps",
            "column `steps` is missing",
        ),
        (
            "ALTER TABLE runs RENAME COLUMN steps TO old; ALTER TABLE runs ADD COLUMN steps BIGINT",
            "ALTER TABLE runs DROP COLUMN steps; ALTER TABLE runs RENAME COLUMN old TO steps",
            "column `steps` is",
        ),
        (
            "ALTER TABLE runs RENAME COLUMN steps TO old; \
             ALTER TABLE runs ADD COLUMN steps DOUBLE PRECISION NOT NULL DEFAULT 0",
            "ALTER TABLE runs DROP COLUMN steps; ALTER TABLE runs RENAME COLUMN old TO steps",
            "column `steps` may not be NULL",
        ),
        (
            "ALTER TABLE runs ADD COLUMN opt TEXT NOT NULL DEFAULT 'sgd'; DROP INDEX uq_runs_identifying; \
             CREATE UNIQUE INDEX uq_runs_identifying ON runs (opt, rate, seed, warmup)",
            "DROP INDEX uq_runs_identifying; CREATE UNIQUE INDEX uq_runs_identifying ON runs (rate, seed, warmup); \
             ALTER TABLE runs DROP COLUMN opt",
            "no unique index or constraint over exactly (rate, seed, warmup)",
        ),
    ] {
        execute(database, &store, change);
        for error in [
            Store::open(database.url()).unwrap_err(),
            Store::options()
                .read_only(true)
                .open(database.url())
                .unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::DatabaseAhead, "{change}: {error}");
            assert_eq!(error.current_revision(), Some(NEWER));
            assert_eq!(error.head_revision(), Some(versions()[2].as_str()));
            let differences = error.differences().join("; ");
            assert!(differences.contains(reason), "{change}: {differences}");
            assert!(error.to_string().contains(reason), "{change}: {error}");
        }
        let migrating = Store::options().check_schema(false).open(database.url());
        if let Ok(migrating) = migrating {
            let error = migrating.migrate().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::DatabaseAhead, "{change}: {error}");
        }
        execute(database, &store, back);
        Store::open(database.url()).unwrap();
    }
}

/// It has a migration that the program does not know, and lacks one that the program has.
fn a_database_of_another_branch_is_refused(database: &Place) {
    let last = &versions()[2];
    migrate(
        database,
        &format!("DELETE FROM __diesel_schema_migrations WHERE version = '{last}'"),
    );
    let error = Store::open(database.url()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DatabaseAhead, "{error}");
}
