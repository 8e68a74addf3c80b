//! Calling cargo.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// The cargo that runs this.
pub(crate) fn program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Runs `cargo` with these arguments at the root.
pub(crate) fn run(arguments: &[&str]) -> Result<(), String> {
    run_with(arguments, &[])
}

/// The same with some variables set.
pub(crate) fn run_with(arguments: &[&str], variables: &[(&str, &str)]) -> Result<(), String> {
    let shown = arguments.join(" ");
    eprintln!("xtask: cargo {shown}");
    let status = Command::new(program())
        .args(arguments)
        .envs(variables.iter().copied())
        .current_dir(root())
        .status()
        .map_err(|error| format!("cargo could not be started: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`cargo {shown}` failed ({status})"))
    }
}
