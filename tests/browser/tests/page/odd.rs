//! Data that has little to show: nothing, one run, absent and infinite values, constants.

use serde_json::json;

use crate::browser::{Browser, SIZES};
use crate::project::Project;
use crate::views::{VIEWS, is_clean};

const SCHEMA: &str = r#"[project]
name = "odd"

[identifying.rate]
type = "float"

[identifying.momentum]
type = "float"
optional = true

[identifying.seed]
type = "int"

[annotating.status]
type = "string"

[annotating.loss]
type = "float"

[annotating.constant]
type = "float"

[annotating.curve]
type = "json"
"#;

fn visit(browser: &Browser, name: &str, runs: &str) {
    let project = Project::with(SCHEMA, runs);
    let server = project.serve();
    for (way, url) in [("report", project.report()), ("live", server.url.clone())] {
        browser.open(&url);
        for size in SIZES {
            browser.resize(size);
            for view in VIEWS {
                for metric in ["loss", "constant"] {
                    browser.show(&format!(
                        "#view={view}&metric={metric}&y={metric}&colour={metric}"
                    ));
                    browser.screenshot(&format!("{name}-{way}-{view}-{metric}-{}", size.0));
                    is_clean(browser, view);
                }
            }
            browser.show("#view=run&run=1");
            browser.screenshot(&format!("{name}-{way}-run-{}", size.0));
            is_clean(browser, "run");
        }
    }
}

#[test]
fn no_runs() {
    if let Some(browser) = Browser::start() {
        visit(&browser, "empty", "");
    }
}

#[test]
fn one_run() {
    if let Some(browser) = Browser::start() {
        let run = json!({
            "rate": 0.1, "seed": 0, "status": "completed", "loss": 0.5, "constant": 1, "curve": [3, 2, 1],
        });
        visit(&browser, "one", &format!("{run}\n"));
    }
}

#[test]
fn values_without_a_place() {
    if let Some(browser) = Browser::start() {
        let losses = [
            json!("Infinity"),
            json!("-Infinity"),
            json!(null),
            json!(0),
            json!(-1e300),
            json!(1e300),
            json!(5e-324),
            json!(1),
        ];
        let curves = [
            json!(null),
            json!([null, null, null]),
            json!([1e308, -1e308, 0]),
            json!([5, 5, 5]),
            json!([1, null, 3]),
            json!({"a": {"b": [1, 2]}, "c": "text"}),
            json!("text"),
            json!([{"step": 1, "x": 2}, {"step": 5, "y": null}]),
        ];
        let runs = (0..32).map(|seed| {
            let momentum = if seed % 3 == 0 { json!(null) } else { json!(0.9) };
            let run = json!({
                "rate": if seed < 16 { 0.1 } else { 0.0 }, "momentum": momentum, "seed": seed, "loss": losses[seed % 8],
                "constant": 7, "curve": curves[seed % 8], "status": if seed % 5 == 0 { json!(null) } else { json!("completed") },
            });
            format!("{run}\n")
        });
        visit(&browser, "odd", &runs.collect::<String>());
    }
}
