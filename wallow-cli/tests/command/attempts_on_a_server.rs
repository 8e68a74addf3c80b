//! The history of attempts on a server: what its tests on a file prove, and what only a server has.
#![cfg(unix)]

use std::process::Stdio;

use postgres_server::{Fresh, Server};
use rustix::process::Signal;
use serde_json::Value as Json;

use crate::attempts::{SWEEP, attempts, begins, sends};
use crate::project::Project;

/// A project whose database is on a server, with runs in the queue.
fn project(seeds: &str) -> Option<(Project, Fresh)> {
    let database = Server::shared()?.fresh();
    let project = Project::with(SWEEP).sets("WALLOW_DATABASE_URL", &database.url());
    project.wallow("migrate generate initial").succeeds();
    project.wallow(&format!("enqueue seed={seeds}")).succeeds();
    Some((project, database))
}

/// specs 6.26, 11.13
#[test]
fn a_run_that_was_put_back_by_term_is_released_and_does_not_count() {
    let Some((project, _database)) = project("0") else {
        return;
    };
    project.has(
        "run.sh",
        "touch began; [ -e again ] && exit 1; exec sleep 60",
    );
    let worker = begins(&project, "work -- sh run.sh");
    sends(&worker, Signal::TERM);
    assert_eq!(worker.wait_with_output().unwrap().status.code(), Some(143));
    assert_eq!(attempts(&project, "outcome"), ["released"]);
    assert_eq!(
        project
            .wallow("count --where \"status == 'pending'\"")
            .succeeds(),
        "1\n"
    );
    project.has("again", "");
    // One more attempt, and no other: a failure counts.
    project.wallow("work --max-attempts 1 -- sh run.sh").finds();
    project
        .wallow("work --max-attempts 1 -- sh run.sh")
        .succeeds();
    assert_eq!(attempts(&project, "outcome"), ["released", "failed"]);
}

#[test]
fn every_end_of_a_command_is_an_outcome_on_a_server() {
    let Some((project, _database)) = project("0..5") else {
        return;
    };
    let script = "case $2 in 0) exit 0;; 1) exit 75;; 2) echo no luck >&2; exit 3;; 3) kill -9 $$;; 4) sleep 60;; esac";
    project.has("run.sh", script);
    project
        .wallow("work --timeout 1s --grace 1s -- sh run.sh {args}")
        .finds();
    assert_eq!(
        attempts(&project, "outcome"),
        ["completed", "released", "failed", "failed", "timed_out"]
    );
    let codes = attempts(&project, "exit_code");
    assert_eq!(codes[..3], [Json::from(0), 75.into(), 3.into()]);
    assert_eq!(attempts(&project, "error")[2], "exit status 3: no luck");
}

/// A run that goes silent with its last attempt is counted by the worker that fails it.
#[test]
fn runs_that_are_given_up_on_a_server_count_as_failed() {
    let Some((project, database)) = project("0..20") else {
        return;
    };
    let silent = "UPDATE runs SET status = 'running', _wallow_attempt = 1, created_at = '2026-01-01', \
                  started_at = '2026-01-01 00:00:01', updated_at = '2026-01-01 00:00:02'";
    database.server().psql(database.name(), silent).unwrap();
    let line = "work --stale 1s --max-attempts 1 --slots 4 --wait -- true";
    let workers = [(); 2].map(|()| {
        let mut command = project.command("", line);
        command.stdout(Stdio::piped()).spawn().unwrap()
    });
    let failed = workers.map(|worker| {
        let said = String::from_utf8(worker.wait_with_output().unwrap().stdout).unwrap();
        let done = said.lines().last().unwrap();
        let failed = done.strip_prefix("done: 0 completed, ").unwrap();
        let (failed, _) = failed.split_once(" failed").unwrap();
        failed.parse::<u32>().unwrap()
    });
    assert_eq!(failed.iter().sum::<u32>(), 20, "{failed:?}");
}

