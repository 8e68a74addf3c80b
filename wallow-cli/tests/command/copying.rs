//! Runs that are copied into another database without changes.

use std::process::{Child, Stdio};

use crate::project::{Project, SCHEMA};

/// A schema with every type of field.
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

/// Everything in the table, one line for each run.
pub(crate) const ALL: &str = "SELECT group_concat(id || '|' || uuid || '|' || created_at || '|' || updated_at || '|' || \
                   _wallow_attempt || '|' || rate || '|' || seed || '|' || coalesce(loss, 'NULL'), char(10)) \
                   FROM (SELECT * FROM runs ORDER BY id)";

/// A project whose runs.db needs pages of more than one run, with gaps in the ids.
pub(crate) fn many_runs(count: u32) -> Project {
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

/// A project with two runs that have every type, and unusual values.
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

/// Adds runs with the lowest and the highest possible id.
fn has_extremes(project: &Project) {
    for (uuid, id) in [("fffffffffffe", i64::MIN), ("ffffffffffff", i64::MAX)] {
        project.has_run(uuid, "id, rate, seed", &format!("{id}, 0.5, {id}"));
    }
}

/// A place with no database yet, and the command line that copies to it.
pub(crate) fn elsewhere() -> (Project, String) {
    let other = Project::with(SCHEMA);
    let words = format!("copy --to {}", other.path("runs.db").display());
    (other, words)
}

/// Runs the command, which must not print anything.
pub(crate) fn begin(project: &Project, line: &str) -> Child {
    let mut command = project.command(".", line);
    command.stdout(Stdio::null()).spawn().unwrap()
}

/// The output of the command, without the checksum.
pub(crate) fn without_checksum(said: &str) -> String {
    let mut lines = said.lines().collect::<Vec<_>>();
    let last = lines.pop().unwrap_or_default();
    let (last, checksum) = last.split_once(", checksum ").unwrap();
    assert_eq!(checksum.len(), 32, "{checksum}");
    lines.push(last);
    lines.join("\n")
}

#[test]
fn a_copy_is_what_the_original_is() {
    let project = many_runs(998);
    has_extremes(&project);
    let (other, copy) = elsewhere();
    let said = project.wallow(&copy).succeeds();
    assert_eq!(
        without_checksum(&said),
        format!(
            "1000 runs copied\nto {}, from --to\nverified: 1000 runs, the same in both",
            other.path("runs.db").display()
        )
    );
    assert_eq!(other.reads(ALL), project.reads(ALL));
    let status = format!("status --db {}", other.path("runs.db").display());
    project.wallow(&status).succeeds();
    // Once more: nothing is left to do, and the checksum is the same.
    let again = project.wallow(&format!("{copy} --from runs.db")).succeeds();
    let (_, proof) = said.split_once('\n').unwrap();
    assert_eq!(again, format!("0 runs copied, 1000 there already\n{proof}"));
    // Into a third database, by way of the second.
    let (third, back) = elsewhere();
    let back = format!("{back} --from {}", other.path("runs.db").display());
    project.wallow(&back).succeeds();
    assert_eq!(third.reads(ALL), project.reads(ALL));
}

#[test]
fn a_copy_that_was_interrupted_goes_on() {
    let project = many_runs(20_000);
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
    let project = many_runs(3_000);
    let (other, copy) = elsewhere();
    let children = [(), ()].map(|()| begin(&project, &copy));
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(other.reads(ALL), project.reads(ALL));
}

#[test]
fn runs_that_have_no_place_stop_it() {
    let project = many_runs(3);
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
    // A value that cannot be read stops the copy, and the error names it.
    project.executes("UPDATE runs SET curve = '{' WHERE id = 2");
    let refused = project.wallow("copy --to third.db").refuses();
    assert!(
        refused.contains("run 2 (uuid 00000000000b): field `curve`"),
        "{refused}"
    );
}

/// specs 8.14
#[test]
fn a_copy_that_stops_says_what_it_has_done_and_goes_on() {
    let project = many_runs(40);
    let (other, copy) = elsewhere();
    let break_at = |id: u32| {
        project.executes(&format!("UPDATE runs SET loss = 'x' WHERE id = {id}"));
        let refused = project.wallow(&copy).refuses();
        project.executes(&format!("UPDATE runs SET loss = NULL WHERE id = {id}"));
        refused
    };
    let refused = break_at(3);
    assert!(refused.contains("; no run was copied"), "{refused}");
    let refused = break_at(60);
    let said = "; before that, 8 runs were copied, and stay: once this is mended, the same command goes on from there";
    assert!(refused.contains(said), "{refused}");
    assert_eq!(other.reads("SELECT count(*) FROM runs"), "8");
    let said = project.wallow(&copy).succeeds();
    assert!(
        said.starts_with("32 runs copied, 8 there already"),
        "{said}"
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
    // An empty database can be copied, too.
    project.executes("DELETE FROM runs");
    let said = project.wallow("copy --to there.db").succeeds();
    assert_eq!(
        without_checksum(&said),
        "0 runs copied\nto there.db, from --to\nverified: 0 runs, the same in both"
    );
    // A target with runs that lacks a migration is refused, with the reason.
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
    // A target without runs is migrated: a copy was interrupted on its way there.
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

#[cfg(unix)]
#[test]
fn a_file_with_two_names_is_not_copied_into_itself() {
    let project = many_runs(3);
    std::fs::hard_link(project.path("runs.db"), project.path("hard.db")).unwrap();
    std::os::unix::fs::symlink("runs.db", project.path("soft.db")).unwrap();
    for name in ["runs.db", "./runs.db", "hard.db", "soft.db"] {
        let refusal = project.wallow(&format!("copy --to {name}")).misuses();
        let expected = "would be copied into itself; name another database with `--to`";
        assert!(refusal.contains(expected), "{name}: {refusal}");
    }
    assert_eq!(project.reads("SELECT count(*) FROM runs"), "3");
}
