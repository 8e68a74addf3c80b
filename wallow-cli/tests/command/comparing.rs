//! `wallow diff`, `wallow near`.

use snapbox::{assert_data_eq, str};

use crate::listing::sweep;
use crate::project::Project;

#[test]
fn two_runs_are_told_apart() {
    let project = sweep();
    assert_data_eq!(
        project.wallow("diff 1 2").succeeds(),
        str![[r#"
field       00000000000a          00000000000b              by
seed        0                     1                         +1
loss        0.125                 0.375                     +0.25
curve       [3,2,1]               -
good        true                  false
started_at  2026-01-02T03:04:05Z  2026-01-02T03:04:06.500Z
note        plain                 数据 🚀
file        a/b.bin               -

"#]]
    );
    assert_data_eq!(
        project.wallow("diff 00000000000a 4").succeeds(),
        str![[r#"
field       00000000000a          00000000000d            by
model       mlp                   conv
rate        0.001                 0.01                    +0.009
status      completed             failed
loss        0.125                 -
curve       [3,2,1]               -
good        true                  -
started_at  2026-01-02T03:04:05Z  -
note        plain                 a/u{1b}[31m/n/u{202e}b
file        a/b.bin               -

"#]]
    );
    assert_data_eq!(
        project.wallow("diff 1 2 --json").succeeds(),
        str![[r#"
{
  "differences": {
    "curve": [
      [
        3,
        2,
        1
      ],
      null
    ],
    "file": [
      "a/b.bin",
      null
    ],
    "good": [
      true,
      false
    ],
    "loss": [
      0.125,
      0.375
    ],
    "note": [
      "plain",
      "数据 🚀"
    ],
    "seed": [
      0,
      1
    ],
    "started_at": [
      "2026-01-02T03:04:05+00:00",
      "2026-01-02T03:04:06.500+00:00"
    ]
  },
  "uuids": [
    "00000000000a",
    "00000000000b"
  ]
}

"#]]
    );
    assert_eq!(
        project.wallow("diff 1 00000000000a").succeeds(),
        "no field differs\n"
    );
    assert_data_eq!(
        project.wallow("diff 1 99").refuses(),
        str![[r#"
error: there is no run `99` in runs.db; give an id or a uuid of 12 characters

"#]]
    );
}

#[test]
fn parts_of_json_differ_one_by_one() {
    let project = sweep();
    project.executes(
        r#"UPDATE runs SET curve = '{"a": [1, 2, 3], "b": {"lr": 0.5, "x": 1},
             "log": [{"n": 1, "acc": 0.5}, {"n": 2, "acc": 0.75}], "deep": [5, 4, 3, 2, 1.25]}' WHERE id = 1;
           UPDATE runs SET curve = '{"a": [1, 2, 4], "b": {"lr": 0.25, "x": 1}, "c": null,
             "log": [{"n": 1, "acc": 0.5}, {"n": 2, "acc": 1}], "deep": [5, 3, 2, 1, 0.5]}' WHERE id = 2"#,
    );
    let said = project.wallow("diff 1 2").succeeds();
    let lines = said.split_inclusive('\n');
    let curve = lines
        .filter(|line| line.starts_with("curve"))
        .collect::<String>();
    assert_data_eq!(
        curve,
        str![[r#"
curve.a          [1,2,3]               [1,2,4]
curve.b.lr       0.5                   0.25                      -0.25
curve.deep       █▆▄▂▁ to 1.25         █▅▃▂▁ to 0.5
curve.log[].acc  [0.5,0.75]            [0.5,1]
curve.c          -                     null

"#]]
    );
}

#[test]
fn the_nearest_runs_are_found() {
    let project = sweep();
    assert_data_eq!(
        project.wallow("near model=mlp rate=2e-3 seed=0").succeeds(),
        str![[r#"
id  differs in                   status     uuid
 1  rate=0.001                   completed  00000000000a
 3  rate=0.01                    completed  00000000000c
 2  rate=0.001 seed=1            completed  00000000000b
 4  model=conv rate=0.01         failed     00000000000d
 5  model=conv rate=0.01 seed=1  -          00000000000e

"#]]
    );
    // As registered: 0.1 + 0.2 is the same key as 0.3.
    project.has_run("00000000000f", "model, rate, seed", "'mlp', 0.3, 0");
    assert_data_eq!(
        project
            .wallow("near rate=0.30000000000000004 seed=0 model=mlp -n 1")
            .succeeds(),
        str![[r#"
id  differs in  status  uuid
 6  nothing     -       00000000000f

"#]]
    );
    assert_data_eq!(
        project
            .wallow("near rate=0.01 model=conv --where \"status is null\" -n 1 --json")
            .succeeds(),
        str![[r#"
[
  {
    "differences": {},
    "id": 5,
    "status": null,
    "uuid": "00000000000e"
  }
]

"#]]
    );
}

/// In quotes, an empty text is a text; without them, the field is absent.
#[test]
fn an_empty_text_is_no_absence() {
    let project = Project::with(
        "[project]\nname = \"x\"\n[identifying.seed]\ntype = \"int\"\n[identifying.tag]\ntype = \"string\"\noptional = true\n",
    );
    project.wallow("migrate push").succeeds();
    project.has_run("00000000000a", "seed, tag", "1, ''");
    project.has_run("00000000000b", "seed, tag", "1, NULL");
    let nearest = |argument: &str| {
        let mut command = project.command(".", "near seed=1 -n 1 --json");
        let output = command.arg(argument).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{said}");
        let all = serde_json::from_str::<serde_json::Value>(&said).unwrap();
        assert_eq!(all[0]["differences"], serde_json::json!({}), "{said}");
        all[0]["uuid"].as_str().unwrap().to_owned()
    };
    assert_eq!(nearest("tag=\"\""), "00000000000a");
    assert_eq!(nearest("tag="), "00000000000b");
    let mut command = project.command(".", "near seed=1");
    let output = command.arg("tag=\"a").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("is a JSON string")
    );
}

/// Every keyword may be the name of a field, and the error of the bare name leads to the right one.
#[test]
fn fields_with_the_names_of_keywords_can_be_asked_for() {
    const WORDS: [&str; 15] = [
        "and", "between", "contains", "ends", "false", "in", "inf", "is", "nan", "not", "null",
        "or", "starts", "true", "with",
    ];
    let fields = WORDS.map(|word| format!("[identifying.{word}]\ntype = \"int\"\ndefault = 0\n"));
    let project = Project::with(&format!("[project]\nname = \"words\"\n{}", fields.concat()));
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    for word in WORDS {
        let said = project
            .wallow(&format!("count --where \"{word} == 0\""))
            .misuses();
        let name = format!("`{word}`");
        assert!(
            said.contains(&format!("the field is written in backquotes: `` {name} ``")),
            "{word}: {said}"
        );
        let said = project
            .wallow(&format!("count --where \"{name} == 0\""))
            .succeeds();
        assert_eq!(said, "0\n");
    }
}

/// The others are compared, and the damaged one is named.
#[test]
fn a_damaged_run_is_left_out_of_a_comparison() {
    let project = sweep();
    project.executes("UPDATE runs SET loss = 'much' WHERE id = 3");
    for line in ["diff 1 3 2", "diff --sort id -n 3"] {
        for form in ["", " --json", " --format csv"] {
            let answer = project.wallow(&format!("{line}{form}"));
            let (displayed, said) = (&answer.stdout, &answer.stderr);
            assert_eq!(answer.status, Some(1), "{line}{form}: {said}");
            assert!(displayed.contains("0.375"), "{line}{form}: {displayed}");
            assert!(said.contains("run 3"), "{line}{form}: {said}");
        }
    }
    let pair = project.wallow("diff 1 3").refuses();
    assert!(pair.contains("run 3"), "{pair}");
    let file = project.wallow("diff 1 2 3 --output runs.csv").refuses();
    assert!(file.contains("run 3"), "{file}");
    assert!(!project.path("runs.csv").exists());
}
