//! `wallow ls`, `wallow top`, `wallow count`, without a terminal.

use snapbox::{assert_data_eq, str};

use crate::project::Project;

/// A sweep with fields of every type.
pub(crate) const SWEEP: &str = r#"[project]
name = "sweep"

[identifying.model]
type = "string"

[identifying.rate]
type = "float"

[identifying.seed]
type = "int"

[annotating.status]
type = "string"

[annotating.loss]
type = "float"

[annotating.curve]
type = "json"

[annotating.good]
type = "bool"

[annotating.started_at]
type = "datetime"

[annotating.note]
type = "string"

[annotating.file]
type = "path"
"#;

/// The schema with its table, but no runs.
pub(crate) fn empty(schema: &str) -> Project {
    let project = Project::with(schema);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project
}

/// Five runs: three completed, one failed with a hostile note, one with only a key.
pub(crate) fn sweep() -> Project {
    let project = empty(SWEEP);
    let columns = "model, rate, seed, status, loss, curve, good, started_at, note, file";
    for (uuid, values) in [
        (
            "00000000000a",
            "'mlp', 0.001, 0, 'completed', 0.125, '[3, 2, 1]', 1, '2026-01-02 03:04:05.000000', 'plain', 'a/b.bin'",
        ),
        (
            "00000000000b",
            "'mlp', 0.001, 1, 'completed', 0.375, NULL, 0, '2026-01-02 03:04:06.500000', '数据 🚀', NULL",
        ),
        (
            "00000000000c",
            "'mlp', 0.01, 0, 'completed', 2.5, '{\"a\": [1, 2]}', NULL, NULL, NULL, NULL",
        ),
        (
            "00000000000d",
            "'conv', 0.01, 0, 'failed', NULL, NULL, NULL, NULL, 'a' || char(27) || '[31m' || char(10) || char(8238) || 'b', NULL",
        ),
    ] {
        project.has_run(uuid, columns, values);
    }
    project.has_run("00000000000e", "model, rate, seed", "'conv', 0.01, 1");
    project
}

