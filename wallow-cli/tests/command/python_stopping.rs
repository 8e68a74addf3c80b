//! How a Python program ends that asks the client whether to stop, and which client `wallow init` keeps.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::project::Project;
use crate::python::{on_each_python, project, work};

/// specs 11.17
#[test]
fn a_program_that_is_asked_to_stop_saves_and_ends() {
    on_each_python(|python| {
        let project = project(
            r#"
import os, signal, sys, time
import wallow_run

def own(number, frame):
    (wallow_run.dir() / "own").write_text("called")

signal.signal(signal.SIGTERM, own)
assert not wallow_run.stopping()
(wallow_run.dir() / "ready").write_text("")
print("ready", flush=True)
while not wallow_run.stopping():
    time.sleep(0.01)
(wallow_run.dir() / "saved").write_text("")
sys.exit(75)
"#,
        );
        project
            .wallow("enqueue learning_rate=0.01 seed=0")
            .succeeds();
        let mut worker = project
            .command(".", &work(python, ""))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let uuid = project.reads("SELECT uuid FROM runs");
        let file = |name: &str| project.path(&format!("artefacts/{uuid}/{name}"));
        while !file("ready").exists() {
            assert!(worker.try_wait().unwrap().is_none());
            std::thread::yield_now();
        }
        kill_process(Pid::from_child(&worker), Signal::TERM).unwrap();
        let output = worker.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(143));
        assert_eq!(project.reads("SELECT status FROM runs"), "pending");
        assert!(file("saved").exists() && file("own").exists());
        // The same shortly before the limit, without a signal.
        std::fs::remove_file(file("own")).unwrap();
        let said = project.wallow(&work(python, "--timeout 3s")).succeeds();
        assert!(
            said.ends_with("done: 0 completed, 0 failed, 0 lost, 1 put back\n"),
            "{said}"
        );
        assert!(!file("own").exists());
    });
}

/// specs 11.17: `multiprocessing` ends its workers with TERM.
#[test]
fn a_forked_process_ends_with_term() {
    on_each_python(|python| {
        let project = project(
            r#"
import os, signal, threading, time
import wallow_run

# Not in the main thread: no handler is set, and nothing fails.
thread = threading.Thread(target=wallow_run.stopping)
thread.start()
thread.join()
assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
assert not wallow_run.stopping()
reader, writer = os.pipe()
child = os.fork()
if child == 0:
    os.write(writer, b"x")
    time.sleep(60)
    os._exit(0)
os.read(reader, 1)
os.kill(child, signal.SIGTERM)
_, status = os.waitpid(child, 0)
assert os.WTERMSIG(status) == signal.SIGTERM, status
assert not wallow_run.stopping()
print("ready", flush=True)
while not wallow_run.stopping():
    time.sleep(0.01)
print("stopped")
"#,
        );
        let mut child = Command::new(python)
            .arg("train.py")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .current_dir(project.path("."))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "ready");
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        assert_eq!(lines.next().unwrap().unwrap(), "stopped");
        assert!(child.wait().unwrap().success());
    });
}

/// specs 11.18
#[test]
fn the_client_is_kept_unless_it_is_unedited_and_of_another_version() {
    let project = Project::empty();
    let said = project.wallow("init --python").succeeds();
    assert!(
        said.starts_with("wrote wallow.toml\nwrote wallow_run.py\n"),
        "{said}"
    );
    assert!(
        said.ends_with(
            "next:\n  edit wallow.toml\n  write train.py; the head of wallow_run.py shows how\n  \
             wallow enqueue learning_rate=1e-3,1e-2 seed=0..4\n  wallow work -- python3 train.py\n"
        ),
        "{said}"
    );
    let text = project.text("wallow_run.py");
    let said = project.wallow("init --python --force").succeeds();
    assert!(said.contains("kept wallow_run.py\n"), "{said}");
    // Its lines may end as on Windows.
    project.has("wallow_run.py", &text.replace('\n', "\r\n"));
    let said = project.wallow("init --python --force").succeeds();
    assert!(said.contains("kept wallow_run.py\n"), "{said}");
    // As an older version would have written it: the checksum is that of its text.
    let older = "# Written by `wallow init --python`, wallow 0.0.1, \
                 sha256:f51902524533a3197b789245f8679f309705c19f61055a3c6d5a9ce61ebc8b07\nolder = True\n";
    project.has("wallow_run.py", older);
    let said = project.wallow("init --python").succeeds();
    assert!(said.contains("kept wallow_run.py\n"), "{said}");
    let said = project.wallow("init --python --force").succeeds();
    assert!(said.contains("wrote wallow_run.py\n"), "{said}");
    assert_eq!(project.text("wallow_run.py"), text);
    project.has("wallow_run.py", &format!("{text}# mine\n"));
    let answer = project.wallow("init --python --force");
    assert!(
        answer.stdout.contains("kept wallow_run.py\n"),
        "{}",
        answer.stdout
    );
    assert!(
        answer
            .stderr
            .starts_with("warning: wallow_run.py was edited"),
        "{}",
        answer.stderr
    );
}
