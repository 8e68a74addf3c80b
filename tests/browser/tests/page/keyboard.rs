//! The page without a mouse.

use serde_json::json;

use crate::browser::Browser;
use crate::project::Project;
use crate::views::is_clean;

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";
const RIGHT: &str = "\u{e014}";

const SCHEMA: &str = r#"[project]
name = "keys"

[identifying.rate]
type = "float"

[identifying.seed]
type = "int"

[annotating.loss]
type = "float"
"#;

/// Where the focus is.
fn focus(browser: &Browser) -> String {
    let script = "const at = document.activeElement; return at.id || at.getAttribute('aria-label') || at.textContent;";
    browser.js(script, &[]).as_str().unwrap().to_owned()
}

#[test]
fn everything_is_reached_by_keys() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let runs = (0..12).map(|seed| {
        let run = json!({ "rate": 0.1, "seed": seed, "loss": seed });
        format!("{run}\n")
    });
    let project = Project::with(SCHEMA, &runs.collect::<String>());
    browser.open(&project.report());
    browser.press(TAB);
    assert_eq!(focus(&browser), "Skip to the view");
    browser.press(ENTER);
    assert_eq!(focus(&browser), "main");

    // To a view: the focus is at its heading then.
    browser.js(
        "document.querySelector('#views a:nth-child(2)').focus();",
        &[],
    );
    browser.press(ENTER);
    browser.wait("return document.activeElement?.textContent === 'Table';");
    // Sorting keeps the focus on the heading of the column.
    browser.js("[...document.querySelectorAll('th button')].find((one) => one.textContent === 'loss').focus();", &[]);
    browser.press(ENTER);
    browser.wait(
        "return document.querySelector('th[aria-sort=ascending]')?.textContent.startsWith('loss');",
    );
    assert_eq!(focus(&browser), "loss ▲");

    // Along the points of a chart, which are said, and into a run.
    browser.show("#view=scatter");
    browser.js("document.querySelector('.chart').focus();", &[]);
    browser.press(RIGHT);
    browser.press(RIGHT);
    let said = browser.js(
        "return document.getElementById('announcer').textContent;",
        &[],
    );
    assert!(said.as_str().unwrap().starts_with("2 of 12: "), "{said}");
    browser.screenshot("keyboard-scatter");
    browser.press(ENTER);
    browser.wait("return document.getElementById('main').dataset.view === 'run';");
    is_clean(&browser, "run");

    // Every chart is described, and its data is a table.
    browser.show("#view=scatter");
    let described = browser.js(
        "return document.querySelector('.chart').getAttribute('aria-label');",
        &[],
    );
    assert!(
        described.as_str().unwrap().contains("12 runs"),
        "{described}"
    );
    browser.js("document.querySelector('.data summary').focus();", &[]);
    browser.press(ENTER);
    browser.wait("return document.querySelectorAll('.data tbody tr').length === 12;");
    // Every control can have the focus, in the order of the page.
    let reached = browser.js(
        "const all = [...document.querySelectorAll('a[href], button:not([disabled]), input, select, summary')]; \
         return all.every((one) => one.tabIndex === 0);",
        &[],
    );
    assert_eq!(reached, true);
}
