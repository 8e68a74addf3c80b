//! `wallow import --from-optuna`: databases that Optuna 4.5.0 and 2.10.1 made (`tests/fixtures/optuna.py`).

use snapbox::{assert_data_eq, str};

use crate::project::Project;

const CHOICES: &str = r#"[project]
name = "choices"

[identifying.lr]
type = "float"

[identifying.decay]
type = "float"
default = 0.1

[identifying.seed]
type = "int"
default = 0

[annotating.loss]
type = "float"

[annotating.state]
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

const IMPORT: &str = "import --from-optuna study.db --map value=loss --map params.decay=choice";

fn project(schema: &str) -> Project {
    let project = Project::with(schema).sets("TZ", "UTC");
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project.executes_on(
        "study.db",
        include_str!("../../../tests/fixtures/optuna-4.5.0.sql"),
    );
    project
}

/// The same with the choice as an annotating text.
fn with_choices() -> Project {
    project(&CHOICES.replace(
        "[identifying.decay]\ntype = \"float\"\ndefault = 0.1",
        "[annotating.choice]\ntype = \"json\"",
    ))
}

/// The runs in the database, by their seeds, with their values of the lifecycle.
fn stands(project: &Project) -> String {
    project.reads(
        "SELECT group_concat(run, ', ') FROM (SELECT seed || ' ' || coalesce(status, 'NULL') || \
         coalesce(' ' || error_excerpt, '') AS run FROM runs ORDER BY id)",
    )
}

