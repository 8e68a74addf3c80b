//! Links whose parts no longer exist, or never did: the page says so, and shows nothing as if it were the answer.

use serde_json::json;

use crate::browser::Browser;
use crate::project::Project;
use crate::views::is_clean;

const SCHEMA: &str = r#"[project]
name = "links"

[identifying.rate]
type = "float"

[identifying.seed]
type = "int"

[annotating.loss]
type = "float"

[annotating.acc]
type = "float"

[annotating.note]
type = "string"

[annotating.curve]
type = "json"
"#;

fn project() -> Project {
    let runs = (0..12).map(|seed| {
        let run = json!({ "rate": if seed < 6 { 0.1 } else { 0.2 }, "seed": seed, "loss": seed, "acc": 0.5, "note": "a", "curve": [3, 2, seed] });
        format!("{run}\n")
    });
    Project::with(SCHEMA, &runs.collect::<String>())
}

fn on_both(check: impl Fn(&Browser)) {
    let Some(browser) = Browser::start() else {
        return;
    };
    let project = project();
    browser.open(&project.report());
    check(&browser);
    let server = project.serve();
    browser.open(&server.url);
    check(&browser);
}

#[test]
fn names_that_do_not_exist_are_reported() {
    on_both(|browser| {
        for (state, expected) in [
            (
                "view=groups&metric=nope&keys=[\"no\",\"rate\"]&over=loss&best=q",
                &[
                    "There is no field `nope`; `loss` is shown instead.",
                    "There is no field `no`.",
                    "`loss` cannot be averaged over.",
                    "There is no order `q`; `highest` is shown instead.",
                ][..],
            ),
            (
                "view=scatter&x=nope&y=note&colour=no",
                &[
                    "There is no field `nope`; `rate` is shown instead.",
                    "`note` cannot be drawn up; `loss` is shown instead.",
                    "There is no field `no`.",
                ],
            ),
            (
                "view=parallel&axes=[\"nope\",\"rate\",\"loss\"]&colour=note",
                &[
                    "There is no field `nope`.",
                    "`note` cannot be the colour of lines; `loss` is shown instead.",
                ],
            ),
            (
                "view=heatmap&x=curve&y=nope&metric=note&measure=q",
                &[
                    "`curve` cannot be drawn across; `rate` is shown instead.",
                    "There is no field `nope`; `seed` is shown instead.",
                    "`note` cannot be the metric; `loss` is shown instead.",
                    "There is no measure `q`; `mean` is shown instead.",
                ],
            ),
            (
                "view=curves&field=nope&path=.x&band=q",
                &[
                    "There is no field `nope`; `curve` is shown instead.",
                    "There is no curve `.x`",
                    "There is no band `q`",
                ],
            ),
            (
                "view=importance&metric=note",
                &["`note` cannot be the metric; `loss` is shown instead."],
            ),
            (
                "view=table&columns=[\"nope\"]",
                &["There is no field `nope`.", "rate", "loss"],
            ),
            (
                "view=nope",
                &["There is no view `nope`; `Progress` is shown instead."],
            ),
        ] {
            browser.show(&format!("#{state}"));
            let text = browser.text("main");
            for part in expected {
                assert!(text.contains(part), "{state}: {part}: {text}");
            }
            is_clean(browser, state);
        }
        browser.show("#view=scatter&x=seed&y=loss&colour=note");
        assert!(!browser.text("main").contains("instead"));
    });
}

#[test]
fn runs_that_do_not_exist_are_equal_in_nothing() {
    on_both(|browser| {
        for (runs, missing) in [
            ("[\"a\",\"b\"]", "2 chosen runs are not here"),
            ("[\"a\",\"a\"]", "1 chosen run is not here"),
            ("[\"a\"]", "1 chosen run is not here"),
        ] {
            browser.show(&format!("#view=compare&runs={runs}"));
            let text = browser.text("main");
            assert!(text.contains(missing), "{text}");
            assert!(text.contains("Choose at least two runs"), "{text}");
            assert!(!text.contains("equal"), "{text}");
            is_clean(browser, "compare");
        }
        // They can be taken out, one by one and together.
        browser.show("#view=compare&runs=[\"a\",\"b\",\"c\"]");
        browser.click("main .note li button");
        browser.wait("return document.querySelectorAll('main .note li').length === 2;");
        browser.click("main .note > button");
        browser.wait("return document.querySelectorAll('main .note').length === 0;");
        is_clean(browser, "compare");
    });
}

#[test]
fn under_a_mistake_stands_no_other_view() {
    on_both(|browser| {
        browser.show("#view=table");
        browser.show("#view=groups&where=nope == 1");
        let mistake = browser.text("#mistake");
        assert!(mistake.contains("unknown field `nope`"), "{mistake}");
        let text = browser.text("main");
        assert!(
            text.starts_with("Groups") && text.contains("Nothing is shown"),
            "{text}"
        );
        assert_eq!(browser.count("main table, main button"), 0);
        assert_eq!(browser.count("#where[aria-invalid]"), 1);
        let title = browser.js("return document.title;", &[]);
        assert_eq!(title, "Groups – links");

        // A filter that cannot be used leaves no runs of an earlier filter in the view.
        browser.show("#view=table&where=seed == 1");
        browser.show("#view=table&where=seed == 'x'");
        assert_eq!(browser.count("main table, main button"), 0);
        browser.click("#all");
        browser.wait("return document.querySelector('caption')?.textContent.includes('12 runs');");
        is_clean(browser, "table");

        // An order is no mistake of the filter, and the link leads out.
        browser.show("#view=progress");
        for sort in ["-nope", "__proto__", "curve"] {
            browser.show(&format!("#view=table&where=seed < 5&sort={sort}"));
            let mistake = browser.text("#mistake");
            let name = sort.trim_start_matches('-');
            assert!(mistake.contains(name), "{mistake}");
            assert_eq!(browser.count("#where[aria-invalid], #mistake pre"), 0);
            assert_eq!(browser.count("main table, main button"), 0);
            browser.click("main a");
            browser
                .wait("return document.querySelector('caption')?.textContent.includes('5 runs');");
            browser.settle();
            is_clean(browser, "table");
        }
    });
}
