//! Programs that some tests need and a machine may lack: told before the tests, which leave out what they cannot
//! prove (and fail instead on CI, where `CI=true`).

use std::process::{Command, Stdio};

/// A program: how to ask for it, and what is not proven without it.
struct Program {
    name: &'static str,
    asked: &'static [&'static str],
    proves: &'static str,
}

const PROGRAMS: [Program; 1] = [Program {
    name: "python3 with venv and pip",
    asked: &["python3", "-c", "import venv, ensurepip"],
    proves: "what pandas, polars, pyarrow, DuckDB, Optuna and the Python package read and write",
}];

/// Says which are missing.
pub(crate) fn announce() {
    for program in &PROGRAMS {
        if !program.answers() {
            eprintln!(
                "xtask: NOT TESTED, for want of {}: {}",
                program.name, program.proves
            );
        }
    }
}

impl Program {
    fn answers(&self) -> bool {
        let Some((program, arguments)) = self.asked.split_first() else {
            return false;
        };
        let status = Command::new(program)
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        status.is_ok_and(|status| status.success())
    }
}
