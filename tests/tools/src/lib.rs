//! Shared code of the checks with other programs. Each check is a program: `cargo xtask editor`, `cargo xtask diesel`.
//!
//! They are not part of `cargo xtask test`, because few machines have these programs and one takes minutes to build.

use std::path::Path;
use std::process::{Command, Stdio};

/// Why a check could not be made, or what it found.
pub type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// The root of the workspace.
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}

/// The output of a program.
///
/// # Errors
/// If it cannot be started, or fails; the error has its whole output.
pub fn answer(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("{command:?} could not be started: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    if output.status.success() {
        Ok(stdout)
    } else {
        Err(format!("{command:?} failed:\n{stdout}{stderr}").into())
    }
}

/// Runs a program with visible output.
///
/// # Errors
/// If it cannot be started, or fails.
pub fn run(program: &str, arguments: &str) -> Result<()> {
    eprintln!("{program} {arguments}");
    let mut command = Command::new(program);
    let status = command
        .args(arguments.split_whitespace())
        .current_dir(root())
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{program} {arguments}` failed ({status})").into())
    }
}

/// The text of a file.
///
/// # Errors
/// If it cannot be read; the error names the file.
pub fn read(path: &Path) -> Result<String> {
    let text = std::fs::read_to_string(path);
    Ok(text.map_err(|error| format!("{}: {error}", path.display()))?)
}