#[test]
fn a_choice_that_a_key_cannot_hold_never_becomes_a_default() {
    let project = project(CHOICES);
    let line = "import --from-optuna study.db --map value=loss";
    let report = project.wallow(&format!("{line} --skip-refused"));
    assert_data_eq!(
        report.succeeds(),
        str![[r#"
2 inserted, 0 overwritten, 0 existing, 7 refused
refused trial 0 of choices: field `decay`: "adam" is no float
refused trial 1 of choices: field `decay`: "sgd" is no float
refused trial 2 of choices: field `decay`: it is null; `--defaults` takes its default 0.1 for runs without a value, `--set decay=VALUE` another value
refused trial 4 of choices: field `decay`: NaN: it is NaN, which identifies nothing
refused trial 6 of choices: field `decay`: "adam" is no float
refused trial 7 of choices: field `decay`: "adam" is no float
refused trial 8 of choices: field `decay`: "adam" is no float
left out, for want of a field: trial.number, trial.study
into runs.db, beside wallow.toml

"#]]
    );
    assert_eq!(
        project.reads("SELECT group_concat(decay) FROM (SELECT decay FROM runs ORDER BY id)"),
        "Inf,0.5"
    );
    // A missing value takes the default with `--defaults`, and is counted; a value that is present never does.
    let said = project.wallow(&format!("{line} --skip-refused --defaults"));
    let said = said.succeeds();
    assert!(
        said.starts_with("1 inserted, 0 overwritten, 2 existing, 6 refused\n"),
        "{said}"
    );
    assert!(
        said.contains("default taken: `decay` is 0.1 in 1 run\n"),
        "{said}"
    );
    // An invalid index, a null and a rounded integer are not among the values either.
    for (value, reason) in [
        ("-1.0", "its choice is not among those that it has"),
        ("0.5", "its choice is not among those that it has"),
        ("1e300", "its choice is not among those that it has"),
        ("NULL", "it has no value"),
    ] {
        project.executes_on(
            "study.db",
            &format!("UPDATE trial_params SET param_value = {value} WHERE trial_id = 4 AND param_name = 'decay'"),
        );
        let answer = project.wallow(&format!("{line} --skip-refused --defaults"));
        let expected = format!("refused trial 3 of choices: field `decay`: {reason}\n");
        assert!(answer.stdout.contains(&expected), "{}", answer.stdout);
    }
    project.executes_on(
        "study.db",
        "UPDATE trial_params SET param_value = 2.0 WHERE trial_id = 4 AND param_name = 'decay';
         UPDATE trial_params SET param_value = 9007199254740992.0 WHERE trial_id = 4 AND param_name = 'seed'",
    );
    let answer = project.wallow(&format!("{line} --skip-refused --defaults"));
    let expected =
        "refused trial 3 of choices: field `seed`: 9007199254740992.0 is no int; an int goes from";
    assert!(answer.stdout.contains(expected), "{}", answer.stdout);
}

/// specs 8.22
#[test]
fn its_states_are_the_four() {
    let project = with_choices();
    assert_data_eq!(
        project.wallow(IMPORT).succeeds(),
        str![[r#"
9 inserted, 0 overwritten, 0 existing, 0 refused
NaN became NULL: 1 value of `choice`
infinity within JSON became null: 1 value of `choice`
running elsewhere, became pending because nobody holds a claim here: 1 value of `status`
left out, for want of a field: trial.number, trial.study
into runs.db, beside wallow.toml

"#]]
    );
    assert_eq!(
        stands(&project),
        "0 completed, 1 failed, 2 completed, 3 completed, 4 completed, 5 failed PRUNED, 7 completed, 8 pending, 9 pending"
    );
    // A waiting trial has the parameters with which it was put into the queue.
    assert_eq!(
        project.reads("SELECT lr || ' ' || choice FROM runs WHERE seed = 9"),
        "0.04 \"adam\""
    );
    assert_eq!(
        project.wallow("import --from-optuna study.db --map value=loss --map params.decay=choice --status PRUNED=completed --status running=running --on-duplicate overwrite --yes")
            .succeeds()
            .lines()
            .next(),
        Some("0 inserted, 9 overwritten, 0 existing, 0 refused")
    );
    let said = stands(&project);
    assert!(
        said.contains("5 completed") && said.contains("8 running"),
        "{said}"
    );
}

#[test]
fn their_word_is_kept_in_a_field_if_asked() {
    let project = with_choices();
    project
        .wallow(&format!("{IMPORT} --map status=state"))
        .succeeds();
    assert_eq!(
        project
            .reads("SELECT group_concat(state || ' ' || status) FROM runs WHERE seed IN (1, 5, 8)"),
        "FAIL failed,PRUNED failed,RUNNING pending"
    );
    // A field that is left out is not filled.
    let project = with_choices();
    project
        .wallow(&format!("{IMPORT} --map status="))
        .succeeds();
    assert_eq!(
        project.reads("SELECT count(*) FROM runs WHERE status IS NULL"),
        "9"
    );
}

#[test]
fn an_unknown_state_is_refused_and_a_schema_without_the_lifecycle_keeps_theirs() {
    let project = with_choices();
    let pause = "UPDATE trials SET state = 'PAUSED' WHERE trial_id = 1";
    project.executes_on("study.db", pause);
    let answer = project.wallow(IMPORT);
    assert!(
        answer.stdout.contains(
            "refused trial 0 of choices: field `status`: \"PAUSED\" is none of pending, running, completed and failed; \
             `--status PAUSED=completed` says which of them it means\n"
        ),
        "{}",
        answer.stdout
    );
    answer.refuses();
    project
        .wallow(&format!("{IMPORT} --status PAUSED=pending"))
        .succeeds();
    assert!(stands(&project).starts_with("0 pending"));

    let without = CHOICES.replace("[annotating.error_excerpt]\ntype = \"string\"\n", "");
    let without = without.replace("[identifying.decay]\ntype = \"float\"\ndefault = 0.1", "");
    let project = self::project(&without);
    let line = "import --from-optuna study.db";
    project.wallow(line).succeeds();
    assert_eq!(
        project.reads("SELECT group_concat(DISTINCT status) FROM runs"),
        "COMPLETE,FAIL,PRUNED,RUNNING,WAITING"
    );
    let refusal = project.wallow(&format!("{line} --status PRUNED=failed"));
    assert_data_eq!(
        refusal.misuses(),
        str![[r#"
error: `--status PRUNED=failed`: the schema does not have the lifecycle, so its words stay as they are

"#]]
    );
}

#[test]
fn no_trial_took_less_than_no_time() {
    let project = with_choices();
    // The clock was set back by an hour in between, in a zone without summer time.
    project.executes_on(
        "study.db",
        "UPDATE trials SET datetime_start = '2026-11-25 11:00:00.5', datetime_complete = '2026-11-25 10:10:00' WHERE trial_id = 1",
    );
    let said = project.wallow(IMPORT).succeeds();
    assert!(
        said.contains(
            "NULL, because the run ends before it begins: 1 value of `wallclock_seconds`\n"
        ),
        "{said}"
    );
    assert_eq!(
        project.reads(
            "SELECT started_at || ' ' || completed_at || ' ' || updated_at || ' ' || coalesce(wallclock_seconds, 'NULL') \
             FROM runs WHERE seed = 0"
        ),
        "2026-11-25 11:00:00.500000 2026-11-25 10:10:00.000000 2026-11-25 11:00:00.500000 NULL"
    );
    assert_eq!(
        project.reads(
            "SELECT count(*) FROM runs WHERE wallclock_seconds < 0 OR updated_at < created_at"
        ),
        "0"
    );
}

#[test]
fn a_database_of_an_older_version_names_the_way_out() {
    let project = project(CHOICES);
    project.executes_on(
        "old studies.db",
        include_str!("../../../tests/fixtures/optuna-2.10.1.sql"),
    );
    assert_data_eq!(
        project
            .wallow("import --from-optuna \"old studies.db\"")
            .refuses(),
        str![[r#"
error: `old studies.db` was written by an older version of Optuna (version 2.10.1, schema v2.6.0.a), and lacks what later ones write (`trial_values.value_type`); keep a copy, then bring it up to date with Optuna 3 or 4: `optuna storage upgrade --storage 'sqlite:///old studies.db'`

"#]]
    );
    // Older still: there is neither the table nor a version.
    project.executes_on(
        "old studies.db",
        "DROP TABLE trial_values; DROP TABLE version_info; DROP TABLE alembic_version",
    );
    let refusal = project
        .wallow("import --from-optuna \"old studies.db\"")
        .refuses();
    assert!(
        refusal.contains(
            "an older version of Optuna, and lacks what later ones write (`trial_values.objective`)"
        ),
        "{refusal}"
    );
}
