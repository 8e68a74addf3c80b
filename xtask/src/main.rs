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
    /// Run all checks: format, lints, docs, tidiness, and every test of every package
    Test {
        /// Leave out what needs a missing program; the summary lists what is not tested
        #[arg(long, value_name = "PROGRAM", value_delimiter = ',', value_parser = programs::names())]
        without: Vec<String>,
        /// Run only the contract suite and chaos, on this version of PostgreSQL, which is fetched: 13 to 18
        #[arg(long, value_name = "VERSION")]
        postgres: Option<u8>,
    },
    /// Update the expected outputs of tests; review the diff before you commit it
    Bless {
        /// Which tests, as for `cargo test`: a part of their names, `-p PACKAGE`, `--test PROGRAM`; by default all
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        tests: Vec<String>,
    },
    /// Run the benchmarks, as ratios to the same work by hand; for parts, for example, `-- --on postgres`
    Bench {
        /// Arguments of the benchmark of ratios (see `-- --help`), which then runs alone
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Compare the compile time of a crate with wallow with that of the same crate with diesel by hand
    CompileTime {
        /// The number of rounds; medians are printed
        #[arg(long, default_value_t = 7)]
        rounds: usize,
    },
    /// Check wallow's migrations and tables with diesel's own command, which is built if it is missing
    Diesel {
        /// Update the stored output
        #[arg(long)]
        bless: bool,
    },
    /// Check what an editor shows for generated code, with a real rust-analyzer
    Editor,
    /// Run the fuzz targets; see `cargo xtask fuzz --help`
    #[command(disable_help_flag = true)]
    Fuzz {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Check that the archive of each published crate is complete and compiles on its own; uploads nothing
    Package,
    /// Check what no compiler checks: file lengths, unfinished work, stray files
    Tidy,
}

fn main() -> ExitCode {
    let started = Instant::now();
    let done = match Args::parse().command {
        Command::Test { without, postgres } => match postgres {
            Some(version) => {
                cargo::run(&format!("run -p postgres-server --bin versions {version}"))
            }
            None => test::test(&without),
        },
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

/// Runs every benchmark, or that of the ratios with these arguments.
fn bench(arguments: &[String]) -> Result<(), String> {
    let ratios = ["", "--bench ratios --"][usize::from(!arguments.is_empty())];
    let arguments = arguments.join(" ");
    cargo::run(&format!("bench -p wallow-bench {ratios} {arguments}"))
}

/// Compiles every published crate from its archive, without uploading it.
fn package() -> Result<(), String> {
    cargo::run("publish --workspace --dry-run --allow-dirty")?;
    if env!("CARGO_PKG_REPOSITORY").is_empty() {
        eprintln!(
            "xtask: before you publish, fill in `[workspace.package] repository` in Cargo.toml"
        );
    }
    Ok(())
}
