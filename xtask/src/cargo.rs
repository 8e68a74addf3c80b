//! Calling cargo, and other programs.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// The cargo that runs this.
pub(crate) fn program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Runs `cargo` with these arguments, separated by spaces, at the root.
pub(crate) fn run(arguments: &str) -> Result<(), String> {
    run_with(arguments, &[])
}

/// Runs `cargo` with some variables set.
pub(crate) fn run_with(arguments: &str, variables: &[(&str, &str)]) -> Result<(), String> {
    start(arguments, variables, Command::status)
}

/// Runs `cargo` and reads its output while it runs.
pub(crate) fn read(
    arguments: &str,
    variables: &[(&str, &str)],
    mut line: impl FnMut(&str),
) -> Result<(), String> {
    start(arguments, variables, |command| {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        // A test may print bytes that are not UTF-8.
        for bytes in child
            .stdout
            .take()
            .into_iter()
            .flat_map(|out| BufReader::new(out).split(b'\n'))
        {
            line(&String::from_utf8_lossy(&bytes?));
        }
        child.wait()
    })
}

fn start(
    arguments: &str,
    variables: &[(&str, &str)],
    run: impl FnOnce(&mut Command) -> std::io::Result<ExitStatus>,
) -> Result<(), String> {
    eprintln!("xtask: cargo {arguments}");
    let mut cargo = Command::new(program());
    cargo
        .args(arguments.split_whitespace())
        .envs(variables.iter().copied());
    let status = run(cargo.current_dir(root()));
    let status = status.map_err(|error| format!("cargo could not be started: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`cargo {arguments}` failed ({status})"))
    }
}
