//! `wallow enqueue --from`: rows of files mean what they mean for an import.

use crate::project::Project;

const MANY: &str = r#"[project]
name = "many"
lifecycle = true

[identifying.lr]
type = "float"

[identifying.opt]
type = "string"
default = "sgd"

[identifying.depth]
type = "int"
default = 3

[identifying.drop]
type = "float"
optional = true

[annotating.val_loss]
type = "float"
"#;

/// A row gives a key the values that an import gives it, and what is not used is reported in the same words; specs 11.2.
#[test]
fn rows_mean_what_they_mean_for_an_import() {
    let key = "SELECT group_concat(lr || ' ' || opt || ' ' || depth || ' ' || coalesce(\"drop\", '-'), ', ') \
               FROM (SELECT * FROM runs ORDER BY lr, depth)";
    for (text, keys, notes) in [
        (
            "lr,drop,params.drop,depth,opt\n1,,0.5,2,a\n",
            "1.0 a 2 0.5",
            "",
        ),
        ("lr,Depth,depth,opt\n1,2,,a\n", "1.0 a 2 -", ""),
        (
            "lr,depth,DEPTH,opt\n1,2,3,a\n2,4,4,a\n",
            "1.0 a 2 -, 2.0 a 4 -",
            "ignored: `DEPTH` in 2 records, 1 of them with another value; `depth` was taken from `depth`\n",
        ),
        (
            "lr,depth,params.depth,opt\n1,2,3,a\n",
            "1.0 a 2 -",
            "ignored: `params.depth` in 1 record, with another value; `depth` was taken from `depth`\n",
        ),
        (
            "# made by hand\nLR;Depth;opt\n1;2;a\n",
            "1.0 a 2 -",
            "the values are separated by semicolons\n\
             left out: 1 line of comments before the names of the columns\n",
        ),
        (
            "lr,opt\n1,\"a\nb\"\n",
            "1.0 a\nb 3 -",
            "over several lines: 1 value of `opt`; is each quote closed where it should be?\n",
        ),
    ] {
        let project = Project::with(MANY);
        project.wallow("migrate generate initial").succeeds();
        project.has("rows.csv", text);
        let enqueued = project.wallow("enqueue --from rows.csv").succeeds();
        assert_eq!(project.reads(key), keys, "{text}");
        project.wallow("migrate apply --db import.db").succeeds();
        let imported = project
            .wallow("import --from rows.csv --defaults --db import.db")
            .succeeds();
        project.wallow("rm --where \"id > 0\" --yes").succeeds();
        project
            .wallow("copy --from import.db --to runs.db")
            .succeeds();
        assert_eq!(project.reads(key), keys, "{text}");
        for line in notes.lines() {
            assert!(enqueued.contains(line), "{text}: {enqueued}");
            assert!(imported.contains(line), "{text}: {imported}");
        }
    }
}

/// specs 11.1, 11.2
#[test]
fn rows_that_are_one_run_count_once() {
    let project = Project::with(MANY);
    project.has(
        "rows.csv",
        "lr,depth\n1,1\n1.0,1\n2,1\n1.00000000000000001,1\n",
    );
    let said = "absent: `drop` in 4 rows\n\
                the same key: 3 rows count as 1 row (line 2 = line 3 = line 5)\n\
                4 combinations: 4 new, 0 pending, 0 running, 0 completed, 0 failed\n";
    let enqueue = "enqueue --from rows.csv opt=a,b";
    let dry = project.wallow(&format!("{enqueue} --dry-run")).succeeds();
    assert!(dry.starts_with(said), "{dry}");
    let said_then = project.wallow(enqueue).succeeds();
    assert!(said_then.starts_with(said), "{said_then}");
    assert_eq!(project.reads("SELECT count(*) FROM runs"), "4");
    // With a database the dry run looks up which keys are there.
    let again = project.wallow(&format!("{enqueue} --dry-run")).succeeds();
    assert!(
        again.contains("4 combinations: 0 new, 4 pending"),
        "{again}"
    );
    let json = project.wallow(&format!("{enqueue} --json")).succeeds();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["pending"], 4);
    assert_eq!(
        json["notes"],
        serde_json::json!([
            "absent: `drop` in 4 rows",
            "the same key: 3 rows count as 1 row (line 2 = line 3 = line 5)",
        ])
    );
}

/// specs 11.2
#[test]
fn a_column_for_a_listed_field_is_refused_in_every_form() {
    let project = Project::with(MANY);
    for (header, named) in [
        ("lr,depth", "a column"),
        ("lr,Depth", "the column `Depth`"),
        ("lr,params.depth", "the column `params.depth`"),
    ] {
        project.has("rows.csv", &format!("{header}\n1,2\n"));
        let refusal = project
            .wallow("enqueue --from rows.csv depth=0..2")
            .misuses();
        let expected = format!(
            "error: `depth` has a list on the command line and {named} in the file; leave one of them out\n"
        );
        assert_eq!(refusal, expected);
    }
    // Columns of a table of runs are named, whatever their form.
    project.has(
        "rows.csv",
        "id,uuid,lr,Val_Loss,metrics.val_loss,status,_wallow_attempt\n7,x,1,oops,2,what,3\n",
    );
    let said = project.wallow("enqueue --from rows.csv depth=1").succeeds();
    assert!(
        said.contains(
            "not read, because they do not define a run: Val_Loss, _wallow_attempt, id, metrics.val_loss, status, uuid\n"
        ),
        "{said}"
    );
}

/// specs 11.2
#[test]
fn a_file_without_rows_is_named() {
    let project = Project::with(MANY);
    project.has("empty.csv", "");
    project.has("header.csv", "lr,depth\n");
    project.has("rows.csv", "lr\n1\n");
    let nothing = "0 combinations: 0 new, 0 pending, 0 running, 0 completed, 0 failed\n";
    for (name, seen) in [("empty.csv", "the file is empty\n"), ("header.csv", "")] {
        let said = project
            .wallow(&format!("enqueue --from {name} opt=a,b"))
            .succeeds();
        assert_eq!(said, format!("{seen}`{name}` has no rows\n{nothing}"));
    }
    let said = project.wallow("enqueue --from -").succeeds();
    assert_eq!(
        said,
        format!("the file is empty\nstdin has no rows\n{nothing}")
    );
    let json = project
        .wallow("enqueue --from header.csv --json")
        .succeeds();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        json["notes"],
        serde_json::json!(["`header.csv` has no rows"])
    );
    let said = project.wallow("enqueue --from rows.csv").succeeds();
    assert!(said.contains("1 combination: 1 new"), "{said}");
}
