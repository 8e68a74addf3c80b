//! `wallow show`, which is `wallow inspect` too, and `wallow collisions`.

use snapbox::{assert_data_eq, str};

use crate::project::Project;

const SCHEMA: &str = r#"[project]
name = "sweep"

[identifying.rate]
type = "float"

[identifying.seed]
type = "int"

[annotating.note]
type = "string"

[annotating.curve]
type = "json"

[annotating.done]
type = "bool"

[annotating.ended_at]
type = "datetime"
"#;

pub(crate) fn project() -> Project {
    let project = Project::with(SCHEMA);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    let columns = "rate, seed, note, curve, done, ended_at";
    let values = r#"1e-3, 7, 'fine', '{"loss": [0.5, null]}', 1, '2026-01-02 03:04:05.000000'"#;
    project.has_run("8fa740691a0a", columns, values);
    let hostile = "char(27) || '[2Jgone' || char(10) || char(155) || 'x'";
    project.has_run(
        "000000000002",
        "rate, seed, note",
        &format!("1e-3, 8, {hostile}"),
    );
    project
}

#[test]
fn a_run_is_shown_by_id_and_by_uuid() {
    let project = project();
    let said = project.wallow("show 1").succeeds();
    assert_data_eq!(
        &said,
        str![[r#"
id          1
uuid        8fa740691a0a
created_at  2026-01-02 03:04:05.000006 UTC
updated_at  2026-01-02 03:04:05.000006 UTC

rate        0.001
seed        7

note        fine
curve       {"loss":[0.5,null]}
done        true
ended_at    2026-01-02 03:04:05.000000 UTC

"#]]
    );
    assert_eq!(project.wallow("inspect 8fa740691a0a").succeeds(), said);
}

#[test]
fn a_uuid_of_digits_is_a_uuid_first() {
    let said = project().wallow("show 000000000002").succeeds();
    assert!(said.contains("8\n"), "{said}");
}

#[test]
fn a_run_is_shown_to_programs() {
    let said = project().wallow("show 1 --json").succeeds();
    assert_data_eq!(
        said,
        str![[r#"
{
  "created_at": "2026-01-02T03:04:05.000006+00:00",
  "curve": {
    "loss": [
      0.5,
      null
    ]
  },
  "done": true,
  "ended_at": "2026-01-02T03:04:05+00:00",
  "id": 1,
  "note": "fine",
  "rate": 0.001,
  "seed": 7,
  "updated_at": "2026-01-02T03:04:05.000006+00:00",
  "uuid": "8fa740691a0a"
}

"#]]
    );
}

#[test]
fn curves_are_drawn() {
    let project = project();
    project.executes(
        r#"UPDATE runs SET curve = '{"loss": [4, 3, null, 1], "tag": "x", "log": [{"n": 1, "acc": 0.5}, {"n": 2, "acc": 0.75}]}'
           WHERE id = 1;
           UPDATE runs SET curve = (SELECT '[' || group_concat(i) || ']' FROM
             (WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999) SELECT i FROM n))
           WHERE id = 2"#,
    );
    let said = |run: &str| {
        let said = project.wallow(&format!("show {run}")).succeeds();
        let lines = said.split_inclusive('\n');
        lines
            .filter(|line| line.starts_with("curve"))
            .collect::<String>()
    };
    assert_data_eq!(
        said("1"),
        str![[r#"
curve            {"tag":"x"}
curve.log[].acc  ▁█  2 values from 0.5 to 0.75, lowest 0.5, highest 0.75
curve.log[].n    ▁█  2 values from 1 to 2, lowest 1, highest 2
curve.loss       █▆ ▁  4 values from 4 to 1, lowest 1, highest 4

"#]]
    );
    assert_data_eq!(
        said("2"),
        str![[r#"
curve       ▁▁▁▂▂▂▂▃▃▃▃▃▄▄▄▄▅▅▅▅▆▆▆▆▆▇▇▇▇███  1000 values from 0 to 999, lowest 0, highest 999

"#]]
    );
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let said = project().wallow("show 2").succeeds();
    let note = said.lines().find(|line| line.starts_with("note"));
    assert_data_eq!(note.unwrap(), str!["note        /u{1b}[2Jgone/n/u{9b}x"]);
}

#[test]
fn a_run_that_is_not_there_is_a_finding() {
    let project = project();
    assert_data_eq!(
        project.wallow("show 99").refuses(),
        str![[r#"
error: there is no run `99` in runs.db; give an id or a uuid of 12 characters

"#]]
    );
    project.wallow("show 8fa740691a0b").refuses();
    project.wallow("show nonsense").refuses();
}

#[test]
fn runs_that_differ_in_one_field_alone_are_listed() {
    let project = project();
    assert_data_eq!(
        project.wallow("collisions seed").finds(),
        str![[r#"
rate=0.001: 8fa740691a0a 000000000002
without `seed`, the runs of 1 group would be one run each

"#]]
    );
    assert_data_eq!(
        project.wallow("collisions seed --json").finds(),
        str![[r#"
[
  {
    "uuids": [
      "8fa740691a0a",
      "000000000002"
    ],
    "values": {
      "rate": "0.001"
    }
  }
]

"#]]
    );
    assert_data_eq!(
        project.wallow("collisions rate").succeeds(),
        str![[r#"
no two runs differ in `rate` alone; it could be dropped

"#]]
    );
    assert_data_eq!(
        project.wallow("collisions note").misuses(),
        str![[r#"
error: `note` is no identifying field; the schema has: rate, seed

"#]]
    );
}
