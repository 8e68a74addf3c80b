//! The same on a PostgreSQL server.

use std::fs;
use std::path::Path;

use postgres_server::{Fresh, PgBouncer, Server};
use wallow::{ErrorKind, OnDuplicate};

use crate::crew::Crew;
use crate::history::{names, versions};
use crate::managed::{Annotating, Store, key};

/// A database at some step of the history.
struct Place(Fresh, String);

impl Place {
    fn new() -> Option<Self> {
        let database = Server::shared()?.fresh();
        let url = database.url();
        Some(Place(database, url))
    }

    /// A fresh database that is reached through a pooler.
    fn pooled() -> Option<Self> {
        let (pooler, server) = PgBouncer::shared()?;
        let database = server.fresh();
        let url = pooler.url(database.name());
        Some(Place(database, url))
    }

    /// One of each.
    fn both() -> impl Iterator<Item = Self> {
        Place::new().into_iter().chain(Place::pooled())
    }

    fn run(&self, sql: &str) -> String {
        let said = self.0.server().psql(self.0.name(), sql).unwrap();
        said.trim_end().to_owned()
    }

    /// Runs the first this many scripts, and notes them.
    fn make(&self, count: usize) {
        let folder =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas/managed/migrations/postgres");
        for name in &names()[..count] {
            let script = fs::read_to_string(folder.join(name).join("up.sql")).unwrap();
            self.run(&format!("BEGIN; {script} COMMIT;"));
        }
        self.run(
            "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, \
             run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)",
        );
        for version in &versions()[..count] {
            self.run(&format!(
                "INSERT INTO __diesel_schema_migrations (version) VALUES ('{version}')"
            ));
        }
    }

    /// Adds this many runs, with the columns of the first migration.
    fn fill(&self, count: usize) {
        self.run(&format!(
            "INSERT INTO runs (uuid, created_at, updated_at, rate, seed, steps, status) \
             SELECT lpad(to_hex(i), 12, '0'), '2026-01-02', '2026-01-02', 0.5, i, i, 'some status' \
             FROM generate_series(0, {count} - 1) AS i"
        ));
    }

    fn open(&self) -> Result<Store, wallow::Error> {
        Store::open(&self.1)
    }

    fn unchecked(&self) -> Store {
        let options = Store::options().check_schema(false);
        options.open(&self.1).unwrap()
    }

    fn noted(&self) -> String {
        self.run("SELECT string_agg(version, ',' ORDER BY version) FROM __diesel_schema_migrations")
    }

    /// Every column and index.
    fn table(&self) -> String {
        self.run(
            "SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute \
             WHERE attrelid = 'runs'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attname; \
             SELECT indexdef FROM pg_indexes WHERE tablename = 'runs' ORDER BY 1",
        )
    }
}

#[test]
fn a_fresh_database_is_managed_from_its_first_day() {
    for (fresh, grown) in Place::both().zip(Place::both()) {
        is_managed_from_its_first_day(&fresh, &grown);
    }
}

fn is_managed_from_its_first_day(fresh: &Place, grown: &Place) {
    let store = fresh.open().unwrap();
    assert_eq!(fresh.noted(), versions().join(","));
    assert_eq!(store.migrate().unwrap(), Vec::<String>::new());
    let patch = Annotating::new().steps(0.5);
    let outcome = store.register(&key(-1), &patch, OnDuplicate::Error);
    assert!(outcome.unwrap().was_inserted());
    grown.make(1);
    grown.fill(3);
    assert_eq!(grown.unchecked().migrate().unwrap(), names()[1..]);
    assert_eq!(fresh.table(), grown.table());
    assert_eq!(grown.open().unwrap().count().unwrap(), 3);
    let run = grown.open().unwrap().find(&key(2)).unwrap().unwrap();
    assert_eq!(run.steps, Some(2.0));
}

#[test]
fn a_database_that_is_behind_or_ahead_is_refused_and_left_alone() {
    for (count, place) in (1..3).flat_map(|count| Place::both().map(move |place| (count, place))) {
        place.make(count);
        let before = place.table();
        let error = place.open().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PendingMigration, "{error}");
        assert_eq!(place.table(), before);
        place.unchecked().migrate().unwrap();
        place.open().unwrap();
        place.run(
            "INSERT INTO __diesel_schema_migrations (version) VALUES ('20990101000000'); \
             ALTER TABLE runs RENAME COLUMN steps TO epochs",
        );
        let error = place.open().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DatabaseAhead, "{error}");
    }
}

