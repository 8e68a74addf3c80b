//! `cargo bench -p wallow-bench`: each single-row operation of wallow beside the same statements by
//! hand, in one run, as ratios.
//!
//! With `--side` one side alone does its operations and nothing is printed: for profilers.

use std::path::PathBuf;

use clap::Parser;
use wallow_bench::{
    Databases, Floor, Operation, Plan, Result, Side, SideName, Worker, measure, row, serve,
    table_head,
};

/// Single-row operations of wallow as ratios to the same statements by hand
#[derive(Debug, Parser)]
struct Args {
    /// A twentieth of the measurements, to see that all of it works
    #[arg(long)]
    quick: bool,
    /// Only these operations
    #[arg(long, value_enum)]
    operation: Vec<Operation>,
    /// Only tables of so many rows
    #[arg(long, value_delimiter = ',', default_value = "1000,100000")]
    rows: Vec<usize>,
    /// So many rounds of each operation
    #[arg(long)]
    rounds: Option<usize>,
    /// One side alone, without a clock: for profilers
    #[arg(long, value_enum)]
    side: Option<SideName>,
    /// What the program says to itself to measure this side
    #[arg(long, value_enum, hide = true, requires = "database")]
    serve: Option<SideName>,
    /// The database of that side
    #[arg(long, hide = true)]
    database: Option<PathBuf>,
    /// `cargo bench` says so, and `cargo test --all-targets` does not: there it is quick
    #[arg(long, hide = true)]
    bench: bool,
}

impl Args {
    fn operations(&self) -> &[Operation] {
        if self.operation.is_empty() {
            &Operation::ALL
        } else {
            &self.operation
        }
    }

    fn plan(&self, operation: Operation) -> Plan {
        let plan = operation.plan();
        let rounds = if self.quick || !self.bench {
            (plan.rounds / 20).max(1)
        } else {
            plan.rounds
        };
        Plan {
            rounds: self.rounds.unwrap_or(rounds),
            ..plan
        }
    }
}

fn main() -> Result<()> {
    let args = Args::parse();
    if let (Some(side), Some(database)) = (args.serve, &args.database) {
        return args
            .rows
            .iter()
            .try_for_each(|rows| serve(side, database, *rows));
    }
    match args.side {
        None => compare(&args),
        Some(side) => profile(&args, side),
    }
}

/// Both sides, and the table.
fn compare(args: &Args) -> Result<()> {
    println!("{}", table_head());
    let mut logs = Vec::new();
    for &rows in &args.rows {
        let databases = Databases::with_rows(rows)?;
        let start = |side| Worker::start(side, &databases.path(side), rows);
        let (mut wallow, mut floor) = (start(SideName::Wallow)?, start(SideName::Floor)?);
        let mut peak = (0, 0);
        for &operation in args.operations() {
            let pair = measure(operation, args.plan(operation), &mut wallow, &mut floor)?;
            println!("{}", row(operation.name(), rows, &pair));
            let (of_wallow, of_floor) = databases.wal();
            peak = (peak.0.max(of_wallow), peak.1.max(of_floor));
        }
        wallow.end()?;
        floor.end()?;
        logs.push((rows, peak));
    }
    println!();
    for (rows, (wallow, floor)) in logs {
        println!(
            "Write-ahead log at {rows} rows, at most: wallow {}, floor {}",
            mebibytes(wallow),
            mebibytes(floor),
        );
    }
    Ok(())
}

/// One side alone.
fn profile(args: &Args, side: SideName) -> Result<()> {
    for &rows in &args.rows {
        let databases = Databases::with_rows(rows)?;
        let path = databases.path(side);
        match side {
            SideName::Wallow => work(args, &Databases::open_wallow(&path)?, rows)?,
            SideName::Floor => work(args, &Floor::open(&path)?, rows)?,
        }
    }
    Ok(())
}

fn work<S: Side>(args: &Args, side: &S, rows: usize) -> Result<()> {
    for &operation in args.operations() {
        let plan = args.plan(operation);
        let mut batch = operation.batch(side, rows);
        for round in 0..=plan.rounds {
            batch.prepare(round * plan.batch..(round + 1) * plan.batch);
            batch.run()?;
        }
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "for people to read")]
fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}
