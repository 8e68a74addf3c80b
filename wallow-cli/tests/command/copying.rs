//! Runs that move into another database as they are.

use std::process::{Child, Stdio};

use snapbox::{assert_data_eq, str};

use crate::project::{Project, SCHEMA};
use crate::sweep;

/// Every type of field.
const EVERYTHING: &str = r#"[project]
name = "everything"

[identifying."größe"]
type = "float"

[identifying.name]
type = "string"

[identifying.fast]
type = "bool"
default = false

[annotating.count]
type = "int"

[annotating.place]
type = "path"

[annotating.curve]
type = "json"

[annotating.when]
type = "datetime"

[annotating.loss]
type = "float"
"#;

/// All that a table holds, a line for each run.
pub(crate) const ALL: &str = "SELECT group_concat(id || '|' || uuid || '|' || created_at || '|' || updated_at || '|' || \
                   _wallow_attempt || '|' || rate || '|' || seed || '|' || coalesce(loss, 'NULL'), char(10)) \
                   FROM (SELECT * FROM runs ORDER BY id)";

/// A project whose runs.db has runs in pages of more than one, with gaps in the ids.
pub(crate) fn many(count: u32) -> Project {
    let project = Project::with_runs(SCHEMA);
    project.executes(&format!(
        "DELETE FROM runs; \
         WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count}) \
         INSERT INTO runs (id, uuid, created_at, updated_at, _wallow_attempt, rate, seed, loss) \
         SELECT n * 3, printf('%012x', n), '2026-01-02 03:04:05.000006', '2026-01-03 03:04:05.000006', n % 4, \
         0.1, n, nullif(n % 7, 0) / 7.0 FROM numbers"
    ));
    project
}

/// A project with two runs: every type, and values that others find odd.
pub(crate) fn odd() -> Project {
    let project = Project::with(EVERYTHING);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project.executes(
        "INSERT INTO runs (id, uuid, created_at, updated_at, \"größe\", name, fast, count, place, curve, \"when\", loss) VALUES \
         (1, '00000000000a', '2026-01-02 03:04:05.000006', '2026-01-02 03:04:05.000006', 0.1, '', 0, 9223372036854775807, \
          'a b/ü', '{\"b\": [1.0, 1, 1e300, -0.0], \"a\": null}', '0001-01-01T00:00:00.000000999Z', -9e999), \
         (2, '00000000000b', '2026-01-02 03:04:05.000006', '2026-01-02 03:04:05.000006', 5e-324, 'it''s \t🦊', 1, NULL, \
          NULL, 'null', NULL, 9e999)",
    );
    project
}

/// Adds runs with the first and the last id that there can be.
fn has_extremes(project: &Project) {
    for (uuid, id) in [("fffffffffffe", i64::MIN), ("ffffffffffff", i64::MAX)] {
        project.has_run(uuid, "id, rate, seed", &format!("{id}, 0.5, {id}"));
    }
}

/// Where nothing is yet, and the words that copy to it.
fn elsewhere() -> (Project, String) {
    let other = Project::with(SCHEMA);
    let words = format!("copy --to {}", other.path("runs.db").display());
    (other, words)
}

/// Starts the command, which says nothing here.
pub(crate) fn begin(project: &Project, line: &str) -> Child {
    let mut command = project.command(".", line);
    command.stdout(Stdio::null()).spawn().unwrap()
}

/// What the command says, without the checksum.
fn without_checksum(said: &str) -> String {
    let mut lines = said.lines().collect::<Vec<_>>();
    let last = lines.pop().unwrap_or_default();
    let (last, checksum) = last.split_once(", checksum ").unwrap();
    assert_eq!(checksum.len(), 32, "{checksum}");
    lines.push(last);
    lines.join("\n")
}

#[test]
fn a_copy_is_what_the_original_is() {
    let project = many(998);
    has_extremes(&project);
    let (other, copy) = elsewhere();
    let said = project.wallow(&copy).succeeds();
    assert_eq!(
        without_checksum(&said),
        "1000 runs copied\nverified: 1000 runs, the same in both"
    );
    assert_eq!(other.reads(ALL), project.reads(ALL));
    let status = format!("status --db {}", other.path("runs.db").display());
    project.wallow(&status).succeeds();
    // Again: nothing is left to do, and the checksum is the same.
    let again = project.wallow(&format!("{copy} --from runs.db")).succeeds();
    let (_, proof) = said.split_once('\n').unwrap();
    assert_eq!(again, format!("0 runs copied, 1000 there already\n{proof}"));
    // Back into a third one, by way of the second.
    let (third, back) = elsewhere();
    let back = format!("{back} --from {}", other.path("runs.db").display());
    project.wallow(&back).succeeds();
    assert_eq!(third.reads(ALL), project.reads(ALL));
}

