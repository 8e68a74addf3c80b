//! Measures of values that are extreme, or that another program damaged: the same on every database.

use crate::on::On;

const RUNS: &str = r#"[project]
name = "measures"

[identifying.optimiser]
type = "string"

[identifying.seed]
type = "int"

[annotating.loss]
type = "float"

[annotating.steps]
type = "int"

[annotating.curve]
type = "json"
"#;

/// Ten seeds of two optimisers.
fn runs(on: &On) {
    let mut rows = vec!["optimiser,seed,loss,steps".to_owned()];
    for optimiser in ["adamw", "sgd"] {
        for seed in 0..10 {
            rows.push(format!("{optimiser},{seed},0.{seed},{seed}"));
        }
    }
    on.project.has("runs.csv", &(rows.join("\n") + "\n"));
    on.project.wallow("migrate push --yes").succeeds();
    on.project.wallow("import --from runs.csv").succeeds();
}

/// One diverged run does not take the answers about all others.
#[test]
fn a_diverged_run_has_measures() {
    for on in On::each(RUNS) {
        runs(&on);
        on.runs("UPDATE runs SET loss = 1e200 WHERE seed = 9 AND optimiser = 'sgd'");
        let rows = on
            .project
            .wallow("ls --group-by optimiser --agg mean:loss,max:loss,n:loss --format jsonl")
            .succeeds();
        let rows = rows.lines().map(serde_json::from_str::<serde_json::Value>);
        let rows = rows.collect::<Result<Vec<_>, _>>().unwrap();
        for (row, name, expected) in [
            (&rows[0], "mean:loss", 0.45),
            (&rows[0], "std:loss", 0.302_765_035_409_749_2),
            (&rows[1], "mean:loss", 1e199),
            (&rows[1], "std:loss", 1e199 * 10_f64.sqrt()),
            (&rows[1], "max:loss", 1e200),
            (&rows[1], "n:loss", 10.0),
        ] {
            let value = row[name].as_f64().unwrap();
            assert!((value / expected - 1.0).abs() < 1e-14, "{name}: {value}");
        }
        for line in [
            "pivot optimiser seed --agg ci:loss",
            "pivot optimiser seed --agg sum:loss",
            "plot seed loss --over optimiser",
            "importance loss",
            "importance loss --over optimiser",
        ] {
            let answer = on.project.wallow(line);
            assert_eq!(answer.status, Some(0), "{line}\n{}", answer.stderr);
        }
    }
}

#[test]
fn equal_values_have_no_spread_whatever_their_size() {
    for on in On::each(RUNS) {
        runs(&on);
        for (loss, steps) in [
            ("0.1", "9007199254740995"),
            ("1.7e308", "-9007199254740995"),
        ] {
            on.runs(&format!("UPDATE runs SET loss = {loss}, steps = {steps}"));
            let rows = on.project.wallow(
                "ls --group-by optimiser --agg mean:loss,std:loss,ci:loss,std:steps,ci:steps --format jsonl",
            );
            for line in rows.succeeds().lines() {
                let row = serde_json::from_str::<serde_json::Value>(line).unwrap();
                assert_eq!(row["mean:loss"], loss.parse::<f64>().unwrap(), "{row}");
                for zero in ["std:loss", "ci:loss", "std:steps", "ci:steps"] {
                    assert_eq!(row[zero], 0.0, "{zero} {row}");
                }
            }
            let error = on
                .project
                .wallow("importance loss --over optimiser")
                .refuses();
            assert!(
                error.contains("every setting has the same `loss`"),
                "{error}"
            );
        }
    }
}

#[test]
fn a_sum_that_no_int_holds_says_what_to_ask_for() {
    for on in On::each(RUNS) {
        runs(&on);
        on.runs("UPDATE runs SET steps = 9223372036854775807 - seed");
        let error = on
            .project
            .wallow("ls --group-by optimiser --agg sum:steps")
            .misuses();
        assert!(
            error.contains("the sum of `steps` over a group of 10 runs"),
            "{error}"
        );
        assert!(error.contains("(`mean:steps`)"), "{error}");
        on.project
            .wallow("ls --group-by optimiser --agg mean:steps,n:steps")
            .succeeds();
    }
}

