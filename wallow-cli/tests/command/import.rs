//! `wallow import` from files: what is accepted, what is refused, and that nothing is imported partially.

use snapbox::{assert_data_eq, str};

use crate::project::{Project, SCHEMA};

const FULL: &str = r#"[project]
name = "full"

[identifying.model]
type = "string"

[identifying.rate]
type = "float"

[identifying.seed]
type = "int"
default = 0

[annotating.loss]
type = "float"

[annotating.done]
type = "bool"

[annotating.host]
type = "string"
nullable = false
default = "here"

[annotating.curve]
type = "json"

[annotating.seen_at]
type = "datetime"
"#;

pub(super) fn project() -> Project {
    let project = Project::with(FULL);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project
}

fn count(project: &Project) -> String {
    project.reads("SELECT count(*) FROM runs")
}

#[test]
fn columns_are_found_by_name() {
    let project = project();
    project.has(
        "old.csv",
        "note,rate,model,seed,uuid,created_at,loss,done,host,curve,seen_at\n\
         x,1e-3,mlp,7,8fa740691a0a,2020-02-29 12:00:00,0.5,True,,\"[1, NaN]\",2020-02-29\n\
         y,1e-3,,,,,,,b,,\n",
    );
    assert_data_eq!(
        project
            .wallow("import --from old.csv --defaults")
            .succeeds(),
        str![[r#"
2 inserted, 0 overwritten, 0 existing, 0 refused
NaN became NULL: 1 value of `curve`
default taken: `seed` is 0 in 1 run
empty cell taken for an empty text: 1 value of `model`
left out, for want of a field: note
into runs.db, beside wallow.toml

"#]]
    );
    assert_data_eq!(
        project
            .wallow("export --format jsonl --columns uuid,model,rate,seed,loss,done,host,curve,seen_at --where \"id == 1\"")
            .succeeds(),
        str![[r#"
{"uuid":"8fa740691a0a","model":"mlp","rate":0.001,"seed":7,"loss":0.5,"done":true,"host":"","curve":[1,null],"seen_at":"2020-02-29T00:00:00.000000Z"}

"#]]
    );
    // An empty cell is NULL, or the default with `--defaults`; for a text that cannot be NULL, the empty text.
    assert_eq!(
        project.reads("SELECT model || '|' || seed || '|' || host || '|' || (loss IS NULL) FROM runs WHERE id = 2"),
        "|0|b|1"
    );
    assert_eq!(
        project.reads("SELECT created_at FROM runs WHERE id = 1"),
        "2020-02-29 12:00:00.000000"
    );
}

#[test]
fn one_refused_record_keeps_the_others_out() {
    let project = project();
    project.has(
        "old.jsonl",
        r#"{"model": "a", "rate": 0.1, "loss": 0.5}
{"model": "b", "rate": "fast"}

{"model": "c", "rate": 0.1, "seed": 1.5}
{"model": 5, "rate": 0.1}
{"rate": 0.1}
{"model": "d", "rate": 0.1
[1]
{"model": "e", "rate": 0.1, "uuid": "short"}
{"model": "f", "rate": 0.1, "curve": {"loss": [0.5]}, "loss": NaN}
"#,
    );
    let report = str![[r#"
2 inserted, 0 overwritten, 0 existing, 7 refused
refused line 2: field `rate`: "fast" is no float
refused line 4: field `seed`: 1.5 is no int
refused line 5: field `model`: 5 is no string
refused line 6: field `model`: missing, and it has no default; `--set model=VALUE` gives a value to runs without one
refused line 7: "{/"model/": /"d/", /"rate/": 0.1" is no JSON: character 27: expected `,` or `}`, found the end
refused line 8: it is no JSON object
refused line 9: field `uuid`: "short" is not 12 lower-case hexadecimal characters
NaN became NULL: 1 value of `loss`
default taken: `seed` is 0 in 2 runs
default taken: `host` is "here" in 2 runs

"#]];
    let answer = project.wallow("import --from old.jsonl --defaults");
    assert_data_eq!(&answer.stdout, report.clone());
    assert_data_eq!(
        answer.refuses(),
        str![[r#"
error: nothing was imported, because of what is refused; correct it, or import the others with `--skip-refused`

"#]]
    );
    assert_eq!(count(&project), "0");
    let said = project.wallow("import --from old.jsonl --defaults --skip-refused");
    let said = said.succeeds();
    let said = said.strip_suffix("into runs.db, beside wallow.toml\n");
    assert_data_eq!(said.unwrap().to_owned(), report);
    assert_eq!(count(&project), "2");
}

#[test]
fn names_are_mapped_and_gaps_are_filled() {
    let project = Project::with_runs(SCHEMA);
    project.has("old.csv", "lr,rate,val,seed\n0.5,9,0.25,\n0.5,9,0.125,3\n");
    let line = "import --from old.csv --map lr=rate --map rate= --map val=loss --set seed=42";
    project.wallow(line).succeeds();
    assert_eq!(
        project.reads(
            "SELECT group_concat(rate || ' ' || seed || ' ' || loss) FROM runs WHERE id > 2"
        ),
        "0.5 42 0.25,0.5 3 0.125"
    );
    assert_data_eq!(
        project
            .wallow("import --from old.csv --map lr=speed")
            .misuses(),
        str![[r#"
error: there is no field `speed`; the schema has: uuid, created_at, updated_at, rate, seed, loss

"#]]
    );
    assert_data_eq!(
        project
            .wallow("import --from old.csv --map learning=rate")
            .misuses(),
        str![[r#"
error: nothing was imported: there is no column `learning`; columns without a field are: lr, val

"#]]
    );
    assert_data_eq!(
        project
            .wallow("import --from old.csv --set seed=many")
            .misuses(),
        str![[r#"
error: `--set seed`: "many" is no int

"#]]
    );
    project.wallow("import --from old.csv --map lr").misuses();
    project.wallow("import").misuses();
    project.wallow("import --from a --from-python b").misuses();
    assert_eq!(count(&project), "4");
}

#[test]
fn what_is_there_is_left_refused_or_overwritten() {
    let project = Project::with_runs(SCHEMA);
    project.has("old.csv", "rate,seed,loss\n0.1,0,9.0\n0.1,1,\n0.1,2,7.0\n");
    let losses = "SELECT group_concat(coalesce(loss, 'NULL')) FROM runs";
    assert_data_eq!(
        project
            .wallow("import --from old.csv --on-duplicate error")
            .refuses(),
        str![[r#"
error: nothing was imported, because of what is refused; correct it, or import the others with `--skip-refused`

"#]]
    );
    assert_data_eq!(
        project
            .wallow("import --from old.csv --on-duplicate overwrite")
            .refuses(),
        str![[r#"
error: 2 runs would be overwritten in runs.db, beside wallow.toml; say so with `--yes`, or look first with `--dry-run`

"#]]
    );
    assert_data_eq!(
        project
            .wallow("import --from old.csv --on-duplicate overwrite --dry-run")
            .succeeds(),
        str![[r#"
1 inserted, 2 overwritten, 0 existing, 0 refused
dry run: nothing was changed in runs.db, beside wallow.toml

"#]]
    );
    assert_eq!(project.reads(losses), "0.5,0.25");
    assert_data_eq!(
        project.wallow("import --from old.csv").succeeds(),
        str![[r#"
1 inserted, 0 overwritten, 2 existing, 0 refused
into runs.db, beside wallow.toml

"#]]
    );
    assert_eq!(project.reads(losses), "0.5,0.25,7.0");
    assert_data_eq!(
        project
            .wallow("import --from old.csv --on-duplicate overwrite --yes")
            .succeeds(),
        str![[r#"
0 inserted, 3 overwritten, 0 existing, 0 refused
into runs.db, beside wallow.toml

"#]]
    );
    assert_eq!(project.reads(losses), "9.0,0.25,7.0");
}

#[cfg(feature = "columnar")]
#[test]
fn files_that_are_none_change_nothing() {
    let project = Project::with_runs(SCHEMA);
    project.has("uneven.csv", "rate,seed\n0.5,1\n0.5\n0.5,1,2\n");
    assert_data_eq!(
        project
            .wallow("import --from uneven.csv --skip-refused")
            .succeeds(),
        str![[r#"
1 inserted, 0 overwritten, 0 existing, 2 refused
refused line 3: it has 1 value for 2 columns
refused line 4: it has 3 values for 2 columns
into runs.db, beside wallow.toml

"#]]
    );
    project.has("twice.csv", "rate,rate\n0.5,1\n");
    assert_data_eq!(
        project.wallow("import --from twice.csv").refuses(),
        str![[r#"
error: `twice.csv` is not imported: the column `rate` stands there twice; leave one of them out

"#]]
    );
    project.has("text.parquet", "no parquet at all");
    let said = project.wallow("import --from text.parquet").refuses();
    assert!(
        said.starts_with("error: `text.parquet` cannot be read: "),
        "{said}"
    );
    assert_data_eq!(
        project.wallow("import --from none.csv").refuses(),
        str![[r#"
error: `none.csv` cannot be read: No such file or directory (os error 2); name a file that is there and whole

"#]]
    );
    project.has("old.xls", "a b");
    assert_data_eq!(
        project.wallow("import --from old.xls").misuses(),
        str![[r#"
error: the name `old.xls` does not tell a format; name one with `--format`

"#]]
    );
    assert_data_eq!(
        project.wallow("import --from-mlflow runs.db").refuses(),
        str![[r#"
error: `runs.db` is no database of MLflow (it has no table `latest_metrics`); name the file behind `sqlite:///` in its tracking URI

"#]]
    );
    assert_data_eq!(
        project.wallow("import --from-optuna runs.db").refuses(),
        str![[r#"
error: `runs.db` is no database of Optuna (it has no table `trial_params`); name the file behind `sqlite:///` in its storage

"#]]
    );
    project.wallow("import --from-python none.db").refuses();
    assert_eq!(count(&project), "3");
    let empty = Project::with(SCHEMA);
    empty.has("old.csv", "rate\n0.5\n");
    assert_data_eq!(
        empty.wallow("import --from old.csv").refuses(),
        str![[r#"
error: there is no database `runs.db` yet; to make it, run `wallow migrate generate "initial"`, then `wallow migrate apply` (or `wallow migrate push`, as long as no migration is to manage the database); or name another with `--db URL`

"#]]
    );
    assert!(!empty.path("runs.db").exists());
}

#[test]
fn a_reader_that_is_killed_leaves_nothing() {
    let project = Project::with_runs(SCHEMA);
    let rows = (0..50_000).map(|seed| format!("0.5,{seed}\n"));
    project.has(
        "long.csv",
        &format!("rate,seed\n{}", rows.collect::<String>()),
    );
    for _ in 0..3 {
        let mut child = project
            .command(".", "import --from long.csv")
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // Wait until it writes: then the log beside the database has grown.
        let log = project.path("runs.db-wal");
        while child.try_wait().unwrap().is_none()
            && log.metadata().map_or(0, |log| log.len()) < 100_000
        {
            std::thread::yield_now();
        }
        let _ = child.kill();
        child.wait().unwrap();
        let found = count(&project);
        assert!(found == "2" || found == "50002", "{found}");
    }
    project.wallow("import --from long.csv").succeeds();
    assert_eq!(count(&project), "50002");
}