#[test]
fn a_copy_that_was_interrupted_goes_on() {
    let project = many(20_000);
    let (other, copy) = elsewhere();
    let mut child = begin(&project, &copy);
    let path = other.path("runs.db");
    let has_some = || {
        path.exists()
            && project
                .wallow(&format!("count --db {}", path.display()))
                .stdout
                .trim()
                .parse::<u32>()
                .is_ok_and(|count| count > 0)
    };
    while !has_some() {
        assert!(child.try_wait().unwrap().is_none(), "it was faster");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let there: u32 = other.reads("SELECT count(*) FROM runs").parse().unwrap();
    assert!(
        there.is_multiple_of(8) && there < 20_000,
        "whole pages: {there}"
    );
    let said = project.wallow(&copy).succeeds();
    assert!(
        said.starts_with(&format!(
            "{} runs copied, {there} there already\n",
            20_000 - there
        )),
        "{said}"
    );
    assert_eq!(other.reads(ALL), project.reads(ALL));
}

#[test]
fn two_copies_at_once_are_one() {
    let project = many(3_000);
    let (other, copy) = elsewhere();
    let children = [(), ()].map(|()| begin(&project, &copy));
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(other.reads(ALL), project.reads(ALL));
}

#[test]
fn what_went_on_is_brought_along_when_that_is_meant() {
    let project = many(200);
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
fn runs_that_have_no_place_stop_it() {
    let project = many(3);
    for (taken, named) in [
        (
            "3, '0000000000aa', 0.1, 99",
            "run 3 there (uuid 0000000000aa)",
        ),
        (
            "77, '000000000002', 0.1, 99",
            "run 77 there (uuid 000000000002)",
        ),
        (
            "78, '0000000000ab', 0.1, 3",
            "run 78 there (uuid 0000000000ab)",
        ),
    ] {
        let (other, copy) = elsewhere();
        other.wallow("migrate generate initial").succeeds();
        other.wallow("migrate apply").succeeds();
        other.executes(&format!(
            "INSERT INTO runs (id, uuid, rate, seed, created_at, updated_at) VALUES ({taken}, \
             '2026-01-02 03:04:05.000006', '2026-01-02 03:04:05.000006'); DELETE FROM __diesel_schema_migrations; \
             DROP TABLE __diesel_schema_migrations"
        ));
        let refused = project.wallow(&copy).refuses();
        assert!(
            refused.contains(named) && refused.contains("--from-python"),
            "{refused}"
        );
        assert_eq!(other.reads("SELECT count(*) FROM runs"), "1");
    }
}

#[test]
fn every_type_and_odd_values_are_carried() {
    let project = odd();
    let other = Project::with(EVERYTHING);
    let copy = format!("copy --to {}", other.path("runs.db").display());
    let said = project.wallow(&copy).succeeds();
    assert!(said.contains("verified: 2 runs,"), "{said}");
    assert_eq!(
        other.wallow("export --format jsonl").succeeds(),
        project.wallow("export --format jsonl").succeeds()
    );
    // What cannot be read stops it, and is named.
    project.executes("UPDATE runs SET curve = '{' WHERE id = 2");
    let refused = project.wallow("copy --to third.db").refuses();
    assert!(
        refused.contains("run 2 (uuid 00000000000b): field `curve`"),
        "{refused}"
    );
}

#[test]
fn what_is_not_there_or_not_meant_changes_nothing() {
    let project = Project::with_runs(SCHEMA);
    let files = project.files();
    project.wallow("copy").misuses();
    let refused = project.wallow("copy --to runs.db").misuses();
    assert!(refused.contains("into itself"), "{refused}");
    let refused = project.wallow("copy --to :memory:").misuses();
    assert!(
        refused.contains("is gone when the command ends"),
        "{refused}"
    );
    project
        .wallow("copy --from none.db --to there.db")
        .refuses();
    let said = project.wallow("copy --to there.db --dry-run").succeeds();
    assert_eq!(
        said,
        "2 runs would be copied\ndry run: nothing was changed\n"
    );
    assert_eq!(project.files(), files);
    // An empty database is copied, too.
    project.executes("DELETE FROM runs");
    let said = project.wallow("copy --to there.db").succeeds();
    assert_eq!(
        without_checksum(&said),
        "0 runs copied\nverified: 0 runs, the same in both"
    );
    // One with runs that migrations have not brought here is told so.
    project.has_run("00000000000a", "rate, seed", "0.1, 7");
    project.wallow("copy --to there.db").succeeds();
    project.edits(
        "[annotating.loss]",
        "[annotating.note]\ntype = \"string\"\n\n[annotating.loss]",
    );
    project.wallow("migrate generate note").succeeds();
    project.wallow("migrate apply").succeeds();
    let refused = project.wallow("copy --to there.db").refuses();
    assert!(
        refused.contains("lacks the migration [SECOND]_note"),
        "{refused}"
    );
    // One without is brought along: a copy was stopped on the way there.
    project.executes_on("there.db", "DELETE FROM runs");
    project.wallow("copy --to there.db").succeeds();
    project.wallow("status --db there.db").succeeds();
}

#[test]
fn a_table_of_the_python_package_is_copied() {
    let project = Project::with(SCHEMA);
    project.executes(
        "CREATE TABLE runs (id INTEGER PRIMARY KEY, uuid VARCHAR(12) NOT NULL, created_at DATETIME NOT NULL, \
         updated_at DATETIME NOT NULL, rate FLOAT NOT NULL, seed INTEGER NOT NULL, loss FLOAT, mine TEXT, \
         CONSTRAINT uq_runs_identifying UNIQUE (rate, seed)); \
         INSERT INTO runs VALUES (4, '00000000000a', '2026-01-02 03:04:05.000006', '2026-01-02 03:04:05.000006', 0.1, 1, NULL, 'x')",
    );
    let (other, copy) = elsewhere();
    let said = project.wallow(&copy).succeeds();
    assert!(
        said.contains("left out, for want of a field: mine\n"),
        "{said}"
    );
    assert_eq!(
        other.reads("SELECT id || uuid || _wallow_attempt || seed FROM runs"),
        "400000000000a01"
    );
}

#[test]
fn workers_that_are_still_at_it_are_told_of() {
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
    // Seed 2 is done on both sides, 3 is begun more often here, 6 is done here alone.
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
    // What was written to a finished run later is a later state of it.
    project.executes("UPDATE runs SET error_excerpt = 'noted', updated_at = '2026-03-01 00:00:00.000000' WHERE seed = 6");
    project.wallow(&copy).succeeds();
    assert_eq!(other.reads(results), "2 10, 3 10, 6 noted");
}
