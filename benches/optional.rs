//! `cargo bench -p wallow-bench --bench optional`: keys with two optional fields, beside the same statements by hand with
//! the same index, on SQLite and, if it is installed, on PostgreSQL.

use clap::Parser;
use wallow_bench::{
    Kind, OptionalDatabases, OptionalOperation, OptionalSide, Plan, Recorded, Result, SideName,
    Worker, measure, row, table_head,
};

/// Keys with two optional fields, compared with the same statements by hand
#[derive(Debug, Parser)]
struct Args {
    /// Measure little, to see that everything works
    #[arg(long)]
    quick: bool,
    /// Set by the program itself, to measure this side in a child process
    #[arg(long, value_enum, hide = true, requires = "database")]
    serve: Option<SideName>,
    /// The database of that side
    #[arg(long, hide = true)]
    database: Option<String>,
    /// How many runs that database has
    #[arg(long, hide = true, default_value_t = 0)]
    rows: usize,
    /// Set by `cargo bench`, but not by `cargo test --all-targets`, which is quick
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let args = Args::parse();
    if let (Some(side), Some(database)) = (args.serve, &args.database) {
        return OptionalSide::open(side, database, args.rows)?.serve();
    }
    let is_quick = args.quick || !args.bench;
    let (sizes, rounds) = if is_quick {
        (&[1_000][..], 5)
    } else {
        (&[1_000, 100_000][..], 150)
    };
    for kind in [Kind::Sqlite, Kind::Postgres]
        .into_iter()
        .filter(|kind| kind.is_there())
    {
        println!("\n### {}\n\n{}", kind.title(), table_head());
        for &rows in sizes {
            for recorded in [Recorded::Results, Recorded::Loss] {
                compare(kind, rows, recorded, rounds)?;
            }
        }
    }
    Ok(())
}

/// Measures each operation on runs that have recorded this, and prints a row for each.
fn compare(kind: Kind, rows: usize, recorded: Recorded, rounds: usize) -> Result<()> {
    let databases = OptionalDatabases::with_rows(kind, rows, recorded)?;
    let start = |side| Worker::start(side, databases.url(side), rows);
    let (mut wallow, mut floor) = (start(SideName::Wallow)?, start(SideName::Floor)?);
    let among = match recorded {
        Recorded::Results => "finished runs",
        Recorded::Loss => "runs with a loss alone",
    };
    for operation in OptionalOperation::ALL {
        let batch = match operation {
            OptionalOperation::Find => 200,
            OptionalOperation::RegisterNew => 40,
        };
        let plan = Plan { batch, rounds };
        let pair = measure(operation.name(), plan, &mut wallow, &mut floor)?;
        let title = format!("{}, {among}", operation.name());
        println!("{}", row(&title, rows, &pair));
    }
    wallow.end()?;
    floor.end()
}
