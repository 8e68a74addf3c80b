//! The protocol in SQL (specs 12): the statements as they stand in the specification, in turn with the library.

use std::collections::BTreeMap;

use test_support::{Place, on_shared_databases};
use wallow::diesel::backend::Backend;
use wallow::diesel::deserialize::{self, FromSql, QueryableByName};
use wallow::diesel::row::NamedRow;
use wallow::diesel::sql_types::{BigInt, Integer, Text};
use wallow::diesel::{RunQueryDsl as _, sql_query};
use wallow::{AttemptOutcome, ClaimOptions, ErrorKind, Reclaim};

use super::registry::{Annotating, Store};
use super::{attempts, claimed, key, open, outcomes};

const SPEC: &str = include_str!("../../specs/14-protocol.md");

on_shared_databases! {
    runs_are_claimed_and_ended_by_statements_alone,
    a_silent_worker_is_taken_over_by_statements,
    the_library_fences_off_a_claim_by_statements,
}

/// The statement of this name for a database, as it stands in the specification.
fn statement(name: &str, database: &str) -> Option<&'static str> {
    let title = format!("-- {name} ({database})\n");
    let mut blocks = SPEC.split("```sql\n").skip(1);
    let block = blocks.find_map(|block| block.strip_prefix(&title))?;
    block.split("```").next()
}

/// Puts values in the places of parameters.
fn filled(sql: &str, values: &BTreeMap<&str, String>) -> String {
    let mut filled = String::new();
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once(':') {
        filled.push_str(before);
        let is_part = |char: char| char.is_ascii_lowercase() || char == '_';
        let end = after.find(|char| !is_part(char)).unwrap_or(after.len());
        let (name, behind) = after.split_at(end);
        match values.get(name) {
            Some(value) => filled.push_str(value),
            None => {
                assert!(name.is_empty(), "{name} is no parameter");
                filled.push(':');
            }
        }
        rest = behind;
    }
    filled + rest
}

/// What each statement returns.
#[derive(Debug, Clone, PartialEq)]
struct Claim {
    id: i64,
    uuid: String,
    attempt: i32,
}

impl<DB: Backend> QueryableByName<DB> for Claim
where
    i64: FromSql<BigInt, DB>,
    String: FromSql<Text, DB>,
    i32: FromSql<Integer, DB>,
{
    fn build<'a>(row: &impl NamedRow<'a, DB>) -> deserialize::Result<Self> {
        Ok(Claim {
            id: NamedRow::get::<BigInt, _>(row, "id")?,
            uuid: NamedRow::get::<Text, _>(row, "uuid")?,
            attempt: NamedRow::get::<Integer, _>(row, "_wallow_attempt")?,
        })
    }
}

/// A program that knows only the statements.
struct Driver<'s> {
    store: &'s Store,
}

impl Driver<'_> {
    /// Executes a section of the specification: on SQLite the statement of this name and those about the attempt in one
    /// transaction, on PostgreSQL one statement.
    fn does(&self, name: &str, after: &[&str], claim: Option<&Claim>) -> Option<Claim> {
        let values = |claim: Option<&Claim>| {
            let mut values = BTreeMap::from([
                ("host", "'elsewhere'".to_owned()),
                ("pid", "7".to_owned()),
                ("argv", "'[\"driver\"]'".to_owned()),
                ("val_loss", "0.25".to_owned()),
                ("exit_code", "0".to_owned()),
                ("reason", "'it''s: no luck'".to_owned()),
            ]);
            if let Some(claim) = claim {
                values.insert("id", claim.id.to_string());
                values.insert("uuid", format!("'{}'", claim.uuid));
                values.insert("attempt", claim.attempt.to_string());
            }
            values
        };
        #[cfg(feature = "postgres")]
        if let Ok(found) = self.store.with_postgres(|connection| {
            let mut values = values(claim);
            values.insert("stale", "'0 seconds'".to_owned());
            let sql = filled(statement(name, "PostgreSQL").unwrap(), &values);
            sql_query(sql).load::<Claim>(connection)
        }) {
            return found.into_iter().next();
        }
        let found = self.store.with_sqlite(|connection| {
            connection.immediate_transaction(|connection| {
                let mut first = values(claim);
                first.insert("stale", "'0 seconds'".to_owned());
                let sql = filled(statement(name, "SQLite").unwrap(), &first);
                let found = sql_query(sql).load::<Claim>(connection)?.into_iter().next();
                if let Some(found) = &found {
                    for name in after {
                        let sql = filled(statement(name, "SQLite").unwrap(), &values(Some(found)));
                        sql_query(sql).execute(connection)?;
                    }
                }
                Ok(found)
            })
        });
        found.unwrap()
    }

    fn claims(&self) -> Option<Claim> {
        self.does("claim", &["note the attempt"], None)
    }

    fn takes_over(&self) -> Option<Claim> {
        // Silent for longer than no time at all.
        std::thread::sleep(std::time::Duration::from_millis(3));
        let after = ["close the attempt before", "note the attempt"];
        self.does("take over", &after, None)
    }

    fn sends_heartbeat(&self, claim: &Claim) -> bool {
        self.does("heartbeat", &[], Some(claim)).is_some()
    }

    /// Ends a claim; returns whether it was still held.
    fn ends(&self, how: &str, claim: &Claim) -> bool {
        let attempt = match how {
            "complete" => "end the attempt as completed",
            "fail" => "end the attempt as failed",
            _ => "end the attempt as released",
        };
        self.does(how, &[attempt], Some(claim)).is_some()
    }
}

