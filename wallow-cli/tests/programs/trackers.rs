//! `wallow import` from databases that the real Optuna and MLflow wrote, compared with what these report of their runs.

use std::path::Path;

use crate::project::Project;
use crate::python;

const STUDIES: &str = r#"[project]
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

const FROM_OPTUNA: &str = "import --from-optuna study.db --map trial.study=study --map trial.number=number \
                      --map value=loss --map values.0=loss --map values.1=accuracy --map history.value=curve";

#[test]
fn trials_are_what_optuna_says_of_them() {
    let project = Project::with(STUDIES).sets("TZ", "Asia/Kolkata");
    let (database, runs) = (project.path("study.db"), project.path("runs.jsonl"));
    let written = python::run("optuna_studies.py", &[Path::new("write"), &database]);
    if written.is_none() {
        return;
    }
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    assert_eq!(
        project.wallow(FROM_OPTUNA).succeeds(),
        "31 inserted, 0 overwritten, 0 existing, 0 refused\n\
         NaN became NULL: 18 values of `curve`\n\
         infinity within JSON became null: 18 values of `curve`\n\
         running elsewhere, became pending because nobody holds a claim here: 1 value of `status`\n\
         into runs.db, beside wallow.toml\n"
    );
    project.wallow("export --output runs.jsonl").succeeds();
    python::run("optuna_studies.py", &[Path::new("check"), &database, &runs]);
    let again = project.wallow(FROM_OPTUNA).succeeds();
    assert!(
        again.starts_with("0 inserted, 0 overwritten, 31 existing"),
        "{again}"
    );
    let said = project
        .wallow(&format!("{FROM_OPTUNA} --study two --dry-run"))
        .succeeds();
    assert!(said.contains("7 existing"), "{said}");

    // Before Optuna 5, times were local times.
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
        .wallow(&format!("{FROM_OPTUNA} --on-duplicate overwrite --yes"))
        .succeeds();
    assert_eq!(before - seconds(), 31 * (5 * 3600 + 1800));
}

const WINES: &str = r#"[project]
name = "wines"
float_precision = 17

[identifying]
index = { type = "int" }
lr = { type = "float" }
warm = { type = "bool" }

[annotating]
note = { type = "string" }
team = { type = "string" }
loss = { type = "float" }
accuracy = { type = "float" }
curve = { type = "json" }
experiment = { type = "string" }
run = { type = "string" }
status = { type = "string" }
started_at = { type = "datetime" }
completed_at = { type = "datetime" }
wallclock_seconds = { type = "float" }
error_excerpt = { type = "string" }
"#;

const FROM_MLFLOW: &str = "import --from-mlflow mlflow.db --map run.id=run --map run.experiment=experiment \
                           --map metrics.val/acc.1=accuracy --map history.loss=curve";

#[test]
fn runs_are_what_mlflow_says_of_them() {
    let project = Project::with(WINES);
    let (database, runs) = (project.path("mlflow.db"), project.path("runs.jsonl"));
    let written = python::run("mlflow_runs.py", &[Path::new("write"), &database]);
    if written.is_none() {
        return;
    }
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    let said = project.wallow(FROM_MLFLOW).succeeds();
    assert!(
        said.contains(" inserted, 0 overwritten, 0 existing, 0 refused"),
        "{said}"
    );
    project.wallow("export --output runs.jsonl").succeeds();
    python::run("mlflow_runs.py", &[Path::new("check"), &database, &runs]);
    let again = project.wallow(FROM_MLFLOW).succeeds();
    assert!(again.starts_with("0 inserted"), "{again}");
}
