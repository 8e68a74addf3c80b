//! The filter, and links to what it shows.

use serde_json::json;

use crate::browser::Browser;
use crate::project::Project;
use crate::views::is_clean;

const SCHEMA: &str = r#"[project]
name = "filters"

[identifying.rate]
type = "float"

[identifying.seed]
type = "int"

[annotating.loss]
type = "float"
"#;

fn project() -> Project {
    let runs = (0..120).map(|seed| {
        let run = json!({ "rate": if seed % 2 == 0 { 0.1 } else { 0.001 }, "seed": seed, "loss": f64::from(seed) / 100.0 });
        format!("{run}\n")
    });
    Project::with(SCHEMA, &runs.collect::<String>())
}

fn check(browser: &Browser, url: &str) {
    browser.open(&format!("{url}#view=table"));
    browser.fill("#where", "loss < 0.5 and los > 1");
    browser.click("#filter button[type=submit]");
    browser.wait("return document.getElementById('mistake').textContent !== '';");
    let mistake = browser.text("#mistake");
    assert!(mistake.contains("unknown field `los`"), "{mistake}");
    assert!(mistake.contains("did you mean `loss`?"), "{mistake}");
    let mark = browser.text("#mistake pre");
    let lines = mark.lines().collect::<Vec<_>>();
    assert_eq!(lines[1].find('^'), lines[0].find("los >"), "{mark}");
    assert_eq!(browser.count("#where[aria-invalid]"), 1);
    assert!(browser.text("caption").contains("120 runs"));

    browser.fill("#where", "loss < 0.5 and rate == 0.1");
    browser.press("\u{e007}");
    browser.wait("return document.querySelector('caption')?.textContent.includes('25 runs');");
    is_clean(browser, "table");

    // Sorted, the second page, and back.
    browser.show("#view=table&sort=-loss");
    assert_eq!(browser.text("tbody tr:first-child td:nth-child(2)"), "120");
    browser.click("main p.controls button:last-of-type");
    browser.wait("return document.querySelector('tbody a').textContent === '70';");
    browser.js("history.back();", &[]);
    browser.wait("return document.querySelector('tbody a').textContent === '120';");
    browser.click("thead th:nth-child(5) button");
    browser.wait("return location.hash === '#view=table';");

    // A link holds the whole view.
    browser.show("#view=scatter");
    browser.click("main .controls label:nth-child(5) option[value=rate]");
    browser.wait("return location.hash.includes('colour=rate');");
    browser.settle();
    let link = browser.js("return location.href;", &[]);
    let legend = browser.text(".legend");
    browser.open(link.as_str().unwrap());
    assert_eq!(browser.text(".legend"), legend);

    // Ranges of parallel coordinates become a filter.
    browser.show("#view=parallel");
    browser.fill(".range:nth-of-type(3) input", "0.3");
    browser.click(".ranges button");
    browser.wait("return document.getElementById('where').value === 'loss >= 0.3';");
    browser.settle();
    assert!(browser.text("figcaption").contains("90 runs"));
    is_clean(browser, "parallel");
}

#[test]
fn a_report_filters() {
    if let Some(browser) = Browser::start() {
        check(&browser, &project().report());
    }
}

#[test]
fn the_live_page_filters() {
    if let Some(browser) = Browser::start() {
        let project = project();
        let server = project.serve();
        check(&browser, &server.url);
    }
}

#[test]
fn a_wrong_token_shows_nothing() {
    if let Some(browser) = Browser::start() {
        let project = project();
        let server = project.serve();
        let (address, _) = server.url.split_once('?').unwrap();
        for address in [address.to_owned(), format!("{address}?token=0")] {
            browser.js("location.href = arguments[0];", &[json!(address)]);
            browser.wait(
                "return document.body?.textContent.includes('the token is missing or wrong');",
            );
        }
    }
}
