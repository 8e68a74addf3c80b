//! `cargo bench -p wallow-bench --bench crowd`: many workers at one server. Each has a store of its own, so it counts as a
//! process: how many statements and connections the server has while they wait, and how many runs they do when there are
//! some; directly, or through PgBouncer on twenty connections of the server.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use postgres_server::{PgBouncer, Server};
use wallow::{ClaimOptions, Reclaim, WorkOptions};
use wallow_bench::registry::{Annotating, Identifying, Run, Store, fields};
use wallow_bench::{Result, memory};

/// Many workers at one server
#[derive(Debug, Parser)]
struct Args {
    /// The numbers of workers
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 200, 1_000])]
    workers: Vec<usize>,
    /// For how long they wait before the server's statements are counted, in seconds
    #[arg(long, default_value_t = 60)]
    settle: u64,
    /// For how long the statements are counted, in seconds
    #[arg(long, default_value_t = 60)]
    count: u32,
    /// How many runs there are for them afterwards
    #[arg(long, default_value_t = 10_000)]
    runs: u32,
    /// Set by `cargo bench`, but not by `cargo test --all-targets`, which measures nothing
    #[arg(long, hide = true)]
    bench: bool,
}

const STALE: Reclaim = Reclaim::WhenStale(Duration::from_secs(600));

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    if args.bench {
        println!(
            "\n| workers | through | connections | statements/s at rest | transactions/s at rest | runs/s | run twice | lost | KiB a worker |\n\
             |--:|---|--:|--:|--:|--:|--:|--:|--:|"
        );
        for &workers in &args.workers {
            for pooled in [false, true] {
                measure(&args, workers, pooled)?;
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

fn measure(args: &Args, workers: usize, pooled: bool) -> Result<()> {
    let connections = (workers + 50).to_string();
    let server = Server::options()
        .set("max_connections", &connections)
        .set("shared_preload_libraries", "pg_stat_statements")
        .start()?;
    server.psql("postgres", "CREATE DATABASE runs")?;
    server.psql("runs", "CREATE EXTENSION IF NOT EXISTS pg_stat_statements")?;
    let settings = [("pool_mode", "transaction"), ("default_pool_size", "20")];
    let bouncer = pooled
        .then(|| PgBouncer::start(&server, &settings))
        .transpose()?;
    let url = bouncer
        .as_ref()
        .map_or_else(|| server.url("runs"), |bouncer| bouncer.url("runs"));
    // A run that is at work all the while, so that the others have something to wait for.
    let holder = Store::open(server.url("runs"))?;
    holder.enqueue([key(-1)])?;
    let Some(held) = holder.claim_next(ClaimOptions::new(STALE))? else {
        return Err("nobody else claims it".into());
    };
    let before = memory().unwrap_or_default();
    let stop = Arc::new(AtomicBool::new(false));
    let (open, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let opened: std::result::Result<wallow::Store<Run>, _> = Store::options()
                    .pool_size(1)
                    .busy_timeout(Duration::from_secs(120))
                    .open(&url);
                open.fetch_add(1, Ordering::Relaxed);
                let worked = opened.and_then(|store| {
                    let options = WorkOptions::new(STALE)
                        .wait_for_others(true)
                        .stop_when(Arc::clone(&stop));
                    store.work(options, |_| {
                        Ok::<_, wallow::Error>(Annotating::new().val_loss(0.5))
                    })
                });
                if let Err(error) = worked {
                    eprintln!("{error}");
                    failed.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let row = observe(args, workers, &server, &holder, &open);
        stop.store(true, Ordering::Relaxed);
        let row = row?;
        let used = memory().unwrap_or_default().saturating_sub(before);
        let lost = holder
            .filter(fields::status.eq("completed"))
            .count()?
            .abs_diff(args.runs.into());
        let again = server.psql(
            "runs",
            "SELECT count(*) FROM runs WHERE _wallow_attempt > 1",
        )?;
        let through = if pooled { "PgBouncer, 20" } else { "-" };
        println!(
            "| {workers} | {through} | {row} | {} | {lost} | {} |",
            again.trim(),
            used / u64::try_from(workers)?
        );
        Ok::<_, Box<dyn std::error::Error>>(())
    })?;
    held.release()?;
    if failed.load(Ordering::Relaxed) > 0 {
        println!("{} workers failed", failed.load(Ordering::Relaxed));
    }
    Ok(())
}

/// Waits, counts, and lets the workers work; returns the middle of a row.
fn observe(
    args: &Args,
    workers: usize,
    server: &Server,
    holder: &Store,
    open: &AtomicUsize,
) -> Result<String> {
    while open.load(Ordering::Relaxed) < workers {
        thread::sleep(Duration::from_millis(100));
    }
    thread::sleep(Duration::from_secs(args.settle));
    let (statements, transactions) = counters(server)?;
    thread::sleep(Duration::from_secs(args.count.into()));
    let (later, then) = counters(server)?;
    let rate = |before: i64, after: i64| -> Result<f64> {
        Ok(f64::from(u32::try_from(after - before)?) / f64::from(args.count))
    };
    let sql =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = 'runs' AND pid <> pg_backend_pid()";
    let connections = server.psql("runs", sql)?;
    let started = Instant::now();
    holder.enqueue((0..args.runs.into()).map(key))?;
    let done = fields::status.eq("completed");
    let all = u64::from(args.runs);
    while holder.filter(done.clone()).count()? < all {
        thread::sleep(Duration::from_millis(100));
    }
    Ok(format!(
        "{} | {:.1} | {:.1} | {:.0}",
        connections.trim(),
        rate(statements, later)?,
        rate(transactions, then)?,
        f64::from(args.runs) / started.elapsed().as_secs_f64(),
    ))
}

/// The statements and the transactions of the database so far.
fn counters(server: &Server) -> Result<(i64, i64)> {
    let sql = "SELECT (SELECT sum(calls) FROM pg_stat_statements WHERE dbid = \
               (SELECT oid FROM pg_database WHERE datname = 'runs'))::bigint, xact_commit + xact_rollback \
               FROM pg_stat_database WHERE datname = 'runs'";
    // Backends report a second later at most.
    thread::sleep(Duration::from_secs(2));
    let answer = server
        .psql("postgres", "SELECT 1")
        .and(server.psql("runs", sql))?;
    let (statements, transactions) = answer.trim().split_once('|').ok_or("no counters")?;
    Ok((statements.parse()?, transactions.parse()?))
}
