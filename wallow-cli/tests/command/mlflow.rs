//! `wallow import --from-mlflow`: a database that MLflow 3.17.2 made.

use snapbox::{assert_data_eq, str};

use crate::project::Project;

const SCHEMA: &str = r#"[project]
name = "wines"

[identifying.learning_rate]
type = "float"

[identifying.optimiser]
type = "string"

[identifying.seed]
type = "int"
default = 0

[identifying.warm]
type = "bool"
default = false

[annotating.loss]
type = "float"

[annotating.accuracy]
type = "float"

[annotating.criterion]
type = "string"

[annotating.curve]
type = "json"

[annotating.team]
type = "string"

[annotating.experiment]
type = "string"

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
"#;

const IMPORT: &str = "import --from-mlflow mlflow.db --map params.lr=learning_rate \
                      --map params.loss=criterion --map history.loss=curve --map run.experiment=experiment";

fn project() -> Project {
    let project = Project::with(SCHEMA);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project.executes_on(
        "mlflow.db",
        include_str!("../../../tests/fixtures/mlflow-3.17.2.sql"),
    );
    project
}

#[test]
fn its_runs_are_runs() {
    let project = project();
    let answer = project.wallow(&format!("{IMPORT} --skip-refused"));
    assert_data_eq!(
        answer.succeeds(),
        str![[r#"
5 inserted, 0 overwritten, 1 existing, 1 refused
left out: 1 deleted run
refused run abc51e3a5ede489a990b7f8f411ba48e: field `learning_rate`: "not a number" is no float
NaN became NULL: 1 value of `loss`
NaN became NULL: 1 value of `curve`
infinity within JSON became null: 1 value of `curve`
the largest float, which MLflow writes for infinity, became infinity: 1 value of `loss`
the same key: 2 records fell together onto 1 run (run 76afb0f0f0884badb885b612f48be07d = run 220e81663f494ac5a79024c8bb85a0d7); 1 of them has other values, which are not imported: a completed one counts, else the first one
left out, for want of a field: history.accuracy, run.artifact_uri, run.id, run.name, run.user
into runs.db, beside wallow.toml

"#]]
    );
    let columns =
        "learning_rate,optimiser,seed,warm,loss,accuracy,criterion,curve,team,experiment,status";
    assert_data_eq!(
        project
            .wallow(&format!("export --columns {columns}"))
            .succeeds(),
        str![[r#"
learning_rate,optimiser,seed,warm,loss,accuracy,criterion,curve,team,experiment,status
0.1,adam,0,true,0.25,0.5,cross entropy,"[0.5,0.25]",naïve “quotes” 🐷,wines,completed
0.01,adam,1,true,,0.6,cross entropy,"[0.4,null]",naïve “quotes” 🐷,wines,completed
0.001,adam,2,true,inf,0.7,cross entropy,[null],naïve “quotes” 🐷,wines,completed
0.1,adam,9,false,,,l1,,,wines,failed
0.5,sgd,5,false,,,,,,other,completed

"#]]
    );
    assert_eq!(
        project.reads(
            "SELECT count(*) FROM runs WHERE started_at = created_at AND completed_at = updated_at
             AND abs((julianday(completed_at) - julianday(started_at)) * 86400 - wallclock_seconds) < 0.001"
        ),
        "5"
    );
    // Once more: there is nothing new.
    let said = project
        .wallow(&format!("{IMPORT} --skip-refused"))
        .succeeds();
    assert!(
        said.starts_with("0 inserted, 0 overwritten, 6 existing, 1 refused\n"),
        "{said}"
    );
}

#[test]
fn one_of_its_experiments_is_enough() {
    let project = project();
    let said = project
        .wallow(&format!("{IMPORT} --experiment other"))
        .succeeds();
    assert!(said.starts_with("1 inserted"), "{said}");
    assert_data_eq!(
        project
            .wallow(&format!("{IMPORT} --experiment cars"))
            .refuses(),
        str![[r#"
error: `mlflow.db` has no runs of an experiment `cars`

"#]]
    );
}

/// specs 8.22
#[test]
fn its_states_are_the_four() {
    let project = project();
    project.executes_on(
        "mlflow.db",
        "UPDATE params SET value = '0.25' WHERE value = 'not a number';
         INSERT INTO params SELECT 'optimiser', 'adam', run_uuid FROM runs WHERE status = 'RUNNING';
         UPDATE runs SET status = 'KILLED', end_time = start_time - 3600000 WHERE name = 'run 1';
         UPDATE runs SET status = 'SCHEDULED' WHERE name = 'run 2'",
    );
    let said = project
        .wallow(&format!("{IMPORT} --map status=team --defaults"))
        .succeeds();
    for line in [
        "running elsewhere, became pending because nobody holds a claim here: 1 value of `status`\n",
        "NULL, because the run ends before it begins: 1 value of `wallclock_seconds`\n",
    ] {
        assert!(said.contains(line), "{said}");
    }
    assert_eq!(
        project.reads(
            "SELECT group_concat(run, ', ') FROM (SELECT learning_rate || ' ' || team || ' ' || status || \
             coalesce(' ' || error_excerpt, '') || coalesce(' ' || (wallclock_seconds < 0), '') AS run FROM runs ORDER BY id)"
        ),
        "0.1 FINISHED completed 0, 0.01 KILLED failed KILLED, 0.001 SCHEDULED pending 0, 0.1 FAILED failed 0, \
         0.25 RUNNING pending, 0.5 FINISHED completed 0"
    );
    assert_eq!(
        project.reads("SELECT count(*) FROM runs WHERE updated_at < created_at"),
        "0"
    );
}

#[test]
fn runs_of_deleted_experiments_are_left_out_and_counted() {
    let project = project();
    project.executes_on(
        "mlflow.db",
        "UPDATE experiments SET lifecycle_stage = 'deleted' WHERE name = 'other'",
    );
    let said = project
        .wallow(&format!("{IMPORT} --skip-refused"))
        .succeeds();
    assert!(
        said.starts_with(
            "4 inserted, 0 overwritten, 1 existing, 1 refused\nleft out: 1 deleted run\n\
             left out: 1 run of deleted experiments\n"
        ),
        "{said}"
    );
    assert_eq!(
        project.reads("SELECT group_concat(DISTINCT experiment) FROM runs"),
        "wines"
    );
}

#[test]
fn a_file_store_names_the_command_that_converts_it() {
    let project = project();
    project.has("my mlruns/.trash/x", "");
    project.has("my mlruns/0/meta.yaml", "name: Default");
    project.has("my mlruns/0/5a/meta.yaml", "status: 3");
    project.has("sweep/mlruns/0/meta.yaml", "name: Default");
    for (option, folder, source) in [
        ("--from", "my mlruns", "'my mlruns'"),
        ("--from-mlflow", "my mlruns", "'my mlruns'"),
        ("--from-mlflow", "my mlruns/0", "'[FOLDER]/my mlruns'"),
        ("--from-mlflow", "sweep", "sweep/mlruns"),
    ] {
        let refusal = project.wallow(&format!("import {option} \"{folder}\""));
        assert_eq!(
            refusal.refuses(),
            format!(
                "error: `{folder}` is a folder of MLflow's file store; make a database of it with `mlflow migrate-filestore \
                 --source {source} --target sqlite:///mlflow.db`, then name that with `--from-mlflow mlflow.db`\n"
            )
        );
    }
    project.has("none/x", "");
    let refusal = project.wallow("import --from-mlflow none").refuses();
    assert!(!refusal.contains("file store"), "{refusal}");
}

#[test]
fn what_is_no_time_is_counted() {
    let project = project();
    project.executes_on(
        "mlflow.db",
        "UPDATE params SET value = '0.25' WHERE value = 'not a number';
         INSERT INTO params SELECT 'optimiser', 'adam', run_uuid FROM runs WHERE status = 'RUNNING';
         UPDATE runs SET end_time = 100000000000000000 WHERE name = 'run 1';
         UPDATE runs SET start_time = 'abc' WHERE name = 'run 2'",
    );
    let said = project.wallow(&format!("{IMPORT} --defaults")).succeeds();
    for field in ["started_at", "completed_at"] {
        let line = format!("no time that can be kept, became NULL: 1 value of `{field}`\n");
        assert!(said.contains(&line), "{said}");
    }
}

#[test]
fn the_database_of_a_server_is_refused_with_a_way_out() {
    let project = Project::with_runs(crate::project::SCHEMA);
    for (option, url) in [
        ("--from-mlflow", "postgres://localhost/mlflow"),
        ("--from-optuna", "mysql+pymysql://localhost/studies"),
        ("--from-python", "postgresql://localhost/runs"),
    ] {
        let said = project.wallow(&format!("import {option} {url}")).misuses();
        assert!(
            said.contains("only SQLite files are read from other programs"),
            "{said}"
        );
        assert!(said.contains("`wallow import --from FILE`"), "{said}");
    }
}

/// A parameter that a run lacks, or whose value is `None`, is absent in an optional field of the key.
#[test]
fn a_parameter_that_a_run_lacks_is_absent() {
    let project = project();
    project.edits(
        "[identifying.seed]",
        "[identifying.momentum]\ntype = \"float\"\noptional = true\n\n[identifying.seed]",
    );
    project.wallow("migrate generate momentum").succeeds();
    project.wallow("migrate apply").succeeds();
    project.executes_on(
        "mlflow.db",
        "INSERT INTO params (key, value, run_uuid) SELECT 'momentum', '0.9', run_uuid FROM params \
         WHERE key = 'lr' AND value = '0.5'; \
         INSERT INTO params (key, value, run_uuid) SELECT 'momentum', 'None', run_uuid FROM params \
         WHERE key = 'lr' AND value = '0.01'",
    );
    let said = project
        .wallow(&format!("{IMPORT} --skip-refused"))
        .succeeds();
    assert!(said.contains("5 inserted"), "{said}");
    assert!(said.contains("absent: `momentum` in "), "{said}");
    let momenta = "SELECT group_concat(learning_rate || ' ' || coalesce(momentum, 'absent'), ', ') FROM \
                   (SELECT DISTINCT learning_rate, momentum FROM runs ORDER BY learning_rate)";
    assert_eq!(
        project.reads(momenta),
        "0.001 absent, 0.01 absent, 0.1 absent, 0.5 0.9"
    );
}
