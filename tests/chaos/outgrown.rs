//! Programs that write while a migration adds an identifying field: each write happens before the migration, or is
//! refused and changes nothing.

use std::time::Duration;

use test_support::{Place, on_file_and_server};
use wallow::diesel::connection::SimpleConnection as _;
use wallow::diesel::dsl::sql;
use wallow::diesel::sql_types::{BigInt, Text};
use wallow::diesel::{Connection as _, RunQueryDsl as _, SqliteConnection};
use wallow::{ClaimOptions, Error, ErrorKind, OnDuplicate, Reclaim};

use crate::crew::{Crew, Part, answer};
use crate::database::Database;
use crate::sweep::{Annotating, Run, Store, key};

on_file_and_server! {
    no_write_lands_in_a_run_of_another_key,
}

const WRITERS: i64 = 5;

const KEYS: i64 = 12;

/// Adds the field, and runs with the same values in all old fields, which the running programs do not know. A copy of
/// the table is stored, to compare it with the table after the last program was refused.
const MIGRATION: &str = "\
    ALTER TABLE runs ADD COLUMN opt TEXT NOT NULL DEFAULT 'sgd'; \
    DROP INDEX uq_runs_identifying; \
    CREATE UNIQUE INDEX uq_runs_identifying ON runs \
        (architecture, batch_size, learning_rate, num_epochs, opt, optimiser, seed, weight_decay); \
    INSERT INTO runs (uuid, created_at, updated_at, status, host, opt, architecture, batch_size, learning_rate, \
            num_epochs, optimiser, seed, weight_decay) \
        SELECT 'new-' || substr(uuid, 5), created_at, updated_at, status, 'new', 'adam', architecture, batch_size, \
            learning_rate, num_epochs, optimiser, seed, weight_decay FROM runs; \
    CREATE TABLE frozen AS SELECT * FROM runs;";

/// Writes in every way until it is refused; answers with the number of writes before that.
pub(crate) fn write_until_refused(part: &Part) {
    let store = Store::open(part.database()).unwrap();
    part.wait_for_the_others();
    for count in 0.. {
        match write(&store, part.number + 7 * count) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::DatabaseAhead => {
                assert!(error.to_string().contains("`opt`"), "{error}");
                return answer(count);
            }
            // An error that several writers of one run cause each other.
            Err(error)
                if [
                    ErrorKind::NotFound,
                    ErrorKind::ClaimLost,
                    ErrorKind::Duplicate,
                ]
                .contains(&error.kind()) => {}
            Err(error) => panic!("{error:?}"),
        }
        if count % 10 == 9 {
            answer("at work");
        }
    }
}

/// The n-th write.
fn write(store: &Store, n: i64) -> Result<(), Error> {
    let key = key(n % KEYS);
    let result = Annotating::new().host(n.to_string()).val_loss(0.5);
    // A run with results and without a status would not be claimed.
    let patch = result.clone().status("pending");
    match n % 9 {
        0 => drop(store.register(&key, &patch, OnDuplicate::Overwrite)?),
        1 => {
            let stale = OnDuplicate::ClaimIfStale(Duration::ZERO);
            drop(store.register(&key, &patch, stale)?);
        }
        2 => drop(store.heartbeat(&key)?),
        3 => drop(store.delete(&key)?),
        4 => {
            let pairs = (0..KEYS).map(|seed| (crate::sweep::key(seed), patch.clone()));
            store.register_many(pairs, OnDuplicate::Overwrite)?;
        }
        5 => drop(store.enqueue((0..KEYS).map(crate::sweep::key))?),
        6 => {
            let claim = store.claim_next(ClaimOptions::<Run>::new(Reclaim::Immediately))?;
            if let Some(claim) = claim {
                claim.complete(result)?;
            }
        }
        7 => {
            let claim = store.claim(&key, Reclaim::Immediately)?;
            if let wallow::ClaimOutcome::Claimed(claim) = claim {
                claim.release()?;
            }
        }
        _ => drop(store.register(&key, &patch, OnDuplicate::ReturnExisting)?),
    }
    Ok(())
}

fn no_write_lands_in_a_run_of_another_key(place: &Place) {
    let database = Database::of(place);
    drop(Store::open(&database.url).unwrap());
    let mut crew = Crew::start_on(
        &database.url,
        "write until refused",
        WRITERS,
        database.folder(),
    );
    crew.wait_for_answers(3);
    let mut raw = Raw::connect(&database.url);
    raw.migrate();
    for answers in crew.answers() {
        assert!(!answers.is_empty());
    }
    assert!(raw.count("frozen WHERE host = 'new'") > 0);
    for (one, other) in [("runs", "frozen"), ("frozen", "runs")] {
        let differences =
            format!("(SELECT * FROM {one} EXCEPT SELECT * FROM {other}) AS differences");
        let found = raw.rows(&differences);
        assert!(found.is_empty(), "{one} without {other}: {found:#?}");
    }
    let store = Store::open(&database.url);
    assert_eq!(store.unwrap_err().kind(), ErrorKind::SchemaMismatch);
}

/// A connection of a program without wallow.
enum Raw {
    Sqlite(SqliteConnection),
    #[cfg(feature = "postgres")]
    Postgres(wallow::diesel::PgConnection),
}

impl Raw {
    fn connect(url: &str) -> Self {
        #[cfg(feature = "postgres")]
        if url.starts_with("postgres") {
            return Raw::Postgres(wallow::diesel::PgConnection::establish(url).unwrap());
        }
        let mut connection = SqliteConnection::establish(url).unwrap();
        let patience = "PRAGMA busy_timeout = 60000";
        connection.batch_execute(patience).unwrap();
        Raw::Sqlite(connection)
    }

    fn migrate(&mut self) {
        match self {
            Raw::Sqlite(connection) => {
                connection.batch_execute(&format!("BEGIN IMMEDIATE; {MIGRATION} COMMIT"))
            }
            #[cfg(feature = "postgres")]
            Raw::Postgres(connection) => {
                connection.batch_execute(&format!("BEGIN; {MIGRATION} COMMIT"))
            }
        }
        .unwrap();
    }

    /// Some cells of these rows, a line each.
    fn rows(&mut self, rows: &str) -> Vec<String> {
        let cells = [
            "id",
            "uuid",
            "created_at",
            "updated_at",
            "status",
            "host",
            "seed",
            "opt",
            "_wallow_attempt",
        ];
        let cells = cells.map(|cell| format!("coalesce(CAST({cell} AS TEXT), 'none')"));
        let line = sql::<Text>(&format!("SELECT {} FROM {rows}", cells.join(" || ' ' || ")));
        match self {
            Raw::Sqlite(connection) => line.load(connection),
            #[cfg(feature = "postgres")]
            Raw::Postgres(connection) => line.load(connection),
        }
        .unwrap()
    }

    /// How many rows there are.
    fn count(&mut self, rows: &str) -> i64 {
        let count = sql::<BigInt>(&format!("SELECT count(*) FROM {rows}"));
        match self {
            Raw::Sqlite(connection) => count.get_result(connection),
            #[cfg(feature = "postgres")]
            Raw::Postgres(connection) => count.get_result(connection),
        }
        .unwrap()
    }
}