/// SQLite takes any value in any column, and its sums take a text for 0. The groups are those of all other runs.
#[test]
fn a_damaged_value_is_in_no_measure() {
    let on = On::each(RUNS).remove(0);
    runs(&on);
    // Without one of them, there are still enough for the importance of a field.
    let more = "optimiser,seed,loss,steps\nadamw,10,0.1,3\nsgd,10,0.2,3\n";
    on.project.has("more.csv", more);
    on.project.wallow("import --from more.csv").succeeds();
    let others = |line: &str, seed: u32| {
        let filter = format!("not (seed == {seed} and optimiser == 'sgd')");
        let mut command = on.project.command(".", line);
        let output = command.arg("--where").arg(filter).output().unwrap();
        assert!(output.status.success(), "{line}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let lines = |field: &str| {
        let functions = [
            "n", "mean", "std", "sem", "ci", "min", "median", "max", "p5", "sum",
        ];
        let heads = [
            "ls --group-by optimiser",
            "ls --over seed",
            "pivot optimiser seed",
        ];
        let of_groups = functions.iter().flat_map(|function| {
            heads.map(|head| format!("{head} --agg {function}:{field} --format csv"))
        });
        let others = [
            format!("importance {field}"),
            format!("plot seed {field} --over optimiser"),
        ];
        of_groups.chain(others).collect::<Vec<_>>()
    };
    let expected = [("loss", 3), ("steps", 4)].map(|(field, seed)| {
        let lines = lines(field).into_iter();
        let expected = lines.map(|line| {
            let expected = others(&line, seed);
            (line, expected)
        });
        (field, expected.collect::<Vec<_>>())
    });
    on.runs("UPDATE runs SET loss = 'abc' WHERE seed = 3 AND optimiser = 'sgd'");
    on.runs("UPDATE runs SET steps = 2.5 WHERE seed = 4 AND optimiser = 'sgd'");
    for (field, lines) in expected {
        for (line, expected) in lines {
            let answer = on.project.wallow(&line);
            let said = &answer.stderr;
            assert_eq!(answer.status, Some(1), "{line}: {said}");
            assert_eq!(answer.stdout, expected, "{line}");
            assert!(said.contains(&format!("field `{field}`")), "{line}: {said}");
        }
    }
    // A key that cannot be read makes no group.
    on.runs("UPDATE runs SET seed = 'x' WHERE seed = 5 AND optimiser = 'sgd'");
    let answer = on.project.wallow("ls --group-by seed --format csv");
    assert_eq!(answer.status, Some(1), "{}", answer.stderr);
    assert!(answer.stderr.contains("field `seed`"), "{}", answer.stderr);
    assert!(!answer.stdout.contains('x'), "{}", answer.stdout);
}

/// More damaged runs than a condition can name.
#[test]
fn a_field_that_another_program_changed_throughout_is_an_error() {
    let on = On::each(RUNS).remove(0);
    let rows = (0..1100).map(|seed| format!("sgd,{seed}\n"));
    let rows = format!("optimiser,seed\n{}", rows.collect::<String>());
    on.project.has("runs.csv", &rows);
    on.project.wallow("migrate push --yes").succeeds();
    on.project.wallow("import --from runs.csv").succeeds();
    on.runs("UPDATE runs SET loss = 'abc'");
    let error = on
        .project
        .wallow("ls --group-by optimiser --agg mean:loss")
        .refuses();
    assert!(error.contains("field `loss`"), "{error}");
}

/// A text in json is a name, as in other tables.
#[test]
fn texts_in_json_are_headings_without_quotes() {
    for on in On::each(RUNS) {
        runs(&on);
        on.runs("UPDATE runs SET curve = '{\"kind\": \"odd\"}' WHERE seed % 2 = 1");
        on.runs("UPDATE runs SET curve = '{\"kind\": \"even\"}' WHERE seed % 2 = 0");
        for (line, expected) in [
            (
                "pivot optimiser curve.kind --format csv",
                "optimiser,even,odd\nadamw,5,5\nsgd,5,5\n",
            ),
            (
                "pivot curve.kind optimiser --format csv",
                "curve.kind,adamw,sgd\neven,5,5\nodd,5,5\n",
            ),
            (
                "pivot curve.kind optimiser",
                "curve.kind / optimiser  adamw  sgd\neven                        5    5\nodd                         5    5\n",
            ),
        ] {
            let displayed = on.project.wallow(line).succeeds();
            assert_eq!(displayed.replace('\\', "/"), expected, "{line}");
        }
    }
}

/// A curve is drawn of the runs that have it, whatever others have; and what a message names can be given.
#[test]
fn curves_are_drawn_of_the_runs_that_have_them() {
    for on in On::each(RUNS) {
        runs(&on);
        let log = r#"[{"loss": 2.5, "x.y": 1}, {"loss": 1.5, "x.y": 2}]"#;
        on.runs(&format!("UPDATE runs SET curve = '{log}' WHERE seed > 1"));
        let map = r#"{"a": [1, 2, 3], "x.y": [3, 4], "": [5, 6], "[0]": [1, 1], "q\"": [1, 2]}"#;
        on.runs(&format!("UPDATE runs SET curve = '{map}' WHERE seed = 1"));
        for line in ["plot curve[].loss -n 5", "plot curve[].loss --over seed"] {
            let answer = on.project.wallow(line);
            assert!(
                answer.stderr.contains("without this curve left out"),
                "{line}\n{}",
                answer.stderr
            );
            assert_eq!(answer.status, Some(0), "{line}");
        }
        let error = on.project.wallow("plot curve").misuses();
        let named = error
            .split('`')
            .filter(|name| name.starts_with("curve") && *name != "curve");
        let named = named.collect::<Vec<_>>();
        for name in [
            r#"curve."""#,
            r#"curve."[0]""#,
            "curve.a",
            r#"curve."q\"""#,
            r#"curve."x.y""#,
            "curve[].loss",
            r#"curve[]."x.y""#,
        ] {
            assert!(named.contains(&name), "{name}: {error}");
            let output = on.project.command(".", "plot").arg(name).output().unwrap();
            let picture = String::from_utf8(output.stdout).unwrap();
            assert!(output.status.success(), "{name}");
            assert!(picture.contains("● run"), "{name}\n{picture}");
        }
        on.runs("UPDATE runs SET curve = '[1, 2, 3]' WHERE seed = 0");
        let answer = on.project.wallow("plot curve");
        assert_eq!(answer.status, Some(0), "{}", answer.stderr);
        assert!(answer.stdout.contains("● run 1"), "{}", answer.stdout);
        assert!(
            answer
                .stderr
                .contains("18 runs without this curve left out")
                && answer.stderr.contains("`curve[].loss`"),
            "{}",
            answer.stderr
        );
    }
}
