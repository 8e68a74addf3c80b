//! The tasks with wallow.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use wallow::{ClaimOptions, LifecycleOptions, Reclaim, RunStatus};
use wallow_bench::Result;

use super::Task;

wallow::wallow_schema!("peers/schema.toml");

/// Does a task with wallow.
pub(super) fn serve(task: Task, folder: &Path, count: usize) -> Result<()> {
    let store = Store::open(folder.join("runs.db"))?;
    match task {
        Task::Lifecycle => {
            let begun = Instant::now();
            for n in 0..count {
                let options = LifecycleOptions::new(Reclaim::Immediately);
                let _ = store
                    .run_lifecycle(&key(n), options, |_| Ok::<_, std::io::Error>(results(n)))?;
            }
            println!("{}", begun.elapsed().as_secs_f64());
        }
        Task::Queue => {
            store.enqueue((0..count).map(key))?;
        }
        Task::Drain => {
            println!("ready");
            std::io::stdin().read_line(&mut String::new())?;
            let executed = drain_queue(&store)?;
            let file = folder.join(format!("drained-{}", std::process::id()));
            fs::write(file, serde_json::to_string(&executed)?)?;
            println!("{}", executed.len());
        }
        Task::Fill => {
            store.enqueue((0..count).map(key))?;
            drain_queue(&store)?;
        }
        Task::Query => {
            let begun = Instant::now();
            let chosen = fields::seed.eq(0) & fields::status.eq(RunStatus::Completed);
            let found = store
                .filter(chosen)
                .order_by(fields::val_loss.asc())
                .limit(10)
                .all()?;
            println!("{} {}", begun.elapsed().as_secs_f64(), found.len());
        }
        Task::Start => println!("{}", store.count()?),
    }
    Ok(())
}

/// Executes what waits; returns which runs these were.
fn drain_queue(store: &Store) -> Result<Vec<usize>> {
    let mut executed = Vec::new();
    let stale = Reclaim::WhenStale(Duration::from_secs(300));
    while let Some(claim) = store.claim_next(ClaimOptions::new(stale))? {
        let run = claim.run();
        let digit = (0..5).find(|digit| rate(*digit).to_bits() == run.learning_rate.to_bits());
        let rest = usize::try_from(run.seed * 40 + run.layers * 5)?;
        let n = rest + digit.ok_or("a rate of the grid")?;
        executed.push(n);
        claim.complete(results(n))?;
    }
    Ok(executed)
}

/// The n-th run, as in `peer.py`.
fn key(n: usize) -> Identifying {
    Identifying::builder()
        .learning_rate(rate(n % 5))
        .layers(n / 5 % 8)
        .seed(n / 40)
        .build()
}

fn rate(digit: usize) -> f64 {
    [1.0, 0.1, 0.01, 0.001, 0.0001]
        .get(digit)
        .copied()
        .unwrap_or_default()
}

fn results(n: usize) -> Annotating {
    let share =
        |prime: usize| f64::from(u16::try_from(n * prime % 9973).unwrap_or_default()) / 9973.0;
    Annotating::new()
        .val_loss(share(7919))
        .val_accuracy(share(104_729))
}