#[test]
fn runs_are_listed_with_numbers_at_the_right() {
    assert_data_eq!(
        sweep().wallow("ls").succeeds(),
        str![[r#"
id  status     model   rate  seed   loss  good   started_at                note                    file     uuid          created_at                   updated_at
 1  completed  mlp    0.001     0  0.125  true   2026-01-02T03:04:05Z      plain                   a/b.bin  00000000000a  2026-01-02T03:04:05.000006Z  2026-01-02T03:04:05.000006Z
 2  completed  mlp    0.001     1  0.375  false  2026-01-02T03:04:06.500Z  数据 🚀                 -        00000000000b  2026-01-02T03:04:05.000006Z  2026-01-02T03:04:05.000006Z
 3  completed  mlp     0.01     0    2.5  -      -                         -                       -        00000000000c  2026-01-02T03:04:05.000006Z  2026-01-02T03:04:05.000006Z
 4  failed     conv    0.01     0      -  -      -                         a/u{1b}[31m/n/u{202e}b  -        00000000000d  2026-01-02T03:04:05.000006Z  2026-01-02T03:04:05.000006Z
 5  -          conv    0.01     1      -  -      -                         -                       -        00000000000e  2026-01-02T03:04:05.000006Z  2026-01-02T03:04:05.000006Z

"#]]
    );
}

#[test]
fn runs_are_filtered_sorted_and_limited() {
    let project = sweep();
    assert_data_eq!(
        project
            .wallow(
                "ls --where \"model == 'mlp' and loss < 1\" --sort -loss --columns uuid,loss,curve"
            )
            .succeeds(),
        str![[r#"
uuid           loss  curve
00000000000b  0.375  -
00000000000a  0.125  [3,2,1]

"#]]
    );
    // NULL comes last in both directions; equal rows are ordered by the second term.
    let sorted = |sort: &str| {
        let line = format!("ls --columns id --sort {sort} --limit 4");
        let said = project.wallow(&line).succeeds();
        said.split_whitespace().skip(1).collect::<String>()
    };
    assert_eq!(sorted("loss"), "1234");
    assert_eq!(sorted("-loss"), "3215");
    assert_eq!(sorted("rate,-seed"), "2154");
    assert_eq!(sorted("-rate,model,seed"), "4531");
}

#[test]
fn groups_are_listed_with_their_spread() {
    let project = sweep();
    let groups = "ls --group-by model,rate --agg mean:loss";
    assert_data_eq!(
        project.wallow(groups).succeeds(),
        str![[r#"
model   rate  runs  mean:loss            std:loss  min:loss  max:loss  n:loss
conv    0.01     2          -                   -         -         -       0
mlp    0.001     2       0.25  0.1767766952966369     0.125     0.375       2
mlp     0.01     1        2.5                   -       2.5       2.5       1

"#]]
    );
    assert_data_eq!(
        project
            .wallow(&format!(
                "{groups},max:seed --sort -max:seed,-mean:loss --limit 2 --format jsonl"
            ))
            .succeeds(),
        str![[r#"
{"model":"mlp","rate":0.001,"runs":2,"mean:loss":0.25,"std:loss":0.1767766952966369,"min:loss":0.125,"max:loss":0.375,"n:loss":2,"max:seed":1}
{"model":"conv","rate":0.01,"runs":2,"mean:loss":null,"std:loss":null,"min:loss":null,"max:loss":null,"n:loss":0,"max:seed":1}

"#]]
    );
    assert_data_eq!(
        project
            .wallow("ls --agg min:started_at,n:loss --where \"loss is not null\"")
            .succeeds(),
        str![[r#"
runs  min:started_at        n:loss
   3  2026-01-02T03:04:05Z       3

"#]]
    );
    assert_data_eq!(
        project
            .wallow("ls --group-by status --sort -runs,status")
            .succeeds(),
        str![[r#"
status     runs
completed     3
failed        1
-             1

"#]]
    );
}

#[test]
fn the_highest_are_listed() {
    let project = sweep();
    assert_data_eq!(
        project.wallow("top loss -n 2").succeeds(),
        str![[r#"
id   loss  status     model   rate  seed  good   started_at                note     file  uuid          created_at                   updated_at
 3    2.5  completed  mlp     0.01     0  -      -                         -        -     00000000000c  2026-01-02T03:04:05.000006Z  2026-01-02T03:04:05.000006Z
 2  0.375  completed  mlp    0.001     1  false  2026-01-02T03:04:06.500Z  数据 🚀  -     00000000000b  2026-01-02T03:04:05.000006Z  2026-01-02T03:04:05.000006Z

"#]]
    );
    let lowest = "top seed --lowest --where \"status == 'completed'\" --format csv";
    assert_data_eq!(
        project.wallow(lowest).succeeds(),
        str![[r#"
id,seed,status,model,rate,loss,good,started_at,note,file,uuid,created_at,updated_at
1,0,completed,mlp,0.001,0.125,true,2026-01-02T03:04:05.000000Z,plain,a/b.bin,00000000000a,2026-01-02T03:04:05.000006Z,2026-01-02T03:04:05.000006Z
3,0,completed,mlp,0.01,2.5,,,,,00000000000c,2026-01-02T03:04:05.000006Z,2026-01-02T03:04:05.000006Z
2,1,completed,mlp,0.001,0.375,false,2026-01-02T03:04:06.500000Z,数据 🚀,,00000000000b,2026-01-02T03:04:05.000006Z,2026-01-02T03:04:05.000006Z

"#]]
    );
}

#[test]
fn runs_are_counted() {
    let project = sweep();
    assert_eq!(project.wallow("count").succeeds(), "5\n");
    let failed = project.wallow("count --where \"status == 'failed'\"");
    assert_eq!(failed.succeeds(), "1\n");
}

#[test]
fn nothing_is_listed_where_nothing_is() {
    let project = empty(SWEEP);
    for (line, expected) in [
        ("ls", "no runs\n"),
        ("ls --group-by model", "no runs\n"),
        (
            "ls --agg mean:loss --format csv",
            "runs,mean:loss,std:loss,min:loss,max:loss,n:loss\n0,,,,,0\n",
        ),
        ("ls --format json", "[]\n"),
        ("ls --format csv --columns id,loss", "id,loss\n"),
        ("ls --format jsonl", ""),
        ("top loss", "no runs\n"),
        ("count", "0\n"),
        ("near seed=1", "no runs\n"),
        ("near seed=1 --json", "[]\n"),
    ] {
        assert_eq!(project.wallow(line).succeeds(), expected, "{line}");
    }
    project.wallow("show 1").refuses();
    project.wallow("diff 1 2").refuses();
}

#[test]
fn one_run_is_a_list() {
    let project = empty(SWEEP);
    project.has_run("00000000000a", "model, rate, seed", "'mlp', 1e-3, 0");
    let said = project.wallow("ls --columns id,model,loss").succeeds();
    assert_eq!(said, "id  model  loss\n 1  mlp       -\n");
}

#[test]
fn a_listing_goes_into_a_file() {
    let project = sweep();
    let line = "ls --sort -loss --columns uuid,loss --limit 2 --output best.csv";
    assert_eq!(project.wallow(line).succeeds(), "");
    assert_eq!(
        project.text("best.csv"),
        "uuid,loss\n00000000000c,2.5\n00000000000b,0.375\n"
    );
}

/// A sweep of a hundred thousand runs.
fn many_runs() -> Project {
    let project = empty(SWEEP);
    project.executes(
        "INSERT INTO runs (uuid, created_at, updated_at, model, rate, seed, status, loss)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
         SELECT printf('%012x', i), '2026-01-02 03:04:05', '2026-01-02 03:04:05',
           'm' || (i % 3), 0.1, i, iif(i % 2, 'completed', 'failed'), i * 7919 % 100000 FROM n",
    );
    project
}

/// Every command that reads runs.
const READING: [&str; 12] = [
    "ls --columns id,seed",
    "ls --columns id,seed --sort -seed",
    "ls --columns id,seed --format csv",
    "ls --columns id,seed --format json --sort seed",
    "ls --group-by seed",
    "top seed -n 10000",
    "near seed=5 -n 1000",
    "show 1",
    "diff 1 2",
    "count",
    "watch --once",
    "export",
];

#[test]
fn a_hundred_thousand_runs_are_read() {
    let project = many_runs();
    let lines = |line: &str| project.wallow(line).succeeds().lines().count();
    assert_eq!(
        READING.map(lines),
        [
            100_001, 100_001, 100_001, 100_002, 100_001, 10_001, 1001, 16, 5, 1, 1, 100_001
        ]
    );
    assert_data_eq!(
        project
            .wallow("ls --where \"status == 'completed' and model != 'm0'\" --sort -loss,seed -n 3")
            .succeeds(),
        str![[r#"
   id  status     model  rate   seed     loss  good  started_at  note  file  uuid          created_at            updated_at
82321  completed  m1      0.1  82321  99999.0  -     -           -     -     000000014191  2026-01-02T03:04:05Z  2026-01-02T03:04:05Z
46963  completed  m1      0.1  46963  99997.0  -     -           -     -     00000000b773  2026-01-02T03:04:05Z  2026-01-02T03:04:05Z
11605  completed  m1      0.1  11605  99995.0  -     -           -     -     000000002d55  2026-01-02T03:04:05Z  2026-01-02T03:04:05Z

"#]]
    );
    assert_data_eq!(
        project
            .wallow("ls --group-by model --agg mean:loss")
            .succeeds(),
        str![[r#"
model   runs          mean:loss            std:loss  min:loss  max:loss  n:loss
m0     33333  49986.92067920679  28867.687082021428       1.0   99988.0   33333
m1     33334  50011.57895842083  28868.553733381188       0.0   99999.0   33334
m2     33333            50000.0   28867.59332576093       6.0   99994.0   33333

"#]]
    );
    assert_data_eq!(
        project.wallow("near seed=50000 rate=0.2 -n 3").succeeds(),
        str![[r#"
   id  differs in           status     uuid
50000  rate=0.1             failed     00000000c350
50001  seed=50001 rate=0.1  completed  00000000c351
49999  seed=49999 rate=0.1  completed  00000000c34f

"#]]
    );
}

#[test]
fn nobody_has_to_read_to_the_end() {
    let project = many_runs();
    for line in READING {
        assert!(!project.first_line(line).is_empty(), "{line}");
    }
}

/// Zero rows would look like a database without runs.
#[test]
fn a_limit_is_a_number_from_one_on() {
    let project = Project::with_runs(crate::project::SCHEMA);
    for line in ["ls -n 0", "top loss -n 0", "near seed=1 -n 0", "ls -n x"] {
        let said = project.wallow(line).misuses();
        assert!(said.contains("write a whole number from 1 on"), "{said}");
    }
    project.wallow("ls -n 1").succeeds();
}
