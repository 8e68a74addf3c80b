//! A machine that is suspended with all its workers, and resumed later.

use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use test_support::{Place, on_file_and_server};

use crate::database::Database;
use crate::gap;
use crate::stopped::signal;

on_file_and_server! { workers_that_are_suspended_together_keep_their_runs }

fn workers_that_are_suspended_together_keep_their_runs(place: &Place) {
    let db = Database::of(place);
    let mut random = fastrand::Rng::with_seed(11);
    gap::live_claims_survive(&db.url, db.folder(), |crew| {
        for member in crew {
            signal(member, Signal::STOP);
        }
        thread::sleep(gap::LENGTH);
        // They wake up in any order; the watchers may be first.
        let mut order = crew.iter().collect::<Vec<_>>();
        random.shuffle(&mut order);
        for member in order {
            signal(member, Signal::CONT);
            thread::sleep(Duration::from_millis(20));
        }
    });
}
