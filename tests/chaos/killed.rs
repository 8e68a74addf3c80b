//! Eight workers share two thousand runs, and one of them is killed every second.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use test_support::{Place, on_file_and_server};

use crate::crew::Member;
use crate::database::Database;
use crate::journal;
use crate::sweep::{Store, fields, key};
use crate::worker::{Run, Worker};

on_file_and_server! { a_killed_worker_costs_its_run_an_attempt_and_nothing_else }

const RUNS: i64 = 2000;
const WORKERS: i64 = 8;
/// How long a run takes. All of them together take some ten seconds.
const RUN: Duration = Duration::from_millis(40);
/// Long enough that a worker on a busy machine does not count as dead.
const STALE: Duration = Duration::from_secs(6);
const BETWEEN_KILLS: Duration = Duration::from_secs(1);

/// The worker of each process.
pub(crate) const WORKER: Worker = Worker::new(STALE, Run::For(RUN));

fn a_killed_worker_costs_its_run_an_attempt_and_nothing_else(place: &Place) {
    let db = Database::of(place);
    let store = Store::open(&db.url).unwrap();
    assert_eq!(store.enqueue((0..RUNS).map(key)).unwrap().inserted, 2000);
    let start = |number| Member::start(&db.url, "work", number, db.folder());
    let mut crew = (0..WORKERS).map(start).collect::<Vec<_>>();
    let mut workers = crew.iter().map(Member::id).collect::<Vec<_>>();
    let mut deaths = BTreeMap::new();
    let mut random = fastrand::Rng::with_seed(5);
    let mut last_kill = Instant::now();
    while crew.iter_mut().any(|member| member.ended().is_none()) {
        if last_kill.elapsed() < BETWEEN_KILLS {
            thread::sleep(Duration::from_millis(10));
            continue;
        }
        last_kill = Instant::now();
        let chosen = random.usize(..crew.len());
        if crew[chosen].ended().is_none() {
            crew[chosen].kill();
            deaths.insert(crew[chosen].id(), journal::now());
            let number = i64::try_from(workers.len()).unwrap();
            crew[chosen] = start(number);
            workers.push(crew[chosen].id());
        }
    }
    for member in &mut crew {
        assert_eq!(member.last_answer().as_deref(), Some("0 failed, 0 lost"));
    }

    let rows = store.filter(fields::status.eq("completed")).all().unwrap();
    assert_eq!(rows.len(), 2000);
    let runs = journal::executions(db.folder(), workers);
    for row in rows {
        let executions = &runs[&row.seed];
        for pair in executions.windows(2) {
            // A run is executed again only after its worker was killed.
            assert!(deaths[&pair[0].worker] <= pair[1].begin, "{pair:?}");
        }
        let last = executions.last().unwrap();
        assert!(last.end.is_some());
        let result = format!("{} {}", last.worker, last.attempt);
        assert_eq!(row.host, Some(result));
    }
    let cut_short = runs.values().flatten().filter(|run| run.end.is_none());
    let (killed, cut_short) = (deaths.len(), cut_short.count());
    assert!(
        killed >= 5 && cut_short > 0,
        "{killed} killed, {cut_short} runs cut short"
    );
}
