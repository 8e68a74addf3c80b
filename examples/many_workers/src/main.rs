//! One sweep and many workers: processes on one machine with a SQLite file, or on many machines with a PostgreSQL
//! server.
//!
//! `worker` is all that a process of a sweep needs, `registry` the schema, `grid` the keys, `ising` the simulation. `crew`
//! and `verdict` start such processes, kill them, and check that every run was completed exactly once.

mod args;
mod crew;
mod grid;
mod ising;
mod registry;
mod report;
mod verdict;
mod worker;

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command, Registry};
use crate::crew::Crew;
use crate::registry::{Store, fields};

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match args.command {
        None => share(&args),
        Some(Command::Work { threads }) => work(&args.registry, threads),
        Some(Command::Report) => report(&args.registry),
    };
    match done {
        Ok(status) => status,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Starts workers, waits for them, and checks what they did. Exit status: 1 if a run was not completed exactly once.
fn share(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    make_folder(&args.registry)?;
    let store = Store::open(&args.registry.db)?;
    let keys = grid::keys().collect::<Vec<_>>();
    let planned = keys.len();
    let counts = store.enqueue(keys.clone())?;
    print(&format!(
        "{planned} runs: {} new; {} workers\n",
        counts.inserted, args.workers
    ))?;
    let accounts = Crew::new(&args.registry).work(args.workers, args.chaos)?;
    let plan = store.plan(keys)?;
    let mut completed = store.filter(fields::status.eq("completed")).all()?;
    completed.retain(|run| plan.completed.contains(&run.identifying()));
    let verdict = verdict::judge(planned, &completed, &accounts);
    print(&format!("{verdict}\n"))?;
    Ok(status(verdict.faults.is_empty()))
}

/// One worker. Exit status: 1 if a run failed.
fn work(registry: &Registry, threads: u16) -> Result<ExitCode, Box<dyn Error>> {
    make_folder(registry)?;
    let counts = worker::work(registry, threads)?;
    eprintln!(
        "worker {}: {} completed, {} failed, {} lost",
        std::process::id(),
        counts.completed,
        counts.failed,
        counts.lost
    );
    Ok(status(counts.failed == 0))
}

fn report(registry: &Registry) -> Result<ExitCode, Box<dyn Error>> {
    match registry.file() {
        Some(file) if !file.exists() => print(&format!(
            "no runs yet: there is no registry at {}\n",
            file.display()
        ))?,
        _ => print(&report::report(&Store::open(&registry.db)?)?)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The folder of a registry that is a file.
fn make_folder(registry: &Registry) -> Result<(), Box<dyn Error>> {
    if let Some(folder) = registry.file().and_then(|file| file.parent()) {
        fs::create_dir_all(folder)
            .map_err(|error| format!("cannot make the folder {}: {error}", folder.display()))?;
    }
    Ok(())
}

fn status(fine: bool) -> ExitCode {
    if fine {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Writes to stdout. It is no error if the reader has closed it (`many_workers report | head -1`).
fn print(text: &str) -> io::Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}
