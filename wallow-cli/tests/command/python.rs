//! The client for Python programs, with and without `wallow work`, in the oldest and the newest Python that is installed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::project::Project;

/// Runs a test with the oldest and the newest Python.
pub(crate) fn on_each_python(test: impl Fn(&Path)) {
    if postgres_server::left_out("python") {
        return;
    }
    let pythons = pythons();
    let Some(oldest) = pythons.first() else {
        postgres_server::missing("the client for Python needs a python3");
        return;
    };
    test(oldest);
    if let Some(newest) = pythons[1..].last() {
        test(newest);
    }
}

/// Every Python 3.7 or newer of PATH and of pyenv, the oldest first.
fn pythons() -> Vec<PathBuf> {
    let numbered = (7..30).map(|minor| format!("python3.{minor}"));
    let named = numbered.chain(["python3".to_owned()]).map(PathBuf::from);
    let root = std::env::var_os("PYENV_ROOT").map(PathBuf::from);
    let root = root.or_else(|| Some(std::env::home_dir()?.join(".pyenv")));
    let versions = root.and_then(|root| root.join("versions").read_dir().ok());
    let versions = versions.into_iter().flatten().flatten();
    let of_pyenv = versions.map(|version| version.path().join("bin/python3"));
    let found = named.chain(of_pyenv).filter_map(|python| {
        let script = "import sys; print(sys.version_info[1])";
        let output = Command::new(&python).args(["-c", script]).output().ok()?;
        let minor = String::from_utf8(output.stdout).ok()?.trim().parse().ok()?;
        Some((minor, python))
    });
    let found = found.collect::<BTreeMap<u32, PathBuf>>();
    found.range(7..).map(|(_, python)| python.clone()).collect()
}

/// A project with the first schema, the client, and a program.
pub(crate) fn project(program: &str) -> Project {
    let project = Project::empty().sets("PYTHONDONTWRITEBYTECODE", "1");
    project.wallow("init --python").succeeds();
    project.has("train.py", program);
    project
}

/// `wallow work` with the program.
pub(crate) fn work(python: &Path, options: &str) -> String {
    format!("work {options} -- {} train.py", python.display())
}

/// Runs the program without `wallow work`.
fn run_directly(project: &Project, python: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(python);
    command
        .arg("train.py")
        .args(arguments)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(project.path("."));
    command.output().unwrap()
}

#[track_caller]
fn prints(output: &Output, expected: &str) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), expected);
}

/// specs 11.15, 11.16
#[test]
fn a_program_gets_its_run_and_reports() {
    on_each_python(|python| {
        let project = project(
            r#"
import wallow_run
p = wallow_run.params(learning_rate=1.0, seed=0)
assert p == {"learning_rate": 0.01, "seed": 3}, p
assert (p.learning_rate, p["seed"]) == (0.01, 3)
assert not wallow_run.stopping()
for epoch in range(3):
    wallow_run.log(epoch, loss=1 / 2 ** epoch)
wallow_run.result(val_loss=1)
wallow_run.result(val_loss=0.25)
(wallow_run.dir() / "model").write_text("weights")
"#,
        );
        project
            .wallow("enqueue learning_rate=0.01 seed=3")
            .succeeds();
        let said = project.wallow(&work(python, "")).succeeds();
        assert!(
            said.ends_with("done: 1 completed, 0 failed, 0 lost, 0 put back\n"),
            "{said}"
        );
        assert_eq!(
            project.reads("SELECT val_loss || training_curve FROM runs"),
            r#"0.25[{"loss":1.0,"step":0},{"loss":0.5,"step":1},{"loss":0.25,"step":2}]"#
        );
        let uuid = project.reads("SELECT uuid FROM runs");
        assert_eq!(project.text(&format!("artefacts/{uuid}/model")), "weights");
        // It prints nothing that the worker has already.
        assert_eq!(project.text(&format!("artefacts/{uuid}/attempt-1.out")), "");
    });
}

/// specs 11.15 to 11.17
#[test]
fn without_a_worker_there_are_defaults_options_and_prints() {
    on_each_python(|python| {
        let project = project(
            r#"
import wallow_run
p = wallow_run.params(learning_rate=0.1, seed=0, name="mlp", deep=False, layers=[16])
print(sorted(p.items()))
wallow_run.log(1, loss=0.5, accuracy=float("nan"))
wallow_run.result(val_loss=0.25)
(wallow_run.dir() / "model").write_text("weights")
assert not wallow_run.stopping()
"#,
        );
        let rest = "step 1: loss=0.5 accuracy=nan\nval_loss=0.25\n";
        prints(
            &run_directly(&project, python, &[]),
            &format!(
                "[('deep', False), ('layers', [16]), ('learning_rate', 0.1), ('name', 'mlp'), ('seed', 0)]\n{rest}"
            ),
        );
        assert_eq!(project.text("wallow-run/model"), "weights");
        let arguments = "--verbose --learning-rate 1e-3 --seed=4 --name=a=b --deep true --layers [8,8] -- --seed 5";
        let arguments = arguments.split(' ').collect::<Vec<_>>();
        prints(
            &run_directly(&project, python, &arguments),
            &format!(
                "[('deep', True), ('layers', [8, 8]), ('learning_rate', 0.001), ('name', 'a=b'), ('seed', 4)]\n{rest}"
            ),
        );
        for (argument, message) in [
            (
                "--seed=high",
                "error: --seed: `high` is not an integer, as the default 0 is\n",
            ),
            ("--deep=1", "error: --deep: `1` is neither true nor false\n"),
            ("--seed", "error: --seed needs a value\n"),
        ] {
            let output = run_directly(&project, python, &[argument]);
            assert_eq!(output.status.code(), Some(2));
            assert_eq!(String::from_utf8_lossy(&output.stderr), message);
        }
    });
}

