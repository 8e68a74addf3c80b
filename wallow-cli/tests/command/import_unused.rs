//! `wallow import`: options that have nothing to do, and imports of which nothing is left. specs 8.12

use crate::project::Project;

const SCHEMA: &str = r#"[project]
name = "stands"

[identifying.seed]
type = "int"

[annotating]
status = { type = "string" }
started_at = { type = "datetime" }
completed_at = { type = "datetime" }
wallclock_seconds = { type = "float" }
error_excerpt = { type = "string" }
"#;

fn project() -> Project {
    let project = Project::with(SCHEMA);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project.has("a.jsonl", "{\"seed\": 1, \"status\": \"done\"}\n");
    project
}

#[test]
fn an_option_without_meaning_is_wrong_usage() {
    let project = project();
    project.has("a.csv", "seed\n1\n");
    for (line, reason) in [
        (
            "--from a.csv --study x",
            "`--study` is for a database of Optuna",
        ),
        (
            "--from a.csv --experiment x",
            "`--experiment` is for a database of MLflow",
        ),
        (
            "--from-optuna none.db --experiment x",
            "`--experiment` is for a database of MLflow",
        ),
        (
            "--from-python none.db --study x",
            "`--study` is for a database of Optuna",
        ),
        (
            "--from a.jsonl --separator tab",
            "`--separator` is for CSV alone",
        ),
        (
            "--from-mlflow none.db --separator tab",
            "`--separator` is for CSV alone",
        ),
        (
            "--from-python none.db --format csv",
            "`--format` is for a file",
        ),
    ] {
        let refusal = project.wallow(&format!("import {line}")).misuses();
        assert!(refusal.contains(reason), "{line}: {refusal}");
    }
    project
        .wallow("import --from a.csv --separator tab")
        .succeeds();
}

#[test]
fn a_word_and_a_value_that_nothing_needed_are_reported() {
    let project = project();
    let said = project
        .wallow("import --from a.jsonl --status Done=completed --status Paused=pending --set seed=7 --set error_excerpt=x")
        .succeeds();
    assert_eq!(
        said,
        "1 inserted, 0 overwritten, 0 existing, 0 refused\n\
         no run had this status: Paused\n\
         no run needed what was set: seed\n\
         into runs.db, beside wallow.toml\n"
    );
}

#[test]
fn an_import_of_which_nothing_is_left_is_no_success() {
    let project = project();
    for options in ["", " --dry-run"] {
        let refusal = project
            .wallow(&format!("import --from a.jsonl --skip-refused{options}"))
            .refuses();
        let reason = "error: nothing was imported: every record is refused; correct";
        assert!(refusal.starts_with(reason), "{refusal}");
    }
    let import = "import --from a.jsonl --status done=completed";
    project.wallow(import).succeeds();
    for options in ["", " --skip-refused"] {
        let refusal = project
            .wallow(&format!("{import} --on-duplicate error{options}"))
            .refuses();
        let reason = "error: nothing was imported: every run is registered already";
        assert!(refusal.starts_with(reason), "{refusal}");
        assert!(refusal.contains("`--on-duplicate skip`"), "{refusal}");
    }
    // What is there already is no reason to fail.
    project
        .wallow(&format!("{import} --skip-refused"))
        .succeeds();
}
