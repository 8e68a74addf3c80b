//! The filter of a report selects the runs that the database selects, and reports the same mistakes at the same places.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value as Json, json};

use crate::node::{node, said};
use crate::project::Project;

const SCHEMA: &str = r#"[project]
name = "filters"
float_precision = 6

[identifying.rate]
type = "float"

[identifying.seed]
type = "int"

[identifying.momentum]
type = "float"
optional = true

[annotating.optimiser]
type = "string"
values = ["adamw", "sgd"]

[annotating.loss]
type = "float"

[annotating.note]
type = "string"

[annotating.is_done]
type = "bool"

[annotating.at]
type = "datetime"

[annotating.place]
type = "path"

[annotating.extra]
type = "json"

[annotating.in]
type = "int"
"#;

const RUNS: &str = r#"{"rate": 0.1, "seed": 0, "optimiser": "adamw", "loss": 0.5, "note": "über", "is_done": true, "at": "2026-01-02T03:04:05Z", "place": "a/b", "extra": {"a": [1, "x", null], "b c": true}, "in": 3}
{"rate": 0.3, "seed": 1, "momentum": 0.9, "optimiser": "sgd", "loss": 1e300, "note": "50%_done", "is_done": false, "at": "2026-01-03T00:00:00Z", "extra": {"a": ["1"], "b c": false}}
{"rate": 0.123457, "seed": 9007199254740993, "loss": -0.0, "note": "😀 \uffff", "extra": [1, 2.5, {"k": "v"}]}
{"rate": 1e-5, "seed": -7, "optimiser": "sgd", "note": "", "at": "1999-12-31T23:59:59.999999Z", "extra": "text"}
{"rate": 2, "seed": 3, "loss": 0.25, "note": "DONE", "is_done": true, "place": "a/c", "extra": 5}
{"rate": 0, "seed": 4}
"#;

const EXPRESSIONS: &[&str] = &[
    "true",
    "false",
    "not true",
    "rate == 0.1",
    "rate == 0.30000000001",
    "rate == 0.1234567",
    "rate != 0.1",
    "rate >= 0.3",
    "rate < 1e-4",
    "seed == 9007199254740993",
    "seed == 9007199254740992",
    "seed > 9007199254740992",
    "seed < 0",
    "seed in [0, 1, 3]",
    "seed not in [0, 1,]",
    "seed in []",
    "not (seed in [])",
    "momentum is null",
    "momentum is not null",
    "momentum == 0.9",
    "momentum != 0.9",
    "not (momentum == 0.9)",
    "momentum in [0.9]",
    "momentum not in [0.9]",
    "loss < 0.3 or momentum == 0.9",
    "loss < 0.3 and not is_done",
    "not loss < 0.3",
    "loss == 0",
    "loss < inf",
    "loss > -inf",
    "loss between 0.25 and 0.5",
    "loss between 0.5 and 0.25",
    "optimiser == \"sgd\"",
    "optimiser != 'sgd'",
    "optimiser between 'b' and 'z'",
    "note contains \"do\"",
    "note contains '%'",
    "note contains ''",
    "note starts with \"ü\"",
    "note starts with '50%_'",
    "note ends with 'DONE'",
    "note ends with ''",
    "note == ''",
    "note > 'Z'",
    "note > \"\\uffff\"",
    "note < '😀'",
    "note in ['', 'DONE']",
    "is_done == true",
    "is_done != true",
    "at < '2026-01-03'",
    "at == '2026-01-02T04:04:05+01:00'",
    "at >= '2026-01-02 03:04:05 UTC'",
    "at between '1999-12-31' and '2000-01-01'",
    "place starts with 'a/'",
    "place is null",
    "extra.a[0] == 1",
    "extra.a[0] == '1'",
    "extra.a[1] == 'x'",
    "extra.a[2] is null",
    "extra.a[9] is null",
    "extra.\"b c\" == true",
    "extra.\"b c\" != true",
    "extra[1] > 2",
    "extra[2].k == 'v'",
    "extra[2].k in ['v', 1]",
    "extra[0] in ['v', 1]",
    "extra[0] not in ['v', 2]",
    "extra.a[0] between 0 and 2",
    "extra is null",
    "extra is not null",
    "`in` == 3",
    "`in` = 3 and rate <> 5",
    "id <= 2",
    "uuid is not null",
    "created_at > '2020-01-01'",
    "((seed == 0)) or (seed == 1 and (rate > 0.2))",
    // Mistakes.
    "",
    "los < 1",
    "nothing == 1",
    "loss <",
    "loss 1",
    "loss < 'x'",
    "loss < 1 loss",
    "loss == nan",
    "seed == 0.5",
    "(loss < 1",
    "note == \"x",
    "note == 'x",
    "loss & 1",
    "loss < 1 && seed == 0",
    "optimiser == \"adam\"",
    "optimiser in ['sgd', 'rmsprop']",
    "is_done == 1",
    "at == 'yesterday'",
    "note contains 5",
    "seed contains '5'",
    "note starts 'x'",
    "seed is 5",
    "seed not 5",
    "seed between 1",
    "seed in 5",
    "seed in [1 2]",
    "seed[0] == 1",
    "extra[x] == 1",
    "extra[-1] == 1",
    "extra. == 1",
    "extra == 1",
    "und == 5 and los",
    "in == 3",
    "# comment",
    "note == '😀' and los < 1",
];

#[test]
fn a_report_filters_as_the_database_does() {
    let Some(mut filter) = node(&["tests/filter.mjs"]) else {
        return;
    };
    let project = Project::with(SCHEMA);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project.has("runs.jsonl", RUNS);
    let said_of_import = project.wallow("import --from runs.jsonl");
    assert_eq!(said_of_import.status, Some(0), "{}", said_of_import.stderr);
    project.wallow("report --output report.html").succeeds();
    filter.arg(project.path("report.html"));
    let pipes = filter.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = pipes.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin
        .write_all(json!(EXPRESSIONS).to_string().as_bytes())
        .unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let answers: Vec<Json> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answers.len(), EXPRESSIONS.len());
    for (expression, answer) in EXPRESSIONS.iter().zip(answers) {
        // The page takes an empty filter for none.
        if !expression.is_empty() {
            assert_eq!(answer, of_the_command(&project, expression), "{expression}");
        }
    }
}

/// The ids that `wallow ls` prints, or its error.
fn of_the_command(project: &Project, expression: &str) -> Json {
    let mut command = project.command(".", "ls --columns id --format json --where");
    let output = command.arg(expression).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    if output.status.success() {
        let runs: Vec<Json> = serde_json::from_slice(&output.stdout).unwrap();
        let ids = runs.iter().map(|run| run["id"].clone());
        return json!({ "ids": ids.collect::<Vec<_>>() });
    }
    let message = error.lines().next().unwrap();
    let message = message.strip_prefix("error: ").unwrap();
    let help = error.lines().find_map(|line| line.split_once("= help: "));
    let place = error
        .lines()
        .find_map(|line| line.split_once("--> expression:1:"));
    let column = place.unwrap().1.trim().parse::<u32>().unwrap();
    let help = help.map_or("", |(_, help)| help.trim());
    json!({ "message": message, "help": help, "column": column })
}
