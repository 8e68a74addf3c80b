//! Tests the program from outside: what a person does to a sweep, and the state of the registry afterwards.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use wallow::diesel::prelude::*;

/// The types of the registry, as the program itself has them.
mod registry {
    wallow::wallow_schema!("wallow.toml");
}

use registry::{Run, Store, runs};

/// Combinations in the grid.
const GRID: usize = 288;

/// A temporary folder with a registry and artefacts, which is removed after the test.
struct Laboratory(tempfile::TempDir);

impl Laboratory {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn database(&self) -> PathBuf {
        self.0.path().join("wines.db")
    }

    fn artefacts(&self) -> PathBuf {
        self.0.path().join("files")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ml_sweep"));
        command
            .arg("--db")
            .arg(self.database())
            .arg("--artefacts")
            .arg(self.artefacts())
            .args(arguments)
            .current_dir(self.0.path());
        command
    }

    /// The output of the program; it has to end successfully.
    fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        stdout(&output)
    }

    fn last_line(&self, arguments: &[&str]) -> String {
        last_line(&self.run(arguments))
    }

    /// Starts a sweep, and waits until this many runs are finished.
    fn start(&self, finished: usize) -> Child {
        let child = self
            .command(&[])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + Duration::from_secs(2 * 60);
        while files(&self.artefacts(), "metrics.json").len() < finished {
            assert!(Instant::now() < deadline, "the sweep gets nowhere");
            std::thread::sleep(Duration::from_millis(2));
        }
        child
    }

    fn rows(&self, status: &str) -> Vec<Run> {
        let store = Store::open(self.database().to_str().unwrap()).unwrap();
        store
            .with_sqlite(|conn| {
                runs::table
                    .filter(runs::status.eq(status))
                    .order_by(runs::id)
                    .select(Run::as_select())
                    .load(conn)
            })
            .unwrap()
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn last_line(text: &str) -> String {
    text.lines().last().unwrap().to_owned()
}

/// All files below `folder` whose names end in `suffix`.
fn files(folder: &Path, suffix: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, suffix));
        } else if path.to_str().unwrap().ends_with(suffix) {
            found.push(path);
        }
    }
    found
}

#[test]
fn killed_and_started_again_it_loses_nothing_and_ends() {
    let laboratory = Laboratory::new();
    let mut child = laboratory.start(5);
    child.kill().unwrap();
    child.wait().unwrap();
    let before = laboratory.rows("completed");
    assert!((4..GRID).contains(&before.len()), "{}", before.len());

    let done = before.len();
    assert_eq!(
        laboratory.last_line(&[]),
        format!(
            "done: {} trained, {done} already complete, 0 failed",
            GRID - done
        )
    );
    let after = laboratory.rows("completed");
    assert_eq!(after.len(), GRID);
    for run in &before {
        assert!(after.contains(run), "run {} was done again", run.uuid);
    }
    for run in &after {
        let checkpoint = run.best_checkpoint.as_ref().unwrap();
        assert!(checkpoint.is_file(), "{}", checkpoint.display());
        let accuracy = run.val_accuracy.unwrap();
        assert!((0.0..1.0).contains(&accuracy), "{accuracy}");
        assert!(run.completed_at >= run.started_at);
    }
    assert_eq!(files(&laboratory.artefacts(), "metrics.json").len(), GRID);
    assert_eq!(files(&laboratory.artefacts(), ".tmp").len(), 0);

    assert_eq!(
        laboratory.last_line(&[]),
        format!("done: 0 trained, {GRID} already complete, 0 failed")
    );
    assert_eq!(laboratory.rows("completed"), after);

    let report = laboratory.run(&["analyse"]);
    assert!(report.contains("288 of 288 combinations completed, 0 failed"));
    let best = after
        .iter()
        .max_by(|a, b| {
            let key = |run: &Run| (run.val_accuracy, run.val_loss.map(|loss| -loss), -run.id);
            key(a).partial_cmp(&key(b)).unwrap()
        })
        .unwrap();
    let folder = laboratory
        .artefacts()
        .join(&best.architecture)
        .join(&best.uuid);
    assert!(
        report.contains(&format!("artefacts:  {}", folder.display())),
        "{report}"
    );
    assert!(report.contains("test:       accuracy 0."), "{report}");
    for architecture in ["linear", "mlp-16", "mlp-32x16"] {
        assert!(report.contains(&format!("{architecture} ")), "{report}");
    }
}

