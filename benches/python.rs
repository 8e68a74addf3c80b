//! `cargo bench -p wallow-bench --bench python`: registers the same runs one by one with the Python package `wallow`,
//! and with this one: one by one, and with one call. Each runs in a process of its own, in turn.
//!
//! The package is installed into a virtual environment below `target/`. If that is not possible (no Python, no
//! network), nothing is measured, and the program says so.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use clap::{Parser, ValueEnum};
use wallow::OnDuplicate;
use wallow_bench::registry::{Annotating, Identifying, Store};
use wallow_bench::{Combination, Result, Results, Side, Wallow};

/// Rows per second, compared with the Python package
#[derive(Debug, Parser)]
struct Args {
    /// The number of runs
    #[arg(long, default_value_t = 5_000)]
    keys: usize,
    /// The number of rounds
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Set by the program itself, to register the runs in this way in a child process
    #[arg(long, value_enum, hide = true, requires = "database")]
    serve: Option<Way>,
    /// The database of that way
    #[arg(long, hide = true)]
    database: Option<PathBuf>,
    /// Set by `cargo bench`, but not by `cargo test --all-targets`, which measures nothing
    #[arg(long, hide = true)]
    bench: bool,
}

/// How the runs are registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Way {
    Python,
    OneByOne,
    AtOnce,
}

const PACKAGE: &str = "wallow==0.2.1";

const SCHEMA: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../examples/ml_sweep/wallow.toml"
);

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/register.py");

fn main() -> Result<()> {
    let args = Args::parse();
    if let (Some(way), Some(database)) = (args.serve, &args.database) {
        println!("{}", register(way, database, args.keys)?);
        return Ok(());
    }
    if !args.bench {
        return Ok(());
    }
    match environment() {
        Ok(python) => compare(&args, &python),
        Err(reason) => {
            println!("\nThe Python package is not measured: {reason}");
            Ok(())
        }
    }
}

fn compare(args: &Args, python: &Path) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let runs = folder.path().join("runs.jsonl");
    fs::write(&runs, lines(args.keys)?)?;
    println!(
        "\n| round | runs | Python, one by one | wallow, one by one | ratio | wallow, `register_many` | ratio |\n\
         |--:|--:|--:|--:|--:|--:|--:|"
    );
    for round in 1..=args.rounds {
        let rate = |way: Way| -> Result<f64> {
            let database = folder.path().join(format!("{way:?}-{round}.db"));
            let seconds = match way {
                Way::Python => {
                    let mut command = Command::new(python);
                    seconds(command.args([SCRIPT, SCHEMA]).args([&database, &runs]))?
                }
                Way::OneByOne | Way::AtOnce => {
                    let mut command = Command::new(std::env::current_exe()?);
                    let way = if way == Way::AtOnce {
                        "at-once"
                    } else {
                        "one-by-one"
                    };
                    command.args(["--serve", way, "--keys", &args.keys.to_string()]);
                    seconds(command.arg("--database").arg(&database))?
                }
            };
            check(&database, args.keys)?;
            Ok(f64::from(u32::try_from(args.keys)?) / seconds)
        };
        let (python, one_by_one, at_once) =
            (rate(Way::Python)?, rate(Way::OneByOne)?, rate(Way::AtOnce)?);
        println!(
            "| {round} | {} | {python:.0} rows/s | {one_by_one:.0} rows/s | **{:.0}** | {at_once:.0} rows/s | **{:.0}** |",
            args.keys,
            one_by_one / python,
            at_once / python,
        );
    }
    Ok(())
}

/// Checks that all runs were registered, whichever way it was.
fn check(database: &Path, keys: usize) -> Result<()> {
    let store = Store::open(&database.to_string_lossy())?;
    let counts = store.register_many((0..keys).map(run), OnDuplicate::Skip)?;
    if (counts.inserted, store.count()?) == (0, keys as u64) {
        Ok(())
    } else {
        Err(format!("`{}` has other runs", database.display()).into())
    }
}

fn run(n: usize) -> (Identifying, Annotating) {
    let key = Wallow::key(&Combination::of_grid(n));
    (key, Wallow::start(&Results::nth(n)))
}

/// Registers the runs; returns the seconds that it took.
fn register(way: Way, database: &Path, keys: usize) -> Result<f64> {
    let store = Store::open(&database.to_string_lossy())?;
    let runs = (0..keys).map(run).collect::<Vec<_>>();
    let begun = Instant::now();
    if way == Way::AtOnce {
        store.register_many(runs, OnDuplicate::Skip)?;
    } else {
        for (key, patch) in &runs {
            let _ = store.register(key, patch, OnDuplicate::ReturnExisting)?;
        }
    }
    Ok(begun.elapsed().as_secs_f64())
}

/// The runs, for the script.
fn lines(keys: usize) -> Result<String> {
    let mut lines = String::new();
    for n in 0..keys {
        let (key, patch) = run(n);
        let run = serde_json::json!({ "identifying": key, "annotating": patch });
        writeln!(lines, "{run}")?;
    }
    Ok(lines)
}

/// The seconds that a program prints.
fn seconds(command: &mut Command) -> Result<f64> {
    let output = command.output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().map_err(|_| {
        let errors = String::from_utf8_lossy(&output.stderr);
        format!("{command:?}: {}\n{text}{errors}", output.status).into()
    })
}

/// The interpreter of a virtual environment with the package, which is created if it does not exist.
fn environment() -> Result<PathBuf> {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python-bench");
    let python = place.join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    });
    // Written last: an environment without this file is incomplete.
    let done = place.join("done.txt");
    if fs::read_to_string(&done).is_ok_and(|package| package == PACKAGE) {
        return Ok(python);
    }
    succeeds(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&place),
    )?;
    succeeds(Command::new(&python).args(["-m", "pip", "install", "--quiet", PACKAGE]))?;
    fs::write(done, PACKAGE)?;
    Ok(python)
}

fn succeeds(command: &mut Command) -> Result<()> {
    let output = command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?}: {}\n{errors}", output.status).into())
}
