//! `wallow work` when a signal, a limit or the end of a terminal meets commands that are at work.

use std::fs;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::on::On;
use crate::project::Project;
use crate::working::{SWEEP, ends, project};
use crate::working_signals::{begins, signal, waits_for};

/// A process by the number that a script wrote.
fn pid(project: &Project, file: &str) -> Pid {
    let text = project.text(file);
    Pid::from_raw(text.trim().parse().unwrap()).unwrap()
}

/// As a scheduler does that stops everything in a job.
#[test]
fn a_command_that_gets_the_signal_of_its_worker_is_put_back() {
    for script in [
        "echo $$ > began; exec sleep 60",
        "trap 'exit 3' TERM; echo $$ > began; sleep 60 & wait",
    ] {
        let project = project("0..2");
        let worker = begins(&project, "", script);
        signal(&worker, Signal::TERM);
        // The worker may have passed it on already.
        let _ = kill_process(pid(&project, "began"), Signal::TERM);
        let output = worker.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(143), "{output:?}");
        assert_eq!(ends(&project), "pending\npending", "{script}");
    }
}

/// A script around a program ends by the signal at once. The program still has the grace.
#[test]
fn a_program_below_a_script_may_save_its_state() {
    for (options, end) in [
        ("--grace 1h", "pending"),
        ("--grace 1h --timeout 1s", "failed took longer than 1s"),
    ] {
        let project = project("0");
        project.has(
            "train.sh",
            "trap 'sleep 1; echo saved > saved; exit 75' TERM; echo $$ > began; while :; do sleep 0.1; done",
        );
        let worker = begins(&project, options, "sh train.sh; true");
        if end == "pending" {
            signal(&worker, Signal::TERM);
        }
        worker.wait_with_output().unwrap();
        assert_eq!(project.text("saved"), "saved\n");
        let ended = ends(&project);
        assert!(ended.starts_with(end), "{ended}");
    }
}

#[test]
fn what_a_script_has_left_is_killed_after_the_grace() {
    let project = project("0");
    project.has(
        "train.sh",
        "trap '' TERM; echo $$ > began; while :; do sleep 0.1; done",
    );
    let worker = begins(&project, "--grace 1s", "sh train.sh; true");
    signal(&worker, Signal::TERM);
    assert_eq!(worker.wait_with_output().unwrap().status.code(), Some(143));
    assert!(!crate::working_signals::is_alive(&project.text("began")));
    assert_eq!(ends(&project), "pending");
}

/// What `nohup` and a shell do for a process in the background.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_that_is_ignored_at_the_start_stays_ignored() {
    let project = project("0");
    project.has(
        "run.sh",
        "echo $$ > began; while [ ! -e go ]; do sleep 0.1; done",
    );
    let mut worker = Command::new("sh")
        .args(["-c", "trap '' HUP INT; exec \"$0\" work -- sh run.sh"])
        .arg(env!("CARGO_BIN_EXE_wallow"))
        .current_dir(project.path(""))
        .env_remove("WALLOW_DATABASE_URL")
        .env_remove("DATABASE_URL")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    waits_for(|| fs::read(project.path("began")).is_ok_and(|text| !text.is_empty()));
    signal(&worker, Signal::HUP);
    signal(&worker, Signal::INT);
    project.has("go", "");
    assert_eq!(worker.wait().unwrap().code(), Some(0));
    assert_eq!(ends(&project), "completed");
}

/// A window is closed, or the connection is lost.
#[test]
fn a_terminal_that_goes_away_is_a_signal_and_no_panic() {
    let project = project("0..3");
    project.has("run.sh", "echo $$ > began; exec sleep 60");
    let terminal = project.wallow_on_terminal("work --slots 2 -- sh run.sh");
    waits_for(|| fs::read(project.path("began")).is_ok_and(|text| !text.is_empty()));
    let mut worker = terminal.closes();
    signal(&worker, Signal::HUP);
    assert_eq!(worker.wait().unwrap().code(), Some(129));
    assert_eq!(ends(&project), "pending\npending\npending");
}

/// The database is locked while the worker wants to claim, and free after the signal.
#[cfg(target_os = "linux")]
#[test]
fn a_run_that_is_claimed_after_the_signal_is_not_executed() {
    use diesel::connection::SimpleConnection as _;

    let project = project("0");
    project.has("run.sh", "echo > began");
    let mut other = project.connection();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let mut command = project.command("", "work --max-runs 1 -- sh run.sh");
    let worker = command.stdout(Stdio::piped()).spawn().unwrap();
    waits_for(|| {
        let threads = fs::read_dir(format!("/proc/{}/task", worker.id())).unwrap();
        let mut names = threads.flatten().map(|thread| thread.path().join("comm"));
        names.any(|name| fs::read_to_string(name).is_ok_and(|name| name == "wallow-slot-0\n"))
    });
    signal(&worker, Signal::TERM);
    waits_for(|| {
        let status = fs::read_to_string(format!("/proc/{}/status", worker.id()));
        let status = status.unwrap_or_default();
        let mut pending = status
            .lines()
            .filter(|line| line.starts_with("SigPnd:") || line.starts_with("ShdPnd:"));
        pending.all(|line| line.ends_with("0000000000000000"))
    });
    other.batch_execute("ROLLBACK").unwrap();
    assert_eq!(worker.wait_with_output().unwrap().status.code(), Some(143));
    assert_eq!(ends(&project), "pending");
    assert!(!project.path("began").exists());
}

/// PostgreSQL refuses a text that SQLite takes.
#[test]
fn a_value_that_is_refused_is_taken_out_alone() {
    const SCRIPT: &str = r#"
echo '{"step": 1, "loss": 0.5}' >> "$WALLOW_RESULT"
echo '{"val_loss": 0.25, "note": "a\u0000b"}' >> "$WALLOW_RESULT"
sleep 2
exit $CODE
"#;
    let schema = format!("{SWEEP}\n[annotating.note]\ntype = \"string\"\n");
    for on in On::each(&schema) {
        for code in [0, 1, 75] {
            let project = &on.project;
            project.wallow(&format!("enqueue seed={code}")).succeeds();
            project.has("run.sh", &SCRIPT.replace("$CODE", &code.to_string()));
            let line = format!("work --where \"seed == {code}\" -- sh run.sh");
            let answer = project.wallow(&line);
            let read = on.reads(&format!(
                "SELECT CAST(val_loss AS TEXT) || ' ' || CAST(curve AS TEXT) || ' ' || status FROM runs WHERE seed = {code}"
            ));
            let read = read.replace(": ", ":").replace(", ", ",");
            let (point, status) = match (code, on.is_server()) {
                (75, _) => ("[{\"loss\":0.5,\"step\":1}]", "pending"),
                (0, false) => ("[{\"loss\":0.5,\"step\":1}]", "completed"),
                (_, _) => ("[{\"loss\":0.5,\"step\":1}]", "failed"),
            };
            assert_eq!(read, format!("0.25 {point} {status}"), "{}", answer.stderr);
            assert_eq!(
                answer.stderr.contains("note"),
                on.is_server(),
                "{}",
                answer.stderr
            );
        }
    }
}
