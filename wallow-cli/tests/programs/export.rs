//! What other programs read from an export.

use std::path::Path;

use crate::project::Project;
use crate::python;

pub(crate) const SCHEMA: &str = r#"[project]
name = "types"

[identifying.label]
type = "string"

[annotating.count]
type = "int"

[annotating.score]
type = "float"

[annotating.done]
type = "bool"

[annotating.extra]
type = "json"

[annotating.seen_at]
type = "datetime"
"#;

const ENDINGS: [&str; 5] = ["csv", "json", "jsonl", "parquet", "arrow"];

fn project() -> Project {
    let project = Project::with(SCHEMA);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project
}

fn export(project: &Project) {
    for ending in ENDINGS {
        project
            .wallow(&format!("export --output runs.{ending}"))
            .succeeds();
    }
}

#[test]
fn programs_read_every_value_with_its_type() {
    let project = project();
    let columns = "label, count, score, done, extra, seen_at";
    project.has_run(
        "00000000000a",
        columns,
        r#"'plain', 7, 0.1, 1, '{"loss": [0.5, null]}', '2026-01-02 03:04:05.000250'"#,
    );
    project.has_run("00000000000b", "label", "'nothing'");
    project.has_run(
        "00000000000c",
        columns,
        r#"'a, "b"' || char(10) || char(27) || char(9) || '🐷', -9223372036854775808, -9e999, 0,
           '"text"', '0001-01-01 00:00:00'"#,
    );
    export(&project);
    python::run("exported.py", &[&project.path("")]);
}

/// Exports the runs, and lets the programs count them.
fn assert_shape(project: &Project, rows: u64, columns: u64) {
    export(project);
    let total = rows * (rows + 1) / 2;
    let numbers = [rows, columns, total].map(|number| number.to_string());
    let folder = project.path("");
    let mut arguments = vec![folder.as_path()];
    arguments.extend(numbers.iter().map(Path::new));
    python::run("shape.py", &arguments);
}

#[test]
fn an_empty_database_is_a_table_without_rows() {
    assert_shape(&project(), 0, 10);
}

#[test]
fn a_hundred_thousand_runs_are_all_there() {
    let project = project();
    project.executes(
        "INSERT INTO runs (uuid, created_at, updated_at, label, count, extra)
         WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
         SELECT printf('%012x', i), '2026-01-01 00:00:00.000000', '2026-01-01 00:00:00.000000',
                'run ' || i, i, '{\"loss\": [0.5, 0.25]}' FROM n",
    );
    assert_shape(&project, 100_000, 10);
}

#[test]
fn a_hundred_fields_are_all_there() {
    let types = ["int", "float", "string", "bool", "json", "datetime", "path"];
    let fields = (0..100).map(|index| {
        let ty = types[index % types.len()];
        format!("\n[annotating.field_{index}]\ntype = \"{ty}\"\n")
    });
    let project = Project::with(&(SCHEMA.to_owned() + &fields.collect::<String>()));
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project.has_run("00000000000a", "label, field_0, field_99", "'one', 1, 0.5");
    assert_shape(&project, 1, 110);
}
