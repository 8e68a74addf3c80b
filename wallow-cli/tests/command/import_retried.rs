//! `wallow import`: records of one run, of which a tracker has one for each try.

use crate::project::Project;

const SCHEMA: &str = r#"[project]
name = "tries"
lifecycle = true

[identifying.lr]
type = "float"

[identifying.seed]
type = "int"
default = 0

[annotating.loss]
type = "float"
"#;

/// [`SCHEMA`] without the lifecycle, so without a status.
const WITHOUT_STATUS: &str = r#"[project]
name = "tries"

[identifying.lr]
type = "float"

[identifying.seed]
type = "int"

[annotating.loss]
type = "float"
"#;

fn managed(project: Project) -> Project {
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project
}

/// Runs as `seed status loss`.
fn runs(project: &Project) -> String {
    let ls = "export --columns seed,status,loss,error_excerpt --format csv";
    let text = project.wallow(ls).succeeds();
    text.lines().skip(1).collect::<Vec<_>>().join(" ")
}

/// Seed 0 failed and was repeated, seed 1 was repeated in vain after it was completed, seed 2 was put into the queue
/// once more, and seed 3 was done twice.
const TRIES: &str = "lr,seed,status,loss,error_excerpt\n\
    1,0,failed,,boom\n\
    1,0,completed,0.5,\n\
    1,1,completed,0.25,\n\
    1,1,failed,0.75,boom\n\
    1,2,pending,,\n\
    1,2,failed,,boom\n\
    1,3,completed,0.1,\n\
    1,3,completed,0.2,\n";

fn the_completed_record_counts(project: &Project) {
    project.has("tries.csv", TRIES);
    let fallen = "the same key: 8 records fell together onto 4 runs (line 2 = line 3; line 4 = line 5; line 6 = line 7; …)";
    let said = project.wallow("import --from tries.csv").succeeds();
    assert!(
        said.starts_with("4 inserted, 0 overwritten, 4 existing, 0 refused\n"),
        "{said}"
    );
    let dropped = "; 4 of them have other values, which are not imported: a completed one counts, else the first one\n";
    assert!(said.contains(&format!("{fallen}{dropped}")), "{said}");
    let expected = "0,completed,0.5, 1,completed,0.25, 2,failed,,boom 3,completed,0.1,";
    assert_eq!(sorted(project), expected);
    project.wallow("rm --where \"id > 0\" --yes").succeeds();
    // What overwrites, overwrites no completed record by one that is not.
    let overwrite = "import --from tries.csv --on-duplicate overwrite --yes";
    let said = project.wallow(overwrite).succeeds();
    let counts =
        ": what a later one says counts, and what a completed one says before what others say\n";
    assert!(said.contains(counts), "{said}");
    let expected = expected.replace("3,completed,0.1,", "3,completed,0.2,");
    assert_eq!(sorted(project), expected);
    project.wallow("rm --where \"id > 0\" --yes").succeeds();
    let said = project
        .wallow("import --from tries.csv --on-duplicate error --skip-refused")
        .succeeds();
    assert!(said.contains("refused line 2: "), "{said}");
    assert_eq!(
        sorted(project),
        "0,completed,0.5, 1,completed,0.25, 2,failed,,boom 3,completed,0.1,"
    );
}

/// The runs in the order of their seeds.
fn sorted(project: &Project) -> String {
    let text = runs(project);
    let mut runs = text.split(' ').collect::<Vec<_>>();
    runs.sort_unstable();
    runs.join(" ")
}

/// specs 8.16
#[test]
fn a_completed_record_counts_before_the_others_of_its_run() {
    the_completed_record_counts(&managed(Project::with(SCHEMA)));
}

#[cfg(feature = "postgres")]
#[test]
fn a_completed_record_counts_before_the_others_of_its_run_on_a_server() {
    let Some(server) = postgres_server::Server::shared() else {
        return;
    };
    let database = server.fresh();
    let project = Project::with(SCHEMA).sets("WALLOW_DATABASE_URL", &database.url());
    the_completed_record_counts(&managed(project));
}

