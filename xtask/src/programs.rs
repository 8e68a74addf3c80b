//! Programs that some tests need and a machine may lack. They are reported before the tests, which leave out what needs
//! them. With `CI=true` the tests fail instead.

use std::process::{Command, Stdio};

/// A program: whether it is installed, and what is not tested without it.
struct Program {
    /// Its name for `cargo xtask test --without`.
    short: &'static str,
    /// What it is, and its packages on Debian, which are installed in CI.
    name: (&'static str, &'static [&'static str]),
    is_there: fn() -> bool,
    proves: &'static str,
}

const PROGRAMS: [Program; 6] = [
    Program {
        short: "python",
        name: ("python3 with venv and pip", &[]),
        is_there: || answers("python3", &["-c", "import venv, ensurepip"]),
        proves: "what pandas, polars, pyarrow, DuckDB, Optuna and the Python package read and write",
    },
    Program {
        short: "postgres",
        name: ("the programs of a PostgreSQL server", &["postgresql"]),
        is_there: postgres_server::are_installed,
        proves: "everything that is promised of PostgreSQL",
    },
    Program {
        short: "pgbouncer",
        name: ("PgBouncer", &["pgbouncer"]),
        is_there: postgres_server::PgBouncer::is_installed,
        proves: "what is promised of connections through a pooler",
    },
    Program {
        short: "valgrind",
        name: ("valgrind", &[]),
        is_there: || answers("valgrind", &["--version"]),
        proves: "that single operations take as many instructions as recorded",
    },
    Program {
        short: "node",
        name: ("Node and npm", &["nodejs", "npm"]),
        is_there: || answers("node", &["-v"]) && answers("npm", &["-v"]),
        proves: "that the page is built from its sources, and that its filter is that of the database",
    },
    Program {
        short: "chromium",
        name: ("Chromium and its driver", &["chromium", "chromium-driver"]),
        is_there: || answers("chromedriver", &["-v"]),
        proves: "what `wallow report` and `wallow ui` show in a browser",
    },
];

/// The names of the programs that can be left out.
pub(crate) fn names() -> Vec<&'static str> {
    PROGRAMS.iter().map(|program| program.short).collect()
}

/// The programs that are wanted and missing.
fn missing(without: &[String]) -> impl Iterator<Item = &'static Program> {
    let wanted = |program: &&Program| !without.iter().any(|name| name == program.short);
    PROGRAMS
        .iter()
        .filter(wanted)
        .filter(|program| !(program.is_there)())
}

/// In CI, missing programs are installed. If that is not possible, it is an error before the tests.
pub(crate) fn install(without: &[String]) -> Result<(), String> {
    let packages = missing(without).flat_map(|program| program.name.1);
    let packages = packages.copied().collect::<Vec<_>>();
    if std::env::var("CI").is_ok_and(|ci| ci == "true") && !packages.is_empty() {
        eprintln!("xtask: installing {}", packages.join(", "));
        postgres_server::install(&packages)?;
    }
    Ok(())
}

/// Prints what is left out, and why.
pub(crate) fn announce(without: &[String]) {
    let left_out = |program: &&Program| without.iter().any(|name| name == program.short);
    for Program { short, proves, .. } in PROGRAMS.iter().filter(left_out) {
        eprintln!("xtask: NOT TESTED, because of `--without {short}`: {proves}");
    }
    for program in missing(without) {
        let (name, packages) = program.name;
        let how = match packages {
            [] => String::new(),
            packages => format!(" (on Debian: `apt-get install {}`)", packages.join(" ")),
        };
        let proves = program.proves;
        eprintln!("xtask: NOT TESTED, for want of {name}{how}: {proves}");
    }
}

fn answers(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdout(Stdio::null());
    let status = command.stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
