//! One worker: takes the next run, does it, records it, until all are done.

use std::io::{self, Write as _};

use wallow::{Claim, Reclaim, WorkCounts, WorkOptions};

use crate::args::Registry;
use crate::grid;
use crate::ising::simulate;
use crate::registry::{Annotating, Run, Store};

/// Works until every run of the sweep has ended. Runs of crashed workers are taken over. If this process gets a signal
/// to end (Ctrl-C, or a scheduler's `TERM`), its runs go back to the queue at once.
///
/// # Errors
/// If the registry cannot be read or written. A run that fails is counted, and the next one follows.
pub(crate) fn work(registry: &Registry, threads: u16) -> Result<WorkCounts, wallow::Error> {
    let store = Store::open(&registry.db)?;
    store.release_on_ctrl_c()?;
    // Any number of workers may do this at the same time; each run is added only once.
    store.enqueue(grid::keys())?;
    let options = WorkOptions::new(Reclaim::WhenStale(registry.stale_after))
        .threads(threads.into())
        .wait_for_others(true);
    let name = name();
    store.work(options, |claim| run(claim, &name))
}

/// Computes one run. Meanwhile the claim sends heartbeats in the background.
fn run(claim: &Claim<Run>, name: &str) -> Result<Annotating, String> {
    let run = claim.run();
    // The line is one write, so that a killed worker leaves no half line. It does not matter if nobody reads it.
    let line = format!(
        "{} attempt {} by {name}: lattice={} temperature={} seed={}\n",
        run.uuid,
        claim.attempt(),
        run.lattice,
        run.temperature,
        run.seed
    );
    let _ = io::stdout().write_all(line.as_bytes());
    let measured = simulate(run.lattice, run.temperature, run.sweeps, run.seed)?;
    Ok(Annotating::new()
        .magnetisation(measured.magnetisation)
        .energy(measured.energy)
        .worker(name))
}

/// The name of the process, unique among all machines.
fn name() -> String {
    let host = std::process::Command::new("hostname").output();
    let host = host.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let host = host.ok().filter(|host| !host.is_empty());
    let host = host.unwrap_or_else(|| "localhost".into());
    format!("{host}:{}", std::process::id())
}
