//! `cargo xtask test --postgres VERSION`: runs the contract suite and chaos on a server of that version.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use postgres_server::{PROGRAMS, VARIABLE};

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode, String> {
    let mut arguments = std::env::args().skip(1);
    let version = arguments.next().unwrap_or_default();
    // Beside the programs of cargo, which are in `target/debug`.
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let target = program.ancestors().nth(2).map(PathBuf::from);
    let cache = target.unwrap_or_default().join("postgres");
    let programs = postgres_server::fetch(&version, &cache)?;
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // As the test command calls it, so that nothing is compiled again.
    cargo.args([
        "test",
        "--workspace",
        "--all-features",
        "--no-fail-fast",
        "--test",
        "contract",
        "--test",
        "chaos",
        "--",
    ]);
    cargo.args(arguments);
    cargo.env(PROGRAMS, programs).env_remove(VARIABLE);
    let status = cargo.status().map_err(|error| error.to_string())?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
