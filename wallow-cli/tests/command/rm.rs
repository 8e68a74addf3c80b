//! `wallow rm`.

use snapbox::{assert_data_eq, str};

use crate::project::{Project, SCHEMA};
use crate::sweep::{empty, six, statuses};

const ALL: &str = "1 completed, 2 failed, 3 failed, 4 running, 5 running, 6 pending";

#[test]
fn runs_are_deleted_where_that_is_meant() {
    let project = six();
    assert_data_eq!(
        project
            .wallow("rm --where \"status == 'failed'\" --yes")
            .succeeds(),
        str![[r#"
2 runs where status == 'failed'
deleted 2 runs in runs.db, beside wallow.toml

"#]]
    );
    assert_eq!(
        statuses(&project),
        "1 completed, 4 running, 5 running, 6 pending"
    );
}

#[test]
fn a_dry_run_and_a_refusal_change_nothing() {
    let project = six();
    let files = project.files();
    assert_data_eq!(
        project
            .wallow("rm --where \"seed < 3\" --dry-run")
            .succeeds(),
        str![[r#"
2 runs where seed < 3
nothing was deleted: this was a dry run

"#]]
    );
    let refused = project.wallow("rm --where \"seed < 3\"");
    assert_data_eq!(
        &refused.stdout,
        str![[r#"
2 runs where seed < 3

"#]]
    );
    assert_data_eq!(
        refused.refuses(),
        str![[r#"
error: nothing was deleted; say `--yes` if that is meant

"#]]
    );
    assert!(project.files() == files);
}

#[test]
fn runs_at_work_stay() {
    let project = six();
    assert_data_eq!(
        project.wallow("rm --where \"id > 0\" --yes").succeeds(),
        str![[r#"
6 runs where id > 0
2 runs are at work, and stay: 4 runs to delete (`--running` deletes those too)
deleted 4 runs in runs.db, beside wallow.toml

"#]]
    );
    assert_eq!(statuses(&project), "4 running, 5 running");
    project
        .wallow("rm --where \"seed == 4\" --running --yes")
        .succeeds();
    assert_eq!(statuses(&project), "5 running");
}

#[test]
fn somebody_is_asked_on_a_terminal() {
    let project = six();
    for (answer, code, said) in [
        ("no", 1, "error: nothing was deleted"),
        ("yes", 0, "deleted 1 run in runs.db, beside wallow.toml"),
    ] {
        let mut terminal = project.wallow_on_terminal("rm --where \"seed == 1\"");
        terminal.asks("delete 1 run in runs.db, beside wallow.toml? Write `yes`:");
        terminal.answer(answer);
        let (status, text) = terminal.ends();
        assert_eq!(status, Some(code), "{text}");
        assert!(text.ends_with(&format!("{said}\n")), "{text}");
    }
    assert_eq!(
        statuses(&project),
        ALL.strip_prefix("1 completed, ").unwrap()
    );
}

#[test]
fn what_changes_while_somebody_thinks_is_not_deleted_unseen() {
    let project = six();
    let mut terminal = project.wallow_on_terminal("rm --where \"status == 'failed'\"");
    terminal.asks("delete 2 runs in runs.db, beside wallow.toml? Write `yes`:");
    project.has_run("00000000000f", "name, seed, status", "'late', 7, 'failed'");
    terminal.answer("yes");
    let (status, text) = terminal.ends();
    assert_eq!(status, Some(1), "{text}");
    assert!(
        text.contains("meanwhile it would have been 3 runs, not 2; nothing was deleted"),
        "{text}"
    );
    assert_eq!(statuses(&project), format!("{ALL}, 7 failed"));
}

#[test]
fn nothing_to_delete_is_fine() {
    for (project, runs) in [(empty(), 0), (six(), 6)] {
        let said = project.wallow("rm --where \"seed > 99\" --yes").succeeds();
        assert_eq!(said, "0 runs where seed > 99\nnothing was deleted\n");
        assert_eq!(project.reads("SELECT count(*) FROM runs"), runs.to_string());
    }
}

#[test]
fn many_runs_and_odd_names() {
    let project = six();
    project.executes(
        "INSERT INTO runs (uuid, created_at, updated_at, name, seed) \
         WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 2099) \
         SELECT printf('%012x', i), '2026-01-02 03:04:05.000006', '2026-01-02 03:04:05.000006', 'many', i FROM n",
    );
    let said = project
        .wallow("rm --where \"name == 'many'\" --yes")
        .succeeds();
    assert_eq!(
        said,
        "2000 runs where name == 'many'\ndeleted 2000 runs in runs.db, beside wallow.toml\n"
    );
    let said = project
        .wallow("rm --where \"name == 'tab\t🦊'\" --yes")
        .succeeds();
    assert_eq!(
        said,
        "1 run where name == 'tab\\t🦊'\ndeleted 1 run in runs.db, beside wallow.toml\n"
    );
}

#[test]
fn a_schema_without_lifecycle_has_no_runs_at_work() {
    let project = Project::with_runs(SCHEMA);
    let said = project.wallow("rm --where \"seed == 0\" --yes").succeeds();
    assert_eq!(
        said,
        "1 run where seed == 0\ndeleted 1 run in runs.db, beside wallow.toml\n"
    );
}

#[test]
fn what_is_no_condition_is_wrong_usage() {
    let project = six();
    project.wallow("rm").misuses();
    project
        .wallow("rm --where \"seed == 1\" --yes --dry-run")
        .misuses();
    let error = project.wallow("rm --where \"sed == 1\" --yes").misuses();
    assert!(error.contains("seed"), "{error}");
    assert_eq!(statuses(&project), ALL);
    let error = project
        .wallow("rm --db none.db --where \"seed == 1\" --yes")
        .refuses();
    assert!(
        error.starts_with("error: there is no database `none.db` yet"),
        "{error}"
    );
}

/// Another table of the user refers to runs.
#[test]
fn a_reference_to_a_run_is_said_with_what_to_do() {
    let project = Project::with_runs(SCHEMA);
    project.executes(
        "CREATE TABLE plots (run INTEGER REFERENCES runs (id)); INSERT INTO plots VALUES (1)",
    );
    let refused = project.wallow("rm --where \"seed >= 0\" --yes").refuses();
    assert_eq!(
        refused,
        "error: FOREIGN KEY constraint failed; rows of another table refer to a run that would go, and nothing was \
         changed: delete those rows first, or have the reference declared `ON DELETE CASCADE`\n"
    );
    assert_eq!(project.reads("SELECT count(*) FROM runs"), "2");
    project.executes("DELETE FROM plots");
    project.wallow("rm --where \"seed >= 0\" --yes").succeeds();
}
