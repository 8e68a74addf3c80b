//! Processes that register and claim runs without a value for an optional field: absent is one value for all of them.

use std::time::Duration;

use wallow::dynamic::{self, Fields, Value};
use wallow::{ClaimOutcome, OnDuplicate, Reclaim};

use crate::crew::{Crew, Part, answer, database};

mod conditional {
    wallow::wallow_schema!("tests/schemas/optional.toml");
}

use conditional::{Annotating, Identifying, Optimiser, Store, fields};

const SEEDS: i64 = 40;

/// For each seed a run without a momentum, one with the momentum that stands for absence in the index, and one with
/// another.
fn keys() -> impl Iterator<Item = Identifying> {
    (0..3 * SEEDS).map(|n| {
        let bare = Identifying::builder().optimiser(Optimiser::Sgd).seed(n / 3);
        match n % 3 {
            0 => bare.build(),
            1 => bare.momentum(0.0).build(),
            _ => bare.momentum(0.9).tag("").build(),
        }
    })
}

/// Registers every key in one of four ways; answers with how many were new.
pub(crate) fn register(part: &Part) {
    part.wait_for_the_others();
    let store = Store::open(part.database()).unwrap();
    let waiting = Annotating::new().status("pending");
    let new = match part.number % 4 {
        0 => {
            let pairs = keys().map(|key| (key, waiting.clone()));
            store
                .register_many(pairs, OnDuplicate::Skip)
                .unwrap()
                .inserted
        }
        1 => store.enqueue(keys()).unwrap().inserted,
        2 => at_run_time(&part.database()),
        _ => {
            let new = keys().filter(|key| {
                let outcome = store.register(key, &waiting, OnDuplicate::Overwrite);
                outcome.unwrap().was_inserted()
            });
            new.count() as u64
        }
    };
    answer(new);
}

/// Registers without generated types. Half of the absent values are given as NULL, the others are left out.
fn at_run_time(url: &str) -> u64 {
    let schema = include_str!("../schemas/optional.toml");
    let schema = wallow::schema::parse(schema, "optional.toml").unwrap();
    let store = dynamic::Store::open(&schema, url).unwrap();
    let new = keys().filter(|key| {
        let fields = Fields::new()
            .with("optimiser", "sgd")
            .with("seed", key.seed());
        let fields = match (key.momentum(), key.tag()) {
            (Some(momentum), None) => fields.with("momentum", momentum),
            (Some(momentum), Some(tag)) => fields.with("momentum", momentum).with("tag", tag),
            (None, _) if key.seed() % 2 == 0 => fields.with("momentum", Value::Null),
            (None, _) => fields,
        };
        let outcome = store.register(&fields, &Fields::new(), OnDuplicate::ReturnExisting);
        outcome.unwrap().was_inserted()
    });
    new.count() as u64
}

/// Claims every key that nobody has, and completes it; answers with how many it got.
pub(crate) fn claim(part: &Part) {
    part.wait_for_the_others();
    let store = Store::open(part.database()).unwrap();
    let hour = Reclaim::WhenStale(Duration::from_secs(3_600));
    let got = keys().filter(|key| match store.claim(key, hour).unwrap() {
        ClaimOutcome::Claimed(claim) => {
            claim.complete(Annotating::new()).unwrap();
            true
        }
        _ => false,
    });
    answer(got.count());
}

/// What all children of a crew did together.
fn total(crew: Crew) -> u64 {
    let answers = crew.answers();
    let answers = answers.iter().flatten();
    answers.map(|count| count.parse::<u64>().unwrap()).sum()
}

fn each_run_is_there_once_and_done_once(url: &str) {
    let folder = tempfile::tempdir().unwrap();
    let runs = 3 * SEEDS as u64;
    assert_eq!(
        total(Crew::start_on(url, "register absent", 16, folder.path())),
        runs
    );
    let store = Store::open(url).unwrap();
    assert_eq!(store.count().unwrap(), runs);
    let absent = store.filter(fields::momentum.is_null()).count();
    assert_eq!(absent.unwrap(), runs / 3);
    assert_eq!(
        total(Crew::start_on(url, "claim absent", 16, folder.path())),
        runs
    );
    assert_eq!(store.count().unwrap(), runs);
}

#[test]
fn sixteen_processes_do_absent_runs_once_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    each_run_is_there_once_and_done_once(&database(folder.path()));
}

/// Claims insert the runs, as no one has registered them.
#[test]
fn sixteen_processes_claim_new_absent_runs_once() {
    let folder = tempfile::tempdir().unwrap();
    let crew = Crew::start("claim absent", 16, folder.path());
    assert_eq!(total(crew), 3 * SEEDS as u64);
}

#[cfg(feature = "postgres")]
#[test]
fn sixteen_processes_do_absent_runs_once_on_postgres() {
    if let Some(server) = postgres_server::Server::shared() {
        let database = server.fresh();
        each_run_is_there_once_and_done_once(&database.url());
    }
}
