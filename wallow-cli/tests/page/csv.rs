//! The CSV file that a report saves is, byte for byte, what `wallow export` writes.

use crate::node::{node, said};
use crate::project::Project;

const SCHEMA: &str = r#"[project]
name = "csv"

[identifying.seed]
type = "int"

[annotating.loss]
type = "float"

[annotating.count]
type = "int"

[annotating.is_done]
type = "bool"

[annotating.at]
type = "datetime"

[annotating.note]
type = "string"

[annotating.extra]
type = "json"
"#;

const COLUMNS: &str = "id,uuid,created_at,seed,loss,count,is_done,at,note,extra";

/// What JavaScript writes differently, or cannot read exactly.
fn runs() -> String {
    let mut losses = [
        "null",
        "\"Infinity\"",
        "\"-Infinity\"",
        "0.0",
        "-0.0",
        "1.0",
        "-3",
        "1e300",
        "123456789012345680",
        "1e16",
        "9999999999999998",
        "1e21",
        "0.0001",
        "0.00009999",
        "1e-7",
        "5e-324",
        "1.7976931348623157e308",
        "0.30000000000000004",
        "917176313245955.25",
        "-1223383794756801.25",
    ]
    .map(str::to_owned)
    .to_vec();
    // Floats of all sizes, the same in each round.
    let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..400 {
        bits = bits.wrapping_mul(6_364_136_223_846_793_005) ^ (bits >> 29);
        let float = f64::from_bits(bits);
        if float.is_finite() {
            losses.push(format!("{float:e}"));
        }
    }
    let extras = [
        r#"{"acc": 1.0, "10": 0.0, "9": [], "b": -0.0, "__proto__": 12345678901234567}"#,
        r#""a text, with \"quotes\" \\\" and <b>&amp;</b>""#,
        r#"{"a\"b\\": "\u2028\u202e\u0001\u007f😀", "": {"c": [1e300, 1e-7, 9223372036854775807]}}"#,
        r#"[{"step": 1, "loss": 0.5}, {"step": 2, "loss": 3.0}]"#,
        "null",
        "[1, 2.0, null]",
        "true",
        "5.0",
        r#""""#,
        "{}",
    ];
    let notes = [
        r#""""#,
        r#"" a""#,
        r#""a\t""#,
        r#""a,b""#,
        r#""say \"x\"""#,
        r#""two\nlines""#,
        "null",
        r#""ü😀 </script>""#,
        r#""\u202e""#,
        r#""1.0""#,
    ];
    let counts = ["9223372036854775807", "-9007199254740993", "0", "null"];
    let times = [
        "\"2026-01-02T03:04:05.000006Z\"",
        "\"1969-12-31T23:59:59.9Z\"",
        "\"0001-01-01\"",
        "\"9999-12-31T23:59:59.999999Z\"",
        "null",
    ];
    let lines = losses.iter().enumerate().map(|(seed, loss)| {
        let pick = |values: &[&str]| values[seed % values.len()].to_owned();
        format!(
            "{{\"seed\": {seed}, \"loss\": {loss}, \"count\": {}, \"is_done\": {}, \"at\": {}, \"note\": {}, \"extra\": {}}}\n",
            pick(&counts),
            pick(&["true", "null", "false"]),
            pick(&times),
            pick(&notes),
            pick(&extras),
        )
    });
    lines.collect()
}

/// What the report saves, or why it does not.
fn saved(project: &Project, arguments: &[&str]) -> Option<Result<String, String>> {
    let mut page = node(&["tests/csv.mjs"])?;
    page.arg(project.path("report.html")).args(arguments);
    let output = page.output().unwrap();
    if output.status.success() {
        return Some(Ok(String::from_utf8(output.stdout).unwrap()));
    }
    Some(Err(said(&output)))
}

fn filled(project: Project, runs: &str) -> Project {
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project.has("runs.jsonl", runs);
    let imported = project.wallow("import --from runs.jsonl");
    assert_eq!(imported.status, Some(0), "{}", imported.stderr);
    project
}

fn check(project: &Project) {
    project.wallow("report --output report.html").succeeds();
    for columns in [COLUMNS, "note", "loss", "extra,id"] {
        for (sort, condition) in [
            ("", "true"),
            ("-loss", "seed < 200"),
            ("note", "note is not null"),
        ] {
            let mut export = project.command(".", "export --where");
            export.args([condition, "--columns", columns]);
            if !sort.is_empty() {
                export.arg(format!("--sort={sort}"));
            }
            let output = export.output().unwrap();
            assert!(output.status.success(), "{output:?}");
            let exported = String::from_utf8(output.stdout).unwrap();
            let Some(saved) = saved(project, &[columns, sort, condition]) else {
                return;
            };
            let saved = saved.unwrap();
            for (one, other) in saved.lines().zip(exported.lines()) {
                assert_eq!(one, other, "{columns} {sort}");
            }
            assert!(saved == exported, "{columns} {sort}");
        }
    }
}

#[test]
fn a_report_saves_what_export_writes() {
    check(&filled(Project::with(SCHEMA), &runs()));
}

#[cfg(feature = "postgres")]
#[test]
fn a_report_of_a_server_saves_what_export_writes() {
    let Some(server) = postgres_server::Server::shared() else {
        return;
    };
    let database = server.fresh();
    let project = Project::with(SCHEMA).sets("WALLOW_DATABASE_URL", &database.url());
    let project = filled(project, &runs());
    let nan = "UPDATE runs SET loss = 'NaN' WHERE seed IN (5, 14, 15)";
    server.psql(database.name(), nan).unwrap();
    check(&project);
}

/// A report has only the curves of a large column, which are not its values.
#[test]
fn values_that_are_not_whole_are_not_saved() {
    let long = vec!["0.25"; 500_000].join(",");
    let runs = format!("{{\"seed\": 0, \"extra\": [{long}]}}\n{{\"seed\": 1}}\n");
    let project = filled(Project::with(SCHEMA), &runs);
    project.wallow("report --output report.html").succeeds();
    let Some(refused) = saved(&project, &["seed,extra"]) else {
        return;
    };
    let refused = refused.unwrap_err();
    let reason = "this report does not have the whole values of `extra`; leave this column out, or use `wallow export`";
    assert!(refused.contains(reason), "{refused}");
    let others = saved(&project, &["seed", "-seed"]).unwrap();
    assert_eq!(others.unwrap(), "seed\n1\n0\n");
    let empty = saved(&project, &["seed,extra", "", "seed == 1"]).unwrap();
    assert_eq!(empty.unwrap(), "seed,extra\n1,\n");
}
