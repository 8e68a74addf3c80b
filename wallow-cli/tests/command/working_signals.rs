//! `wallow work` and signals: workers that stop, commands that do not.

use std::fs;
use std::io::Read as _;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::project::Project;
use crate::working::{ends, project};

/// A worker that is at work: its process, and when its command has begun.
pub(crate) fn begins(project: &Project, options: &str, script: &str) -> Child {
    project.has("run.sh", script);
    let mut command = project.command("", &format!("work {options} -- sh run.sh"));
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let worker = command.spawn().unwrap();
    // The shell makes the file before it writes to it.
    waits_for(|| fs::read(project.path("began")).is_ok_and(|text| !text.is_empty()));
    worker
}

pub(crate) fn waits_for(condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "nothing happens"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

pub(crate) fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// Whether a process of this id is alive.
pub(crate) fn is_alive(pid: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", pid.trim()));
    status.is_ok_and(|status| !status.contains("State:\tZ"))
}

/// specs 11.13
#[test]
fn a_worker_that_is_asked_to_stop_puts_its_runs_back() {
    for (sent, status) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let project = project("0..3");
        let script = "trap 'echo asked > asked; exit 0' TERM; echo $$ > began; sleep 60 & wait";
        let worker = begins(&project, "--slots 1", script);
        signal(&worker, sent);
        let output = worker.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(status), "{said}");
        assert!(
            said.ends_with("done: 0 completed, 0 failed, 0 lost, 1 put back\n"),
            "{said}"
        );
        assert_eq!(project.text("asked"), "asked\n");
        assert_eq!(ends(&project), "pending\npending\npending");
        assert!(!is_alive(&project.text("began")));
    }
}

#[test]
fn a_command_that_ignores_term_is_killed_after_the_grace_or_by_a_second_signal() {
    let script = "trap '' TERM; echo $$ > began; while :; do sleep 1; done";
    let one = project("0");
    let worker = begins(&one, "--grace 1s", script);
    signal(&worker, Signal::TERM);
    assert_eq!(worker.wait_with_output().unwrap().status.code(), Some(143));
    assert_eq!(ends(&one), "pending");
    assert!(!is_alive(&one.text("began")));
    let two = project("0");
    let worker = begins(&two, "--grace 1h", script);
    signal(&worker, Signal::TERM);
    // A signal from two senders counts once: a scheduler sends it to every process of a job, and a program above the
    // worker passes it on.
    signal(&worker, Signal::TERM);
    std::thread::sleep(Duration::from_secs(1));
    assert!(is_alive(&two.text("began")));
    signal(&worker, Signal::TERM);
    assert_eq!(worker.wait_with_output().unwrap().status.code(), Some(143));
    assert_eq!(ends(&two), "pending");
    assert!(!is_alive(&two.text("began")));
}

#[cfg(target_os = "linux")]
#[test]
fn no_command_outlives_a_worker_that_is_killed() {
    let project = project("0");
    let mut worker = begins(&project, "", "echo $$ > began; exec sleep 60");
    let pid = project.text("began");
    assert!(is_alive(&pid));
    worker.kill().unwrap();
    worker.wait().unwrap();
    waits_for(|| !is_alive(&pid));
    assert_eq!(ends(&project), "running");
}

/// Not only the command: what it has started goes, too.
#[cfg(target_os = "linux")]
#[test]
fn no_process_of_a_command_outlives_a_worker_that_is_killed() {
    let project = project("0..2");
    let script = "sleep 60 & echo $! > began; wait";
    let mut worker = begins(&project, "", script);
    let pid = project.text("began");
    assert!(is_alive(&pid));
    worker.kill().unwrap();
    worker.wait().unwrap();
    waits_for(|| !is_alive(&pid));
    assert_eq!(ends(&project), "running\npending");
}

/// A scheduler may reach the command first, and a program that is asked to end may save its state and exit with 0.
#[test]
fn a_command_that_the_signal_reaches_first_is_put_back_whatever_its_status() {
    let project = project("0");
    let script = "trap 'exit 0' TERM; echo $$ > began; sleep 60 & wait";
    let worker = begins(&project, "", script);
    // Runs that end sooner are judged at once.
    std::thread::sleep(Duration::from_millis(2500));
    let command = project.text("began").trim().parse().unwrap();
    kill_process(Pid::from_raw(command).unwrap(), Signal::TERM).unwrap();
    std::thread::sleep(Duration::from_millis(20));
    signal(&worker, Signal::TERM);
    assert_eq!(worker.wait_with_output().unwrap().status.code(), Some(143));
    assert_eq!(ends(&project), "pending");
}

/// `timeout` and others put what they start into a process group of its own.
#[cfg(target_os = "linux")]
#[test]
fn nothing_that_a_command_has_started_outlives_it_in_another_group() {
    let begun = "timeout 60 sh -c 'echo $$ > began; sleep 60' & wait";
    for (options, script, signal_of_end) in [
        ("--timeout 1s --grace 1s", begun, None),
        ("--grace 30s", begun, Some(Signal::TERM)),
        ("", begun, Some(Signal::KILL)),
        (
            "",
            "timeout 60 sh -c 'echo $$ > began; sleep 60' & while [ ! -s began ]; do sleep 0.1; done",
            None,
        ),
    ] {
        let project = project("0");
        let mut worker = begins(&project, options, script);
        if let Some(sent) = signal_of_end {
            signal(&worker, sent);
        }
        worker.wait().unwrap();
        let pid = project.text("began");
        if signal_of_end == Some(Signal::KILL) {
            waits_for(|| !is_alive(&pid));
        }
        assert!(!is_alive(&pid), "{options} {signal_of_end:?}");
    }
}

#[test]
fn a_command_whose_claim_is_lost_is_ended_and_its_results_are_not_written() {
    let project = project("0");
    let script = "echo $$ > began; while [ ! -e lost ]; do sleep 0.1; done; echo '{\"val_loss\": 1}' >> $WALLOW_RESULT; sleep 60";
    let mut worker = begins(&project, "--stale 3s --max-runs 1", script);
    project
        .wallow("retry --where \"id > 0\" --stale 0s --yes")
        .succeeds();
    project.has("lost", "");
    let status = worker.wait().unwrap();
    assert_eq!(status.code(), Some(0));
    let mut said = String::new();
    worker
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert!(
        said.ends_with("done: 0 completed, 0 failed, 1 lost, 0 put back\n"),
        "{said}"
    );
    assert!(said.contains("(`--stale`); its results are in `"), "{said}");
    assert_eq!(
        project.reads("SELECT status || coalesce(val_loss, '') FROM runs"),
        "pending"
    );
    assert!(!is_alive(&project.text("began")));
}

/// Results are in the database while the command is at work, and a worker that waits takes over.
#[test]
fn results_are_written_while_a_command_is_at_work() {
    let project = project("0");
    let script = "echo '{\"val_loss\": 0.5}' >> $WALLOW_RESULT; echo > began; while [ ! -e go ]; do sleep 0.1; done";
    let worker = begins(&project, "", script);
    waits_for(|| {
        project.reads("SELECT coalesce(val_loss, '') || status FROM runs") == "0.5running"
    });
    project.has("go", "");
    let output = worker.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(ends(&project), "completed");
}
