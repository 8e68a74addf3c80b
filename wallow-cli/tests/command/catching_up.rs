//! Runs that continued in the source or in the target after they were copied.

use snapbox::{assert_data_eq, str};

use crate::copying::{elsewhere, many_runs, without_checksum};
use crate::project::Project;
use crate::sweep;

#[test]
fn what_went_on_is_brought_along_when_that_is_meant() {
    let project = many_runs(200);
    let (other, copy) = elsewhere();
    project.wallow(&copy).succeeds();
    project.executes(
        "UPDATE runs SET loss = 9, updated_at = '2026-02-01 00:00:00.000000', _wallow_attempt = 7 WHERE seed IN (3, 150)",
    );
    other.executes(
        "UPDATE runs SET loss = 8, updated_at = '2026-02-01 00:00:00.000000', _wallow_attempt = 7 WHERE seed = 5; \
         INSERT INTO runs (uuid, created_at, updated_at, rate, seed) VALUES ('ffffffffffff', '2026-02-01 00:00:00.000000', \
         '2026-02-01 00:00:00.000000', 0.5, 1)",
    );
    let answer = project.wallow(&copy);
    let there = other.path("runs.db").display().to_string();
    assert_data_eq!(
        without_checksum(&answer.stdout.replace(&there, "[THERE]")),
        str![[r#"
0 runs copied, 197 there already
to [THERE], from --to
gone on in `[THERE]`, and left as they are there: 1 run, id 15
in `[THERE]` alone: 1 run
verified: 197 runs, the same in both
"#]]
    );
    let refused = answer.refuses();
    assert!(
        refused.contains("2 runs went on in `runs.db` since the copy was made: id 9, 450; ")
            && refused.contains("--update"),
        "{refused}"
    );
    let said = project.wallow(&format!("{copy} --dry-run")).succeeds();
    assert!(
        said.contains("gone on here, for `--update`: 2 runs, id 9, 450\n")
            && said.contains("gone on there, and left as they are: 1 run, id 15\n"),
        "{said}"
    );
    let update = format!("{copy} --update");
    let refused = project.wallow(&update).refuses();
    assert!(
        refused.contains("nothing was copied; say `--yes`"),
        "{refused}"
    );
    let said = project.wallow(&format!("{update} --dry-run")).succeeds();
    assert_eq!(
        said,
        "0 runs would be copied, 2 would be updated, 197 there already\n\
         gone on there, and left as they are: 1 run, id 15\ndry run: nothing was changed\n"
    );
    assert_eq!(
        other.reads("SELECT loss FROM runs WHERE seed = 3"),
        "0.42857142857142855"
    );
    let said = project.wallow(&format!("{update} --yes")).succeeds();
    assert!(
        said.starts_with("0 runs copied, 2 updated, 197 there already\n"),
        "{said}"
    );
    let changed = "SELECT group_concat(seed || ' ' || loss || ' ' || _wallow_attempt, ', ') FROM runs \
                   WHERE updated_at > '2026-01-31'";
    assert_eq!(other.reads(changed), "3 9.0 7, 5 8.0 7, 150 9.0 7");
}

#[test]
fn workers_that_are_still_at_it_are_reported() {
    let project = sweep::six();
    let other = Project::with(sweep::SCHEMA);
    let copy = format!("copy --to {}", other.path("runs.db").display());
    let said = project.wallow(&copy).succeeds();
    assert!(said.contains("\n`running`: 2 runs; "), "{said}");
    assert_eq!(sweep::statuses(&other), sweep::statuses(&project));
    assert_eq!(other.reads("SELECT sum(_wallow_attempt) FROM runs"), "12");
}

#[test]
fn a_run_that_was_executed_on_both_sides_stays_as_it_is_there() {
    let project = sweep::six();
    let other = Project::with(sweep::SCHEMA);
    let copy = format!(
        "copy --to {} --update --yes",
        other.path("runs.db").display()
    );
    project.executes("UPDATE runs SET updated_at = '2026-01-02 00:00:00.000000'");
    project.wallow(&copy).succeeds();
    let execute = |place: &Project, attempt: u32, minute: u32, seeds: &str| {
        place.executes(&format!(
            "UPDATE runs SET status = 'completed', _wallow_attempt = {attempt}, error_excerpt = '{minute}', \
             started_at = '2026-02-01 00:{minute}:00.000000', updated_at = '2026-02-01 01:{minute}:00.000000' \
             WHERE seed IN ({seeds})"
        ));
    };
    // Seed 2 is done on both sides, 3 was started more often here, 6 is done only here.
    execute(&other, 3, 10, "2, 3");
    execute(&project, 3, 20, "2, 6");
    execute(&project, 4, 20, "3");
    let said = project.wallow(&copy).succeeds();
    assert!(
        said.starts_with("0 runs copied, 1 updated, 3 there already\n"),
        "{said}"
    );
    assert!(
        said.contains("left as they are there: 2 runs, id 2, 3\n"),
        "{said}"
    );
    let results = "SELECT group_concat(seed || ' ' || error_excerpt, ', ') FROM runs WHERE status = 'completed' AND seed > 1";
    assert_eq!(other.reads(results), "2 10, 3 10, 6 20");
    // If something is written to a finished run later, that is a later state of it.
    project.executes("UPDATE runs SET error_excerpt = 'noted', updated_at = '2026-03-01 00:00:00.000000' WHERE seed = 6");
    project.wallow(&copy).succeeds();
    assert_eq!(other.reads(results), "2 10, 3 10, 6 noted");
}
