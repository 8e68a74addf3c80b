//! `cargo bench -p wallow-bench`: compares each operation of wallow with the same statements by hand, in one run, as
//! ratios: on SQLite and, if it is installed, on PostgreSQL.
//!
//! With `--side` only one side does its operations, and nothing is printed: for profilers.

use clap::Parser;
use wallow_bench::{
    Kind, Operation, Pair, Plan, Result, Side, SideName, Summary, Work, Worker, bulk_head,
    bulk_row, measure, row, serve, table_head, with_side,
};

/// Operations of wallow as ratios to the same statements by hand
#[derive(Debug, Parser)]
struct Args {
    /// Make a twentieth of the measurements, to see that everything works
    #[arg(long)]
    quick: bool,
    /// Only this kind of database
    #[arg(long, value_enum)]
    on: Option<Kind>,
    /// Only these operations
    #[arg(long, value_enum)]
    operation: Vec<Operation>,
    /// Only tables of these sizes; by default 1000, 100000 and 1000000, with `--quick` the first two
    #[arg(long, value_delimiter = ',')]
    rows: Vec<usize>,
    /// The number of keys of a grid that is registered and enqueued with one call; 100000 by default
    #[arg(long)]
    keys: Option<usize>,
    /// The number of rounds of each operation
    #[arg(long)]
    rounds: Option<usize>,
    /// Only one side, without a clock, for profilers
    #[arg(long, value_enum)]
    side: Option<SideName>,
    /// Set by the program itself, to measure this side in a child process
    #[arg(long, value_enum, hide = true, requires = "database")]
    serve: Option<SideName>,
    /// The database of that side
    #[arg(long, hide = true)]
    database: Option<String>,
    /// Set by `cargo bench`, but not by `cargo test --all-targets`, which is quick
    #[arg(long, hide = true)]
    bench: bool,
}

/// On a larger table, only the operations are measured whose time should not grow with it.
const LARGEST_READ: usize = 100_000;

impl Args {
    fn is_quick(&self) -> bool {
        self.quick || !self.bench
    }

    fn sizes(&self) -> &[usize] {
        match (self.rows.is_empty(), self.is_quick()) {
            (false, _) => &self.rows,
            (true, false) => &[1_000, 100_000, 1_000_000],
            (true, true) => &[1_000, 10_000],
        }
    }

    fn operations(&self) -> &[Operation] {
        if self.operation.is_empty() {
            &Operation::ALL
        } else {
            &self.operation
        }
    }

    fn kinds(&self) -> impl Iterator<Item = Kind> {
        let kinds = [Kind::Sqlite, Kind::Postgres].into_iter();
        kinds.filter(|kind| self.on.is_none_or(|on| on == *kind))
    }

    fn one_by_one(&self) -> impl Iterator<Item = Operation> {
        let operations = self.operations().iter().copied();
        operations.filter(|operation| !Operation::BULK.contains(operation))
    }

    fn plan(&self, operation: Operation) -> Plan {
        let plan = operation.plan();
        let rounds = if self.is_quick() {
            (plan.rounds / 20).max(1)
        } else {
            plan.rounds
        };
        Plan {
            rounds: self.rounds.unwrap_or(rounds),
            ..plan
        }
    }

    fn measure(
        &self,
        operation: Operation,
        wallow: &mut Worker,
        floor: &mut Worker,
    ) -> Result<Pair> {
        measure(operation.name(), self.plan(operation), wallow, floor)
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
    for kind in args.kinds() {
        if !kind.is_there() {
            println!(
                "\n{} is not measured: its programs are not installed",
                kind.title()
            );
            continue;
        }
        match args.side {
            None => {
                let load = load();
                compare(&args, kind)?;
                println!(
                    "\nLoad: {load} at the beginning, {} at the end",
                    self::load()
                );
            }
            Some(side) => profile(&args, kind, side)?,
        }
    }
    Ok(())
}

/// The average number of running processes in the last minute, if the system reports it.
fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or_default().to_owned()
}

