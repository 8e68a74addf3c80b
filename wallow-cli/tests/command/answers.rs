//! `wallow ls` with intervals and percentiles, `pivot`, `importance`: on every database.

use snapbox::{assert_data_eq, str};

use crate::on::On;

/// A grid of three rates, two optimisers and four seeds; the depth is always 3.
const GRID: &str = r#"[project]
name = "grid"

[identifying.rate]
type = "float"

[identifying.optimiser]
type = "string"
values = ["adamw", "sgd"]

[identifying.momentum]
type = "float"
optional = true

[identifying.nesterov]
type = "bool"
default = false

[identifying.depth]
type = "int"
default = 3

[identifying.seed]
type = "int"

[annotating.accuracy]
type = "float"

[annotating.steps]
type = "int"

[annotating.curve]
type = "json"
"#;

/// The grid, with these runs left out by number.
fn grid(on: &On, left_out: &[usize]) {
    let mut rows = Vec::from(["rate,optimiser,momentum,seed,accuracy,steps,curve".to_owned()]);
    let mut number = 0;
    for (rate, of_rate) in [(0.001, 0.5), (0.01, 0.8), (0.1, 0.7)] {
        for (optimiser, of_optimiser) in [("adamw", 0.0), ("sgd", 0.1)] {
            for seed in 0..4 {
                number += 1;
                if left_out.contains(&number) {
                    continue;
                }
                let accuracy = of_rate + of_optimiser + 0.01 * f64::from(seed * seed);
                rows.push(format!(
                    "{rate},{optimiser},,{seed},{accuracy},{},\"[{{\"\"loss\"\": {seed}.5}}, {{\"\"loss\"\": 0.{seed}}}]\"",
                    100 * (seed + 1)
                ));
            }
        }
    }
    on.project.has("runs.csv", &(rows.join("\n") + "\n"));
    on.project.wallow("migrate push --yes").succeeds();
    let import = on.project.wallow("import --from runs.csv --defaults");
    assert_eq!(import.status, Some(0), "{}", import.stderr);
}

/// The numbers of scipy and numpy for 0.5, 0.51, 0.54, 0.59: `scipy.stats.sem`, half of `scipy.stats.t.interval(0.95, 3,
/// mean, sem)`, `numpy.median`, `numpy.percentile(…, 5)` and `95`.
#[test]
fn seeds_are_averaged_with_an_interval() {
    for on in On::each(GRID) {
        grid(&on, &[]);
        let answer = on
            .project
            .wallow("ls --over seed --agg ci:accuracy,sem:accuracy,median:accuracy,p5:accuracy,p95:accuracy --format jsonl -n 1");
        assert_eq!(
            answer.stderr,
            "note: over seed: groups by rate, optimiser; the same in all: momentum -, nesterov false, depth 3\n"
        );
        let row = serde_json::from_str::<serde_json::Value>(answer.stdout.trim()).unwrap();
        assert_eq!(row["rate"], 0.001);
        assert_eq!(row["optimiser"], "adamw");
        assert_eq!(row["runs"], 4);
        for (name, expected) in [
            ("mean:accuracy", 0.535),
            ("ci:accuracy", 0.064_308_518_086_297_76),
            ("sem:accuracy", 0.020_207_259_421_636_894),
            ("median:accuracy", 0.525),
            ("p5:accuracy", 0.501_500_000_000_000_1),
            ("p95:accuracy", 0.582_499_999_999_999_9),
        ] {
            let value = row[name].as_f64().unwrap();
            assert!((value - expected).abs() < 1e-12, "{name}: {value}");
        }
        assert_eq!(row["n:accuracy"], 4);
    }
}

