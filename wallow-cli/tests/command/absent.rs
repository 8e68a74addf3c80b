//! Optional fields of the key: absent values in imports, listings, copies, folders and migrations.

use snapbox::{assert_data_eq, str};

use crate::project::Project;

const SCHEMA: &str = r#"[project]
name = "conditional"
artefacts_root = "artefacts"
artefacts_layout = "{momentum}/{uuid}"

[identifying.lr]
type = "float"

[identifying.momentum]
type = "float"
optional = true

[identifying.tag]
type = "string"
optional = true

[annotating.loss]
type = "float"
"#;

fn project() -> Project {
    let project = Project::with(SCHEMA);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project
}

/// The runs in the order of their ids.
fn runs(project: &Project) -> String {
    project
        .wallow("export --format csv --columns lr,momentum,tag")
        .succeeds()
}

/// specs 8.16
#[test]
fn what_a_record_does_not_say_is_absent() {
    let project = project();
    project.has(
        "a.csv",
        "lr,momentum,tag,loss\n0.1,0.9,x,1\n0.1,,,2\n0.1,,\"\",3\n0.1,0,,4\n0.1,,,5\n",
    );
    assert_data_eq!(
        project.wallow("import --from a.csv").succeeds(),
        str![[r#"
4 inserted, 0 overwritten, 1 existing, 0 refused
absent: `momentum` in 3 runs
absent: `tag` in 3 runs
the same key: 2 records fell together onto 1 run (line 3 = line 6); 1 of them has other values, which are not imported: a completed one counts, else the first one
into runs.db, beside wallow.toml

"#]]
    );
    let all = "lr,momentum,tag\n0.1,0.9,x\n0.1,,\n0.1,,\"\"\n0.1,0.0,\n";
    assert_eq!(runs(&project), all);
    project.has(
        "b.jsonl",
        "{\"lr\": 0.2}\n{\"lr\": 0.2, \"momentum\": null, \"tag\": null}\n{\"lr\": 0.2, \"tag\": \"\"}\n",
    );
    let said = project.wallow("import --from b.jsonl").succeeds();
    assert!(
        said.starts_with("2 inserted, 0 overwritten, 1 existing"),
        "{said}"
    );
    // What is exported in any format is the same run when it is imported.
    for format in ["csv", "json", "jsonl", "parquet", "arrow"] {
        let file = format!("out.{format}");
        project
            .wallow(&format!("export --output {file}"))
            .succeeds();
        let said = project.wallow(&format!("import --from {file}")).succeeds();
        let expected = "0 inserted, 0 overwritten, 6 existing, 0 refused\n";
        assert!(said.starts_with(expected), "{format}: {said}");
    }
    project.has("c.csv", "lr,momentum,tag\n0.3,NaN,\n0.3,fast,\n");
    let answer = project.wallow("import --from c.csv");
    let refusal = answer.stdout.clone();
    answer.refuses();
    assert!(
        refusal.contains("line 2: field `momentum`: \"NaN\": it is NaN"),
        "{refusal}"
    );
}

#[test]
fn a_table_without_the_column_says_what_is_meant() {
    let project = project();
    project.has("a.csv", "lr,tag\n0.1,x\n");
    let refusal = project.wallow("import --from a.csv").refuses();
    let way_out = "`--map THEIRS=momentum` names one, or `--defaults` leaves it out of all of its runs, \
                   `--set momentum=VALUE` gives them a value";
    assert!(refusal.contains(way_out), "{refusal}");
    for option in ["--defaults", "--set momentum="] {
        project
            .wallow(&format!("import --from a.csv {option}"))
            .succeeds();
        assert_eq!(runs(&project), "lr,momentum,tag\n0.1,,x\n");
    }
    project
        .wallow("import --from a.csv --set momentum=0.5")
        .succeeds();
    project
        .wallow("import --from a.csv --set momentum=0.5 --set tag=")
        .succeeds();
    assert_eq!(runs(&project), "lr,momentum,tag\n0.1,,x\n0.1,0.5,x\n");
    let twice = project
        .wallow("import --from a.csv --set momentum=0.5 --set momentum=")
        .misuses();
    assert!(twice.contains("gives `momentum` two values"), "{twice}");
    let required = project
        .wallow("import --from a.csv --set momentum= --set lr=")
        .misuses();
    assert!(required.contains("`--set lr`"), "{required}");
}

#[test]
fn absent_values_are_listed_grouped_and_near() {
    let project = project();
    project.has(
        "a.csv",
        "lr,momentum,tag\n0.1,,\n0.2,,\n0.1,0.9,\n0.1,0.5,\n",
    );
    project.wallow("import --from a.csv").succeeds();
    assert_data_eq!(
        project.wallow("ls --group-by momentum").succeeds(),
        str![[r#"
momentum  runs
     0.5     1
     0.9     1
       -     2

"#]]
    );
    assert_eq!(
        project
            .wallow("count --where \"momentum is null\"")
            .succeeds(),
        "2\n"
    );
    assert_eq!(
        project
            .wallow("count --where \"momentum == 0.9\"")
            .succeeds(),
        "1\n"
    );
    let nearest = project
        .wallow("near lr=0.1 momentum= tag= -n 1 --json")
        .succeeds();
    assert!(
        nearest.contains("\"differences\": {}") && nearest.contains("\"id\": 1"),
        "{nearest}"
    );
    let collisions = project.wallow("collisions lr").finds();
    assert!(
        collisions.starts_with("momentum=none, tag=none: "),
        "{collisions}"
    );
    let collisions = project.wallow("collisions lr --json").finds();
    assert!(collisions.contains("\"momentum\": null"), "{collisions}");
    let difference = project.wallow("diff 1 3 --json").succeeds();
    assert!(
        difference.contains("null") && difference.contains("0.9"),
        "{difference}"
    );
    let displayed = project.wallow("show 1 --json").succeeds();
    assert!(displayed.contains("\"momentum\": null"), "{displayed}");
}

#[test]
fn a_copy_has_the_same_runs() {
    let project = project();
    project.has("a.csv", "lr,momentum,tag\n0.1,,\n0.1,0,\n0.1,,\"\"\n");
    project.wallow("import --from a.csv").succeeds();
    for _ in 0..2 {
        let said = project.wallow("copy --to other.db --yes").succeeds();
        assert!(
            said.contains("verified: 3 runs, the same in both"),
            "{said}"
        );
    }
    // The same key with another id is in the way.
    project.executes_on("other.db", "UPDATE runs SET id = 9 WHERE id = 1");
    let refusal = project.wallow("copy --to other.db --yes").refuses();
    assert!(refusal.contains('9'), "{refusal}");
}

#[test]
fn folders_of_runs_without_a_value_are_known() {
    let project = project();
    project.has("a.csv", "lr,momentum,tag\n0.1,,\n");
    project.wallow("import --from a.csv").succeeds();
    let uuid = project.reads("SELECT uuid FROM runs");
    project.has(&format!("artefacts/none/{uuid}/model"), "x");
    project.has("artefacts/none/8fa740691a0a/model", "x");
    let found = project.wallow("gc").finds();
    assert!(
        found.contains("none/8fa740691a0a") && !found.contains(&uuid),
        "{found}"
    );
}

#[test]
fn a_trial_without_a_parameter_is_a_run_without_it() {
    let project = Project::with(
        "[project]\nname = 'choices'\n[identifying.lr]\ntype = 'float'\n[identifying.seed]\ntype = 'int'\n\
         [identifying.decay]\ntype = 'string'\noptional = true\n[annotating.loss]\ntype = 'float'\n",
    )
    .sets("TZ", "UTC");
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    let study = include_str!("../../../tests/fixtures/optuna-4.5.0.sql");
    project.executes_on("study.db", study);
    project.executes_on(
        "study.db",
        "DELETE FROM trial_params WHERE param_name = 'decay' AND trial_id IN (1, 7)",
    );
    let said = project
        .wallow("import --from-optuna study.db --map value=loss --skip-refused")
        .succeeds();
    // One trial has the choice `None`.
    assert!(said.contains("absent: `decay` in 3 runs"), "{said}");
    let absent =
        "SELECT group_concat(seed) FROM (SELECT seed FROM runs WHERE decay IS NULL ORDER BY seed)";
    assert_eq!(project.reads(absent), "0,2,7");
}

/// specs 7.20
#[test]
fn a_field_becomes_optional_and_required_again() {
    let required = SCHEMA.replace(
        "optional = true\n\n[identifying.tag]",
        "default = 0.9\n\n[identifying.tag]",
    );
    let project = Project::with(&required);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project.has("a.csv", "lr,momentum,tag\n0.1,0.9,\n0.2,0.5,x\n");
    project.wallow("import --from a.csv").succeeds();

    project.declares(SCHEMA);
    assert_data_eq!(
        project.wallow("migrate generate optional").succeeds(),
        str![[r#"
- change `momentum`: optional, no default
- tell runs apart by `lr`, `momentum` (or its absence), `tag` (or its absence)
wrote [..] below migrations
next: read the SQL, then `wallow migrate apply`

"#]]
    );
    project.wallow("migrate apply").succeeds();
    let status = project.wallow("status").succeeds();
    let note = "cannot be shared with the Python package, which knows no optional key field: `momentum`, `tag`";
    assert!(
        status.contains(note) && status.contains("in sync"),
        "{status}"
    );
    let status = project.wallow("status --json").succeeds();
    assert!(status.contains(note), "{status}");
    project.has("b.csv", "lr,momentum,tag\n0.1,,\n0.1,0.9,\n0.1,,\n");
    let said = project.wallow("import --from b.csv").succeeds();
    assert!(
        said.starts_with("1 inserted, 0 overwritten, 2 existing"),
        "{said}"
    );

    // Nothing is written while a run lacks it, and the script that was written before stops by itself.
    project.declares(&required);
    let refusal = project.wallow("migrate generate required").refuses();
    let reason = "1 run has no `momentum`, so it cannot become required, and nothing was written: give them the value";
    assert!(refusal.contains(reason), "{refusal}");
    let delete = "DELETE FROM runs WHERE \"momentum\" IS NULL";
    assert!(refusal.contains(delete), "{refusal}");
    project.executes("CREATE TABLE aside AS SELECT * FROM runs WHERE momentum IS NULL");
    project.executes(delete);
    project.wallow("migrate generate required").succeeds();
    project.executes("INSERT INTO runs SELECT * FROM aside");
    let refusal = project.wallow("migrate apply").refuses();
    let reason = "some runs have no `momentum`, so it cannot become required: give them the value";
    assert!(refusal.contains(reason), "{refusal}");
    project.executes("UPDATE runs SET momentum = 0.7 WHERE momentum IS NULL");
    project.wallow("migrate apply").succeeds();
    assert!(project.wallow("status").succeeds().contains("in sync"));
    assert_eq!(
        runs(&project),
        "lr,momentum,tag\n0.1,0.9,\n0.2,0.5,x\n0.1,0.7,\n"
    );

    project.wallow("migrate downgrade base --yes").succeeds();
    project.wallow("migrate apply").succeeds();
    assert!(project.wallow("status").succeeds().contains("in sync"));
}

#[test]
fn an_index_by_hand_is_compared_term_by_term() {
    let project = project();
    project.executes(
        "DROP INDEX uq_runs_identifying;
         CREATE UNIQUE INDEX uq_runs_identifying ON runs (lr, momentum, tag)",
    );
    let status = project.wallow("status").finds();
    assert!(
        status.contains("nothing keeps (lr, momentum (optional), tag (optional)) unique"),
        "{status}"
    );
    let advice = "CREATE UNIQUE INDEX uq_runs_identifying ON runs (\"lr\", (\"momentum\" IS NULL), \
                  coalesce(\"momentum\", 0.0), (\"tag\" IS NULL), coalesce(\"tag\", ''))";
    assert!(status.contains(advice), "{status}");
    let (_, statements) = status
        .split_once("have the owner of the table run `")
        .unwrap();
    project.executes(statements.split_once('`').unwrap().0);
    assert!(project.wallow("status").succeeds().contains("in sync"));
    assert!(
        project
            .wallow("doctor")
            .succeeds()
            .contains("the table is as the schema says")
    );
}
