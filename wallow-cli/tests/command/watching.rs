//! `wallow watch`, without a terminal.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use snapbox::{assert_data_eq, str};

use crate::listing::{SWEEP, empty, sweep};
use crate::project::{Project, SCHEMA};

/// A sweep with one running and two finished runs.
pub(crate) fn running() -> Project {
    let project = empty(SWEEP);
    project.executes(
        "INSERT INTO runs (uuid, created_at, updated_at, model, rate, seed, status)
         WITH s (i, status, age) AS (VALUES
           (1, 'completed', '-240 seconds'), (2, 'failed', '-120 seconds'), (3, 'running', '-90 seconds'),
           (4, 'pending', '-0 seconds'), (5, 'running', '-7200 seconds'), (6, 'paused', '-0 seconds'))
         SELECT printf('%012x', i), datetime('now', age), datetime('now', age), 'x', 1, i, status FROM s",
    );
    project
}

#[test]
fn a_line_says_how_it_stands() {
    let said = running().wallow("watch --once").succeeds();
    assert_data_eq!(
        said,
        str![[r#"
[..]  1 of 6 runs done, 2 running, 1 failed, 1 pending, 1 with another status; longest silence 2 h; [..] runs/h, about [..] min left

"#]]
    );
    let said = sweep().wallow("watch --once").succeeds();
    assert_data_eq!(
        said,
        str![[r#"
[..]  3 of 5 runs done, 0 running, 1 failed, 1 with another status

"#]]
    );
    let said = running()
        .wallow("watch --once --where \"seed < 3\"")
        .succeeds();
    assert_data_eq!(
        said,
        str![[r#"
[..]  1 of 2 runs done, 0 running, 1 failed

"#]]
    );
}

#[test]
fn an_object_says_how_it_stands() {
    let said = sweep().wallow("watch --once --json").succeeds();
    assert_data_eq!(
        said,
        str![[r#"
{"at_work":[],"completed":3,"failed":1,"other":1,"pending":0,"running":0,"runs_per_second":null,"seconds_left":null,"silent_for_seconds":null,"time":"[..]","total":5}

"#]]
    );
}

#[test]
fn it_ends_when_nothing_is_left() {
    let project = running();
    let mut child = project
        .command(".", "watch --interval 0.1 --until-done")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // As long as a run is running, there is another line.
    for _ in 0..3 {
        assert!(lines.next().unwrap().unwrap().contains(", 1 pending"));
    }
    project.executes("UPDATE runs SET status = 'completed' WHERE status <> 'paused'");
    let last = lines.map(Result::unwrap).last().unwrap();
    assert!(
        last.ends_with("5 of 6 runs done, 0 running, 1 with another status"),
        "{last}"
    );
    assert!(child.wait().unwrap().success());
    // It ends at once if no run is left.
    assert!(
        empty(SWEEP)
            .wallow("watch --until-done")
            .succeeds()
            .ends_with("0 of 0 runs done, 0 running\n")
    );
}

#[test]
fn a_file_that_is_replaced_is_watched_from_then_on() {
    let project = running();
    let mut child = project
        .command(".", "watch --interval 0.1 --until-done")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().contains(", 1 pending"));
    let new = project.path("new.db");
    project.executes(&format!("VACUUM INTO '{}'", new.display()));
    project.executes_on(
        "new.db",
        "UPDATE runs SET status = 'completed' WHERE status <> 'paused'",
    );
    std::fs::rename(new, project.path("runs.db")).unwrap();
    let last = lines.map(Result::unwrap).last().unwrap();
    assert!(last.contains("5 of 6 runs done"), "{last}");
    assert!(child.wait().unwrap().success());
}

#[test]
fn it_ends_when_nobody_reads() {
    let first = running().first_line("watch --interval 0.1");
    assert!(first.contains("1 of 6 runs done"), "{first}");
}

#[test]
fn without_a_status_there_is_nothing_to_watch() {
    let project = Project::with_runs(SCHEMA);
    assert_data_eq!(
        project.wallow("watch").misuses(),
        str![[r#"
error: the schema has no field `status` of type string, so nothing tells what is running; declare `[annotating.status]`, or list the runs with `wallow ls`

"#]]
    );
}

/// With the lifecycle: `watch` shows the same state that the workers see.
#[test]
fn a_run_without_a_status_waits_until_it_has_a_result() {
    let schema = "[project]\nname = \"sweep\"\n[identifying.seed]\ntype = \"int\"\n\
                  [annotating.status]\ntype = \"string\"\n[annotating.started_at]\ntype = \"datetime\"\n\
                  [annotating.completed_at]\ntype = \"datetime\"\n\
                  [annotating.wallclock_seconds]\ntype = \"float\"\n\
                  [annotating.error_excerpt]\ntype = \"string\"\n[annotating.loss]\ntype = \"float\"\n";
    let project = empty(schema);
    project.executes(
        "INSERT INTO runs (uuid, created_at, updated_at, seed, status, loss)
         WITH s (seed, status, loss) AS (VALUES
           (1, 'completed', 0.5), (2, 'pending', NULL), (3, NULL, NULL), (4, NULL, 0.5), (5, 'FINISHED', 0.5))
         SELECT printf('%012x', seed), datetime('now'), datetime('now'), seed, status, loss FROM s",
    );
    let said = project.wallow("watch --once").succeeds();
    assert_data_eq!(
        said,
        str![[r#"
[..]  1 of 5 runs done, 0 running, 2 pending, 2 with another status

"#]]
    );
}

/// One run that cannot be read hides no other one, and groups name it.
#[test]
fn a_status_that_is_no_text_stops_nothing() {
    let project = running();
    project.executes("UPDATE runs SET status = x'00ff' WHERE seed = 1");
    let said = project.wallow("watch --once").succeeds();
    assert_data_eq!(
        said,
        str![[r#"
[..]  0 of 6 runs done, 2 running, 1 failed, 1 pending, 2 with another status; longest silence 2 h

"#]]
    );
    for line in [
        "ls --group-by status",
        "ls --group-by model --agg max:status",
    ] {
        let said = project.wallow(line).refuses();
        assert!(
            said.contains("run 1 (uuid 000000000001): field `status` holds binary data, not text"),
            "{said}"
        );
        assert!(said.contains("correct or clear that value"), "{said}");
    }
}
