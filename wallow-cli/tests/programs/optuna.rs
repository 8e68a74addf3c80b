//! `wallow import --from-optuna`: studies that the real Optuna wrote, beside what Optuna says of them.

use std::path::Path;

use crate::project::Project;
use crate::python;

const SCHEMA: &str = r#"[project]
name = "studies"
float_precision = 17

[identifying]
study = { type = "string" }
number = { type = "int" }
lr = { type = "float" }
dropout = { type = "float" }
momentum = { type = "float" }
layers = { type = "int" }
units = { type = "int" }
epochs = { type = "int" }
optimiser = { type = "string" }
batch = { type = "int" }
warm = { type = "bool" }

[annotating]
decay = { type = "float" }
schedule = { type = "json" }
loss = { type = "float" }
accuracy = { type = "float" }
curve = { type = "json" }
note = { type = "string" }
tags = { type = "json" }
status = { type = "string" }
started_at = { type = "datetime" }
completed_at = { type = "datetime" }
wallclock_seconds = { type = "float" }
error_excerpt = { type = "string" }
"#;

const IMPORT: &str = "import --from-optuna study.db --map trial.study=study --map trial.number=number \
                      --map value=loss --map values.0=loss --map values.1=accuracy --map history.value=curve";

#[test]
fn trials_are_what_optuna_says_of_them() {
    let project = Project::with(SCHEMA).sets("TZ", "Asia/Kolkata");
    let (database, runs) = (project.path("study.db"), project.path("runs.jsonl"));
    let written = python::run("optuna_studies.py", &[Path::new("write"), &database]);
    if written.is_none() {
        return;
    }
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    assert_eq!(
        project.wallow(IMPORT).succeeds(),
        "31 inserted, 0 overwritten, 0 existing, 0 refused
"
    );
    project.wallow("export --output runs.jsonl").succeeds();
    python::run("optuna_studies.py", &[Path::new("check"), &database, &runs]);
    let again = project.wallow(IMPORT).succeeds();
    assert!(
        again.starts_with("0 inserted, 0 overwritten, 31 existing"),
        "{again}"
    );
    let said = project
        .wallow(&format!("{IMPORT} --study two --dry-run"))
        .succeeds();
    assert!(said.contains("7 existing"), "{said}");

    // Before Optuna 5 times were those of the clock on the wall.
    let seconds = || {
        let sum = project.reads("SELECT sum(unixepoch(started_at)) FROM runs");
        sum.parse::<i64>().unwrap()
    };
    let before = seconds();
    project.executes_on(
        "study.db",
        "UPDATE version_info SET library_version = '4.9.0'",
    );
    project
        .wallow(&format!("{IMPORT} --on-duplicate overwrite --yes"))
        .succeeds();
    assert_eq!(before - seconds(), 31 * (5 * 3600 + 1800));
}
