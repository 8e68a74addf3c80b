//! What happens if output cannot be written, or if its reader has closed the pipe.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::process::Stdio;

use crate::listing::sweep;
use crate::project::{Project, SCHEMA};

const LINES: [&str; 33] = [
    "--help",
    "--version",
    "help ls",
    "ls --help",
    "completions bash",
    "completions fish",
    "check",
    "status",
    "status --json",
    "doctor",
    "doctor --json",
    "ls",
    "ls --format csv",
    "ls --format json",
    "ls --format jsonl",
    "ls --format parquet",
    "ls --format arrow",
    "ls --group-by model",
    "ls --where \"seed == 99\"",
    "count",
    "top loss",
    "show 1",
    "show 1 --json",
    "diff 1 2",
    "near seed=1",
    "watch --once",
    "watch --once --json",
    "collisions seed",
    "export",
    "export --format parquet",
    "export --format json --output /dev/stdout",
    "rm --where \"seed == 99\"",
    "migrate history",
];

/// A script that continues with half of a result is worse than one that stops.
#[test]
fn a_full_device_is_an_error_of_every_command() {
    let project = sweep();
    for line in LINES {
        let mut command = project.command(".", line);
        command.stdout(File::options().write(true).open("/dev/full").unwrap());
        let output = command.stderr(Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{line}\n{stderr}");
        let is_reported =
            stderr.contains("cannot be written: No space left on device (os error 28)");
        assert!(is_reported, "{line}\n{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{line}\n{stderr}");
    }
}

/// The task itself is done, and the message says what is lost: the report.
#[test]
fn what_changes_something_goes_on_without_its_report() {
    let project = Project::with_runs(SCHEMA);
    project.edits(
        "[annotating.loss]",
        "[annotating.host]\ntype = \"string\"\n\n[annotating.loss]",
    );
    for line in ["migrate generate host", "migrate apply"] {
        let mut command = project.command(".", line);
        command.stdout(File::options().write(true).open("/dev/full").unwrap());
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{line}\n{output:?}");
    }
    project.wallow("status").succeeds();
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let project = sweep();
    for line in LINES {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = project.command(".", line);
        let output = command
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{line}");
        let usual = project.command(".", line).output().unwrap().status.code();
        assert_eq!(output.status.code(), usual, "{line}");
    }
}

/// Nobody should believe that there are no runs if none could be read.
#[test]
fn what_cannot_be_read_is_not_called_nothing() {
    let project = sweep();
    project.executes("UPDATE runs SET loss = 'x', started_at = 'never'");
    for line in ["ls", "ls --columns loss", "top loss", "ls --sort loss"] {
        let answer = project.wallow(line);
        assert_eq!(answer.stdout, "", "{line}");
        let error = answer.refuses();
        assert!(error.contains("loss"), "{line}\n{error}");
    }
    assert_eq!(
        project.wallow("ls --where \"seed == 99\"").succeeds(),
        "no runs\n"
    );
}