#[cfg(unix)]
#[test]
fn interrupted_it_puts_the_run_back_and_says_what_was_done() {
    let laboratory = Laboratory::new();
    let child = laboratory.start(3);
    let signal = Command::new("sh")
        .args(["-c", &format!("kill -INT {}", child.id())])
        .status();
    assert!(signal.unwrap().success());
    let output = child.wait_with_output().unwrap();

    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let done = laboratory.rows("completed").len();
    assert!((3..GRID).contains(&done), "{done}");
    assert_eq!(
        last_line(&stdout(&output)),
        format!("done: {done} trained, 0 already complete, 0 failed")
    );
    assert_eq!(laboratory.rows("running"), []);

    assert_eq!(
        laboratory.last_line(&["--limit", "1"]),
        format!("done: 1 trained, {done} already complete, 0 failed")
    );
    assert_eq!(laboratory.rows("pending"), []);
}

#[test]
fn a_limit_leaves_the_rest() {
    let laboratory = Laboratory::new();
    for (limit, last_line) in [
        ("3", "done: 3 trained, 0 already complete, 0 failed"),
        ("2", "done: 2 trained, 3 already complete, 0 failed"),
        ("0", "done: 0 trained, 5 already complete, 0 failed"),
    ] {
        assert_eq!(laboratory.last_line(&["--limit", limit]), last_line);
    }
    assert_eq!(laboratory.rows("completed").len(), 5);
    let report = laboratory.run(&["analyse"]);
    assert!(report.contains("5 of 288 combinations completed"));
}

#[test]
fn a_failure_is_recorded_and_tried_again() {
    let laboratory = Laboratory::new();
    let in_the_way = laboratory.artefacts().join("linear");
    fs::create_dir(laboratory.artefacts()).unwrap();
    fs::write(&in_the_way, "not a folder").unwrap();
    assert_eq!(
        laboratory.last_line(&["--limit", "2"]),
        "done: 0 trained, 0 already complete, 2 failed"
    );
    let failed = laboratory.rows("failed");
    let report = laboratory.run(&["analyse"]);
    assert_eq!(failed.len(), 2);
    for run in failed {
        let reason = run.error_excerpt.unwrap();
        assert!(
            report.contains(&run.uuid) && report.contains(&reason),
            "{report}"
        );
    }

    fs::remove_file(&in_the_way).unwrap();
    assert_eq!(
        laboratory.last_line(&["--limit", "2"]),
        "done: 2 trained, 0 already complete, 0 failed"
    );
    let completed = laboratory.rows("completed");
    assert_eq!(completed.len(), 2);
    assert!(completed.iter().all(|run| run.error_excerpt.is_none()));
}

#[test]
fn without_runs_analyse_says_so() {
    let laboratory = Laboratory::new();
    assert!(laboratory.run(&["analyse"]).starts_with("no runs yet"));
    assert!(
        !laboratory.database().exists(),
        "a question made a registry"
    );

    laboratory.run(&["--limit", "0"]);
    assert_eq!(laboratory.run(&["analyse"]), "no runs yet\n");
}

#[test]
fn a_registry_that_cannot_be_used_is_an_error() {
    let laboratory = Laboratory::new();
    fs::write(
        laboratory.database(),
        "these are a researcher's notes, no database".repeat(30),
    )
    .unwrap();
    for arguments in [&[][..], &["analyse"]] {
        let output = laboratory.command(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(output.stderr.starts_with(b"error: "), "{output:?}");
    }
}
