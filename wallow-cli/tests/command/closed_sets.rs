//! Closed sets: the command writes no text that the schema does not list, and finds existing ones.

use crate::project::Project;

const SCHEMA: &str = r#"[project]
name = "closed"

[identifying.optimiser]
type = "string"
values = ["adamw", "sgd"]

[identifying.seed]
type = "int"
default = 0

[annotating.stop_reason]
type = "string"
values = ["converged", "budget"]
"#;

fn project() -> Project {
    let project = Project::with(SCHEMA);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project
}

/// specs 2.17
#[test]
fn an_import_refuses_other_texts_with_their_lines() {
    let project = project();
    project.has(
        "a.csv",
        "optimiser,seed,stop_reason\nsgd,1,budget\nadam,1,budget\nsgd,2,tired\n",
    );
    let answer = project.wallow("import --from a.csv");
    let refusal = answer.stdout.clone();
    answer.refuses();
    for part in [
        "line 3: field `optimiser`: `adam` is none of its values; did you mean `adamw`?",
        "line 4: field `stop_reason`: `tired` is none of its values; the schema has `converged`, `budget`",
    ] {
        assert!(refusal.contains(part), "{refusal}");
    }
    assert_eq!(project.reads("SELECT count(*) FROM runs"), "0");
    project
        .wallow("import --from a.csv --skip-refused")
        .succeeds();
    assert_eq!(project.reads("SELECT optimiser || seed FROM runs"), "sgd1");
}

#[test]
fn options_refuse_other_texts() {
    let project = project();
    project.has("a.csv", "seed\n1\n");
    let refusal = project
        .wallow("import --from a.csv --set optimiser=sdg")
        .misuses();
    assert!(refusal.contains("did you mean `sgd`?"), "{refusal}");
    let refusal = project
        .wallow("ls --where \"optimiser == 'sdg'\"")
        .misuses();
    assert!(
        refusal.contains("`optimiser`: `sdg` is none of its values"),
        "{refusal}"
    );
    assert!(refusal.contains("did you mean `sgd`?"), "{refusal}");
    let refusal = project.wallow("near optimiser=sdg").misuses();
    assert!(refusal.contains("did you mean `sgd`?"), "{refusal}");
}

/// Adding or removing a value needs no migration.
#[test]
fn runs_with_a_removed_value_are_counted_and_found() {
    let project = project();
    project.has("a.csv", "optimiser,seed\nsgd,1\nsgd,2\nadamw,1\n");
    project.wallow("import --from a.csv").succeeds();
    project.edits("\"adamw\", \"sgd\"", "\"adamw\", \"lion\"");
    let status = project.wallow("status").finds();
    assert!(!status.contains("in sync"), "{status}");
    let line = "2 runs in `optimiser`, which has no value `sgd`";
    assert!(status.contains(line), "{status}");
    assert!(
        status.contains("do this: add the values to `values` in wallow.toml again"),
        "{status}"
    );
    let json = project.wallow("status --json").finds();
    assert!(json.contains("\"in_sync\": false"), "{json}");
    let doctor = project.wallow("doctor").finds();
    assert!(doctor.contains(line), "{doctor}");
    // The condition in the advice finds these runs, and they can be copied.
    let listed = project
        .wallow("ls --where \"optimiser between 'sgd' and 'sgd'\" --columns optimiser,seed --format csv")
        .succeeds();
    assert_eq!(listed, "optimiser,seed\nsgd,1\nsgd,2\n");
    project.wallow("copy --to other.db --yes").succeeds();
    assert_eq!(project.wallow("count --db other.db").succeeds().trim(), "3");
    project
        .wallow("rm --where \"optimiser between 'sgd' and 'sgd'\" --yes")
        .succeeds();
    let doctor = project.wallow("doctor").succeeds();
    assert!(doctor.contains("all are those of the schema"), "{doctor}");
    assert!(project.wallow("status").succeeds().contains("in sync"));
}
