//! The project's own commands: `cargo xtask test`, `bless`, `bench`, `compile-time`,
//! `diesel`, `editor`, `fuzz`, `package`, `tidy`.

mod cargo;
mod floors;
mod programs;
mod test;
mod test_programs;
mod tidy;
mod words;

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
    Test {
        /// Leave out what needs a program that is not here; the summary says what is not proven then
        #[arg(long, value_name = "PROGRAM", value_delimiter = ',', value_parser = programs::names())]
        without: Vec<String>,
    },
    /// Write the expected outputs of tests anew; look at the diff before you commit it
    Bless {
        /// Which tests, as for `cargo test`: a part of their names, `-p PACKAGE`, `--test PROGRAM`; all if left out
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        tests: Vec<String>,
    },
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
    /// What each published crate would upload: complete, and compiling on its own; uploads nothing
    Package,
    /// What no compiler checks: file lengths, unfinished work, stray files
    Tidy,
}

fn main() -> ExitCode {
    let started = Instant::now();
    let done = match Args::parse().command {
        Command::Test { without } => test::test(&without),
        Command::Bless { tests } => test::bless(&tests),
        Command::Bench { arguments } => bench(&arguments),
        Command::CompileTime { rounds } => cargo::run(&format!(
            "run -p tool-checks --bin compile_time -- {rounds}"
        )),
        Command::Diesel { bless } => cargo::run(&format!(
            "run -p tool-checks --bin diesel -- {}",
            if bless { "--bless" } else { "" }
        )),
        Command::Editor => cargo::run("run -p tool-checks --bin editor"),
        Command::Fuzz { arguments } => cargo::run(&format!(
            "run --profile fuzz -p wallow-fuzz -- {}",
            arguments.join(" ")
        )),
        Command::Package => package(),
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

/// Every benchmark, or that of the ratios with these arguments.
fn bench(arguments: &[String]) -> Result<(), String> {
    let part = if arguments.is_empty() {
        ""
    } else {
        "--bench ratios --"
    };
    cargo::run(&format!(
        "bench -p wallow-bench {part} {}",
        arguments.join(" ")
    ))
}

/// Every published crate as it would be uploaded, compiled on its own; without uploading it.
fn package() -> Result<(), String> {
    cargo::run("publish --workspace --dry-run --allow-dirty")?;
    if env!("CARGO_PKG_REPOSITORY").is_empty() {
        eprintln!(
            "xtask: before you publish, fill in `[workspace.package] repository` in Cargo.toml"
        );
    }
    Ok(())
}
