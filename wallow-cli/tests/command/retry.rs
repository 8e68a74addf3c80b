//! `wallow retry`.

use snapbox::{assert_data_eq, str};

use crate::project::{Project, SCHEMA};
use crate::sweep::{empty, six, statuses};

#[test]
fn failed_runs_go_back_to_the_queue() {
    let project = six();
    assert_data_eq!(
        project.wallow("retry --where \"id > 0\" --yes").succeeds(),
        str![[r#"
2 runs, failed, where id > 0
put back 2 runs in runs.db, beside wallow.toml

"#]]
    );
    assert_eq!(
        statuses(&project),
        "1 completed, 2 pending, 3 pending, 4 running, 5 running, 6 pending"
    );
    let row = "SELECT group_concat(_wallow_attempt || ' ' || (error_excerpt IS NULL)) FROM runs WHERE seed = 2";
    assert_eq!(project.reads(row), "3 1", "whoever had it is fenced off");
}

#[test]
fn silent_runs_go_back_where_that_is_said() {
    let project = six();
    assert_data_eq!(
        project
            .wallow("retry --where \"name == 'mlp'\" --stale 10m --yes")
            .succeeds(),
        str![[r#"
2 runs, failed or silent, where name == 'mlp'
put back 2 runs in runs.db, beside wallow.toml

"#]]
    );
    assert_eq!(
        statuses(&project),
        "1 completed, 2 pending, 3 failed, 4 pending, 5 running, 6 pending"
    );
}

#[test]
fn nothing_is_put_back_unless_that_is_meant() {
    let project = six();
    let before = statuses(&project);
    project
        .wallow("retry --where \"id > 0\" --dry-run")
        .succeeds();
    project.wallow("retry --where \"id > 0\"").refuses();
    let mut terminal = project.wallow_on_terminal("retry --where \"seed == 2\"");
    terminal.asks("put back 1 run in runs.db, beside wallow.toml? Write `yes`:");
    terminal.answer("");
    assert_eq!(terminal.ends().0, Some(1));
    assert_eq!(statuses(&project), before);
    let said = empty().wallow("retry --where \"id > 0\" --yes").succeeds();
    assert_eq!(said, "0 runs, failed, where id > 0\nnothing was put back\n");
}

#[test]
fn what_cannot_be_retried_is_said() {
    let project = six();
    project.wallow("retry").misuses();
    project
        .wallow("retry --where \"id > 0\" --stale 10")
        .misuses();
    project.wallow("retry --where \"id >\" --yes").misuses();
    let error = Project::with_runs(SCHEMA)
        .wallow("retry --where \"id > 0\" --yes")
        .refuses();
    assert!(error.contains("has no lifecycle"), "{error}");
}