#[test]
fn processes_that_migrate_at_once_apply_each_migration_once() {
    for place in (0..3).flat_map(|_| Place::both()) {
        let folder = tempfile::tempdir().unwrap();
        place.make(1);
        place.fill(5000);
        let crew = Crew::start_on(&place.1, "migrate", 4, folder.path());
        let mut applied = crew.answers().into_iter().flatten().collect::<Vec<_>>();
        applied.sort();
        assert_eq!(applied, names()[1..]);
        assert_eq!(place.open().unwrap().count().unwrap(), 5000);
    }
}

#[test]
fn processes_that_open_a_fresh_database_at_once_all_use_it() {
    for place in (0..3).flat_map(|_| Place::both()) {
        let folder = tempfile::tempdir().unwrap();
        let crew = Crew::start_on(&place.1, "open", 4, folder.path());
        assert_eq!(crew.answers(), vec![vec!["0"]; 4]);
        assert_eq!(place.noted(), versions().join(","));
    }
}

/// The process is killed some time after it began to wait for a lock, which this test holds and then releases.
#[test]
fn a_migration_that_is_killed_leaves_the_old_table_or_the_new_one() {
    let mut unfinished = 0;
    for round in 0..8_u32 {
        let Some(place) = Place::new() else { return };
        let folder = tempfile::tempdir().unwrap();
        place.make(2);
        place.fill(20_000);
        let old = place.table();
        let rows = place.run("SELECT sum(seed * 31 + steps::bigint) FROM runs");
        let active = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
             AND application_name = 'wallow' AND query LIKE '%ALTER TABLE%'";
        let mut waits = round;
        Crew::start_on(&place.1, "migrate", 1, folder.path()).kill_when(|| {
            let works = round == 0 || place.run(active) != "0";
            waits = waits.saturating_sub(u32::from(works));
            works && waits == 0
        });
        // This waits until the server has finished or rolled back the work of the dead client.
        place.run("SELECT pg_advisory_lock(131260314578807)");
        if place.table() == old {
            unfinished += 1;
            assert_eq!(place.noted(), versions()[..2].join(","));
        } else {
            assert_eq!(place.noted(), versions().join(","));
        }
        assert_eq!(
            place.run("SELECT sum(seed * 31 + steps::bigint) FROM runs"),
            rows
        );
        place.unchecked().migrate().unwrap();
        assert_eq!(place.open().unwrap().count().unwrap(), 20_000);
    }
    assert!(unfinished > 0, "every migration was faster than its end");
}

#[test]
fn a_table_of_another_program_is_not_migrated() {
    let Some(place) = Place::new() else {
        return;
    };
    place.run(
        "CREATE TABLE runs (run_uuid VARCHAR(32) PRIMARY KEY, experiment_id INTEGER, name TEXT)",
    );
    let unchecked = || {
        let options = Store::options().check_schema(false);
        options.open(&place.1).unwrap()
    };
    for noted in [false, true] {
        for error in [
            Store::open(&place.1).unwrap_err(),
            unchecked().migrate().unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::SchemaMismatch, "{noted}: {error}");
            assert!(error.to_string().contains("is one of MLflow"), "{error}");
        }
        let columns = "SELECT count(*) FROM information_schema.columns WHERE table_name = 'runs'";
        assert_eq!(place.run(columns), "3");
        place.run("CREATE TABLE IF NOT EXISTS __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, \
                   run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)");
    }
}

#[test]
fn the_table_that_the_first_migration_makes_is_recognised_on_a_server() {
    let Some(place) = Place::new() else {
        return;
    };
    place.make(1);
    place.run("DROP TABLE __diesel_schema_migrations");
    let options = Store::options().check_schema(false);
    let store = options.open(&place.1).unwrap();
    assert_eq!(store.migrate().unwrap(), names()[1..]);
    assert_eq!(
        place.run("SELECT count(*) FROM __diesel_schema_migrations"),
        "3"
    );
    store.check_schema().unwrap();
}
