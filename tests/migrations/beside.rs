//! A program that has diesel migrations of its own for the database of its runs, and has diesel run both
//! (specification, 7.19).

use wallow::diesel::backend::Backend;
use wallow::diesel::migration::{MigrationSource, MigrationVersion};
use wallow::diesel::sqlite::Sqlite;
use wallow::diesel::{Connection as _, SqliteConnection};
use wallow::diesel_migrations;
use wallow::diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use wallow::{ErrorKind, OnDuplicate};

use crate::history::{execute, names, noted, place, versions};

mod schema {
    wallow::wallow_schema!("tests/schemas/beside/wallow.toml");
}

use schema::{Annotating, Identifying, Run, Store};

/// The program's own migrations: one is older than all of wallow's here, and one is newer.
const OWN: EmbeddedMigrations = embed_migrations!("tests/schemas/beside/others");

const OWN_VERSIONS: [&str; 2] = ["20260115000000", "20270601000000"];

/// All versions that are noted afterwards, in order.
fn all_versions() -> Vec<String> {
    let mut all = versions();
    all.extend(OWN_VERSIONS.map(str::to_owned));
    all.sort();
    all
}

fn digits(versions: &[MigrationVersion<'_>]) -> Vec<String> {
    versions.iter().map(ToString::to_string).collect()
}

/// Runs both, in either order, then reverts wallow's and runs it again.
fn run_both<C, DB>(connection: &mut C, own_first: bool)
where
    C: MigrationHarness<DB>,
    DB: Backend,
    wallow::Migrations<Run>: MigrationSource<DB>,
{
    let runs = wallow::migrations::<Run>();
    if own_first {
        connection.run_pending_migrations(OWN).unwrap();
    }
    let done = connection.run_pending_migrations(runs).unwrap();
    assert_eq!(digits(&done), versions());
    if !own_first {
        connection.run_pending_migrations(OWN).unwrap();
    }
    assert!(!connection.has_pending_migration(runs).unwrap());
    assert!(!connection.has_pending_migration(OWN).unwrap());
    let mut noted = digits(&connection.applied_migrations().unwrap());
    noted.reverse();
    assert_eq!(noted, all_versions());
    let newest = MigrationSource::<DB>::migrations(&runs).unwrap().pop();
    let newest = newest.unwrap();
    assert_eq!(newest.name().to_string(), names()[2]);
    connection.revert_migration(&newest).unwrap();
    assert!(connection.has_pending_migration(runs).unwrap());
    connection.run_pending_migrations(runs).unwrap();
}

fn assert_usable(store: &Store, seed: i64) {
    store.check_schema().unwrap();
    assert_eq!(store.migrate().unwrap(), Vec::<String>::new());
    let key = Identifying::builder().rate(0.5).seed(seed).build();
    let patch = Annotating::new().steps(0.5);
    let outcome = store.register(&key, &patch, OnDuplicate::Error);
    assert!(outcome.unwrap().was_inserted());
}

#[test]
fn diesel_runs_both_in_either_order() {
    for own_first in [true, false] {
        let (_folder, path) = place();
        let path = path.to_str().unwrap();
        let mut connection = SqliteConnection::establish(path).unwrap();
        run_both::<_, Sqlite>(&mut connection, own_first);
        assert_usable(&Store::open(path).unwrap(), 1);
        let reading = Store::options().read_only(true).open(path).unwrap();
        assert_eq!(reading.count().unwrap(), 1);
    }
}

#[cfg(feature = "postgres")]
#[test]
fn diesel_runs_both_in_either_order_on_postgresql() {
    use wallow::diesel::PgConnection;
    use wallow::diesel::pg::Pg;

    for own_first in [true, false] {
        let Some(server) = postgres_server::Server::shared() else {
            return;
        };
        let fresh = server.fresh();
        let mut connection = PgConnection::establish(&fresh.url()).unwrap();
        run_both::<_, Pg>(&mut connection, own_first);
        assert_usable(&Store::open(fresh.url()).unwrap(), 1);
    }
}

#[test]
fn a_store_makes_its_table_beside_those_of_the_program() {
    for own_first in [true, false] {
        let (_folder, path) = place();
        let text = path.to_str().unwrap();
        let run_own = || {
            let mut connection = SqliteConnection::establish(text).unwrap();
            connection.run_pending_migrations(OWN).unwrap();
        };
        if own_first {
            run_own();
        }
        assert_usable(&Store::open(text).unwrap(), 1);
        if !own_first {
            run_own();
        }
        assert_usable(&Store::open(text).unwrap(), 2);
        assert_eq!(noted(&path), all_versions().join(","));
    }
}

#[test]
fn a_version_of_neither_counts_as_one_of_a_newer_program() {
    let (_folder, path) = place();
    let text = path.to_str().unwrap();
    Store::open(text).unwrap();
    execute(
        &path,
        "INSERT INTO __diesel_schema_migrations (version) VALUES ('20990101000000'); \
         ALTER TABLE runs ADD COLUMN note TEXT NOT NULL DEFAULT ''",
    );
    assert_usable(&Store::open(text).unwrap(), 1);
    execute(&path, "DROP INDEX uq_runs_identifying");
    let error = Store::open(text).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DatabaseAhead, "{error}");
}
