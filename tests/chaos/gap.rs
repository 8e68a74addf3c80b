//! A gap in which nobody can say that they are alive: claims that live through it are nobody's prey.
//!
//! Two workers hold four runs each, a third one died with one, and two more have nothing to do but
//! to watch the others. Then comes the gap, longer than the stale time. Afterwards the watchers take
//! over the run of the dead one, which has the highest id and so is the last they would choose; when
//! they have, they left those of the living alone.

use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::crew::{Member, tell};
use crate::journal;
use crate::sweep::{Store, key};
use crate::worker::{Run, Worker};

/// After so long, a silent worker is taken for dead.
pub(crate) const STALE: Duration = Duration::from_secs(2);
/// How long a gap is.
pub(crate) const LENGTH: Duration = Duration::from_secs(3);

/// What each of them is.
pub(crate) const WORKER: Worker = Worker::new(STALE, Run::UntilTold);
pub(crate) const HOLDER: Worker = Worker {
    threads: 4,
    ..WORKER
};

/// The run of the dead worker; those before it are the living ones'.
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
    // The watchers have something to forget.
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
    tell(folder);
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
