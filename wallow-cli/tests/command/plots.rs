//! `wallow plot`: on the terminal and as SVG, with everything that a picture cannot show.

use snapbox::{assert_data_eq, str};

use crate::listing::{SWEEP, empty, sweep};
use crate::on::On;
use crate::project::Project;

#[test]
fn numbers_are_drawn_run_by_run() {
    let answer = sweep().wallow("plot loss");
    assert_eq!(answer.stderr, "note: 2 runs without a value left out\n");
    assert_data_eq!(
        answer.stdout,
        str![[r#"
loss
    │                                                                        ●
2.5 ┤
    │
    │
  2 ┤
    │
    │
    │
1.5 ┤
    │
    │
    │
  1 ┤
    │
    │
    │
0.5 ┤
    │                                     ●
    │
    │  ●
    └───────────────────────────────────────────────────────────────────────────
       1                                  2                                  3
     run, by id

"#]]
    );
}

#[test]
fn two_fields_are_drawn_by_a_third() {
    let answer = sweep().wallow("plot rate loss --log both --by model");
    assert_data_eq!(
        answer.stdout,
        str![[r#"
loss by rate
    │                                                                        ●
2.5 ┤
  2 ┤
    │
1.5 ┤
    │
  1 ┤
    │
    │
    │
0.5 ┤
    │
    │  ●
    │
    │
    │
    │
    │
    │
    │  ●
    └───────────────────────────────────────────────────────────────────────────
     0.001                                                                 0.01
     rate
● model mlp

"#]]
    );
    let answer = sweep().wallow("plot model seed");
    assert_data_eq!(
        answer.succeeds(),
        str![[r#"
seed by model
  │                   ●                                     ●
1 ┤
  │
  │
  │
  │
  │
  │
  │
  │
  │
  │
  │
  │
  │
  │
  │
  │
0 ┤
  │                   ●                                     ●
  └─────────────────────────────────────────────────────────────────────────────
                    conv                                   mlp
   model

"#]]
    );
}

#[test]
fn means_are_drawn_with_their_interval() {
    let answer = sweep().wallow("plot rate loss --over seed");
    assert_eq!(
        answer.stderr,
        "note: means over seed, model with their 95 % interval, of 1 to 2 runs each\n"
    );
    assert_data_eq!(
        answer.stdout,
        str![[r#"
loss by rate
   │                                                                       ⢀⣀⠤
   │                                                                 ⣀⡠⠤⠒⠊⠉⠁
   │                                                          ⢀⣀⠤⠔⠒⠉⠉
 2 ┤  ⡀                                                 ⣀⡠⠤⠒⠊⠉⠁
   │  ⡇                                          ⢀⣀⠤⠔⠒⠉⠉
   │  ⡇                                    ⣀⡠⠤⠒⠊⠉⠁
   │  ⡇                             ⢀⣀⠤⠔⠒⠉⠉
   │  ⡇                       ⣀⡠⠤⠒⠊⠉⠁
 1 ┤  ⡇                ⢀⣀⠤⠔⠒⠉⠉
   │  ⡇          ⣀⡠⠤⠒⠊⠉⠁
   │  ⡇   ⢀⣀⠤⠔⠒⠉⠉
   │  ⡧⠒⠊⠉⠁
 0 ┤  ⡇
   │  ⡇
   │  ⡇
   │  ⡇
   │  ⡇
-1 ┤  ⡇
   │  ⡇
   │  ⠃
   └────────────────────────────────────────────────────────────────────────────
            0.002           0.004          0.006           0.008           0.01
    rate

"#]]
    );
}

/// A curve for each run, in each form of a curve.
fn curves() -> Project {
    let project = sweep();
    project.executes(
        r#"UPDATE runs SET curve = '[{"epoch": 1, "loss": 4}, {"epoch": 2, "loss": 2}, {"epoch": 3, "loss": 1}]' WHERE id = 1;
           UPDATE runs SET curve = '[{"epoch": 1, "loss": 2}, {"epoch": 2, "loss": null}, {"epoch": 3, "loss": 0.5}]' WHERE id = 2;
           UPDATE runs SET curve = NULL WHERE id = 3"#,
    );
    project
}

#[test]
fn curves_are_drawn() {
    let project = curves();
    let answer = project.wallow("plot curve[].loss");
    assert_eq!(answer.stderr, "note: 3 runs without this curve left out\n");
    assert_data_eq!(
        answer.stdout,
        str![[r#"
curve[].loss
    │  ●⡀
  4 ┤   ⠈⠑⠤⣀
    │       ⠑⠢⢄
3.5 ┤          ⠉⠢⢄⡀
    │             ⠈⠒⠤⡀
    │                ⠈⠑⠢⣀
  3 ┤                    ⠉⠢⢄⡀
    │                       ⠈⠒⠤⡀
2.5 ┤                          ⠈⠑⠢⣀
    │                              ⠑⠢⢄
    │                                 ⠉⠒⢄⡀
  2 ┤  ○⠢⠤⢄⣀⣀                            ⠈●⠢⠤⣀⣀
    │        ⠉⠉⠒⠒⠤⠤⢄⣀⡀                         ⠉⠑⠒⠤⠤⣀⡀
1.5 ┤                ⠈⠉⠉⠒⠒⠤⠤⣀⣀⡀                      ⠈⠉⠒⠒⠤⢄⣀
    │                         ⠈⠉⠑⠒⠒⠤⠤⣀⣀                     ⠉⠉⠒⠢⠤⣀⣀
    │                                  ⠉⠉⠑⠒⠢⠤⠤⣀⣀                   ⠉⠑⠒⠤⠤⣀⡀
  1 ┤                                           ⠉⠉⠒⠒⠢⠤⢄⣀⣀                ⠈⠉⠒⠒●
    │                                                    ⠉⠉⠒⠒⠤⠤⢄⣀⡀
0.5 ┤                                                            ⠈⠉⠉⠒⠒⠤⠤⣀⣀⡀
    │                                                                     ⠈⠉⠑○
    └───────────────────────────────────────────────────────────────────────────
       1                                  2                                  3
     epoch
● run 1
○ run 2

"#]]
    );
}

#[test]
fn curves_are_averaged() {
    let project = curves();
    let answer = project.wallow("plot curve[].loss --over seed --where \"id < 3\"");
    assert_data_eq!(
        answer.stdout,
        str![[r#"
curve[].loss
    │  ⡄
 15 ┤  ⡇
    │  ⡇
    │  ⡇
    │  ⡇
 10 ┤  ⡇
    │  ⡇
    │  ⡇
  5 ┤  ⡇
    │  ⡇                                                                     ⢰
    │  ●⠉⠉⠉⠉⠉⠉⠉⠉⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠤⠤⠤⠤⠤⠤⠤⠤●⠤⠤⠤⠤⣀⣀⣀⣀⣀⣀⣀⣀⣀                     ⢸
    │  ⡇                                                ⠉⠉⠉⠉⠉⠉⠉⠉⠑⠒⠒⠒⠒⠒⠒⠒⠒⠢⠤⠤⠤●
  0 ┤  ⡇                                                                     ⢸
    │  ⡇                                                                     ⢸
    │  ⡇
 -5 ┤  ⡇
    │  ⡇
    │  ⡇
    │  ⡇
-10 ┤  ⠃
    └───────────────────────────────────────────────────────────────────────────
       1                                  2                                  3
     epoch
● all runs

"#]]
    );
    let error = project.wallow("plot curve").misuses();
    assert!(error.contains("`curve[].epoch`, `curve[].loss`"), "{error}");
    let answer = sweep().wallow("plot curve --where \"id == 1\"");
    assert_data_eq!(
        answer.succeeds(),
        str![[r#"
curve
  │  ●⡀
3 ┤   ⠈⠑⠢⢄⡀
  │       ⠈⠑⠢⢄⡀
  │           ⠈⠑⠢⢄
  │               ⠉⠒⠤⣀
  │                   ⠉⠒⠤⣀
  │                       ⠉⠒⠤⡀
  │                          ⠈⠑⠢⢄⡀
  │                              ⠈⠑⠢⢄⡀
  │                                  ⠈⠑⠢⢄⡀
2 ┤                                      ●⠒⠤⣀
  │                                          ⠉⠒⠤⣀
  │                                              ⠉⠒⠤⣀
  │                                                  ⠉⠒⠤⣀
  │                                                      ⠉⠒⢄⡀
  │                                                         ⠈⠑⠢⢄⡀
  │                                                             ⠈⠑⠢⢄⡀
  │                                                                 ⠈⠑⠢⢄⡀
1 ┤                                                                     ⠈⠑⠢⢄⡀
  │                                                                         ⠈●
  └─────────────────────────────────────────────────────────────────────────────
     0                                   1                                   2
   point
● run 1

"#]]
    );
    let answer = project.wallow("plot curve[0].loss");
    assert!(
        answer.stdout.starts_with("curve[0].loss\n"),
        "{}",
        answer.stdout
    );
}

/// No runs, one, a constant, infinities, NULL: a frame and a reason, never an error.
#[test]
fn odd_data_is_drawn_sensibly() {
    for on in On::each(SWEEP) {
        let project = &on.project;
        project.wallow("migrate push --yes").succeeds();
        let said = project
            .wallow("plot rate loss --output empty.svg")
            .succeeds();
        assert_eq!(said, "wrote empty.svg\n");
        assert!(project.text("empty.svg").contains("nothing to draw"));
        project.wallow("plot loss").succeeds();
        project.has(
            "runs.csv",
            "model,rate,seed,loss\na,0.1,0,0.5\na,0.1,1,0.5\na,0.2,0,inf\n<b>&\"',0.2,1,-inf\nd,inf,1,0.5\n",
        );
        let import = project.wallow("import --from runs.csv");
        assert_eq!(import.status, Some(0), "{}", import.stderr);
        for line in [
            "plot rate loss",
            "plot loss --where \"seed == 0 and rate == 0.1\"",
            "plot rate loss --log both",
            "plot loss --log y",
            "plot model loss",
            "plot rate loss --over seed",
            "plot seed rate --by model",
            "plot curve",
        ] {
            let answer = project.wallow(line);
            assert_eq!(answer.status, Some(0), "{line}\n{}", answer.stderr);
            assert!(
                answer.stdout.lines().count() > 20,
                "{line}\n{}",
                answer.stdout
            );
            let svg = project.wallow(&format!("{line} --output x.svg"));
            assert_eq!(svg.status, Some(0), "{line}\n{}", svg.stderr);
            let text = project.text("x.svg");
            assert!(
                text.starts_with("<svg") && text.trim_end().ends_with("</svg>"),
                "{text}"
            );
            assert!(
                !text.contains("NaN") && !text.contains("inf\""),
                "{line}\n{text}"
            );
            assert!(!text.contains("<b>"), "{text}");
        }
        let answer = project.wallow("plot rate loss");
        assert_eq!(
            answer.stderr,
            "note: 3 runs that the axes cannot show (NaN, infinite, or not above 0 on a logarithmic one) left out\n"
        );
    }
}

#[test]
fn wrong_pictures_are_refused() {
    let project = sweep();
    for (line, reason) in [
        ("plot note", "upwards there are numbers"),
        ("plot rate model", "upwards there are numbers"),
        ("plot los", "did you mean `loss`"),
        ("plot rate los", "did you mean `loss`"),
        (
            "plot loss --over seed",
            "wallow plot FIELD METRIC --over seed",
        ),
        ("plot rate loss --over loss", "no identifying field"),
        ("plot loss --output x.png", "does not end in `.svg`"),
        ("plot nothing[].loss", "there is no column"),
        ("plot", "required"),
        ("plot rate loss seed", "unexpected"),
    ] {
        let error = project.wallow(line).misuses();
        assert!(error.contains(reason), "{line}\n{error}");
    }
    // Nothing of the project is replaced.
    project
        .wallow("plot loss --output no/such/folder.svg")
        .refuses();
}

#[test]
fn many_runs_are_a_sample() {
    let project = empty(SWEEP);
    project.executes(
        "INSERT INTO runs (uuid, created_at, updated_at, model, rate, seed, loss)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
         SELECT printf('%012x', i), '2026-01-02 03:04:05', '2026-01-02 03:04:05', 'm' || (i % 20), 0.1, i, i FROM n",
    );
    let answer = project.wallow("plot seed loss");
    assert_eq!(answer.stderr, "note: a sample: one in 3 of 12000 runs\n");
    let answer = project.wallow("plot seed loss --by model");
    assert!(
        answer.stderr.contains("of more than 12 series left out"),
        "{}",
        answer.stderr
    );
}
