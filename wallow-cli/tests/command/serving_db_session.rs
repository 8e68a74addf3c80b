//! What the command of `wallow serve-db` has started: nothing of it is left without a server.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use rustix::process::Signal;

use crate::project::Project;
use crate::serving_db::{begins, command, ends, is_alive, project, send, serve, server, waits_for};

/// A program that the command starts, and that uses the database for its end. It says when it has begun.
fn has_program(project: &Project, on_term: &str) {
    project.has(
        "program.sh",
        &format!(
            "trap '{on_term}' TERM\necho $$ > program.new; mv program.new program\nwhile :; do sleep 0.1; done"
        ),
    );
}

/// Begins it by a script that does not pass signals on.
const STARTS: &str = "$WALLOW migrate push > out 2>&1; sh program.sh & ";

/// specs 11.24
#[test]
fn a_signal_reaches_what_the_command_has_started_and_its_end_is_awaited() {
    let Some(project) = project() else { return };
    has_program(&project, "sleep 1; $WALLOW count > counted 2>&1; exit");
    for (signal, status) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let child = begins(&project, &format!("{STARTS}wait"));
        waits_for(|| project.path("program").exists());
        send(&child.id().to_string(), signal);
        let (code, stderr) = ends(child);
        assert_eq!(code, Some(status), "{stderr}");
        assert_eq!(project.text("counted"), "0\n");
        assert!(!is_alive(&project.text("program")));
        for file in ["program", "counted"] {
            fs::remove_file(project.path(file)).unwrap();
        }
    }
}

#[test]
fn what_the_command_leaves_at_work_is_asked_to_end() {
    let Some(project) = project() else { return };
    has_program(&project, "$WALLOW count > counted 2>&1; exit");
    let script = format!("{STARTS}while ! test -e program; do sleep 0.1; done");
    let child = begins(&project, &script);
    let (code, stderr) = ends(child);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("left programs at work"), "{stderr}");
    assert_eq!(project.text("counted"), "0\n");
    assert!(!is_alive(&project.text("program")));
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_of_the_command_outlives_the_server_or_this_process() {
    let Some(project) = project() else { return };
    has_program(&project, "");
    // It ignores TERM, as a worker does that waits for its database.
    let line = "--data pg --grace 1s -- sh job.sh";
    project.has("job.sh", &format!("{STARTS}wait"));
    let begin = || {
        let _ = fs::remove_file(project.path("program"));
        let mut command = command(&project, line);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = child.spawn().unwrap();
        waits_for(|| project.path("program").exists());
        child
    };
    let child = begin();
    send(&server(&project), Signal::KILL);
    // The output ends, too, because nobody has it any more.
    let (code, stderr) = ends(child);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(!is_alive(&project.text("program")));
    let mut child = begin();
    child.kill().unwrap();
    child.wait().unwrap();
    waits_for(|| !is_alive(&project.text("program")));
}

/// A worker on another machine, for example: it is none of the command's session.
#[test]
fn the_server_stops_when_nobody_is_connected_any_more() {
    let Some(project) = project() else { return };
    let slow = "-c 'SELECT pg_sleep(3)' -c 'CREATE TABLE late (id int)'";
    project.has(
        "job.sh",
        &format!(
            "setsid psql -q $WALLOW_DATABASE_URL {slow} > slept 2>&1 &\n\
             until psql -Atc \"SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'\" \
             $WALLOW_DATABASE_URL | grep 1 > seen; do sleep 0.1; done"
        ),
    );
    let (status, _, stderr) = serve(&project, "--data pg -- sh job.sh");
    assert_eq!(status, Some(0), "{stderr}");
    assert!(
        stderr.contains("1 connection from 127.0.0.1 is still open"),
        "{stderr}"
    );
    assert!(
        project
            .text("pg/runs.sql")
            .contains("CREATE TABLE public.late")
    );
    // Not longer than the grace.
    let (status, _, stderr) = serve(&project, "--data pg --grace 1s -- sh job.sh");
    assert_eq!(status, Some(0), "{stderr}");
    assert!(stderr.contains("and the server stops"), "{stderr}");
}

#[test]
fn the_command_has_the_input_of_its_parent() {
    let Some(project) = project() else { return };
    let mut command = command(&project, "--data pg --no-dump -- cat");
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"hello\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.stdout, b"hello\n");
}
