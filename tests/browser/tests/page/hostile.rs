//! Runs whose names and values try to become part of the page.

use serde_json::json;

use crate::browser::{Browser, SIZES};
use crate::project::Project;
use crate::views::{VIEWS, is_clean};

/// Ends elements, opens others, ends lines and texts, changes the direction, rings.
const EVIL: &str = "</script><script>window.evil = 1</script><img src=x onerror=\"window.evil = 1\">'\"`&lt;\u{2028}\u{2029}\u{202e}\u{1b}\u{7}\u{0}{{data}}-->]]>";

fn project() -> Project {
    let quoted = json!(EVIL.replace('\u{0}', "")).to_string();
    let schema = format!(
        r#"[project]
name = {quoted}
description = {quoted}

[identifying.model]
type = "string"
doc = {quoted}

[identifying.seed]
type = "int"

[annotating.status]
type = "string"

[annotating.host]
type = "string"

[annotating.loss]
type = "float"

[annotating.score]
type = "float"

[annotating.place]
type = "path"

[annotating.curve]
type = "json"

[annotating.started_at]
type = "datetime"

[annotating.completed_at]
type = "datetime"

[annotating.wallclock_seconds]
type = "float"

[annotating.error_excerpt]
type = "string"
"#
    );
    let states = ["running", "failed", "completed", "pending"];
    let runs = (0..40_u8).map(|seed| {
        let model = format!("{EVIL}{}", seed % 3);
        let run = json!({
            "model": model, "seed": seed, "status": states[usize::from(seed % 4)], "host": EVIL, "place": EVIL,
            "loss": 1.0 / (1.0 + f64::from(seed)), "score": seed, "error_excerpt": EVIL,
            "curve": { EVIL: [1, 2, seed], "text": EVIL },
        });
        // SQLite keeps no text with a zero character in it.
        format!("{run}\n").replace("\\u0000", "")
    });
    Project::with(&schema, &runs.collect::<String>())
}

fn visit(browser: &Browser, url: &str, name: &str) {
    browser.open(url);
    for size in SIZES {
        browser.resize(size);
        for view in VIEWS {
            browser.show(&format!("#view={view}&colour=model&x=seed"));
            browser.screenshot(&format!("hostile-{name}-{view}-{}", size.0));
            is_clean(browser, view);
        }
        browser.show("#view=run&run=2");
        browser.screenshot(&format!("hostile-{name}-run-{}", size.0));
        is_clean(browser, "run");
        browser.show("#view=compare&runs=%5B%221%22,%222%22%5D");
        is_clean(browser, "compare");
    }
    assert_eq!(browser.js("return window.evil ?? null;", &[]), json!(null));
    assert_eq!(browser.count("img"), 0);
    assert_eq!(browser.count("body script"), 2);
    // The text is there as it is, but for what a reader could not see.
    browser.show("#view=run&run=2");
    let displayed = browser.text("main");
    assert!(
        displayed.contains("<img src=x onerror=\"window.evil = 1\">"),
        "{displayed}"
    );
    let is_hidden = |char: char| matches!(char, '\u{2028}' | '\u{202e}' | '\u{1b}');
    assert!(!displayed.contains(is_hidden), "{displayed:?}");
    // A value from the page is found by the filter.
    let condition = "model starts with \"</script>\" and host contains \"'\" and seed == 2";
    browser.fill("#where", condition);
    browser.press("\u{e007}");
    browser.show("#view=table");
    is_clean(browser, "table");
}

#[test]
fn nothing_in_a_report_runs() {
    if let Some(browser) = Browser::start() {
        visit(&browser, &project().report(), "report");
    }
}

#[test]
fn nothing_on_the_live_page_runs() {
    if let Some(browser) = Browser::start() {
        let project = project();
        let server = project.serve();
        visit(&browser, &server.url, "live");
    }
}

/// Names and values that every object of JavaScript has.
const OF_OBJECTS: &str = r#"[project]
name = "constructor"

[identifying.__proto__]
type = "string"

[identifying.constructor]
type = "int"

[annotating.toString]
type = "float"

[annotating.hasOwnProperty]
type = "json"
"#;

#[test]
fn names_of_objects_are_names() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let runs = (0..40).map(|seed| {
        let kind = ["__proto__", "constructor", "valueOf"][seed % 3];
        let run = json!({
            "__proto__": kind, "constructor": seed, "toString": 0.1 + f64::from(u8::try_from(seed).unwrap()),
            "hasOwnProperty": { "__proto__": [1, 2, seed], "valueOf": 7 },
        });
        format!("{run}\n")
    });
    let project = Project::with(OF_OBJECTS, &runs.collect::<String>());
    let server = project.serve();
    for url in [project.report(), server.url.clone()] {
        browser.open(&url);
        let members = "return Object.getOwnPropertyNames(Object.prototype).length;";
        let before = browser.js(members, &[]);
        for view in VIEWS {
            for state in [
                "",
                "&colour=__proto__&keys=%5B%22__proto__%22%5D&x=constructor",
                "&sort=__proto__&metric=__proto__&over=hasOwnProperty&measure=constructor&run=__proto__",
            ] {
                browser.show(&format!("#view={view}{state}"));
                is_clean(&browser, view);
            }
        }
        browser.show("#view=groups&keys=%5B%22__proto__%22%5D");
        let best = browser.text(".answer");
        assert!(best.contains("__proto__="), "{best}");
        assert_eq!(browser.js(members, &[]), before);
    }
}
