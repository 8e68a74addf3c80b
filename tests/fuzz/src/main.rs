//! `cargo xtask fuzz`: runs fuzz targets, prints how many inputs ran, and saves those that fail.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use wallow_fuzz::run::Limit;
use wallow_fuzz::{Target, supervise, targets};

/// Runs fuzz targets, and saves inputs that fail to `tests/fuzz/corpus/`
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask fuzz")]
struct Args {
    /// Only these targets; all if none is named
    #[arg(value_parser = target_name)]
    targets: Vec<String>,
    /// Run each target for this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    time: u64,
    /// Run this many inputs of each target instead
    #[arg(long, value_name = "N", conflicts_with = "time")]
    inputs: Option<u64>,
    /// The same seed makes the same inputs
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Run the inputs that failed once and a few others, as the tests do, and save nothing
    #[arg(long)]
    brief: bool,
    /// List the targets
    #[arg(long)]
    list: bool,
    #[arg(long, hide = true)]
    worker: Option<PathBuf>,
    #[arg(long, hide = true)]
    one: Option<PathBuf>,
}

fn main() -> ExitCode {
    // The readers of Parquet and Arrow start this program again as a child process, which reads the file.
    if let Some(code) = wallow_cli::fuzzing::serve(std::env::args_os()) {
        return code;
    }
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("fuzz: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the targets; returns whether nothing failed.
fn run(args: &Args) -> io::Result<bool> {
    let is_wanted =
        |name: &str| args.targets.is_empty() || args.targets.iter().any(|one| one == name);
    let mut is_fine = true;
    for target in targets::ALL.iter().filter(|target| is_wanted(target.name)) {
        if args.list {
            println!("{:<12} {}", target.name, target.about);
        } else if let Some(file) = &args.one {
            supervise::one(target, file)?;
        } else if let Some(at) = &args.worker {
            is_fine &= supervise::work(
                target,
                at.clone(),
                args.seed,
                limit(args, target),
                !args.brief,
            )?;
        } else {
            is_fine &= supervise::supervise(target, &arguments(args), !args.brief)?;
        }
    }
    Ok(is_fine)
}

fn limit(args: &Args, target: &Target) -> Limit {
    match args.inputs {
        Some(inputs) => Limit::Inputs(inputs),
        None if args.brief => Limit::Inputs(target.in_tests),
        None => Limit::Time(Duration::from_secs(args.time)),
    }
}

/// The arguments of the run, for a worker.
fn arguments(args: &Args) -> Vec<String> {
    let limit = match args.inputs {
        Some(inputs) => format!("--inputs={inputs}"),
        None => format!("--time={}", args.time),
    };
    let seed = format!("--seed={}", args.seed);
    let brief = args.brief.then(|| "--brief".to_owned());
    [limit, seed].into_iter().chain(brief).collect()
}

fn target_name(text: &str) -> Result<String, String> {
    let mut names = targets::ALL.iter().map(|target| target.name);
    if names.any(|name| name == text) {
        Ok(text.to_owned())
    } else {
        let names = targets::ALL.iter().map(|target| target.name);
        let names = names.collect::<Vec<_>>().join(", ");
        Err(format!("the targets are {names}"))
    }
}
