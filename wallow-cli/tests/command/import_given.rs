//! `wallow import`: values from the command line, and the messages if nothing can be imported.

use crate::import_keys::{line, project};

/// specs 8.17
#[test]
fn a_value_of_the_command_line_is_taken_as_it_is_written_or_not_at_all() {
    let project = project();
    project.has("a.jsonl", &line("0.5", "1", ""));
    for (set, reason) in [
        (
            "loss=nan",
            "`--set loss`: `nan`: NaN cannot be stored; write a number, or leave the option out if there is no value",
        ),
        (
            "steps=-NaN",
            "`--set steps`: `-NaN`: NaN cannot be stored; write a number, or leave the option out if there is no value",
        ),
        (
            "loss=1e400",
            "`--set loss`: `1e400`: it is too large for a float; write `inf` if infinity is meant",
        ),
        (
            "loss=1e-400",
            "`--set loss`: `1e-400`: it is too small for a float; write `0` if zero is meant",
        ),
        (
            "loss=9007199254740993",
            "`--set loss`: `9007199254740993`: no float is exactly this integer; write the float that is meant",
        ),
        (
            "curve=[1e400]",
            "`--set curve`: `[1e400]`: it is too large for a number of JSON; write it as a text, in quotes",
        ),
        (
            "curve=[1,NaN]",
            "`--set curve`: `[1,NaN]`: NaN cannot be stored; write a number, or leave the option out if there is no value",
        ),
        (
            "curve=[Infinity]",
            "`--set curve`: `[Infinity]`: JSON has no infinity; write it as a text: \"Infinity\"",
        ),
        (
            "seen_at=2024-01-02T03:04:05.1234567Z",
            "a time is kept to the microsecond; write at most six digits behind the second",
        ),
        (
            "seed=nan",
            "`--set seed`: `nan`: it is NaN, which identifies nothing",
        ),
        ("decay=1e400", "it is too large for a float; write `inf`"),
    ] {
        let refusal = project
            .wallow(&format!("import --from a.jsonl --set {set}"))
            .misuses();
        assert!(refusal.contains(reason), "{set}: {refusal}");
    }
    for twice in [
        "--set loss=1 --set loss=2",
        "--map a=loss --map a=steps",
        "--map a= --map a=steps",
    ] {
        let refusal = project
            .wallow(&format!("import --from a.jsonl {twice}"))
            .misuses();
        assert!(refusal.contains("leave one of them out"), "{refusal}");
    }
    assert_eq!(project.reads("SELECT count(*) FROM runs"), "0");
    project
        .wallow("import --from a.jsonl --set loss=inf --set loss=inf --set curve=[1,null]")
        .succeeds();
    assert_eq!(
        project.reads("SELECT loss || ' ' || curve FROM runs"),
        "Inf [1,null]"
    );
}

#[test]
fn a_file_of_which_nothing_is_left_is_not_to_be_skipped() {
    let project = project();
    project.has("a.jsonl", &line("NaN", "1", ""));
    let refusal = project.wallow("import --from a.jsonl").refuses();
    assert!(
        refusal.contains("every record is refused; correct what the reasons name")
            && !refusal.contains("--skip-refused"),
        "{refusal}"
    );
    let text = line("NaN", "1", "") + &line("0.5", "1", "");
    project.has("a.jsonl", &text);
    let refusal = project.wallow("import --from a.jsonl").refuses();
    assert!(refusal.contains("--skip-refused"), "{refusal}");
}

/// specs 8.17
#[test]
fn what_a_curve_of_a_tracker_loses_is_counted() {
    let project = project();
    project.executes_on(
        "study.db",
        include_str!("../../../tests/fixtures/optuna-4.5.0.sql"),
    );
    project.executes_on(
        "study.db",
        "DELETE FROM trial_intermediate_values;
         INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type) VALUES
         (4, 0, 0.5, 'FINITE'), (4, 1, NULL, 'NAN'), (4, 2, NULL, 'INF_POS'), (4, 3, 1e300, 'FINITE')",
    );
    let said = project
        .wallow("import --from-optuna study.db --map history.value=curve --map trial.number=seed --set model=a --map params.decay= --set decay=0.5")
        .succeeds();
    for line in [
        "NaN became NULL: 1 value of `curve`\n",
        "infinity within JSON became null: 1 value of `curve`\n",
    ] {
        assert!(said.contains(line), "{said}");
    }
    assert_eq!(
        project.reads("SELECT curve FROM runs WHERE seed = 3"),
        "[0.5,null,null,1e+300]"
    );
}

