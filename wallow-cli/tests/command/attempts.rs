//! The history of attempts, from the commands that write it to those that show it.
#![cfg(unix)]

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value as Json;

use crate::project::Project;

pub(crate) const SWEEP: &str = r#"[project]
name = "worked"
lifecycle = true
attempts = true

[identifying.seed]
type = "int"

[annotating.val_loss]
type = "float"

[annotating.curve]
type = "json"
"#;

/// A project with runs in the queue.
pub(crate) fn project(seeds: &str) -> Project {
    let project = Project::with(SWEEP);
    project.wallow("migrate generate initial").succeeds();
    project.wallow(&format!("enqueue seed={seeds}")).succeeds();
    project
}

/// A part of each attempt, in order.
pub(crate) fn attempts(project: &Project, column: &str) -> Vec<Json> {
    let said = project.wallow("attempts --json").succeeds();
    let all = serde_json::from_str::<Vec<Json>>(&said).unwrap();
    all.iter().map(|attempt| attempt[column].clone()).collect()
}

/// specs 6.26, 11.20
#[test]
fn every_end_of_a_command_is_an_outcome() {
    let project = project("0..5");
    let script = "case $2 in 0) exit 0;; 1) exit 75;; 2) echo no luck >&2; exit 3;; 3) kill -9 $$;; 4) sleep 60;; esac";
    project.has("run.sh", script);
    let line = "work --timeout 1s --grace 1s -- sh run.sh {args} --api-key s3cret";
    project.wallow(line).finds();
    assert_eq!(
        attempts(&project, "outcome"),
        ["completed", "released", "failed", "failed", "timed_out"]
    );
    let codes = attempts(&project, "exit_code");
    assert_eq!(codes[..3], [Json::from(0), 75.into(), 3.into()]);
    assert_eq!(codes[3], Json::Null);
    let errors = attempts(&project, "error");
    assert_eq!(errors[2], "exit status 3: no luck");
    assert_eq!(errors[3], "killed by SIGKILL");
    assert_eq!(errors[4], "took longer than 1s");
    let argv = attempts(&project, "argv");
    let shell = argv[2][0].as_str().unwrap();
    assert!(shell.ends_with("/sh"), "{shell}");
    let arguments = argv[2].as_array().unwrap();
    let arguments = arguments[1..].iter().filter_map(Json::as_str);
    assert_eq!(
        arguments.collect::<Vec<_>>(),
        ["run.sh", "--seed", "2", "--api-key", "***"]
    );
    let pids = attempts(&project, "pid");
    assert!(pids.windows(2).all(|pair| pair[0] != pair[1]), "{pids:?}");
    let table = project
        .wallow("attempts --where \"status == 'failed'\"")
        .succeeds();
    assert_eq!(table.lines().count(), 4, "{table}");
    assert!(table.contains("timed_out"), "{table}");
    let displayed = project.wallow("show 3").succeeds();
    assert!(
        displayed.contains("attempt 1  failed, exit status 3  on "),
        "{displayed}"
    );
    assert!(displayed.contains("exit status 3: no luck"), "{displayed}");
    let json = project.wallow("show 3 --json").succeeds();
    let json = serde_json::from_str::<Json>(&json).unwrap();
    assert_eq!(json["_wallow_attempts"][0]["outcome"], "failed");
    let csv = project
        .wallow("export --attempts --columns attempt,outcome --where \"seed > 2\"")
        .succeeds();
    assert_eq!(csv, "attempt,outcome\n1,failed\n1,timed_out\n");
    project.wallow("export --attempts --columns loss").misuses();
}

