//! A gap in which no worker can send a heartbeat: nobody takes over the claims that survive it.
//!
//! Two workers hold four runs each, a third one died with one run, and two more only watch the others. Then comes a gap
//! that is longer than the stale time. Afterwards the watchers take over the run of the dead worker. It has the highest
//! id, so it is the last one that they would choose: when they have it, they have left the runs of the living workers
//! alone.

use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::crew::{Member, release};
use crate::journal;
use crate::sweep::{Store, key};
use crate::worker::{Run, Worker};

/// After this time, a silent worker counts as dead.
pub(crate) const STALE: Duration = Duration::from_secs(2);
/// The length of a gap.
pub(crate) const LENGTH: Duration = Duration::from_secs(3);

/// The worker of each process.
pub(crate) const WORKER: Worker = Worker::new(STALE, Run::UntilTold);
pub(crate) const HOLDER: Worker = Worker {
    threads: 4,
    ..WORKER
};

/// The run of the dead worker. Those before it belong to the living ones.
const LEFT: i64 = 8;

/// Lives through a gap. `gap` is given the living workers.
pub(crate) fn live_claims_survive(url: &str, folder: &Path, gap: impl FnOnce(&[Member])) {
    let store = Store::open(url).unwrap();
    store.enqueue((0..=LEFT).map(key)).unwrap();
    let start = |part, number, holds| {
        let mut member = Member::start(url, part, number, folder);
        assert_eq!(member.answer().as_deref(), Some("open"));
        for _ in 0..holds {
            let answer = member.answer().unwrap();
            assert!(answer.starts_with("holds "), "{answer}");
        }
        member
    };
    let mut crew = Vec::from([0, 1].map(|number| start("hold four", number, 4)));
    let mut dead = start("hold", 2, 1);
    dead.kill();
    let death = journal::now();
    crew.extend([3, 4].map(|number| start("hold", number, 0)));
    // By now, the watchers have seen silent runs, which they have to forget after the gap.
    thread::sleep(STALE / 2);
    gap(&crew);
    while begun_by(&crew, folder, LEFT).is_none() {
        thread::sleep(Duration::from_millis(20));
        for member in &mut crew {
            assert_eq!(
                member.ended(),
                None,
                "a worker ended while others were at work"
            );
        }
    }
    release(folder);
    for member in &mut crew {
        assert_eq!(member.last_answer().as_deref(), Some("0 failed, 0 lost"));
    }
    let left = begun_by(&crew, folder, LEFT).unwrap();
    assert!(death <= left.begin);
    journal::judge(&store, folder, &crew, LEFT + 1);
}

fn begun_by(crew: &[Member], folder: &Path, run: i64) -> Option<journal::Execution> {
    let runs = journal::executions(folder, crew.iter().map(Member::id));
    runs.get(&run)?.last().copied()
}
