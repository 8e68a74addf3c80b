//! `wallow import --from DB`: the program that made a SQLite database is recognised.

use snapbox::{assert_data_eq, str};

use crate::project::{Project, SCHEMA};

const PYTHON: &str = include_str!("../../../tests/fixtures/python-0.2.1.sql");
const MLFLOW: &str = include_str!("../../../tests/fixtures/mlflow-3.17.2.sql");
const OPTUNA: &str = include_str!("../../../tests/fixtures/optuna-4.5.0.sql");

fn project(schema: &str) -> Project {
    let project = Project::with(schema);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project
}

#[test]
fn a_database_of_wallow_brings_its_runs_and_no_claims() {
    let old = Project::with_runs(SCHEMA);
    old.executes("UPDATE runs SET _wallow_attempt = 3");
    let project = project(SCHEMA);
    std::fs::copy(old.path("runs.db"), project.path("old.csv")).unwrap();
    // What a file is decides, not its name.
    assert_data_eq!(
        project.wallow("import --from old.csv").succeeds(),
        str![[r#"
2 inserted, 0 overwritten, 0 existing, 0 refused
`old.csv` is a database of wallow
into runs.db, beside wallow.toml

"#]]
    );
    let runs = "SELECT group_concat(uuid || rate || seed || loss || _wallow_attempt) FROM runs";
    assert_eq!(
        project.reads(runs),
        "00000000000a0.100.50,00000000000b0.110.250"
    );
    let said = project.wallow("import --from sqlite:old.csv").succeeds();
    assert!(said.contains("is a database of wallow\n"), "{said}");
}

#[test]
fn a_database_of_the_python_package_is_recognised() {
    let project = project(include_str!("../../../tests/schemas/contract.toml"));
    project.executes_on("old.db", PYTHON);
    let said = project.wallow("import --from old.db").succeeds();
    assert!(
        said.contains("\n`old.db` is a database of the Python package wallow\n"),
        "{said}"
    );
    // Before 0.2 there were no uuids.
    project.executes_on(
        "older.db",
        "CREATE TABLE runs (id INTEGER PRIMARY KEY, created_at DATETIME, updated_at DATETIME, label VARCHAR, step INTEGER,
             rate FLOAT, warm BOOLEAN, CONSTRAINT uq_runs_identifying UNIQUE (label, rate, step, warm));
         INSERT INTO runs VALUES (1, '2026-01-02 03:04:05.000006', '2026-01-02 03:04:05.000006', 'a', 1, 0.5, 0)",
    );
    let said = project.wallow("import --from older.db").succeeds();
    assert!(
        said.starts_with("1 inserted, 0 overwritten, 0 existing, 0 refused\n`older.db` is a database of the Python"),
        "{said}"
    );
}

#[test]
fn trackers_are_recognised_and_their_options_apply() {
    let project = project("[project]\nname = 'x'\n[identifying.who]\ntype = 'string'\n");
    project.executes_on("mlflow.db", MLFLOW);
    project.executes_on("study.db", OPTUNA);
    let from = "import --from mlflow.db --map run.id=who";
    let said = project
        .wallow(&format!("{from} --experiment wines"))
        .succeeds();
    assert!(
        said.contains("\n`mlflow.db` is a database of MLflow\n"),
        "{said}"
    );
    let error = project.wallow(&format!("{from} --study x")).misuses();
    assert!(
        error.contains("`--study` is for a database of Optuna"),
        "{error}"
    );
    let from = "import --from study.db --map trial.number=who";
    let said = project.wallow(&format!("{from} --dry-run")).stdout;
    assert!(
        said.contains("\n`study.db` is a database of Optuna\n"),
        "{said}"
    );
    let error = project.wallow(&format!("{from} --experiment x")).misuses();
    assert!(
        error.contains("`--experiment` is for a database of MLflow"),
        "{error}"
    );
    let error = project.wallow(&format!("{from} --separator ;")).misuses();
    assert!(error.contains("`--separator` is for CSV alone"), "{error}");
}

#[test]
fn what_is_of_nobody_or_of_two_is_an_error_that_says_what_is_there() {
    let project = project(SCHEMA);
    project.executes_on(
        "other.db",
        "CREATE TABLE users (id INTEGER); CREATE TABLE posts (id INTEGER)",
    );
    assert_data_eq!(
        project.wallow("import --from other.db").refuses(),
        str![[r#"
error: `other.db` is a SQLite database, but not of a program whose runs are read here (wallow, its Python package, MLflow, Optuna): its tables are `posts`, `users`; name another file, or write the rows as CSV and import that

"#]]
    );
    project.executes_on("empty.db", "VACUUM");
    let error = project.wallow("import --from empty.db").refuses();
    assert!(error.contains("it has no tables"), "{error}");
    // Every table of such a project has these columns.
    project.executes_on(
        "rails.db",
        "CREATE TABLE runs (id INTEGER, created_at TEXT, updated_at TEXT); CREATE TABLE ar_internal_metadata (key TEXT)",
    );
    project.wallow("import --from rails.db").refuses();
    project.executes_on("both.db", OPTUNA);
    project.executes_on(
        "both.db",
        "CREATE TABLE runs (id INTEGER, uuid TEXT, created_at TEXT, updated_at TEXT, _wallow_attempt INTEGER)",
    );
    assert_data_eq!(
        project.wallow("import --from both.db").refuses(),
        str![[r#"
error: `both.db` has tables of wallow and of Optuna; say whose runs are meant, with `--from-python both.db` or `--from-optuna both.db`

"#]]
    );
    let error = project
        .wallow("import --from postgres://host/runs")
        .misuses();
    assert!(
        error.contains("`wallow copy --from URL --to URL`"),
        "{error}"
    );
    let error = project
        .wallow("import --from other.db --format csv")
        .refuses();
    assert!(error.contains("leave `--format` out"), "{error}");
}

#[test]
fn a_folder_of_mlflow_is_recognised_and_says_how_to_convert_it() {
    let project = project(SCHEMA);
    project.has("mlruns/0/meta.yaml", "");
    let error = project.wallow("import --from mlruns").refuses();
    assert!(error.contains("a folder of MLflow's file store"), "{error}");
    assert!(error.contains("mlflow migrate-filestore"), "{error}");
}