/// specs 8.17
#[test]
fn metrics_that_are_no_floats_are_counted_or_refused() {
    let project = project();
    project.executes_on(
        "mlflow.db",
        include_str!("../../../tests/fixtures/mlflow-3.17.2.sql"),
    );
    project.executes_on(
        "mlflow.db",
        "PRAGMA ignore_check_constraints = 1;
         UPDATE params SET value = '0.25' WHERE value = 'not a number';
         UPDATE latest_metrics SET value = 'fast' WHERE key = 'accuracy' AND run_uuid IN (SELECT run_uuid FROM runs WHERE name = 'run 0');",
    );
    let import = "import --from-mlflow mlflow.db --map params.lr=decay --map params.loss= --set model=a --defaults --map history.loss=curve --map metrics.accuracy=steps";
    let answer = project.wallow(&format!("{import} --skip-refused"));
    for line in [
        "field `steps`: \"fast\" is no int\n",
        "field `steps`: 0.6 is no int\n",
    ] {
        assert!(answer.stdout.contains(line), "{}", answer.stdout);
    }
    let import = import.replace("--map metrics.accuracy=steps", "");
    let said = project.wallow(&import).succeeds();
    for line in [
        "NaN became NULL: 1 value of `loss`\n",
        "NaN became NULL: 1 value of `curve`\n",
        "infinity within JSON became null: 1 value of `curve`\n",
        "the largest float, which MLflow writes for infinity, became infinity: 1 value of `loss`\n",
    ] {
        assert!(said.contains(line), "{said}");
    }
    let key = import.replace("params.lr=decay", "metrics.loss=decay");
    let refused = project.wallow(&key);
    for reason in [
        "field `decay`: inf: it is the largest float, which MLflow writes for infinity",
        "field `decay`: NaN: it is NaN, which identifies nothing",
    ] {
        assert!(refused.stdout.contains(reason), "{}", refused.stdout);
    }
}

/// specs 8.12
#[test]
fn a_zone_that_is_not_known_is_reported() {
    for (zone, is_reported) in [
        ("Mars/Phobos", true),
        ("CET-1CEST", true),
        ("UTC0", false),
        ("<+01>-1", false),
        ("", false),
    ] {
        let project = project().sets("TZ", zone);
        project.executes_on(
            "study.db",
            include_str!("../../../tests/fixtures/optuna-4.5.0.sql"),
        );
        let said = project
            .wallow("import --from-optuna study.db --set model=a --map params.decay= --set decay=0.5 --map trial.number=seed")
            .succeeds();
        let warning = format!(
            "\nthe zone `{zone}` of the variable TZ is not known here, so the zone of its times is taken for "
        );
        assert_eq!(said.contains(&warning), is_reported, "{said}");
        assert_eq!(said.contains("variable TZ"), is_reported, "{said}");
    }
}

/// specs 8.12
#[test]
fn trials_of_the_hour_that_came_twice_stay_in_their_order() {
    let project = project().sets("TZ", "CET-1CEST,M3.5.0,M10.5.0/3");
    project.executes_on(
        "study.db",
        include_str!("../../../tests/fixtures/optuna-4.5.0.sql"),
    );
    project.executes_on(
        "study.db",
        "PRAGMA foreign_keys = off; DELETE FROM trials WHERE trial_id > 3;
         UPDATE trials SET datetime_start = '2024-10-27 02:40:00', datetime_complete = '2024-10-27 02:50:00' WHERE trial_id = 1;
         UPDATE trials SET datetime_start = '2024-10-27 02:10:00', datetime_complete = '2024-10-27 02:20:00' WHERE trial_id = 2;
         UPDATE trials SET datetime_start = '2024-10-27 02:30:00', datetime_complete = '2024-10-27 03:10:00' WHERE trial_id = 3;",
    );
    project
        .wallow("import --from-optuna study.db --set model=a --map params.decay= --set decay=0.5 --map trial.number=seed")
        .succeeds();
    assert_eq!(
        project.reads(
            "SELECT group_concat(substr(created_at, 12, 5) || '-' || substr(updated_at, 12, 5), ' ') FROM runs ORDER BY seed"
        ),
        "00:40-00:50 01:10-01:20 01:30-02:10"
    );
}

/// specs 8.12
#[cfg(unix)]
#[test]
fn a_slow_file_holds_no_lock() {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let project = project();
    let made = Command::new("mkfifo")
        .arg(project.path("slow.jsonl"))
        .status();
    assert!(made.unwrap().success());
    let mut slow = project.command(".", "import --from slow.jsonl");
    let slow = slow.stdout(Stdio::piped()).spawn().unwrap();
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(project.path("slow.jsonl"));
    let mut file = file.unwrap();
    file.write_all(line("0.5", "1", "").as_bytes()).unwrap();
    // The command is still reading the file, whose end has not been written yet; meanwhile others can write runs.
    for seed in 2..5 {
        project.has("a.jsonl", &line("0.5", &seed.to_string(), ""));
        project.wallow("import --from a.jsonl").succeeds();
    }
    assert_eq!(project.reads("SELECT count(*) FROM runs"), "3");
    file.write_all(line("0.5", "2", "").as_bytes()).unwrap();
    drop(file);
    let said = slow.wait_with_output().unwrap();
    assert!(said.status.success());
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(
        said.starts_with("1 inserted, 0 overwritten, 1 existing"),
        "{said}"
    );
}