/// specs 11.15
#[test]
fn a_name_that_the_run_does_not_know_is_an_error() {
    on_each_python(|python| {
        let project = project(
            r#"
import wallow_run
p = wallow_run.params()
if p.seed == 0:
    wallow_run.params(learning_rat=1.0)
if p.seed == 1:
    p.sed
if p.seed == 2:
    wallow_run.result(step=1)
if p.seed == 3:
    wallow_run.params(seed=0, epochs=10)
"#,
        );
        project
            .wallow("enqueue learning_rate=0.01 seed=0..4")
            .succeeds();
        assert_eq!(project.wallow(&work(python, "")).status, Some(1));
        let reasons = project.reads(
            "SELECT group_concat(error_excerpt, char(10)) FROM (SELECT * FROM runs ORDER BY seed)",
        );
        for message in [
            "ValueError: the run has no identifying field `learning_rat`; did you mean `learning_rate`?\n",
            "ValueError: the run has no identifying field `epochs`; it has learning_rate, seed; declare it in wallow.toml, or \
             use a constant",
            "AttributeError: the run has no identifying field `sed`; did you mean `seed`?",
            "ValueError: result(): `step` makes it a point of the curve; report it with log(step, ...)",
        ] {
            assert!(reasons.contains(message), "{reasons}");
        }
    });
}

/// specs 11.16
#[test]
fn values_of_other_libraries_are_written_and_what_does_not_fit_is_named() {
    on_each_python(|python| {
        let project = project(
            r#"
import datetime, decimal, pathlib
import wallow_run

class Scalar:  # as of torch
    def item(self):
        return 0.5

class Array:  # as of numpy
    def __init__(self, value):
        self.value = value
    def tolist(self):
        return self.value

class Long:  # as of numpy, for which no type of Python is exact
    def tolist(self):
        return self
    def __float__(self):
        return 0.25

seed = wallow_run.params().seed
if seed == 0:
    time = datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc)
    wallow_run.log(Array(3), a=Scalar(), b=Array([1, 2]), c=pathlib.Path("x"), d=time, e=decimal.Decimal("1.5"), f="é", g=Long())
    wallow_run.result(val_loss=Scalar())
if seed == 1:
    wallow_run.result(val_loss=float("nan"))
if seed == 2:
    wallow_run.log(1, loss=float("-inf"))
    wallow_run.result(val_loss=float("inf"))
if seed == 3:
    wallow_run.log(1, loss=1, model={1, 2})
"#,
        );
        project
            .wallow("enqueue learning_rate=0.01 seed=0..4")
            .succeeds();
        let answer = project.wallow(&work(python, ""));
        assert!(
            answer
                .stdout
                .ends_with("done: 2 completed, 2 failed, 0 lost, 0 put back\n"),
            "{}{}",
            answer.stdout,
            answer.stderr
        );
        assert_eq!(
            project.reads("SELECT val_loss || training_curve FROM runs WHERE seed = 0"),
            r#"0.5[{"a":0.5,"b":[1,2],"c":"x","d":"2026-01-02T00:00:00+00:00","e":1.5,"f":"é","g":0.25,"step":3}]"#
        );
        let reason = |seed: u32| {
            project.reads(&format!(
                "SELECT error_excerpt FROM runs WHERE seed = {seed}"
            ))
        };
        assert_eq!(
            reason(1),
            "a result does not fit: line 1: `val_loss`: NaN cannot be stored; write a number, or null if there is none"
        );
        assert_eq!(
            project.reads("SELECT val_loss FROM runs WHERE seed = 2"),
            "Inf"
        );
        assert!(
            answer.stderr.contains("line 1: `loss`: "),
            "{}",
            answer.stderr
        );
        assert!(
            reason(3).ends_with(
                "TypeError: log(): `model`: a value of type set cannot be written as JSON"
            ),
            "{}",
            reason(3)
        );
    });
}

/// specs 11.16
#[test]
fn lines_of_threads_and_forked_processes_do_not_mix() {
    on_each_python(|python| {
        let project = project(
            r#"
import os, threading
import wallow_run

def report(worker):
    for step in range(100):
        wallow_run.log(step, worker=worker, text="x" * 10000)

children = []
for worker in range(2):
    child = os.fork()
    if child == 0:
        report(worker)
        os._exit(0)
    children.append(child)
threads = [threading.Thread(target=report, args=(worker,)) for worker in range(2, 4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for child in children:
    os.waitpid(child, 0)
"#,
        );
        project
            .wallow("enqueue learning_rate=0.01 seed=0")
            .succeeds();
        project.wallow(&work(python, "")).succeeds();
        assert_eq!(
            project.reads("SELECT json_array_length(training_curve) FROM runs"),
            "400"
        );
    });
}
