//! Programs that some tests need and a machine may lack. They are reported before the tests, which leave out what needs
//! them. With `CI=true` the tests fail instead.

use std::process::{Command, Stdio};

/// A program: whether it is installed, and what is not tested without it.
struct Program {
    /// Its name for `cargo xtask test --without`.
    short: &'static str,
    name: &'static str,
    is_there: fn() -> bool,
    proves: &'static str,
}

const PROGRAMS: [Program; 4] = [
    Program {
        short: "python",
        name: "python3 with venv and pip",
        is_there: || answers(&["python3", "-c", "import venv, ensurepip"]),
        proves: "what pandas, polars, pyarrow, DuckDB, Optuna and the Python package read and write",
    },
    Program {
        short: "postgres",
        name: "the programs of a PostgreSQL server (on Debian: `apt-get install postgresql`)",
        is_there: postgres_server::are_installed,
        proves: "everything that is promised of PostgreSQL",
    },
    Program {
        short: "pgbouncer",
        name: "PgBouncer (on Debian: `apt-get install pgbouncer`)",
        is_there: postgres_server::PgBouncer::is_installed,
        proves: "what is promised of connections through a pooler",
    },
    Program {
        short: "valgrind",
        name: "valgrind",
        is_there: || answers(&["valgrind", "--version"]),
        proves: "that single operations take as many instructions as recorded",
    },
];

/// The names of the programs that can be left out.
pub(crate) fn names() -> Vec<&'static str> {
    PROGRAMS.iter().map(|program| program.short).collect()
}

/// In CI, a missing server is installed. If that is not possible, it is an error before the tests.
pub(crate) fn install(without: &[String]) -> Result<(), String> {
    let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    let wants = |short: &str| !without.iter().any(|name| name == short);
    let lacks_server = wants("postgres") && !postgres_server::are_installed();
    let lacks_pooler =
        wants("postgres") && wants("pgbouncer") && !postgres_server::PgBouncer::is_installed();
    if ci && (lacks_server || lacks_pooler) {
        eprintln!("xtask: installing PostgreSQL and PgBouncer");
        postgres_server::install()?;
    }
    Ok(())
}

/// Prints what is left out, and why.
pub(crate) fn announce(without: &[String]) {
    for Program {
        short,
        name,
        is_there,
        proves,
    } in &PROGRAMS
    {
        if without.iter().any(|name| name == short) {
            eprintln!("xtask: NOT TESTED, because of `--without {short}`: {proves}");
        } else if !is_there() {
            eprintln!("xtask: NOT TESTED, for want of {name}: {proves}");
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