#[test]
fn measures_of_a_part_of_json() {
    for on in On::each(GRID) {
        grid(&on, &[]);
        assert_data_eq!(
            on.project
                .wallow("ls --group-by optimiser --agg n:curve[0].loss,max:curve[0].loss,median:curve[1].loss,n:curve[7].loss")
                .succeeds(),
            str![[r#"
optimiser  runs  n:curve[0].loss  max:curve[0].loss  median:curve[1].loss  n:curve[7].loss
adamw        12               12                3.5   0.15000000000000002                0
sgd          12               12                3.5   0.15000000000000002                0

"#]]
        );
        assert_data_eq!(
            on.project
                .wallow("ls --columns seed,curve[0].loss,curve[1] --sort -curve[0].loss,rate,optimiser -n 2")
                .succeeds(),
            str![[r#"
seed  curve[0].loss      curve[1]
   3            3.5  {"loss":0.3}
   3            3.5  {"loss":0.3}

"#]]
        );
        let error = on.project.wallow("ls --sort curve").misuses();
        assert!(error.contains("name a part of it"), "{error}");
        let error = on.project.wallow("ls --columns curv[0]").misuses();
        assert!(error.contains("did you mean `curve`"), "{error}");
        let error = on.project.wallow("ls --columns rate.x").misuses();
        assert!(error.contains("which has no parts"), "{error}");
        let error = on.project.wallow("ls --agg p101:accuracy").misuses();
        assert!(error.contains("p0 to p100"), "{error}");
    }
}

#[test]
fn two_fields_make_a_table() {
    for on in On::each(GRID) {
        grid(&on, &[1, 2, 3, 4, 9]);
        on.runs("UPDATE runs SET accuracy = NULL WHERE rate = 0.1 AND optimiser = 'adamw'");
        assert_data_eq!(
            on.project
                .wallow("pivot rate optimiser --agg max:accuracy")
                .succeeds(),
            str![[r#"
rate / optimiser     adamw                     sgd
0.001                    -                0.69 (4)
0.01              0.89 (3)                0.99 (4)
0.1                  - (0)  0.8899999999999999 (4)

"#]]
        );
        assert_data_eq!(
            on.project.wallow("pivot optimiser nesterov").succeeds(),
            str![[r#"
optimiser / nesterov  false
adamw                     7
sgd                      12

"#]]
        );
        assert_data_eq!(
            on.project
                .wallow("pivot rate optimiser --agg n:accuracy --format csv")
                .succeeds(),
            str![[r#"
rate,adamw,sgd,n:adamw,n:sgd
0.001,,4,0,4
0.01,3,4,3,4
0.1,0,4,0,4

"#]]
        );
        assert_data_eq!(
            on.project
                .wallow(
                    "pivot momentum seed --agg median:steps --where \"rate == 0.01\" --format jsonl"
                )
                .succeeds(),
            str![[r#"
{"momentum":null,"0":100.0,"1":200.0,"2":300.0,"3":400.0,"n:0":1,"n:1":2,"n:2":2,"n:3":2}

"#]]
        );
        assert_eq!(
            on.project
                .wallow("pivot rate seed --where \"rate > 1\"")
                .succeeds(),
            "no runs\n"
        );
        let said = on
            .project
            .wallow("pivot depth optimiser --agg ci:steps --where \"rate == 0.01\"")
            .succeeds();
        assert!(said.contains("250.0 ± 205.4"), "{said}");
        assert!(said.contains(" (4)"), "{said}");
        on.project.wallow("pivot rate rate").misuses();
        on.project.wallow("pivot rate curve").misuses();
    }
}

#[test]
fn shares_of_a_full_grid_are_exact() {
    for on in On::each(GRID) {
        grid(&on, &[]);
        assert_data_eq!(
            on.project.wallow("importance accuracy").succeeds(),
            str![[r#"
field            share
rate            86.2 %
optimiser       13.8 %
(interactions)   0.0 %
24 runs in 6 settings, averaged over seed: a full grid, so the shares are exact (analysis of variance)
of the variance of single runs, 6.4 % is within settings
the same in all: momentum -, nesterov false, depth 3

"#]]
        );
        let json = on.project.wallow("importance accuracy --json").succeeds();
        let json = serde_json::from_str::<serde_json::Value>(&json).unwrap();
        assert_eq!(json["method"], "anova");
        let share = json["shares"][0]["share"].as_f64().unwrap();
        // The variances of 0.5, 0.8, 0.7 and of 0, 0.1.
        let (rate, optimiser) = (0.14 / 9.0, 0.0025);
        assert!((share - rate / (rate + optimiser)).abs() < 1e-9, "{share}");
        let seeds = on.project.wallow("importance accuracy --over depth --json");
        let json = serde_json::from_str::<serde_json::Value>(&seeds.succeeds()).unwrap();
        assert_eq!(json["settings"], 24);
        assert_eq!(json["within_settings"], serde_json::Value::Null);
    }
}

#[test]
fn shares_of_other_runs_are_those_of_a_forest() {
    let mut shares = Vec::new();
    for on in On::each(GRID) {
        grid(&on, &[1, 2, 3, 4]);
        on.runs("UPDATE runs SET optimiser = 'Ädam' WHERE optimiser = 'adamw' AND rate < 0.05");
        let said = on.project.wallow("importance accuracy").succeeds();
        assert!(said.contains("20 runs in 5 settings"), "{said}");
        assert!(said.contains("random forest (fANOVA)"), "{said}");
        assert_eq!(on.project.wallow("importance accuracy").succeeds(), said);
        shares.push(said);
    }
    // The databases sort texts differently, and round means differently.
    assert!(
        shares.windows(2).all(|pair| pair[0] == pair[1]),
        "{shares:?}"
    );
}

#[test]
fn too_few_runs_have_no_importance() {
    for on in On::each(GRID) {
        grid(&on, &[1, 2, 3, 4, 5]);
        assert_data_eq!(
            on.project.wallow("importance accuracy").refuses(),
            str![[r#"
error: 19 runs have a finite number in `accuracy`, and below 20 runs the shares would be chance: a handful of results differs in some field by luck; let more runs complete, or select more of them

"#]]
        );
        let error = on.project.wallow("importance optimiser").misuses();
        assert!(error.contains("which has no mean"), "{error}");
        let error = on.project.wallow("importance acuracy").misuses();
        assert!(error.contains("did you mean `accuracy`"), "{error}");
        let error = on
            .project
            .wallow("importance steps --over accuracy")
            .misuses();
        assert!(error.contains("is no identifying field"), "{error}");
    }
}

#[test]
fn nothing_to_compare_is_reported() {
    for on in On::each(GRID) {
        grid(&on, &[]);
        on.runs("UPDATE runs SET accuracy = 0.5");
        let error = on.project.wallow("importance accuracy").refuses();
        assert!(
            error.contains("every setting has the same `accuracy`"),
            "{error}"
        );
        let error = on
            .project
            .wallow("importance steps --over seed,rate,optimiser")
            .refuses();
        assert!(error.contains("all runs have the same setting"), "{error}");
    }
}

/// Infinite results are left out, and counted.
#[test]
fn infinite_results_are_left_out() {
    let on = On::each(GRID).remove(0);
    grid(&on, &[]);
    on.runs("UPDATE runs SET accuracy = 9e999 WHERE seed = 3 AND rate = 0.1");
    let said = on.project.wallow("importance accuracy").succeeds();
    assert!(said.contains("22 runs in 6 settings"), "{said}");
    assert!(
        said.contains("2 runs with NaN or an infinite value left out"),
        "{said}"
    );
}

/// A part of a json field makes groups: by its numbers, then its texts, then anything else; 1 and 1.0 are one number.
#[test]
fn groups_by_a_part_of_json() {
    for on in On::each(GRID) {
        grid(&on, &[]);
        for (seed, kind) in [(0, "1"), (1, "1.0"), (2, "\"b\"")] {
            on.runs(&format!(
                "UPDATE runs SET curve = '{{\"kind\": {kind}, \"rate\": 0.5}}' WHERE seed = {seed}"
            ));
        }
        on.runs("UPDATE runs SET curve = '{\"kind\": true}' WHERE seed = 3 AND rate = 0.1");
        on.runs("UPDATE runs SET curve = '{\"kind\": 0.5}' WHERE seed = 3 AND rate = 0.01");
        let ls = |options: &str| {
            let line = format!("ls --group-by curve.kind {options} --format jsonl");
            on.project.wallow(&line).succeeds()
        };
        assert_data_eq!(
            ls("--agg n:steps,median:steps"),
            str![[r#"
{"curve.kind":0.5,"runs":2,"n:steps":2,"median:steps":400.0}
{"curve.kind":1,"runs":12,"n:steps":12,"median:steps":150.0}
{"curve.kind":"b","runs":6,"n:steps":6,"median:steps":300.0}
{"curve.kind":true,"runs":2,"n:steps":2,"median:steps":400.0}
{"curve.kind":null,"runs":2,"n:steps":2,"median:steps":400.0}

"#]]
        );
        let descending = ls("--sort -curve.kind");
        let keys = descending.lines().map(|line| {
            let row = serde_json::from_str::<serde_json::Value>(line).unwrap();
            row["curve.kind"].to_string()
        });
        assert_eq!(
            keys.collect::<Vec<_>>(),
            ["1", "0.5", "\"b\"", "true", "null"]
        );
        let two = on
            .project
            .wallow("ls --group-by optimiser,curve.kind --where \"seed == 2\" --format csv");
        assert_eq!(
            two.succeeds(),
            "optimiser,curve.kind,runs\nadamw,b,3\nsgd,b,3\n"
        );
    }
}
