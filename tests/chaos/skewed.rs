//! Workers whose clock is an hour off.
//!
//! With a server, whose clock is used, they are like all others. With a file, the processes of a machine normally share
//! one clock. If one of them has another clock, runs may be taken over that should not be, but the result is always
//! that of the last claim, and time never goes backwards.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use test_support::{Place, on_file_and_server};
use wallow::{ClaimOutcome, Environment, ErrorKind, Reclaim};

use crate::crew::{Member, Part, answer};
use crate::database::{Database, TimeOf};
use crate::sweep::{Annotating, Store, key};

on_file_and_server! { a_clock_that_is_an_hour_off_makes_no_second_result }

const STALE: Reclaim = Reclaim::WhenStale(Duration::from_secs(10 * 60));

/// Claims two runs, one of which another worker may have; answers for each whether it got it.
pub(crate) fn work(part: &Part, seconds: i64) {
    let clock = move || Utc::now() + TimeDelta::seconds(seconds);
    let store = Store::options()
        .environment(Environment::default().with_clock(clock))
        .open(part.database())
        .unwrap();
    for seed in [0, part.number] {
        match store.claim(&key(seed), STALE).unwrap() {
            ClaimOutcome::Claimed(claim) => {
                let last = claim.run().updated_at;
                assert!(claim.heartbeat().unwrap() > last);
                claim.complete(Annotating::new().host(&*part.name)).unwrap();
                answer("done");
            }
            ClaimOutcome::HeldByAnother(_) => answer("held"),
            ClaimOutcome::AlreadyCompleted(_) => answer("completed"),
        }
    }
}

fn a_clock_that_is_an_hour_off_makes_no_second_result(place: &Place) {
    let db = Database::of(place);
    let store = Store::open(&db.url).unwrap();
    let play = |name, number| {
        let mut member = Member::start(&db.url, name, number, db.folder());
        let answers = [member.answer(), member.answer()].map(Option::unwrap);
        assert!(member.end().success());
        answers
    };
    let ClaimOutcome::Claimed(claim) = store.claim(&key(0), STALE).unwrap() else {
        panic!("the run is new");
    };
    // With a late clock, live runs look alive, and its own claims hold.
    assert_eq!(play("be late", 1), ["held", "done"]);
    let [first, own] = play("be early", 2);
    assert_eq!(own, "done");
    let result = claim.complete(Annotating::new().host("the first"));
    let host = |seed| store.find(&key(seed)).unwrap().unwrap().host;
    if db.time == TimeOf::Machine {
        assert_eq!(first, "done");
        assert_eq!(result.unwrap_err().kind(), ErrorKind::ClaimLost);
        assert_eq!(host(0).as_deref(), Some("be early"));
    } else {
        assert_eq!(first, "held");
        assert_eq!(result.unwrap().host.as_deref(), Some("the first"));
    }
    assert_eq!(host(1).as_deref(), Some("be late"));
    for seed in 0..3 {
        let run = store.find(&key(seed)).unwrap().unwrap();
        assert_eq!(run.status.as_deref(), Some("completed"));
        assert!(run.updated_at > run.created_at);
        let ClaimOutcome::AlreadyCompleted(_) = store.claim(&key(seed), STALE).unwrap() else {
            panic!("run {seed} is completed");
        };
    }
}
