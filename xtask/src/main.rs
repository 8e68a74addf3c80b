//! The project's own commands: `cargo xtask test`, `bless`, `bench`, `compile-time`,
//! `diesel`, `editor`, `fuzz`, `tidy`.

mod cargo;
mod compile_time;
mod diesel;
mod editor;
mod programs;
mod tidy;

use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand};

/// The project's own commands.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everything that has to hold: format, lints, docs, tidiness, every test of every package
    Test,
    /// Write the expected outputs of tests anew; look at the diff before you commit it
    Bless,
    /// Benchmarks beside the same work by hand, as ratios; `-- --on postgres` and the like for parts
    Bench {
        /// What the benchmark of ratios is told, `--help` for what it knows; then it runs alone
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// How long a crate with wallow takes to compile, beside the same with diesel by hand
    CompileTime {
        /// How often everything is timed; medians are printed
        #[arg(long, default_value_t = 7)]
        rounds: usize,
    },
    /// What diesel's own command makes of wallow's migrations and tables; builds it where it is not there
    Diesel {
        /// Write anew what it prints
        #[arg(long)]
        bless: bool,
    },
    /// What an editor shows of generated code, asked of a real rust-analyzer
    Editor,
    /// Runs the fuzz targets; `cargo xtask fuzz --help` says how long, and which
    #[command(disable_help_flag = true)]
    Fuzz {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// What no compiler checks: file lengths, unfinished work, stray files
    Tidy,
}

fn main() -> ExitCode {
    let started = Instant::now();
    let done = match Args::parse().command {
        Command::Test => test(),
        Command::Bless => bless(),
        Command::Bench { arguments } => bench(&arguments),
        Command::CompileTime { rounds } => compile_time::measure(rounds),
        Command::Diesel { bless } => diesel::check(bless),
        Command::Editor => editor::check(),
        Command::Fuzz { arguments } => {
            let fuzz = ["run", "--profile", "fuzz", "-p", "wallow-fuzz", "--"].into_iter();
            let arguments = arguments.iter().map(String::as_str);
            cargo::run(&fuzz.chain(arguments).collect::<Vec<_>>())
        }
        Command::Tidy => tidy::check(),
    };
    match done {
        Ok(()) => {
            eprintln!("xtask: done in {:.0?}", started.elapsed());
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

/// The quick checks first: a person who waits is told of a forgotten `cargo fmt` before the tests.
fn test() -> Result<(), String> {
    programs::install()?;
    programs::announce();
    tidy::check()?;
    cargo::run(&["fmt", "--all", "--check"])?;
    cargo::run(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--",
        "-D",
        "warnings",
    ])?;
    cargo::run_with(
        &["doc", "--workspace", "--no-deps", "--all-features"],
        &[("RUSTDOCFLAGS", "-D warnings")],
    )?;
    with_postgres(&["test", "--workspace", "--all-features"], &[])?;
    // Again where the one who waits reads last.
    programs::announce();
    Ok(())
}

/// Every benchmark, or that of the ratios with these arguments.
fn bench(arguments: &[String]) -> Result<(), String> {
    let mut command = vec!["bench", "-p", "wallow-bench"];
    if !arguments.is_empty() {
        command.extend(["--bench", "ratios", "--"]);
    }
    command.extend(arguments.iter().map(String::as_str));
    cargo::run(&command)
}

/// Runs cargo with a PostgreSQL server for tests, where one can be had.
fn with_postgres(arguments: &[&str], variables: &[(&str, &str)]) -> Result<(), String> {
    let server = if postgres_server::are_installed() {
        Some(postgres_server::Server::start()?)
    } else {
        None
    };
    let folder = server
        .as_ref()
        .map(|server| server.folder().to_string_lossy());
    let variable = folder
        .as_deref()
        .map(|folder| (postgres_server::VARIABLE, folder));
    let variables = variables.iter().copied().chain(variable);
    cargo::run_with(arguments, &variables.collect::<Vec<_>>())
}

fn bless() -> Result<(), String> {
    let bless = [
        ("UPDATE_EXPECT", "1"),
        ("TRYBUILD", "overwrite"),
        ("SNAPSHOTS", "overwrite"),
    ];
    with_postgres(&["test", "--workspace", "--all-features"], &bless)
}
