//! `cargo bench -p wallow-bench --bench optional`: keys with two optional fields, beside the same statements by hand with
//! the same index, on SQLite and, if it is installed, on PostgreSQL.

use clap::Parser;
use wallow_bench::{Kind, Optional, OptionalOperation, Plan, Result, row, table_head};

/// Keys with two optional fields, compared with the same statements by hand
#[derive(Debug, Parser)]
struct Args {
    /// Measure little, to see that everything works
    #[arg(long)]
    quick: bool,
    /// Set by `cargo bench`, but not by `cargo test --all-targets`, which is quick
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let args = Args::parse();
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
        for rows in sizes {
            let mut databases = Optional::with_rows(kind, *rows)?;
            for operation in OptionalOperation::ALL {
                let batch = match operation {
                    OptionalOperation::Find => 200,
                    OptionalOperation::RegisterNew => 40,
                };
                let pair = databases.measure(operation, Plan { batch, rounds })?;
                println!("{}", row(operation.name(), *rows, &pair));
            }
        }
    }
    Ok(())
}