/// specs 8.13: the attempts go with their runs to a server, and back.
#[test]
fn a_copy_has_the_attempts_of_its_runs_on_a_server() {
    let Some(server) = Server::shared() else {
        return;
    };
    let database = server.fresh();
    let project = Project::with(SWEEP);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("enqueue seed=0..3").succeeds();
    project.wallow("work -- false").finds();
    project.wallow("work -- true").succeeds();
    let read = |url: &str| {
        let said = project.wallow(&format!("attempts --json --db {url}"));
        serde_json::from_str::<Json>(&said.succeeds()).unwrap()
    };
    let original = read("runs.db");
    assert_eq!(original.as_array().unwrap().len(), 6);
    let copy = format!("copy --to {}", database.url());
    let said = project.wallow(&copy).succeeds();
    assert!(said.contains("6 attempts copied"), "{said}");
    assert_eq!(read(&database.url()), original);
    let again = project.wallow(&copy).succeeds();
    assert!(!again.contains("attempts copied"), "{again}");
    // An attempt that goes on is closed by the next copy.
    project.wallow("enqueue seed=3").succeeds();
    let claimed = project.wallow("claim --json").succeeds();
    let claimed = serde_json::from_str::<Json>(&claimed).unwrap();
    let said = project.wallow(&copy).succeeds();
    assert!(said.contains("1 attempt copied"), "{said}");
    let uuid = claimed["uuid"].as_str().unwrap();
    project
        .wallow(&format!("complete {uuid} --attempt 1"))
        .succeeds();
    let said = project.wallow(&format!("{copy} --update --yes")).succeeds();
    assert!(said.contains("1 attempt copied"), "{said}");
    let original = read("runs.db");
    assert_eq!(read(&database.url()), original);
    let back = format!("copy --from {} --to back.db", database.url());
    let said = project.wallow(&back).succeeds();
    assert!(said.contains("7 attempts copied"), "{said}");
    assert_eq!(read("back.db"), original);
}

/// specs 8.13
#[test]
fn an_import_brings_attempts_to_a_server() {
    let Some((here, database)) = project("100..103") else {
        return;
    };
    let old = crate::attempts::project("0..2");
    old.wallow("work -- false").finds();
    old.wallow("work --max-runs 1 -- true").succeeds();
    std::fs::copy(old.path("runs.db"), here.path("old.db")).unwrap();
    let said = here.wallow("import --from old.db").succeeds();
    assert!(said.contains("3 attempts brought along"), "{said}");
    let read = |project: &Project| {
        let said = project.wallow("attempts --json --where \"seed < 2\"");
        let mut all = serde_json::from_str::<Vec<Json>>(&said.succeeds()).unwrap();
        for one in &mut all {
            // Ids are others here, and the helper hides the folder of its own project.
            one["run_id"] = Json::Null;
            one["cwd"] = Json::Null;
        }
        all
    };
    assert_eq!(read(&here), read(&old));
    here.wallow("work --where \"seed < 2\" -- true").succeeds();
    let numbers =
        "SELECT string_agg(attempt || outcome, ' ' ORDER BY run_id, attempt) FROM _wallow_attempts";
    let numbers = database.server().psql(database.name(), numbers).unwrap();
    assert_eq!(numbers.trim(), "1failed 2completed 1failed 2completed");
    let said = here.wallow("import --from old.db").succeeds();
    assert!(said.contains("3 attempts left behind"), "{said}");
}

/// A file may have a character that a server cannot store. specs 3.19
#[test]
fn an_attempt_that_a_server_cannot_store_is_named() {
    let Some(server) = Server::shared() else {
        return;
    };
    let database = server.fresh();
    let project = Project::with(SWEEP);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("enqueue seed=0").succeeds();
    project.wallow("work -- true").succeeds();
    project.executes("UPDATE _wallow_attempts SET host = 'a' || char(0)");
    let copy = format!("copy --to {}", database.url());
    let refused = project.wallow(&copy).refuses();
    assert!(
        refused.contains("field `host`: attempt 1 of run ") && refused.contains("U+0000"),
        "{refused}"
    );
    project.executes("UPDATE _wallow_attempts SET host = 'a'");
    project.wallow(&copy).succeeds();
}
