//! The options that every command on several runs has: which runs, in which order, how many, which columns.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::Stdio;

use rustix::termios::{Winsize, tcsetwinsize};
use snapbox::{assert_data_eq, str};

use crate::listing::sweep;
use crate::project::Project;
use crate::sweep::{six, statuses};
use crate::terminal::open_terminal;

#[test]
fn the_first_runs_of_an_order_are_deleted() {
    let project = six();
    assert_data_eq!(
        project
            .wallow("rm --where \"seed < 4\" --sort -seed -n 2 --yes")
            .succeeds(),
        str![[r#"
2 runs where seed < 4, of the first 2 by -seed
deleted 2 runs in runs.db, beside wallow.toml

"#]]
    );
    assert_eq!(
        statuses(&project),
        "1 completed, 4 running, 5 running, 6 pending"
    );
    let error = project.wallow("rm -n 2 --yes").misuses();
    assert!(
        error.contains("`--where 'id > 0'` is all of them"),
        "{error}"
    );
    let error = project.wallow("retry --sort seed --yes").misuses();
    assert!(error.contains("--where"), "{error}");
    let error = project
        .wallow("rm --where \"id > 0\" --sort sed -n 1 --yes")
        .misuses();
    assert!(error.contains("did you mean `seed`"), "{error}");
}

#[test]
fn the_first_runs_of_an_order_are_retried() {
    let project = six();
    assert_data_eq!(
        project
            .wallow("retry --where \"status == 'failed'\" --sort -seed -n 1 --yes")
            .succeeds(),
        str![[r#"
1 run, failed, where status == 'failed', of the first 1 by -seed
put back 1 run in runs.db, beside wallow.toml

"#]]
    );
    assert_eq!(
        statuses(&project),
        "1 completed, 2 failed, 3 pending, 4 running, 5 running, 6 pending"
    );
}

#[test]
fn options_mean_the_same_everywhere() {
    let project = sweep();
    let said = |line: &str| project.wallow(line).succeeds();
    assert_eq!(said("count -n 3"), "3\n");
    assert_eq!(said("count --where \"seed == 0\" -n 9 --sort -seed"), "3\n");
    project.wallow("count --sort nothing").misuses();
    assert_eq!(
        said("export --sort -loss -n 2 --columns id,loss"),
        "id,loss\n3,2.5\n2,0.375\n"
    );
    assert_eq!(
        said("top seed --columns model --sort model -n 2"),
        "seed  model\n   1  conv\n   1  mlp\n"
    );
    assert_eq!(
        said("near seed=0 --sort -rate -n 2 --columns rate --format csv"),
        "id,differs_in,status,rate,uuid\n4,nothing,failed,0.01,00000000000d\n3,nothing,completed,0.01,00000000000c\n"
    );
    assert_data_eq!(
        said("near seed=0 --columns loss,id -n 2"),
        str![[r#"
id  differs in  status      loss  uuid
 1  nothing     completed  0.125  00000000000a
 3  nothing     completed    2.5  00000000000c

"#]]
    );
    let error = project.wallow("export --columns id,id").misuses();
    assert!(error.contains("named twice"), "{error}");
}

#[test]
fn several_runs_are_compared() {
    let project = sweep();
    assert_data_eq!(
        project
            .wallow("diff 1 2 3 --columns model,rate,loss,curve")
            .succeeds(),
        str![[r#"
field  00000000000a  00000000000b  00000000000c
rate   0.001         0.001         0.01
loss   0.125         0.375         2.5
curve  [3,2,1]       -             {"a":[1,2]}

"#]]
    );
    assert_data_eq!(
        project
            .wallow("diff --where \"loss is not null\" --sort -loss -n 2 --columns loss,seed --format csv")
            .succeeds(),
        str![[r#"
field,00000000000c,00000000000b
loss,2.5,0.375
seed,0,1

"#]]
    );
    assert_data_eq!(
        project
            .wallow("diff 1 2 3 --columns seed --json")
            .succeeds(),
        str![[r#"
{
  "differences": {
    "seed": [
      0,
      1,
      0
    ]
  },
  "uuids": [
    "00000000000a",
    "00000000000b",
    "00000000000c"
  ]
}

"#]]
    );
    for line in [
        "diff",
        "diff 1 2 --where \"seed == 0\"",
        "diff 1 2 --columns sed",
    ] {
        project.wallow(line).misuses();
    }
    for line in ["diff 1", "diff --where \"seed > 99\""] {
        let error = project.wallow(line).refuses();
        assert!(error.contains("cannot differ"), "{error}");
    }
}

#[test]
fn parts_of_json_are_columns() {
    let project = sweep();
    project.executes(
        r#"UPDATE runs SET curve = '[{"loss": 0.5, "tag": "a,b"}, {"loss": 1.5}]' WHERE id = 1;
           UPDATE runs SET curve = '[{"loss": 0.25, "tag": null}]' WHERE id = 2;
           UPDATE runs SET curve = 'NaN' WHERE id = 4;
           UPDATE runs SET curve = '[{"loss": "high", "it''s": true}]' WHERE id = 5"#,
    );
    assert_data_eq!(
        project
            .wallow("ls --columns id,curve[0].loss,curve[0].tag,curve[1].loss --sort curve[0].loss --format csv")
            .succeeds(),
        str![[r#"
id,curve[0].loss,curve[0].tag,curve[1].loss
2,0.25,,
1,0.5,"a,b",1.5
5,high,,
3,,,
4,,,

"#]]
    );
    let sorted = project
        .wallow("ls --columns id --sort -curve[0].loss --format csv")
        .succeeds();
    assert_eq!(sorted, "id\n1\n2\n5\n4\n3\n");
    assert_data_eq!(
        project
            .wallow("top curve[0].loss --columns id,curve[0].tag")
            .succeeds(),
        str![[r#"
curve[0].loss  id  curve[0].tag
          0.5   1           a,b
         0.25   2             -
         high   5             -

"#]]
    );
    let line = "ls --where \"id == 5\" --format jsonl --columns";
    let quoted = project.wallow(&format!("{line} curve[0].'it''s'"));
    assert_eq!(quoted.succeeds(), "{\"curve[0].'it''s'\":true}\n");
    for wrong in [
        "curve[",
        "curve.",
        "curve[-1]",
        "note.x",
        "`x`",
        "curve[0].loss,curve[0].loss",
    ] {
        project.wallow(&format!("{line} {wrong}")).misuses();
    }
}

#[test]
fn curves_are_exported_in_long_form() {
    let project = sweep();
    project.executes(
        r#"UPDATE runs SET curve = '[{"step": 10, "loss": 0.5, "tag": "a"}, {"step": 20, "loss": 1}]' WHERE id = 1;
           UPDATE runs SET curve = '[{"step": 10, "loss": 0.25, "best": true}]' WHERE id = 2;
           UPDATE runs SET curve = '[]' WHERE id = 4"#,
    );
    let answer = project.wallow("export --unnest curve --where \"id != 3\"");
    assert_eq!(answer.status, Some(0));
    assert_eq!(
        answer.stderr,
        "note: 2 runs without points in `curve`, and so without rows\n"
    );
    assert_data_eq!(
        answer.stdout,
        str![[r#"
id,uuid,model,rate,seed,point,curve.loss,curve.step,curve.tag,curve.best
1,00000000000a,mlp,0.001,0,0,0.5,10,a,
1,00000000000a,mlp,0.001,0,1,1.0,20,,
2,00000000000b,mlp,0.001,1,0,0.25,10,,true

"#]]
    );
    let answer =
        project.wallow("export --unnest curve --where \"id == 3\" --columns id --format jsonl");
    assert_data_eq!(
        answer.succeeds(),
        str![[r#"
{"id":3,"point":0,"curve.a":1}
{"id":3,"point":1,"curve.a":2}

"#]]
    );
    project.executes("UPDATE runs SET curve = '[3, 2, null]' WHERE id = 3");
    let answer = project.wallow("export --unnest curve --where \"id == 3\" --columns id,model");
    assert_data_eq!(
        answer.succeeds(),
        str![[r#"
id,model,point,curve
3,mlp,0,3
3,mlp,1,2
3,mlp,2,

"#]]
    );
    let line = "export --unnest curve --where \"id == 3\" --output curves.parquet";
    assert_eq!(
        project.wallow(line).succeeds(),
        "wrote 3 points to curves.parquet\n"
    );
    let error = project.wallow("export --unnest loss").misuses();
    assert!(error.contains("no json field"), "{error}");
    let error = project.wallow("export --unnest curv").misuses();
    assert!(error.contains("did you mean `curve`"), "{error}");
}

/// What a terminal of ten lines shows, with a pager that numbers its lines.
fn paged(project: &Project, line: &str, pager: &str) -> (Option<i32>, String) {
    let (terminal, inner) = open_terminal();
    let size = Winsize {
        ws_row: 10,
        ws_col: 80,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&inner, size).unwrap();
    let stdio = || Stdio::from(inner.try_clone().unwrap());
    let mut command = project.command(".", line);
    command
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .env("PAGER", pager);
    command.stdin(stdio()).stdout(stdio()).stderr(stdio());
    let mut child = command.spawn().unwrap();
    drop((command, inner));
    let mut bytes = Vec::new();
    let mut terminal = File::from(terminal);
    let _ = terminal.flush();
    let _ = terminal.read_to_end(&mut bytes);
    let status = child.wait().unwrap();
    let text = String::from_utf8(bytes).unwrap().replace("\r\n", "\n");
    (status.code(), text)
}

#[test]
fn a_long_table_has_a_pager() {
    let project = sweep();
    project.executes(
        "INSERT INTO runs (uuid, created_at, updated_at, model, rate, seed)
         WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
         SELECT printf('%012x', i), '2026-01-02 03:04:05', '2026-01-02 03:04:05', 'm', 0.1, i FROM n",
    );
    let long = "ls --columns id,seed";
    let (status, text) = paged(&project, long, "sed 's/^/> /'");
    assert_eq!(status, Some(0));
    assert!(text.starts_with(">   id  seed\n>    1     0\n"), "{text}");
    assert_eq!(text.lines().count(), 19_907);
    // A short one, no pager, an empty one.
    for (line, pager) in [
        ("ls --columns id,seed -n 3", "sed 's/^/> /'"),
        ("ls --columns id,seed --no-pager", "sed 's/^/> /'"),
        (long, "cat"),
        ("count", "sed 's/^/> /'"),
        ("ls --columns id,seed --format csv", "sed 's/^/> /'"),
    ] {
        let (status, text) = paged(&project, line, pager);
        assert_eq!(status, Some(0), "{line}");
        assert!(!text.contains('>'), "{line}\n{text}");
    }
    // Leaving it early is no error.
    let (status, text) = paged(&project, long, "head -n 2");
    assert_eq!((status, text.lines().count()), (Some(0), 2), "{text}");
    let (status, text) = paged(&project, long, "no-such-pager");
    assert_eq!(status, Some(1), "{text}");
    assert!(
        text.contains("the pager `no-such-pager` does not start"),
        "{text}"
    );
    assert!(text.contains("`--no-pager`"), "{text}");
}

/// Without a terminal there is no pager, whatever the environment says.
#[test]
fn no_pager_without_a_terminal() {
    let project = sweep().sets("PAGER", "false");
    assert_eq!(
        project.wallow("ls --columns id").succeeds().lines().count(),
        6
    );
}
