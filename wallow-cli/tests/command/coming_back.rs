//! Runs that are exported and imported again: without values, with odd values, with a hundred fields.

use crate::import::project;
use crate::project::{Project, SCHEMA};

const ENDINGS: [&str; 4] = ["csv", "jsonl", "parquet", "arrow"];

/// Exports everything, deletes it, and imports it: nothing has changed.
fn assert_comes_back(project: &Project) {
    for ending in ENDINGS {
        let file = format!("all.{ending}");
        project
            .wallow(&format!("export --output {file}"))
            .succeeds();
        let before = project.wallow("export --format jsonl").succeeds();
        project.executes("DELETE FROM runs");
        project.wallow(&format!("import --from {file}")).succeeds();
        let after = project.wallow("export --format jsonl").succeeds();
        assert_eq!(after, before, "{ending}");
    }
}

#[test]
fn every_format_comes_back_as_it_went() {
    let project = project();
    let columns = "model, rate, seed, loss, done, host, curve, seen_at";
    project.has_run(
        "00000000000a",
        columns,
        r#"'a, "b"' || char(10) || char(27) || '🐷', 1e-300, -9223372036854775808, 9e999, 0, 'x',
           '{"loss": [0.1, null], "a": {}}', '0001-01-01 00:00:00.000001'"#,
    );
    project.has_run("00000000000b", "model, rate, host", "'', 9e999, ''");
    assert_comes_back(&project);
    // Also from another database of wallow.
    let other = self::project();
    let path = project.path("runs.db");
    let line = format!("import --from-python {}", path.display());
    other.wallow(&line).succeeds();
    assert_eq!(
        other.wallow("export").succeeds(),
        project.wallow("export").succeeds()
    );
}

#[test]
fn nothing_comes_back_as_nothing() {
    let project = Project::with(SCHEMA);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    assert_comes_back(&project);
    let nothing =
        "0 inserted, 0 overwritten, 0 existing, 0 refused\ninto runs.db, beside wallow.toml\n";
    for (file, text) in [
        ("no.csv", ""),
        ("no.jsonl", ""),
        ("blank.csv", "\n\n"),
        ("names.csv", "rate,seed\n"),
    ] {
        project.has(file, text);
        let said = project.wallow(&format!("import --from {file}")).succeeds();
        assert_eq!(said.replace("the file is empty\n", ""), nothing, "{file}");
        assert_eq!(
            said.contains("the file is empty"),
            text.is_empty(),
            "{file}"
        );
    }
    for file in ["no.parquet", "no.arrow"] {
        project.has(file, "");
        let said = project.wallow(&format!("import --from {file}")).refuses();
        assert!(
            said.contains("name a file that is there and whole"),
            "{said}"
        );
    }
}

#[test]
fn a_hundred_fields_come_back_and_can_be_read() {
    let types = ["int", "float", "string", "bool", "json", "datetime", "path"];
    let fields = (0..100).map(|index| {
        let ty = types[index % types.len()];
        format!("\n[annotating.field_{index}]\ntype = \"{ty}\"\n")
    });
    let project =
        Project::with(&(SCHEMA.to_owned() + &fields.collect::<String>())).sets("COLUMNS", "40");
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    let columns =
        "rate, seed, field_0, field_1, field_2, field_3, field_4, field_5, field_6, field_99";
    let time = "'2026-01-02 03:04:05.000006'";
    let values = format!("0.1, 1, 7, 0.5, 'x', 1, '[1]', {time}, 'a/b', 0.25");
    project.has_run("00000000000a", columns, &values);
    project.has_run("00000000000b", "rate, seed", "0.1, 2");
    assert_comes_back(&project);
    let displayed = project.wallow("show 00000000000a").succeeds();
    assert!(displayed.contains("field_99"), "{displayed}");
    let listed = project
        .wallow("ls --columns id,field_0,field_99")
        .succeeds();
    assert!(listed.contains("0.25"), "{listed}");
    project.wallow("diff 00000000000a 00000000000b").succeeds();
    project.wallow("near rate=0.1 seed=3").succeeds();
    project.wallow("doctor").succeeds();
}
