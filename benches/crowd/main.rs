//! `cargo bench -p wallow-bench --bench crowd`: many workers, each a process, at one database: what they cost while they
//! wait, and how many runs they do when there are some. On SQLite; on PostgreSQL directly; and through PgBouncer on twenty
//! connections of the server.

mod place;
mod process;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::Parser;
use wallow::{ClaimOptions, Reclaim};
use wallow_bench::Result;
use wallow_bench::registry::{Identifying, Store, fields};

use place::{Kind, Place};
use process::{Crew, Report};

/// Many workers at one database
#[derive(Debug, Parser)]
struct Args {
    /// The numbers of workers
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 200, 1_000])]
    workers: Vec<usize>,
    /// The databases
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Kind::Sqlite, Kind::Postgres, Kind::Pgbouncer])]
    on: Vec<Kind>,
    /// For how long they wait before their statements are counted, in seconds
    #[arg(long, default_value_t = 60)]
    settle: u64,
    /// For how long the statements are counted, in seconds
    #[arg(long, default_value_t = 60)]
    count: u32,
    /// How many runs there are for them afterwards
    #[arg(long, default_value_t = 10_000)]
    runs: u32,
    /// Set by the program itself, to be one of the workers
    #[arg(long, hide = true, requires = "folder")]
    serve: Option<String>,
    /// The folder for what that worker reports
    #[arg(long, hide = true)]
    folder: Option<PathBuf>,
    /// Set by `cargo bench`, but not by `cargo test --all-targets`, which measures nothing
    #[arg(long, hide = true)]
    bench: bool,
}

const STALE: Reclaim = Reclaim::WhenStale(Duration::from_secs(600));

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    if let (Some(database), Some(folder)) = (&args.serve, &args.folder) {
        process::serve(database, folder)?;
    } else if args.bench {
        println!(
            "\n| database | workers | ready after | connections | statements/s at rest | processor at rest | runs/s | \
             executed twice | lost | failed workers | of a worker, least to most | MiB of a worker |\n\
             |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
        );
        for &kind in &args.on {
            for &workers in &args.workers {
                println!("{}", measure(&args, kind, workers)?);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn key(seed: i64) -> Identifying {
    Identifying::builder()
        .architecture("mlp")
        .optimiser("adamw")
        .learning_rate(1e-3)
        .batch_size(32)
        .seed(seed)
        .build()
}

/// A row of the table.
fn measure(args: &Args, kind: Kind, workers: usize) -> Result<String> {
    let place = Place::new(kind, workers)?;
    // A run that is at work all the while, so that the others have something to wait for.
    let holder = Store::open(place.holder())?;
    holder.enqueue([key(-1)])?;
    let Some(held) = holder.claim_next(ClaimOptions::new(STALE))? else {
        return Err("nobody else claims it".into());
    };
    let started = Instant::now();
    let crew = Crew::start(workers, &place.workers())?;
    let ready = started.elapsed();
    thread::sleep(Duration::from_secs(args.settle));
    let (from, busy, asked) = (now()?, crew.processor_time(), place.statements()?);
    thread::sleep(Duration::from_secs(args.count.into()));
    let (to, busy_then, asked_then) = (now()?, crew.processor_time(), place.statements()?);
    let connections = place.connections(&crew)?;
    let seconds = started_work(args, &holder)?;
    let (reports, failed) = crew.end()?;
    held.release()?;
    let asked = match asked.zip(asked_then) {
        Some((before, after)) => after - before,
        None => reports.iter().map(|report| report.asked(from, to)).sum(),
    };
    let per_second = |number: f64| number / f64::from(args.count);
    let outcome = Outcome::of(&reports, &holder)?;
    Ok(format!(
        "| {kind} | {workers} | {:.1} s | {connections} | {:.1} | {:.0} % | {:.0} | {} | {} | {failed} | {} to {} | {:.1} |",
        ready.as_secs_f64(),
        per_second(float(asked)?),
        100.0 * per_second(busy_then.saturating_sub(busy).as_secs_f64()),
        f64::from(args.runs) / seconds,
        outcome.twice,
        u64::from(args.runs).abs_diff(outcome.completed),
        outcome.least,
        outcome.most,
        outcome.mebibytes,
    ))
}

/// Gives the workers runs; returns after how many seconds all were completed.
fn started_work(args: &Args, holder: &Store) -> Result<f64> {
    let started = Instant::now();
    holder.enqueue((0..args.runs.into()).map(key))?;
    let open = fields::status.is_in(["pending", "running"]) & fields::seed.ge(0);
    while holder.filter(open.clone()).exists()? {
        thread::sleep(Duration::from_millis(100));
    }
    Ok(started.elapsed().as_secs_f64())
}

/// What the workers did.
struct Outcome {
    /// Runs that were executed more than once, by what the workers say, or by the attempts in the database.
    twice: u64,
    /// Runs that have their result in the database.
    completed: u64,
    least: usize,
    most: usize,
    /// The median of their peak memory.
    mebibytes: f64,
}

impl Outcome {
    fn of(reports: &[Report], holder: &Store) -> Result<Self> {
        let mut times = BTreeMap::<i64, u64>::new();
        for id in reports.iter().flat_map(|report| &report.executed) {
            *times.entry(*id).or_default() += 1;
        }
        let twice = u64::try_from(times.values().filter(|times| **times > 1).count())?;
        let is_completed = fields::status.eq("completed") & fields::val_loss.eq(0.5);
        let counts = reports.iter().map(|report| report.executed.len());
        let mut memory: Vec<u64> = reports.iter().map(|report| report.memory).collect();
        memory.sort_unstable();
        let median = memory.get(memory.len() / 2).copied().unwrap_or_default();
        Ok(Outcome {
            twice,
            completed: holder.filter(is_completed).count()?,
            least: counts.clone().min().unwrap_or_default(),
            most: counts.max().unwrap_or_default(),
            mebibytes: float(median)? / 1024.0,
        })
    }
}

fn float(number: u64) -> Result<f64> {
    Ok(f64::from(u32::try_from(number)?))
}

/// Milliseconds since 1970.
fn now() -> Result<u64> {
    Ok(u64::try_from(
        SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis(),
    )?)
}
