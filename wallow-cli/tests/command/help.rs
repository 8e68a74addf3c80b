//! The texts of `--help`, and the completions for shells.

use snapbox::{Data, assert_data_eq};

use crate::project::{Project, SCHEMA};

#[test]
fn every_command_explains_itself() {
    let project = Project::empty();
    for command in [
        "",
        "init",
        "check",
        "status",
        "enqueue",
        "work",
        "serve-db",
        "claim",
        "heartbeat",
        "complete",
        "fail",
        "release",
        "set",
        "ls",
        "count",
        "pivot",
        "importance",
        "plot",
        "top",
        "show",
        "attempts",
        "logs",
        "diff",
        "near",
        "watch",
        "collisions",
        "export",
        "report",
        "ui",
        "rm",
        "retry",
        "gc",
        "doctor",
        "grants",
        "import",
        "copy",
        "completions",
        "migrate",
        "migrate generate",
        "migrate apply",
        "migrate downgrade",
        "migrate history",
        "migrate stamp",
        "migrate check",
    ] {
        let help = project.wallow(&format!("{command} --help")).succeeds();
        let name = format!("wallow {command}").trim().replace(' ', "-");
        let path = format!("{}/tests/help/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        assert_data_eq!(help, Data::read_from(path.as_ref(), None).raw());
    }
}

#[test]
fn wrong_usage_has_a_status_of_its_own() {
    let project = Project::with(SCHEMA);
    project.wallow("migrate generate").misuses();
    project.wallow("migrate generate x --rename lr").misuses();
    project.wallow("statsu").misuses();
    project.wallow("collisions loss").misuses();
}

#[test]
fn completions_know_the_commands() {
    let script = Project::empty().wallow("completions bash").succeeds();
    assert!(script.contains("downgrade"), "{script}");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let project = Project::with(SCHEMA);
    for line in ["completions bash", "migrate generate x --dry-run", "--help"] {
        project.first_line(line);
    }
}
