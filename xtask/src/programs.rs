//! Programs that some tests need and a machine may lack: told before the tests, which leave out what they cannot
//! prove (and fail instead on CI, where `CI=true`).

use std::process::{Command, Stdio};

/// A program: whether it is there, and what is not proven without it.
struct Program {
    name: &'static str,
    is_there: fn() -> bool,
    proves: &'static str,
}

const PROGRAMS: [Program; 2] = [
    Program {
        name: "python3 with venv and pip",
        is_there: || answers(&["python3", "-c", "import venv, ensurepip"]),
        proves: "what pandas, polars, pyarrow, DuckDB, Optuna and the Python package read and write",
    },
    Program {
        name: "the programs of a PostgreSQL server (on Debian: `apt-get install postgresql`)",
        is_there: postgres_server::are_installed,
        proves: "everything that is promised of PostgreSQL",
    },
];

/// In CI, a missing server is installed where it can be; where not, that is an error here already.
pub(crate) fn install() -> Result<(), String> {
    let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    if ci && !postgres_server::are_installed() {
        eprintln!("xtask: installing PostgreSQL");
        postgres_server::install()?;
    }
    Ok(())
}

/// Says which are missing.
pub(crate) fn announce() {
    for program in &PROGRAMS {
        if !(program.is_there)() {
            eprintln!(
                "xtask: NOT TESTED, for want of {}: {}",
                program.name, program.proves
            );
        }
    }
}

fn answers(command: &[&str]) -> bool {
    let Some((program, arguments)) = command.split_first() else {
        return false;
    };
    let status = Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}
