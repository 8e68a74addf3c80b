//! `wallow enqueue`: grids.

use std::io::Write as _;
use std::process::Stdio;

use snapbox::{assert_data_eq, str};

use crate::project::Project;

const GRID: &str = r#"[project]
name = "grid"
lifecycle = true

[identifying.optimiser]
type = "string"
values = ["adam", "sgd"]

[identifying.lr]
type = "float"

[identifying.seed]
type = "int"
default = 0

[annotating.val_loss]
type = "float"
"#;

/// specs 11.1 to 11.4
#[test]
fn a_grid_is_added_where_it_is_new() {
    let project = Project::with(GRID);
    let grid = "enqueue optimiser=adam,sgd lr=1e-3,1e-2 seed=0..3";
    assert_data_eq!(
        project.wallow(&format!("{grid} --dry-run")).succeeds(),
        str![[r#"
12 combinations: 12 new, 0 pending, 0 running, 0 completed, 0 failed
dry run: nothing was changed

"#]]
    );
    assert!(!project.path("runs.db").exists());
    assert_data_eq!(
        project.wallow(grid).succeeds(),
        str![[r#"
12 combinations: 12 new, 0 pending, 0 running, 0 completed, 0 failed
added 12 runs to runs.db, beside wallow.toml

"#]]
    );
    let order = "SELECT group_concat(optimiser || ' ' || lr || ' ' || seed, ', ') FROM (SELECT * FROM runs ORDER BY id LIMIT 4)";
    assert_eq!(
        project.reads(order),
        "adam 0.001 0, adam 0.001 1, adam 0.001 2, adam 0.01 0"
    );
    project.executes(
        "UPDATE runs SET status = 'completed' WHERE id = 1; UPDATE runs SET status = 'running' WHERE id = 2; \
         UPDATE runs SET status = 'failed' WHERE id = 3; UPDATE runs SET status = 'FINISHED' WHERE id = 4",
    );
    assert_data_eq!(
        project
            .wallow("enqueue optimiser=adam,sgd lr=0.001,0.010 seed=0..=3")
            .succeeds(),
        str![[r#"
16 combinations: 4 new, 8 pending, 1 running, 1 completed, 1 failed, 1 with a status that wallow does not know
added 4 runs to runs.db, beside wallow.toml

"#]]
    );
    let json = project.wallow(&format!("{grid} --json")).succeeds();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["new"], 0);
    assert_eq!(json["pending"], 8);
    assert_eq!(json["unknown"], 1);
    assert_eq!(project.reads("SELECT count(*) FROM runs"), "16");
}

/// specs 11.2
#[test]
fn rows_of_a_file_are_crossed_with_lists() {
    let project = Project::with(GRID);
    project.has(
        "settings.csv",
        "lr,optimiser,val_loss\n1e-4,adam,0.3\n1e-5,sgd,\n",
    );
    assert_data_eq!(
        project
            .wallow("enqueue --from settings.csv seed=0..3")
            .succeeds(),
        str![[r#"
not read, because they do not define a run: val_loss
6 combinations: 6 new, 0 pending, 0 running, 0 completed, 0 failed
added 6 runs to runs.db, beside wallow.toml

"#]]
    );
    assert_data_eq!(
        project.wallow("enqueue --from settings.csv").succeeds(),
        str![[r#"
default taken: `seed` is 0 in 2 rows
not read, because they do not define a run: val_loss
2 combinations: 0 new, 2 pending, 0 running, 0 completed, 0 failed

"#]]
    );
    assert_eq!(project.reads("SELECT count(val_loss) FROM runs"), "0");
}

#[test]
fn json_lines_come_from_stdin() {
    let project = Project::with(GRID);
    let enqueue = |lines: &str| {
        let mut command = project.command("", "enqueue --from - optimiser=sgd");
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(lines.as_bytes()).unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.code(),
            text(output.stdout) + &text(output.stderr),
        )
    };
    assert_data_eq!(
        enqueue("{\"lr\": 1e-4}\n{\"lr\": \"x\"}\n{\"lr\": 3, \"seed\": 1.5}\n").1,
        str![[r#"
error: nothing was added, because rows cannot be read; correct them:
  line 2: field `lr`: "x" is no float
  line 3: field `seed`: 1.5 is no int

"#]]
    );
    assert!(!project.path("runs.db").exists());
    let (status, _) = enqueue("{\"lr\": 1e-4}\n{\"lr\": 3}\n");
    assert_eq!(status, Some(0));
    let rows = "SELECT group_concat(optimiser || lr || seed, ' ') FROM runs";
    assert_eq!(project.reads(rows), "sgd0.00010 sgd3.00");
}

/// specs 11.3
#[test]
fn bad_values_are_refused_with_their_place_and_nothing_is_added() {
    let project = Project::with(GRID);
    project.has("near.csv", "lr,optimser\n1,adam\n");
    project.has("odd.csv", "lr,optimiser,oops\n1,adam,2\n");
    for (line, expected) in [
        (
            "enqueue optimiser=adm lr=x",
            "error: `optimiser`: `adm` is none of its values; did you mean `adam`? (`optimiser=adm`)\n`x` is no value for `lr`, which is of type float (`lr=x`)\n",
        ),
        (
            "enqueue optimiser=adam lr=1e-400",
            "`1e-400` is no value for `lr`: it is too small for a float; write `0` if zero is meant",
        ),
        (
            "enqueue optimizer=adam",
            "error: `optimizer` is no identifying field; did you mean `optimiser`?\n",
        ),
        (
            "enqueue val_loss=1",
            "error: `val_loss` is an annotating field, which does not define a run;",
        ),
        (
            "enqueue optimiser=adam",
            "error: `lr` has no value, and no default; add a list, such as `lr=…`\n",
        ),
        (
            "enqueue seed=0",
            "error: `optimiser` and `lr` have no value, and no default",
        ),
        (
            "enqueue optimiser=adam lr=1 lr=2",
            "error: `lr` has two lists",
        ),
        (
            "enqueue optimiser=adam lr=1,2 seed=0 --zip lr,seed",
            "`lr` has 2 values and `seed` has 1",
        ),
        (
            "enqueue",
            "`optimiser` and `lr` have no value, and no default",
        ),
        (
            "enqueue --from odd.csv",
            "the column `oops` is no field of the schema",
        ),
        (
            "enqueue --from odd.csv lr=3",
            "`lr` has a list on the command line and a column in the file",
        ),
        (
            "enqueue --from odd",
            "the name `odd` does not tell a format",
        ),
    ] {
        let refusal = project.wallow(line).misuses();
        assert!(refusal.contains(expected), "{line}: {refusal}");
    }
    let refusal = project.wallow("enqueue --from near.csv").refuses();
    assert!(
        refusal.contains("no column is named after the identifying field `optimiser`"),
        "{refusal}"
    );
    assert!(!project.path("runs.db").exists());
}

/// A database that is not there is made, and managed if there are migrations; specs 11.4.
#[test]
fn a_new_database_is_managed_from_the_start() {
    let project = Project::with(GRID);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("enqueue optimiser=adam lr=1").succeeds();
    let status = project.wallow("status").succeeds();
    assert!(status.ends_with("in sync\n"), "{status}");
    project.edits("name = \"grid\"", "name = \"other\"\nfloat_precision = 12");
    project.edits("lifecycle = true\n", "");
    let refusal = project.wallow("enqueue optimiser=adam lr=1 --db other.db");
    assert!(refusal.refuses().contains("lifecycle = true"));
}

/// Two at once, on a server: every key is added once.
#[cfg(feature = "postgres")]
#[test]
fn grids_that_overlap_are_added_once_on_a_server() {
    let Some(server) = postgres_server::Server::shared() else {
        return;
    };
    let database = server.fresh();
    let project = Project::with(GRID).sets("WALLOW_DATABASE_URL", &database.url());
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    let children = (0..4).map(|_| {
        let mut command = project.command(
            "",
            "enqueue optimiser=adam,sgd lr=lin:0..1/50 seed=0..20 --json",
        );
        command.stdout(Stdio::piped()).spawn().unwrap()
    });
    let children = children.collect::<Vec<_>>();
    let added = children.into_iter().map(|child| {
        let output = child.wait_with_output().unwrap();
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            json["new"].as_u64().unwrap() + json["pending"].as_u64().unwrap(),
            2000
        );
        json["added"].as_u64().unwrap()
    });
    assert_eq!(added.sum::<u64>(), 2000);
    assert_eq!(project.wallow("count").succeeds(), "2000\n");
}

/// specs 11.3
#[test]
fn an_unknown_field_does_not_hide_other_faults() {
    let project = Project::with(SCHEMA_OF_ROWS);
    let refused = project.wallow("enqueue sead=1 seed=x").misuses();
    assert!(
        refused.contains("`sead` is no identifying field"),
        "{refused}"
    );
    assert!(refused.contains("(`seed=x`)"), "{refused}");
}

const SCHEMA_OF_ROWS: &str =
    "[project]\nname = \"rows\"\nlifecycle = true\n[identifying.seed]\ntype = \"int\"\n";
