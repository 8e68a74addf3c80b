//! Runs the test programs of the workspace, a few at a time, because most of them wait for a database, a network, or a
//! clock.
//!
//! Cargo builds them and reports where they are. Each runs as cargo would run it, and its output is printed when it has
//! ended, so that the outputs of two never mix.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::cargo;
use crate::test::Tally;

/// How many programs run at once. With more, tests that wait a limited time for other processes would need longer
/// limits.
const AT_ONCE: usize = 2;

/// The test program that a line of cargo's JSON is about, and the folder of its package.
fn program(line: &str) -> Option<(PathBuf, PathBuf)> {
    let artifact = serde_json::from_str::<Value>(line).ok()?;
    if artifact["profile"]["test"] != true {
        return None;
    }
    let manifest = Path::new(artifact["manifest_path"].as_str()?);
    let executable = artifact["executable"].as_str()?;
    Some((executable.into(), manifest.parent()?.into()))
}

/// Builds and runs what `cargo test` with these arguments would run, except the examples in docs.
pub(crate) fn run(
    arguments: &str,
    variables: &[(&str, &str)],
    tally: &mut Tally,
) -> Result<(), String> {
    let mut programs = Vec::new();
    let build = format!("test {arguments} --no-run --message-format=json-render-diagnostics");
    cargo::read(&build, variables, |line| programs.extend(program(line)))?;
    let (programs, failed) = (Mutex::new(programs.into_iter()), Mutex::new(Vec::new()));
    let tally = Mutex::new(tally);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                let next = || lock(&programs).next();
                while let Some((executable, folder)) = next() {
                    let mut program = Command::new(&executable);
                    program.current_dir(&folder).envs(variables.iter().copied());
                    program.env("CARGO_MANIFEST_DIR", &folder);
                    let output = program.env("CARGO", cargo::program()).output();
                    // Locked while it prints, so that no other program's output comes in between.
                    let mut tally = lock(&tally);
                    println!("\n     Running {}", executable.display());
                    let mut failure = Some(String::from("it did not start\n"));
                    if let Ok(output) = output {
                        let said = String::from_utf8_lossy(&output.stdout);
                        said.lines().for_each(|line| tally.read(line));
                        println!("{said}{}", String::from_utf8_lossy(&output.stderr));
                        failure = (!output.status.success()).then(|| failures(&said));
                    }
                    if let Some(text) = failure {
                        lock(&failed).push(format!("{}\n{text}", executable.display()));
                    }
                }
            });
        }
    });
    match lock(&failed).as_slice() {
        [] => Ok(()),
        failed => Err(format!("tests failed: {}", failed.join("\n"))),
    }
}

/// What a test program reports of its failures, shortened, for the end of the output, where a person looks first.
fn failures(said: &str) -> String {
    let (_, report) = said.split_once("\nfailures:\n").unwrap_or_default();
    let short = |line: &str| line.chars().take(300).chain(['\n']).collect::<String>();
    report.lines().take(100).map(short).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
