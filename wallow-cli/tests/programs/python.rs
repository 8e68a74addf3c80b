//! The Python with these programs: a virtual environment below `target/`, created once.
//!
//! If it cannot be created (no Python, no network), a test is skipped with a message; on CI, with `CI=true`, it fails
//! instead.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

const REQUIREMENTS: &str = include_str!("requirements.txt");

/// Runs a script of this folder with these arguments, and returns what it printed. `None` if there is no Python.
#[track_caller]
pub(crate) fn run(script: &str, arguments: &[&Path]) -> Option<String> {
    let output = self::script(script, arguments)?.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{script}: {}\n{}{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
    Some(text(&output.stdout))
}

/// A command that runs a script of this folder with these arguments. `None` if there is no Python.
#[track_caller]
pub(crate) fn script(script: &str, arguments: &[&Path]) -> Option<Command> {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs");
    let mut command = Command::new(python()?);
    command
        .arg(scripts.join(script))
        .args(arguments)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONWARNINGS", "ignore");
    Some(command)
}

/// The interpreter, with the programs installed.
fn python() -> Option<&'static Path> {
    static PYTHON: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    if postgres_server::left_out("python") {
        return None;
    }
    match PYTHON.get_or_init(environment) {
        Ok(python) => Some(python),
        Err(reason) => {
            let name = std::thread::current().name().unwrap_or("a test").to_owned();
            postgres_server::missing(&format!("{name} needs pandas and others: {reason}"));
            None
        }
    }
}

/// Creates the environment if it is missing or incomplete. If two processes do this at once, one waits.
fn environment() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let place = folder.join("python");
    let python = place.join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    });
    // This file is written last: an environment without it is incomplete.
    let done = place.join("requirements.txt");
    let lock = File::create(folder.join("python.lock")).map_err(|error| error.to_string())?;
    // The lock is released with the file. Elsewhere cargo runs one test program at a time, and needs no lock.
    #[cfg(unix)]
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive)
        .map_err(|error| error.to_string())?;
    if fs::read_to_string(&done).is_ok_and(|text| text == REQUIREMENTS) {
        return Ok(python);
    }
    // A missing environment is fine, too.
    let _ = fs::remove_dir_all(&place);
    let requirements = folder.join("python-requirements.txt");
    fs::write(&requirements, REQUIREMENTS).map_err(|error| error.to_string())?;
    succeeds(Command::new("python3").args(["-m", "venv"]).arg(&place))?;
    succeeds(
        Command::new(&python)
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ])
            .arg("--requirement")
            .arg(&requirements),
    )?;
    fs::rename(&requirements, &done).map_err(|error| error.to_string())?;
    Ok(python)
}

fn succeeds(command: &mut Command) -> Result<(), String> {
    let displayed = format!("{command:?}");
    match command.output() {
        Ok(Output { status, .. }) if status.success() => Ok(()),
        Ok(Output { status, stderr, .. }) => Err(format!(
            "`{displayed}` failed ({status}): {}",
            String::from_utf8_lossy(&stderr).trim()
        )),
        Err(error) => Err(format!("`{displayed}` could not be started: {error}")),
    }
}