/// Records without a status: the first one counts, and what the others say is reported.
#[test]
fn without_a_status_the_first_record_counts() {
    let project = managed(Project::with(SCHEMA));
    project.has(
        "tries.jsonl",
        "{\"lr\": 1, \"seed\": 0, \"loss\": null}\n{\"lr\": 1, \"seed\": 0, \"loss\": 0.5}\n\
         {\"lr\": 1, \"seed\": 0}\n{\"lr\": 1.0, \"seed\": 0, \"loss\": 0.5}\n",
    );
    let said = project.wallow("import --from tries.jsonl").succeeds();
    assert!(
        said.contains("fell together onto 1 run (line 1 = line 2 = line 3 = line 4); 2 of them have other values"),
        "{said}"
    );
    assert_eq!(runs(&project), "0,,,");
    // Records that say the same are only counted.
    project.has(
        "same.jsonl",
        "{\"lr\": 2, \"loss\": 1}\n{\"lr\": 2, \"loss\": 1.0}\n",
    );
    let said = project
        .wallow("import --from same.jsonl --defaults")
        .succeeds();
    assert!(said.contains("onto 1 run (line 1 = line 2)\n"), "{said}");
}

/// If the database refuses the completed record, the other one is the run.
#[test]
fn a_record_counts_if_the_one_before_it_is_refused() {
    let project = managed(Project::with(SCHEMA));
    project.executes(
        "CREATE TRIGGER half BEFORE INSERT ON runs WHEN NEW.loss = 0.5 BEGIN SELECT RAISE(ABORT, 'no halves'); END",
    );
    project.has("tries.csv", TRIES);
    for policy in ["skip", "overwrite --yes", "error"] {
        let said = project
            .wallow(&format!(
                "import --from tries.csv --skip-refused --on-duplicate {policy}"
            ))
            .succeeds();
        assert!(said.contains("refused line 3: no halves"), "{said}");
        assert!(sorted(&project).starts_with("0,failed,,boom "), "{said}");
        project.wallow("rm --where \"id > 0\" --yes").succeeds();
    }
}

/// The failed trials of Optuna's `RetryFailedTrialCallback`, also in a schema that keeps no status.
#[test]
fn a_trial_that_was_repeated_is_completed() {
    let repeated = "UPDATE trial_params SET param_value = 1 WHERE trial_id = 3 AND param_name = 'seed'; \
                    UPDATE trials SET state = 'FAIL' WHERE trial_id = 5; \
                    UPDATE trial_params SET param_value = 3 WHERE trial_id = 5 AND param_name = 'seed'";
    for (schema, columns) in [(SCHEMA, "seed,status,loss"), (WITHOUT_STATUS, "seed,loss")] {
        let project = managed(Project::with(schema).sets("TZ", "UTC"));
        project.executes_on(
            "study.db",
            include_str!("../../../tests/fixtures/optuna-4.5.0.sql"),
        );
        project.executes_on("study.db", repeated);
        let said = project
            .wallow("import --from study.db --map value=loss --skip-refused")
            .succeeds();
        assert!(said.contains("fell together onto 2 runs"), "{said}");
        // The fixture has the same value in each trial, but not the same status.
        assert!(said.contains(" of them ha"), "{said}");
        let text = project
            .wallow(&format!(
                "export --columns {columns} --where \"seed in [1, 3]\""
            ))
            .succeeds();
        let completed = text.replace("completed,", "");
        assert!(completed.ends_with("loss\n1,0.01\n3,0.01\n"), "{text}");
    }
}

/// In MLflow, the first run and a later one have equal parameters.
#[test]
fn a_run_that_was_repeated_is_finished() {
    let project = managed(Project::with(SCHEMA));
    project.executes_on(
        "mlflow.db",
        include_str!("../../../tests/fixtures/mlflow-3.17.2.sql"),
    );
    for (failed, finished) in [("76afb0f0", "220e8166"), ("220e8166", "76afb0f0")] {
        project.executes_on(
            "mlflow.db",
            &format!(
                "UPDATE runs SET status = 'FAILED' WHERE run_uuid LIKE '{failed}%'; \
                 UPDATE runs SET status = 'FINISHED' WHERE run_uuid LIKE '{finished}%'"
            ),
        );
        let said = project
            .wallow("import --from mlflow.db --map params.loss= --defaults --skip-refused")
            .succeeds();
        assert!(said.contains("fell together onto 1 run"), "{said}");
        let count = "count --where \"lr == 0.1 and seed == 0 and status == 'completed'\"";
        assert_eq!(project.wallow(count).succeeds(), "1\n", "{failed}");
        project.wallow("rm --where \"id > 0\" --yes").succeeds();
    }
}
