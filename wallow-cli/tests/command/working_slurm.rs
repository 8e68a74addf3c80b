//! `wallow work` in a job of Slurm, which a script stands for.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use rustix::process::Signal;

use crate::project::{Answer, Project};
use crate::working::{ends, project};
use crate::working_signals::{signal, waits_for};

/// A project in a job whose `squeue` is this script.
fn in_job(squeue: &str) -> Project {
    let project = project("0..2");
    project.has("bin/squeue", &format!("#!/bin/sh\n{squeue}\n"));
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(project.path("bin/squeue"), mode).unwrap();
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", project.path("bin").display());
    project.sets("PATH", &path).sets("SLURM_JOB_ID", "5")
}

fn works(squeue: &str) -> (Project, Answer) {
    let project = in_job(squeue);
    let answer = project.wallow("work --need 30m -- true");
    (project, answer)
}

/// specs 11.9
#[test]
fn runs_that_stay_for_want_of_time_are_warned_of() {
    let (project, answer) = works("echo 0:05");
    answer.succeeds_with_warning(
        "less than `--need 30m`: 2 runs stay pending; `wallow work` in another job",
    );
    assert_eq!(ends(&project), "pending\npending");
    let (project, answer) = works("echo 1:00:00");
    assert_eq!(answer.stderr, "");
    assert_eq!(ends(&project), "completed\ncompleted");
}

#[test]
fn a_job_whose_end_is_not_known_is_warned_of() {
    for (squeue, expected) in [
        ("echo UNLIMITED", "the Slurm job has no time limit"),
        (
            "exit 1",
            "`squeue` does not know it; set SLURM_JOB_END_TIME",
        ),
        ("echo INVALID", "`squeue` answers \"INVALID\""),
        (
            "exec sleep 600",
            "`squeue` did not answer within 5 s; set SLURM_JOB_END_TIME",
        ),
    ] {
        let (project, answer) = works(squeue);
        answer.succeeds_with_warning(expected);
        answer.succeeds_with_warning("`--need` does nothing");
        assert_eq!(ends(&project), "completed\ncompleted");
    }
}

#[test]
fn a_signal_is_heard_while_squeue_does_not_answer() {
    let project = in_job("echo > asked; exec sleep 600");
    let mut command = project.command("", "work -- true");
    let worker = command.stdout(Stdio::null()).spawn().unwrap();
    waits_for(|| project.path("asked").exists());
    signal(&worker, Signal::TERM);
    assert_eq!(worker.wait_with_output().unwrap().status.code(), Some(143));
    assert_eq!(ends(&project), "pending\npending");
}

impl Answer {
    fn succeeds_with_warning(&self, warning: &str) {
        assert_eq!(self.status, Some(0), "{}", self.stderr);
        assert!(self.stderr.contains(warning), "{}", self.stderr);
    }
}
