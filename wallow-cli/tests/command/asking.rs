//! What the commands that read runs report if a question has no answer.

use std::fmt::Write as _;

use snapbox::{assert_data_eq, str};

use crate::listing::sweep;

#[test]
fn what_cannot_be_asked_is_reported() {
    let project = sweep();
    let mut said = String::new();
    for line in [
        "ls --where los<1",
        "ls --where loss",
        "ls --sort los",
        "ls --sort curve",
        "ls --columns id,los",
        "ls --columns id,id",
        "ls --group-by curve",
        "ls --agg mean:model",
        "ls --group-by model --sort loss",
        "ls --output runs.txt",
        "ls --output runs.csv --format table",
        "top curve",
        "count --where seed==x",
        "near los=1",
        "near seed=x",
        "near seed=1 seed=2",
    ] {
        writeln!(said, "$ wallow {line}").unwrap();
        said.push_str(&project.wallow(line).misuses());
    }
    assert_data_eq!(
        said,
        str![[r#"
$ wallow ls --where los<1
error: unknown field `los`
 --> expression:1:1
  |
1 | los<1
  | ^^^
  |
  = help: did you mean `loss`?
$ wallow ls --where loss
error: expected an operator, found the end
 --> expression:1:5
  |
1 | loss
  |     ^
  |
  = help: write an operator: == != < <= > >= in, not in, between, is null, contains, starts with, ends with
$ wallow ls --sort los
error: there is no column `los`; did you mean `loss`?
$ wallow ls --sort curve
error: `curve` is of type json, which has no order; name a part of it, such as `curve[0].loss`
$ wallow ls --columns id,los
error: there is no column `los`; did you mean `loss`?
$ wallow ls --columns id,id
error: the column `id` is named twice; name it once
$ wallow ls --group-by curve
error: `curve` is of type json, by which runs cannot be grouped; name a part of it, such as `curve[0].loss`
$ wallow ls --agg mean:model
error: `model` is of type string, which has no mean
$ wallow ls --group-by model --sort loss
error: groups have no column `loss` to sort by; there are: model, runs
$ wallow ls --output runs.txt
error: the name `runs.txt` does not tell a format; name one with `--format`
$ wallow ls --output runs.csv --format table
error: a table is for a terminal; for a file name another `--format`, or write `> FILE`
$ wallow top curve
error: `curve` is of type json, which has no order; name a part of it, such as `curve[0].loss`
$ wallow count --where seed==x
error: expected a value for `seed` (int), found `x`
 --> expression:1:7
  |
1 | seed==x
  |       ^
  |
  = help: write a whole number such as 32
$ wallow near los=1
error: `los` is no identifying field; the schema has: model, rate, seed
$ wallow near seed=x
error: `x` is no value for `seed`, which is of type int
$ wallow near seed=1 seed=2
error: `seed` is given twice; give it once

"#]]
    );
    for line in [
        "ls --agg loss",
        "ls --agg mode:loss",
        "ls --columns id --group-by model",
        "ls --format xml",
        "near",
        "near seed",
        "watch --interval 0",
        "watch --once --until-done",
    ] {
        project.wallow(line).misuses();
    }
}

#[test]
fn a_run_that_cannot_be_read_hides_no_other() {
    let project = sweep();
    project
        .executes("UPDATE runs SET good = 7 WHERE id < 8; UPDATE runs SET good = 1 WHERE id = 2");
    let answer = project.wallow("ls --columns id,good");
    assert_eq!(answer.stdout, "id  good\n 2  true\n");
    assert_data_eq!(
        answer.refuses(),
        str![[r#"
error: run 1 (uuid 00000000000a): field `good` holds the integer 7, not a boolean (0 or 1); correct or clear that value
error: run 3 (uuid 00000000000c): field `good` holds the integer 7, not a boolean (0 or 1); correct or clear that value
error: run 4 (uuid 00000000000d): field `good` holds the integer 7, not a boolean (0 or 1); correct or clear that value
error: run 5 (uuid 00000000000e): field `good` holds the integer 7, not a boolean (0 or 1); correct or clear that value

"#]]
    );
    // A damaged field is not reported if nobody asked for it.
    project.wallow("ls").refuses();
    project.wallow("ls --columns id,seed").succeeds();
    project.wallow("ls --group-by model").succeeds();
}
