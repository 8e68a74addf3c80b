//! What a report contains.

use serde_json::{Value as Json, json};

use crate::project::{Project, SCHEMA};

/// The data of a report.
pub(crate) fn data(html: &str) -> Json {
    let (_, rest) = html
        .split_once("<script type=\"application/json\" id=\"data\">")
        .unwrap();
    let (data, _) = rest.split_once("</script>").unwrap();
    serde_json::from_str(data).unwrap()
}

#[test]
fn a_report_holds_the_runs_that_are_asked_for() {
    let project = Project::with_runs(SCHEMA);
    let said = project.wallow("report --output report.html").succeeds();
    assert_eq!(said, "wrote 2 runs to report.html\n");
    let page = data(&project.text("report.html"));
    assert_eq!(page["size"], 2);
    assert_eq!(page["data"]["seed"], json!([0, 1]));
    assert_eq!(page["data"]["loss"], json!([0.5, 0.25]));
    assert_eq!(page["project"]["name"], "sweep");
    assert_eq!(page["where"], Json::Null);

    let part = project
        .wallow("report --where \"loss < 0.3\" --columns loss")
        .succeeds();
    let page = data(&part);
    assert_eq!(page["where"], "loss < 0.3");
    assert_eq!(
        page["data"],
        json!({ "id": [2], "uuid": ["00000000000b"], "loss": [0.25] })
    );
}

#[test]
fn a_report_needs_nothing_else() {
    let project = Project::with_runs(SCHEMA);
    let html = project.wallow("report").succeeds();
    assert!(html.contains("default-src 'none'"));
    for outside in ["src=\"", "url(", "@import", "<iframe", "unsafe-"] {
        assert!(!html.contains(outside), "{outside}");
    }
    assert!(html.len() < 700_000, "{}", html.len());
}

#[test]
fn a_report_without_runs_is_one() {
    let project = Project::with(SCHEMA);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    let page = data(&project.wallow("report").succeeds());
    assert_eq!(page["size"], 0);
    assert_eq!(page["data"]["uuid"], json!({ "dict": [], "codes": [] }));
}

#[test]
fn wrong_usage_says_what_to_do() {
    let project = Project::with_runs(SCHEMA);
    let error = project.wallow("report --columns los").misuses();
    assert!(error.contains("did you mean `loss`?"), "{error}");
    let error = project.wallow("report --where los<1").misuses();
    assert!(error.contains("did you mean `loss`?"), "{error}");
    for own in ["runs.db", "wallow.toml"] {
        let error = project.wallow(&format!("report --output {own}")).misuses();
        assert!(error.contains("name another file"), "{error}");
    }
    assert_eq!(project.reads("SELECT count(*) FROM runs"), "2");
}

/// The file is written, says itself what it lacks, and the exit status says it, too.
#[test]
fn a_run_that_cannot_be_read_is_reported() {
    let project = Project::with_runs(SCHEMA);
    project.executes("UPDATE runs SET loss = 'much' WHERE seed = 1");
    let error = project.wallow("report --output report.html").refuses();
    assert!(error.contains("`loss`"), "{error}");
    let page = data(&project.text("report.html"));
    assert_eq!(page["size"], 1);
    assert_eq!(page["damaged"]["count"], 1);
    let reason = page["damaged"]["reasons"][0].as_str().unwrap();
    assert!(reason.contains("00000000000b"), "{reason}");
}

const EVERY_TYPE: &str = r#"[project]
name = "a</script><script>alert(1)</script>"
description = "<!-- \u202e"

[identifying.count]
type = "int"

[identifying.rate]
type = "float"
optional = true

[annotating.text]
type = "string"

[annotating.is_done]
type = "bool"

[annotating.at]
type = "datetime"

[annotating.curve]
type = "json"
"#;

#[test]
fn every_value_survives() {
    let project = Project::with(EVERY_TYPE);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    let hostile = "</script>&\u{1}\u{2028}\u{202e}\"'";
    let sql = hostile.replace('\'', "''");
    project.has_run(
        "00000000000a",
        "count, rate, text, is_done, at, curve",
        &format!(
            "9007199254740993, 9e999, '{sql}', 1, '2026-01-02 03:04:05.000006', '{{\"loss\": [3, 2, null, 1], \"note\": \"<b>\"}}'"
        ),
    );
    project.has_run("00000000000b", "count", "1");
    let html = project.wallow("report").succeeds();
    let (_, rest) = html.split_once("id=\"data\">").unwrap();
    let (written, _) = rest.split_once("</script>").unwrap();
    let is_harmless = |char: char| {
        !char.is_control() && !matches!(char, '<' | '>' | '&' | '\u{2028}' | '\u{202e}')
    };
    assert!(written.chars().all(is_harmless), "{written}");
    let page = data(&html);
    let cells = |name: &str| page["data"][name].clone();
    assert_eq!(cells("count"), json!(["9007199254740993", 1]));
    assert_eq!(cells("rate"), json!(["Infinity", null]));
    assert_eq!(
        cells("text"),
        json!({ "dict": [hostile], "codes": [0, -1] })
    );
    assert_eq!(cells("is_done"), json!([true, null]));
    assert_eq!(cells("at"), json!([1_767_323_045_000_006_i64, null]));
    assert_eq!(cells("curve")["cells"][0]["json"]["note"], "<b>");
    assert_eq!(cells("curve")["paths"], json!([[".loss", null]]));
}

/// A large column keeps its curves, thinned; the filter of the page refuses to compare their parts.
#[test]
fn long_curves_are_thinned() {
    let project = Project::with(EVERY_TYPE);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project.executes(
        "WITH RECURSIVE n(i) AS (VALUES(0) UNION ALL SELECT i + 1 FROM n WHERE i < 499999)
         INSERT INTO runs (uuid, created_at, updated_at, count, curve)
         SELECT '00000000000a', '2026-01-02 03:04:05.000006', '2026-01-02 03:04:05.000006', 1,
                '[' || group_concat(CASE i WHEN 777 THEN '1e9' ELSE i % 97 || '.25' END) || ']' FROM n",
    );
    let html = project.wallow("report").succeeds();
    assert!(html.len() < 700_000, "{}", html.len());
    let page = data(&html);
    let curve = &page["data"]["curve"]["cells"][0][0];
    assert_eq!(curve[3], 500_000);
    let columns = page["columns"].as_array().unwrap().iter();
    let partial = columns.filter(|column| column["partial"] == true);
    assert_eq!(partial.count(), 1);
}

/// specs 13, 4.9
#[cfg(unix)]
#[test]
fn a_report_holds_the_history_of_attempts() {
    let project = Project::with(
        "[project]\nname = \"tries\"\nlifecycle = true\nattempts = true\n[identifying.seed]\ntype = \"int\"\n",
    );
    project.wallow("enqueue seed=1").succeeds();
    assert_eq!(project.wallow("work -- false").status, Some(1));
    project
        .wallow("retry --where \"seed == 1\" --yes")
        .succeeds();
    project.wallow("work -- true").succeeds();
    let page = data(&project.wallow("report").succeeds());
    let attempts = page["attempts"].as_object().unwrap();
    let of_run = attempts.values().next().unwrap();
    assert_eq!((attempts.len(), of_run.as_array().unwrap().len()), (1, 2));
    assert_eq!(of_run[0]["outcome"], "failed");
    assert_eq!(of_run[0]["exit_code"], 1);
    assert_eq!(of_run[1]["outcome"], "completed");
    assert_eq!(
        data(&project.wallow("report --where \"seed == 2\"").succeeds())["attempts"],
        json!({})
    );
}