/// Measures both sides, and prints the table.
fn compare(args: &Args, kind: Kind) -> Result<()> {
    println!("\n## {}\n\n{}", kind.title(), table_head());
    let mut logs = Vec::new();
    let mut summary = Summary::default();
    for &rows in args.sizes() {
        let databases = kind.with_rows(rows)?;
        let start = |side| Worker::start(side, &databases.url(side), rows);
        let (mut wallow, mut floor) = (start(SideName::Wallow)?, start(SideName::Floor)?);
        let mut peak = (0, 0);
        for operation in args.one_by_one() {
            if rows > LARGEST_READ && operation.reads_all() && args.operation.is_empty() {
                continue;
            }
            databases.settle()?;
            let pair = args.measure(operation, &mut wallow, &mut floor)?;
            println!("{}", row(operation.name(), rows, &pair));
            summary.add(operation, rows, &pair);
            if let Some((of_wallow, of_floor)) = databases.wal() {
                peak = (peak.0.max(of_wallow), peak.1.max(of_floor));
            }
        }
        wallow.end()?;
        floor.end()?;
        if databases.wal().is_some() {
            logs.push((rows, peak));
        }
    }
    println!();
    for (rows, (wallow, floor)) in logs {
        println!(
            "Write-ahead log at {rows} rows, at most: wallow {}, floor {}",
            mebibytes(wallow),
            mebibytes(floor),
        );
    }
    println!("\n{}", summary.table());
    let wants_bulk = |operation: &Operation| args.operation.contains(operation);
    if args.operation.is_empty() || Operation::BULK.iter().any(wants_bulk) {
        bulk(args, kind)?;
    }
    if args.operation.is_empty() || args.operation.contains(&Operation::Listing) {
        long_curves(args, kind)?;
    }
    Ok(())
}

/// Reads runs with long curves, and everything except the curves.
fn long_curves(args: &Args, kind: Kind) -> Result<()> {
    const ROWS: usize = 1_000;
    let databases = kind.with_long_curves(ROWS)?;
    let start = |side| Worker::start(side, &databases.url(side), ROWS);
    let (mut wallow, mut floor) = (start(SideName::Wallow)?, start(SideName::Floor)?);
    println!("\nWith curves of a thousand epochs:\n\n{}", table_head());
    for operation in [Operation::Listing, Operation::Stream] {
        let pair = args.measure(operation, &mut wallow, &mut floor)?;
        println!("{}", row(operation.name(), ROWS, &pair));
    }
    wallow.end()?;
    floor.end()
}

/// Registers grids with one call, on empty tables.
fn bulk(args: &Args, kind: Kind) -> Result<()> {
    let keys = args
        .keys
        .unwrap_or(if args.is_quick() { 10_000 } else { 100_000 });
    let databases = kind.with_rows(0)?;
    let start = |side| Worker::start(side, &databases.url(side), 0);
    let (mut wallow, mut floor) = (start(SideName::Wallow)?, start(SideName::Floor)?);
    println!("\n{}", bulk_head());
    let wanted =
        |operation: &Operation| args.operation.is_empty() || args.operation.contains(operation);
    for operation in Operation::BULK.into_iter().filter(wanted) {
        let batch = operation.plan().batch;
        let plan = Plan {
            batch,
            rounds: (keys / batch).saturating_sub(1),
        };
        let before = wallow.memory()?.zip(floor.memory()?);
        let pair = measure(operation.name(), plan, &mut wallow, &mut floor)?;
        let after = wallow.memory()?.zip(floor.memory()?);
        println!("{}", bulk_row(operation.name(), keys, &pair, before, after));
    }
    wallow.end()?;
    floor.end()
}

/// Runs one side alone.
fn profile(args: &Args, kind: Kind, side: SideName) -> Result<()> {
    for &rows in args.sizes() {
        let databases = kind.with_rows(rows)?;
        with_side(side, &databases.url(side), Alone { args, rows })?;
    }
    Ok(())
}

struct Alone<'a> {
    args: &'a Args,
    rows: usize,
}

impl Work for Alone<'_> {
    fn with<S: Side>(self, side: &S) -> Result<()> {
        for &operation in self.args.operations() {
            let plan = self.args.plan(operation);
            let mut batch = operation.batch(side, self.rows);
            for round in 0..=plan.rounds {
                batch.prepare(round * plan.batch..(round + 1) * plan.batch);
                batch.run()?;
            }
        }
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "for people to read")]
fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}
