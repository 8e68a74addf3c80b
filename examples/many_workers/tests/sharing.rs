//! Tests the program from outside: workers that are killed, and sweeps that are started twice.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail by panicking"
)]

use std::process::{Command, Output, Stdio};

/// The program on a registry.
fn command(db: &str, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_many_workers"));
    command
        .args(line.split_whitespace())
        .env_remove("WALLOW_DATABASE_URL")
        .arg("--db")
        .arg(db)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Its output; it has to end successfully.
fn said(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn run(db: &str, line: &str) -> String {
    said(command(db, line).output().unwrap())
}

const ONCE: &str = "200 of 200 runs completed, each exactly once";

/// Makes tests of functions that take a fresh registry: one for each kind of database.
macro_rules! on_every_database {
    ($($test:ident),+ $(,)?) => {$(
        mod $test {
            #[test]
            fn on_sqlite() {
                let folder = tempfile::tempdir().unwrap();
                let file = folder.path().join("sweep/runs.db");
                super::$test(file.to_str().unwrap());
            }

            #[cfg(feature = "postgres")]
            #[test]
            fn on_postgres() {
                if let Some(server) = postgres_server::Server::shared() {
                    super::$test(&server.fresh().url());
                }
            }
        }
    )+};
}

on_every_database! {
    workers_that_are_killed_do_every_run_once,
    sweeps_and_single_workers_share_one_registry,
}

fn workers_that_are_killed_do_every_run_once(db: &str) {
    let text = run(db, "--workers 4 --chaos --stale-after 2");
    let lines = text.lines().collect::<Vec<_>>();
    let [first, middle, last] = lines[..] else {
        panic!("{text}");
    };
    assert_eq!(first, "200 runs: 200 new; 4 workers");
    assert!(middle.starts_with("workers killed: "), "{text}");
    assert!(!middle.starts_with("workers killed: 0"), "{text}");
    assert_eq!(last, ONCE);
    let again = run(db, "--workers 2");
    let expected = format!(
        "200 runs: 0 new; 2 workers\nworkers killed: 0; runs begun: 0, of these again: 0\n{ONCE}\n"
    );
    assert_eq!(again, expected);
    let report = run(db, "report");
    assert!(report.starts_with("0 new, 0 pending, 0 running, 200 completed, 0 failed\n"));
    assert_eq!(report.lines().count(), 22, "{report}");
}

fn sweeps_and_single_workers_share_one_registry(db: &str) {
    let lines = ["--workers 2", "--workers 2", "work --threads 2", "work"];
    let children = lines.map(|line| command(db, line).spawn().unwrap());
    let [first, second, third, fourth] =
        children.map(|child| said(child.wait_with_output().unwrap()));
    for sweep in [&first, &second] {
        assert_eq!(sweep.lines().last(), Some(ONCE));
    }
    let new = |sweep: &str| sweep.split(' ').nth(2).unwrap().parse::<u32>().unwrap();
    assert!(new(&first) + new(&second) <= 200);
    let begun = |sweep: &str| {
        let (_, rest) = sweep.split_once("runs begun: ").unwrap();
        rest.split(',').next().unwrap().parse::<usize>().unwrap()
    };
    let all = begun(&first) + begun(&second) + third.lines().count() + fourth.lines().count();
    assert_eq!(all, 200, "each run is begun by one of them");
}

#[test]
fn what_is_wrong_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("none.db");
    let file = file.to_str().unwrap();
    let text = run(file, "report");
    assert!(text.starts_with("no runs yet"), "{text}");
    for line in ["--workers 0", "--stale-after 0", "work --threads many"] {
        let output = command(file, line).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{line}");
    }
}
