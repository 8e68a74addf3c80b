//! `cargo bench -p wallow-bench --bench attempts`: a claim and its end with a history of attempts, beside the same
//! without one, on SQLite and, if it is installed, on PostgreSQL. The columns "wallow" and "floor" of the table are with
//! and without.

use std::time::Instant;

use clap::Parser;
use wallow::{ClaimOptions, ClaimOutcome, Reclaim};
use wallow_bench::{Kind, Pair, Plan, Result, Sample, row, table_head};

/// A claim and its end with a history of attempts, compared with the same without one
#[derive(Debug, Parser)]
struct Args {
    /// Measure little, to see that everything works
    #[arg(long)]
    quick: bool,
    /// Set by `cargo bench`, but not by `cargo test --all-targets`, which is quick
    #[arg(long, hide = true)]
    bench: bool,
}

/// Two schemas that differ in one key, and the same code for both.
macro_rules! side {
    ($name:ident, $schema:literal) => {
        mod $name {
            wallow::wallow_schema!($schema);

            use super::*;

            /// A database with this many runs that wait.
            pub(super) fn open(url: &str, runs: usize) -> Result<Store> {
                let store = Store::open(url)?;
                let seeds = 0..i64::try_from(runs)?;
                store.enqueue(seeds.map(key))?;
                Ok(store)
            }

            fn key(seed: i64) -> Identifying {
                let key = Identifying::builder().architecture("mlp").optimiser("sgd");
                key.learning_rate(0.1).batch_size(32).seed(seed).build()
            }

            pub(super) fn next(store: &Store) -> Result<()> {
                let options = ClaimOptions::new(Reclaim::Immediately);
                let claim = store.claim_next(options)?.ok_or("nothing waits")?;
                claim.complete(Annotating::new().val_loss(0.5))?;
                Ok(())
            }

            pub(super) fn by_key(store: &Store, seed: i64) -> Result<()> {
                match store.claim(&key(seed), Reclaim::Immediately)? {
                    ClaimOutcome::Claimed(claim) => {
                        claim.complete(Annotating::new().val_loss(0.5))?;
                        Ok(())
                    }
                    _ => Err("it is not there".into()),
                }
            }
        }
    };
}

side!(with, "attempts.toml");
side!(without, "../tests/schemas/ml_sweep.toml");

fn main() -> Result<()> {
    let args = Args::parse();
    let is_quick = args.quick || !args.bench;
    let plan = Plan {
        batch: 40,
        rounds: if is_quick { 3 } else { 150 },
    };
    let runs = plan.batch * (plan.rounds + 1);
    for kind in [Kind::Sqlite, Kind::Postgres]
        .into_iter()
        .filter(|kind| kind.is_there())
    {
        println!("\n### {}\n\n{}", kind.title(), table_head());
        let folder = tempfile::tempdir()?;
        let url = |name: &str| match kind {
            Kind::Sqlite => Ok(folder.path().join(name).to_string_lossy().into_owned()),
            Kind::Postgres => {
                let server = postgres_server::Server::shared();
                let server = server.ok_or("PostgreSQL is not installed")?;
                let name = format!("attempts_{name}");
                server.psql("postgres", &format!("DROP DATABASE IF EXISTS {name}"))?;
                server.psql("postgres", &format!("CREATE DATABASE {name}"))?;
                Ok::<_, Box<dyn std::error::Error>>(server.url(&name))
            }
        };
        let one = with::open(&url("with")?, 2 * runs)?;
        let other = without::open(&url("without")?, 2 * runs)?;
        let pair = measured(plan, |_| with::next(&one), |_| without::next(&other))?;
        println!("{}", row("claim-next and complete", 2 * runs, &pair));
        let seed = |n: usize| i64::try_from(runs + n);
        let pair = measured(
            plan,
            |n| with::by_key(&one, seed(n)?),
            |n| without::by_key(&other, seed(n)?),
        )?;
        println!("{}", row("claim and complete", 2 * runs, &pair));
    }
    Ok(())
}

/// Both sides in turn, in short batches.
fn measured(
    plan: Plan,
    mut with: impl FnMut(usize) -> Result<()>,
    mut without: impl FnMut(usize) -> Result<()>,
) -> Result<Pair> {
    let mut pair = Pair {
        plan,
        wallow: Vec::new(),
        floor: Vec::new(),
    };
    for round in 0..=plan.rounds {
        let range = round * plan.batch..(round + 1) * plan.batch;
        let batch = |work: &mut dyn FnMut(usize) -> Result<()>| -> Result<Sample> {
            let started = Instant::now();
            range.clone().try_for_each(work)?;
            Ok(Sample {
                wall: started.elapsed(),
                cpu: None,
            })
        };
        let (one, other);
        if round % 2 == 0 {
            one = batch(&mut with)?;
            other = batch(&mut without)?;
        } else {
            other = batch(&mut without)?;
            one = batch(&mut with)?;
        }
        if round > 0 {
            pair.wallow.push(one);
            pair.floor.push(other);
        }
    }
    Ok(pair)
}