fn runs_are_claimed_and_ended_by_statements_alone(place: &Place) {
    let store = open(place);
    let driver = Driver { store: &store };
    assert_eq!(driver.claims(), None);
    store.enqueue((0..4).map(key)).unwrap();
    let first = driver.claims().unwrap();
    assert_eq!(first.attempt, 1);
    let by_library = store
        .claim_next(ClaimOptions::new(Reclaim::WhenStale(super::MINUTE)))
        .unwrap()
        .unwrap();
    assert_eq!(by_library.run().seed, 1);
    let (third, fourth) = (driver.claims().unwrap(), driver.claims().unwrap());
    assert_eq!(driver.claims(), None);
    assert!(driver.sends_heartbeat(&first));
    assert!(driver.ends("complete", &first));
    assert!(driver.ends("fail", &third));
    assert!(driver.ends("release", &fourth));
    // Each has ended, so none can write any more.
    for claim in [&first, &third, &fourth] {
        assert!(!driver.sends_heartbeat(claim) && !driver.ends("complete", claim));
    }
    by_library.complete(Annotating::new()).unwrap();
    let run = |seed| store.find(&key(seed)).unwrap().unwrap();
    assert_eq!(run(0).status.as_deref(), Some("completed"));
    assert_eq!(run(0).val_loss, Some(0.25));
    assert!(run(0).wallclock_seconds.unwrap() >= 0.0);
    assert!(run(0).completed_at >= run(0).started_at);
    assert_eq!(run(2).status.as_deref(), Some("failed"));
    assert_eq!(run(2).error_excerpt.as_deref(), Some("it's: no luck"));
    assert_eq!(run(3).status.as_deref(), Some("pending"));
    let all = (0..4).map(|seed| outcomes(&store, seed)[0].unwrap().as_str());
    assert_eq!(
        all.collect::<Vec<_>>(),
        ["completed", "completed", "failed", "released"]
    );
    let attempt = &attempts(&store, 2)[0];
    assert_eq!(attempt.host.as_deref(), Some("elsewhere"));
    assert_eq!(attempt.argv, ["driver"]);
    assert_eq!(attempt.error.as_deref(), Some("it's: no luck"));
    assert!(attempt.ended_at >= Some(attempt.started_at));
    // The released run goes to the library, as its second attempt.
    let again = store.claim_next(ClaimOptions::new(Reclaim::Immediately));
    assert_eq!(again.unwrap().unwrap().attempt(), 2);
}

fn a_silent_worker_is_taken_over_by_statements(place: &Place) {
    let store = open(place);
    let driver = Driver { store: &store };
    let claim = claimed(&store, 0);
    claim.heartbeat().unwrap();
    let taken = driver.takes_over().unwrap();
    assert_eq!(taken.attempt, 2);
    let error = claim.complete(Annotating::new().val_loss(1.0)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ClaimLost);
    drop(error);
    assert!(driver.ends("complete", &taken));
    let run = store.find(&key(0)).unwrap().unwrap();
    assert_eq!(run.val_loss, Some(0.25));
    let (lost, completed) = (AttemptOutcome::Lost, AttemptOutcome::Completed);
    assert_eq!(outcomes(&store, 0), [Some(lost), Some(completed)]);
    let both = attempts(&store, 0);
    assert_eq!(both[0].ended_at, Some(both[1].started_at));
}

fn the_library_fences_off_a_claim_by_statements(place: &Place) {
    let store = open(place);
    let driver = Driver { store: &store };
    store.enqueue([key(0)]).unwrap();
    let claim = driver.claims().unwrap();
    let other = open(place);
    let taken = claimed(&other, 0);
    assert_eq!(taken.attempt(), 2);
    assert!(!driver.sends_heartbeat(&claim));
    for end in ["complete", "fail", "release"] {
        assert!(!driver.ends(end, &claim));
    }
    taken.complete(Annotating::new().val_loss(1.0)).unwrap();
    let run = store.find(&key(0)).unwrap().unwrap();
    assert_eq!(run.val_loss, Some(1.0));
    let (lost, completed) = (AttemptOutcome::Lost, AttemptOutcome::Completed);
    assert_eq!(outcomes(&store, 0), [Some(lost), Some(completed)]);
}

/// Each statement for one database has one for the other, except those that are parts of it there.
#[test]
fn the_protocol_is_whole_for_both_databases() {
    for name in [
        "claim",
        "take over",
        "heartbeat",
        "complete",
        "fail",
        "release",
    ] {
        for database in ["SQLite", "PostgreSQL"] {
            assert!(statement(name, database).is_some(), "{name} ({database})");
        }
    }
    assert_eq!(SPEC.matches("```sql\n-- ").count(), 6 * 2 + 5);
}