/// A worker that is at work on a command that has begun.
pub(crate) fn begins(project: &Project, line: &str) -> Child {
    let mut command = project.command("", line);
    let worker = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let started = Instant::now();
    while !project.path("began").exists() {
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "it never began"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    worker.unwrap()
}

pub(crate) fn sends(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    kill_process(pid.unwrap(), signal).unwrap();
}

/// What the issue asks of TERM: the runs are back, the attempts say so, and do not count.
#[test]
fn a_run_that_was_put_back_by_term_has_all_its_attempts() {
    let project = project("0");
    project.has(
        "run.sh",
        "touch began; [ -e again ] && exit 1; exec sleep 60",
    );
    let worker = begins(&project, "work -- sh run.sh");
    sends(&worker, Signal::TERM);
    assert_eq!(worker.wait_with_output().unwrap().status.code(), Some(143));
    assert_eq!(attempts(&project, "outcome"), ["released"]);
    project.has("again", "");
    // One more attempt, and no other: a failure counts.
    project.wallow("work --max-attempts 1 -- sh run.sh").finds();
    assert_eq!(attempts(&project, "outcome"), ["released", "failed"]);
    project
        .wallow("work --max-attempts 1 -- sh run.sh")
        .succeeds();
    assert_eq!(attempts(&project, "outcome"), ["released", "failed"]);
    project.wallow("work --max-attempts 2 -- sh run.sh").finds();
    assert_eq!(
        attempts(&project, "outcome"),
        ["released", "failed", "failed"]
    );
}

/// A worker that crashes leaves an attempt without an end; who takes the run over closes it.
#[cfg(target_os = "linux")]
#[test]
fn a_crash_is_an_attempt_that_was_lost() {
    let project = project("0");
    project.has("run.sh", "[ -e again ] || { touch began; exec sleep 60; }");
    let mut worker = begins(&project, "work -- sh run.sh");
    std::thread::sleep(Duration::from_millis(1500));
    let watched = project.wallow("watch --once --json").succeeds();
    let place = serde_json::from_str::<Json>(&watched).unwrap()["at_work"][0]["place"].clone();
    assert!(place.as_str().unwrap().contains(", pid "), "{place}");
    // The attempt says which process it is, although it goes on.
    assert_eq!(attempts(&project, "argv")[0][1], "run.sh");
    worker.kill().unwrap();
    worker.wait().unwrap();
    assert_eq!(attempts(&project, "outcome"), [Json::Null]);
    project.has("again", "");
    project.wallow("work --stale 1s -- sh run.sh").succeeds();
    assert_eq!(attempts(&project, "outcome"), ["lost", "completed"]);
}

#[test]
fn drivers_in_any_language_leave_attempts() {
    let project = project("0..3");
    for end in ["complete", "fail --reason oh", "release"] {
        let claimed = project.wallow("claim --json").succeeds();
        let claimed = serde_json::from_str::<Json>(&claimed).unwrap();
        let (verb, rest) = end.split_once(' ').unwrap_or((end, ""));
        let uuid = claimed["uuid"].as_str().unwrap();
        let said = project
            .wallow(&format!("{verb} {uuid} --attempt 1 {rest}"))
            .succeeds();
        let said = serde_json::from_str::<Json>(&said).unwrap();
        assert_eq!(said["_wallow_database"], "runs.db");
    }
    assert_eq!(
        attempts(&project, "outcome"),
        ["completed", "failed", "released"]
    );
    // The process that called the command goes on; the command itself does not.
    assert_eq!(attempts(&project, "pid")[0], std::process::id());
}

#[test]
fn logs_are_those_of_an_attempt() {
    let project = project("7");
    project.has(
        "run.sh",
        "echo out $WALLOW_ATTEMPT; echo err >&2; [ $WALLOW_ATTEMPT = 2 ]",
    );
    let missing = project.wallow("logs 1").refuses();
    assert!(missing.contains("--artefacts"), "{missing}");
    project.wallow("work -- sh run.sh").finds();
    project.wallow("work -- sh run.sh").succeeds();
    for (run, expected) in [
        ("1", "out 2\n"),
        ("1@1", "out 1\n"),
        ("1@2 --follow", "out 2\n"),
    ] {
        let answer = project.wallow(&format!("logs {run}"));
        assert_eq!((answer.status, &*answer.stderr), (Some(0), "err\n"));
        assert_eq!(answer.stdout, expected);
    }
    project.wallow("logs 1@3").refuses();
    project.wallow("logs 1@x").misuses();
    project.wallow("logs 99").refuses();
}

#[test]
fn a_log_is_followed_to_its_end() {
    let project = project("7");
    project.has("run.sh", "echo one; touch began; sleep 2; echo two");
    let worker = begins(&project, "work -- sh run.sh");
    assert_eq!(project.wallow("logs 1 --follow").succeeds(), "one\ntwo\n");
    assert!(worker.wait_with_output().unwrap().status.success());
}

/// specs 7
#[test]
fn the_history_comes_and_goes_by_migrations() {
    let project = Project::with(&SWEEP.replace("attempts = true\n", ""));
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project.wallow("enqueue seed=0..2").succeeds();
    let refused = project.wallow("attempts").refuses();
    assert!(refused.contains("attempts = true"), "{refused}");
    project.declares(SWEEP);
    let status = project.wallow("status").finds();
    assert!(status.contains("history of attempts"), "{status}");
    let refused = project.wallow("work -- true").refuses();
    assert!(refused.contains("wallow migrate generate"), "{refused}");
    project.wallow("migrate generate history").succeeds();
    project.wallow("migrate apply").succeeds();
    project.wallow("status").succeeds();
    project.wallow("work -- true").succeeds();
    assert_eq!(attempts(&project, "outcome"), ["completed", "completed"]);
    project.declares(&SWEEP.replace("attempts = true\n", ""));
    project.wallow("migrate generate none").succeeds();
    let refused = project.wallow("migrate apply").refuses();
    assert!(refused.contains("the history of attempts"), "{refused}");
    project.wallow("migrate apply --yes").succeeds();
    project.wallow("status").succeeds();
    assert_eq!(
        project.reads("SELECT count(*) FROM sqlite_master WHERE name LIKE '%attempts%'"),
        "0"
    );
    project.wallow("migrate downgrade base --yes").succeeds();
}

#[test]
fn a_prototype_gets_and_loses_the_history_by_push() {
    let without = SWEEP.replace("attempts = true\n", "");
    let project = Project::with(&without);
    project.wallow("migrate push").succeeds();
    project.wallow("enqueue seed=0..2").succeeds();
    project.declares(SWEEP);
    let status = project.wallow("status").finds();
    assert!(status.contains("_wallow_attempts"), "{status}");
    project.wallow("migrate push").succeeds();
    project.wallow("work -- true").succeeds();
    assert_eq!(attempts(&project, "outcome").len(), 2);
    // What the table says is kept by a schema that is read off it, and by its adoption.
    let init = project.wallow("init --from-db runs.db --dir read");
    assert_eq!(init.status, Some(0));
    let text = project.text("read/wallow.toml");
    assert!(text.contains("attempts = true"), "{text}");
    project.declares(&without);
    project.wallow("migrate push").refuses();
    project.wallow("migrate push --yes").succeeds();
    assert_eq!(project.wallow("count").succeeds(), "2\n");
}

#[test]
fn an_adopted_table_keeps_its_history() {
    let project = Project::with(SWEEP);
    project.wallow("migrate push").succeeds();
    project.wallow("enqueue seed=0").succeeds();
    project.wallow("work -- true").succeeds();
    project.wallow("migrate adopt").succeeds();
    project.wallow("status").succeeds();
    assert_eq!(attempts(&project, "outcome"), ["completed"]);
    let migration = &project.migrations()[0];
    let script = project.text(&format!("migrations/sqlite/{migration}/up.sql"));
    assert!(
        script.contains("CREATE TABLE \"_wallow_attempts\""),
        "{script}"
    );
}

/// A rebuild of the table of runs on SQLite leaves the history as it is.
#[test]
fn a_rebuild_keeps_the_history() {
    let project = project("0..2");
    project.wallow("work -- true").succeeds();
    project.edits(
        "[annotating.val_loss]\ntype = \"float\"",
        "[annotating.val_loss]\ntype = \"float\"\ndefault = 0.5",
    );
    project.wallow("migrate generate rebuild").succeeds();
    project.wallow("migrate apply --yes").succeeds();
    assert_eq!(attempts(&project, "outcome"), ["completed", "completed"]);
}

#[test]
fn rows_without_a_run_are_found_and_deleted() {
    let project = project("0..3");
    project.wallow("work -- true").succeeds();
    project.wallow("doctor").succeeds();
    project.executes("DELETE FROM runs WHERE seed = 0");
    let found = project.wallow("doctor").finds();
    assert!(found.contains("2, and 1 without a run"), "{found}");
    let found = project.wallow("gc --artefacts artefacts").finds();
    assert!(found.contains("1 attempt without a run"), "{found}");
    project
        .wallow("gc --artefacts artefacts --delete --yes")
        .succeeds();
    project.wallow("doctor").succeeds();
    project.wallow("rm --where \"seed == 1\" --yes").succeeds();
    assert_eq!(project.reads("SELECT count(*) FROM _wallow_attempts"), "1");
    project.wallow("doctor").succeeds();
}

const ALL: &str = "SELECT group_concat(run_id || '|' || attempt || '|' || run_uuid || '|' || host || '|' || pid || '|' || \
                   argv || '|' || started_at || '|' || ended_at || '|' || outcome || '|' || exit_code, char(10)) FROM \
                   (SELECT * FROM _wallow_attempts ORDER BY run_id, attempt)";

#[test]
fn a_copy_has_the_attempts_of_its_runs() {
    let project = project("0..3");
    project.wallow("work -- false").finds();
    project.wallow("work -- true").succeeds();
    let said = project.wallow("copy --to other.db").succeeds();
    assert!(said.contains("6 attempts copied"), "{said}");
    let other = project.text("wallow.toml");
    assert!(other.contains("attempts"));
    let there = Project::with(SWEEP);
    std::fs::copy(project.path("other.db"), there.path("runs.db")).unwrap();
    assert_eq!(there.reads(ALL), project.reads(ALL));
    let again = project.wallow("copy --to other.db").succeeds();
    assert!(!again.contains("attempts copied"), "{again}");
}

/// specs 6.30, 11.14
#[test]
fn a_traceback_is_shown_by_its_exception_and_has_no_password() {
    let project = project("0");
    let traceback = "Traceback (most recent call last):\n  File \"train.py\", line 7, in <module>\n    connect()\n\
                     OSError: postgres://me:s3cret@db/runs does not answer";
    project.has("traceback", traceback);
    project.has("run.sh", "cat traceback >&2; exit 1");
    let said = project.wallow("work -- sh run.sh").finds();
    let exception = "exit status 1: OSError: postgres://me:…@db/runs does not answer";
    assert!(said.contains(exception), "{said}");
    let displayed = project.wallow("show 1").succeeds();
    assert!(displayed.contains(&format!(": {exception}")), "{displayed}");
    let stored = traceback.replace("s3cret", "…");
    let stored = format!("exit status 1: {stored}");
    assert_eq!(attempts(&project, "error"), [stored.as_str()]);
    assert_eq!(project.reads("SELECT error_excerpt FROM runs"), stored);
    // The file keeps every byte.
    assert_eq!(project.wallow("logs 1").stderr, traceback);
    let mut terminal = project.wallow_on_terminal("attempts");
    let (status, said) = terminal.ends();
    assert_eq!(status, Some(0), "{said}");
    assert!(!said.contains("Traceback"), "{said}");
}
