//! Every view says how many runs it leaves out, and why, in a report as from a database.

use serde_json::json;

use crate::browser::Browser;
use crate::project::Project;
use crate::views::is_clean;

const SCHEMA: &str = r#"[project]
name = "left_out"

[identifying.rate]
type = "float"

[identifying.momentum]
type = "float"
optional = true

[identifying.seed]
type = "int"

[annotating.loss]
type = "float"

[annotating.curve]
type = "json"
"#;

/// Three rates and twelve seeds. Two runs of the second rate have no loss and no curve, and all of the third diverged.
fn runs() -> String {
    let runs = (0..36).map(|run| {
        let (rate, seed) = (run / 12, run % 12);
        let is_absent = rate == 1 && seed < 2;
        let loss = match rate {
            2 => json!("Infinity"),
            _ if is_absent => json!(null),
            rate => json!(f64::from(1 + rate) + f64::from(seed) / 100.0),
        };
        let curve = if is_absent {
            json!(null)
        } else {
            json!([3, 2, seed])
        };
        let momentum = if seed == 11 { json!(null) } else { json!(0.9) };
        let run = json!({ "rate": rate, "momentum": momentum, "seed": seed, "loss": loss, "curve": curve });
        format!("{run}\n")
    });
    runs.collect()
}

/// Groups by the rate alone.
const KEYS: &str = "keys=%5B%22rate%22%5D";

fn check(browser: &Browser, url: &str) {
    browser.open(url);
    for (state, expected) in [
        (
            "view=scatter&x=seed&y=loss".to_owned(),
            &[
                "Not drawn: 14 runs (2 without a value; 12 with a value that is infinite or beyond 8e307)",
            ][..],
        ),
        (
            "view=parallel&axes=%5B%22rate%22,%22momentum%22,%22loss%22%5D".to_owned(),
            &[
                "16 runs have no place on some axis (5 without a value; 11 with a value that is infinite or beyond 8e307): the line has a gap there",
            ],
        ),
        (
            format!("view=groups&{KEYS}"),
            &[
                "2 runs have no loss, and count in no mean",
                "Not drawn, but in the table below: 1 with a mean that is infinite or beyond 8e307.",
                "Best: rate=0, loss 1.055",
            ],
        ),
        (
            "view=heatmap&x=rate&y=momentum".to_owned(),
            &["2 runs have no loss", "2 without a finite value are grey"],
        ),
        (
            format!("view=curves&{KEYS}"),
            &["2 runs of these have no such curve"],
        ),
        (
            "view=importance".to_owned(),
            &[
                "2 runs without a value left out",
                "12 runs with NaN or an infinite value left out",
            ],
        ),
    ] {
        browser.show(&format!("#{state}"));
        let text = browser.text("main");
        for part in expected {
            assert!(text.contains(part), "{state}: {part}: {text}");
        }
        is_clean(browser, &state);
    }
    // The rank of a group is the same in the chart and in the table.
    browser.show(&format!("#view=groups&best=highest&{KEYS}"));
    let ranks = browser.text("main tbody");
    assert!(ranks.starts_with("1 2 "), "{ranks}");
    browser.js("document.querySelector('.chart').focus();", &[]);
    browser.press("\u{e014}");
    let first = browser.text("#announcer");
    assert!(first.starts_with("1 of 2: 2. rate=1"), "{first}");
}

#[test]
fn what_is_left_out_is_counted() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let project = Project::with(SCHEMA, &runs());
    check(&browser, &project.report());
    let server = project.serve();
    check(&browser, &server.url);
}
