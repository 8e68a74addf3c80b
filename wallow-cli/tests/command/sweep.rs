//! A project with the lifecycle and artefacts, and runs in every state.

use crate::project::Project;

pub(crate) const SCHEMA: &str = r#"[project]
name = "sweep"
artefacts_root = "artefacts"
artefacts_layout = "{name}/{uuid}"

[identifying.name]
type = "string"

[identifying.seed]
type = "int"

[annotating.status]
type = "string"

[annotating.started_at]
type = "datetime"

[annotating.completed_at]
type = "datetime"

[annotating.wallclock_seconds]
type = "float"

[annotating.error_excerpt]
type = "string"

[annotating.curve]
type = "json"
"#;

/// The project without runs.
pub(crate) fn empty() -> Project {
    let project = Project::with(SCHEMA);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project
}

/// Six runs: completed, failed (2), running and silent, running and fresh, pending.
pub(crate) fn six() -> Project {
    let project = empty();
    let mut number = 0;
    for (name, status) in [
        ("mlp", "completed"),
        ("mlp", "failed"),
        ("tab\t🦊", "failed"),
        ("mlp", "running"),
        ("mlp", "running"),
        ("mlp", "pending"),
    ] {
        number += 1;
        let uuid = format!("{number:012x}");
        let values = format!("'{name}', {number}, '{status}', 'no luck', 2");
        let columns = "name, seed, status, error_excerpt, _wallow_attempt";
        project.has_run(&uuid, columns, &values);
    }
    // A fresh heartbeat: the time is in the future, so this run never counts as stale.
    project.executes("UPDATE runs SET updated_at = '2999-01-01 00:00:00.000000' WHERE seed = 5");
    project
}

/// The seeds of the existing runs, with their status.
pub(crate) fn statuses(project: &Project) -> String {
    project.reads(
        "SELECT group_concat(seed || ' ' || status, ', ') FROM (SELECT * FROM runs ORDER BY id)",
    )
}
